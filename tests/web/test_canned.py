"""Ready-made answers on pages: who manages them, and how they get into comments and forms without a script."""

import pytest

from app.domain.desk import answers
from app.domain.desk.answers import Draft
from app.domain.people.records import Person
from tests.web.office import Office, Seen

GREETING = {"en": "Dear {{record.requester.name}}, {{me.name}} works on {{record.number}}.", "de": "Guten Tag"}


@pytest.fixture
def answer(office: Office) -> int:
    """An answer of the incident process."""
    with office.parts.database.transaction() as session:
        draft = Draft("Greeting", "incidents", None, GREETING)
        return answers.save(session, None, draft, actor_id=office.people["Ines Duarte"]).id


def record_of(office: Office) -> str:
    """The page of the record of a fresh report."""
    page = office.browser("Anna Novak").see(f"/cases/{office.report()}")
    return next(href for href in page.links() if href.startswith("/records/incident/"))


def test_a_manager_writes_one_with_all_it_needs(office: Office) -> None:
    ines = office.browser("Ines Duarte")
    sent = {"name": "Hello", "owner": "area:incidents", "text_en": "Hello {{me.name}}", "text_de": "Hallo {{me.name}}"}
    assert ines.post("/work/answers/new", sent).status_code == 303
    assert "Incidents and requests" in ines.see("/work/answers").text
    refused = ines.post("/work/answers/new", {**sent, "text_en": "{{me.secret}}", "owner": "area:changes"})
    assert refused.status_code == 422
    assert "me.secret" in refused.text and "Choose whose answer it is." in refused.text
    assert "Hallo {{me.name}}" in refused.text, "what was typed stays"


def test_it_is_inserted_into_a_comment_in_the_readers_language(office: Office, answer: int) -> None:
    record = record_of(office)
    anna = office.browser("Anna Novak")
    sent = {"insert": "insert", "canned": str(answer), "body": "Before."}
    page = anna.post(f"{record}/comments", sent)
    number = record.rpartition("/")[2]
    said = f"Before.\n\nDear Chiara Ricci, Anna Novak works on {number}."
    assert page.status_code == 200
    assert said in page.text
    assert "Nobody has written anything yet." in page.text, "nothing is stored yet"
    with office.parts.database.transaction() as session:
        session.get_one(Person, office.people["Chiara Ricci"]).locale = "de"
    assert "Before.\n\nGuten Tag" in anna.post(f"{record}/comments", sent).text


def test_who_asked_for_something_gets_no_answers_of_the_staff(office: Office, answer: int) -> None:
    record = record_of(office)
    chiara = office.browser("Chiara Ricci")
    assert "Greeting" not in chiara.see(f"{record}?view=comments").text
    assert "Guten Tag" not in chiara.post(f"{record}/comments", {"insert": "1", "canned": str(answer)}).text


def test_it_is_inserted_into_a_form_and_the_rest_stays(office: Office, answer: int) -> None:
    task = office.task(office.report()).id
    anna = office.browser("Anna Novak")
    page = anna.see(f"/work/tasks/{task}")
    assert page.texts("//details[@data-canned]//option") and "Greeting" in page.text
    values = page.values() | {"title": "Changed", "_form": "insert", "_canned": str(answer)}
    field = page.all("//*[@name='_canned_field']")[0]
    values["_canned_field"] = "description"
    assert field is not None
    again = anna.post(f"/work/tasks/{task}", values)
    assert again.status_code == 200
    assert "Dear Chiara Ricci, Anna Novak works on" in Seen(again).values()["description"]
    assert Seen(again).values()["title"] == "Changed"
    for hostile in ("requester", "nonsense", "__class__"):
        refused = Seen(anna.post(f"/work/tasks/{task}", values | {"_canned_field": hostile}))
        assert "Dear Chiara" not in str(refused.values())
