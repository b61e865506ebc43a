"""Lists in the administration, and what the shipped incident forms make of them."""

import csv
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select, update

from app.domain.incidents.records import Incident
from app.domain.people.records import Person
from app.insight.batches import batches
from app.jobs.runner import carry_out_due
from tests.web.house import ADMIN, MANAGER, STAFF
from tests.web.office import Office, Seen

PATH = "/administration/lists/incident.category"


def categories(house: Office, task: int) -> list[str]:
    page = house.browser(STAFF).see(f"/work/tasks/{task}")
    return [str(value) for value in page.all("//select[@name='category']/option/@value") if value]


@pytest.fixture
def classify(house: Office) -> int:
    """The task in which Anna Novak classifies an incident."""
    case = house.report()
    register = house.task(case)
    page = house.browser(STAFF).see(f"/work/tasks/{register.id}")
    assert house.browser(STAFF).post(f"/work/tasks/{register.id}/claim").status_code == 303
    values = {**house.browser(STAFF).see(f"/work/tasks/{register.id}").values(), "_form": "complete"}
    assert page.text
    house.browser(STAFF).post(f"/work/tasks/{register.id}", values)
    return house.task(case, "classify").id


def test_an_answer_is_added_renamed_moved_retired_and_brought_back_without_a_script(house: Office) -> None:
    admin = house.browser(ADMIN)
    assert "Categories of incidents" in admin.see("/administration/lists").text
    admin.post(PATH, {"label_en": "Telephony", "label_de": "Telefonie"})
    admin.post(f"{PATH}/telephony", {"do": "rename", "label_en": "Telephones", "label_de": "Telefone"})
    admin.post(f"{PATH}/telephony", {"do": "up"})
    names = admin.see(PATH).texts("//tbody/tr/td[1]")
    assert names[-2:] == ["Telephones", "Something else"]
    admin.post(f"{PATH}/mail", {"do": "retire", "replaced_by": "application"})
    page = admin.see(PATH)
    assert "retired now: Application" in page.texts("//tr[@id='option-mail']/td[3]")[0]
    admin.post(f"{PATH}/mail", {"do": "restore"})
    assert "offered" in admin.see(PATH).texts("//tr[@id='option-mail']/td[3]")[0]


def test_what_is_wrong_is_said_at_the_field(house: Office) -> None:
    admin = house.browser(ADMIN)
    for path, sent in (
        (PATH, {"label_en": ""}), (PATH, {"label_en": "x", "key": "mail"}), (PATH, {"label_en": "x", "parent": "no"}),
        (f"{PATH}/mail", {"do": "rename", "label_en": " "}), (f"{PATH}/mail", {"do": "retire", "replaced_by": "mail"}),
        ("/administration/lists", {"key": "x", "title": "x"}), ("/administration/lists", {"key": "x.y", "title": ""}),
    ):  # fmt: skip
        assert admin.post(path, sent).status_code == 422, sent
    assert admin.get("/administration/lists/no.list").status_code == 404
    assert admin.post(f"{PATH}/nowhere", {"do": "up"}).status_code == 404


def test_forms_offer_what_the_list_offers_at_this_moment(house: Office, classify: int) -> None:
    assert "mail" in categories(house, classify) and "telephony" not in categories(house, classify)
    admin = house.browser(ADMIN)
    admin.post(PATH, {"label_en": "Telephony"})
    admin.post(f"{PATH}/mail", {"do": "retire"})
    assert "telephony" in categories(house, classify) and "mail" not in categories(house, classify)
    refused = house.browser(STAFF).post(f"/work/tasks/{classify}", {"category": "mail", "_form": "complete"})
    assert refused.status_code == 422


def test_a_record_keeps_a_retired_answer_and_shows_its_label(house: Office, classify: int) -> None:
    with house.parts.database.transaction() as session:
        session.execute(update(Incident).values(category="mail"))
    house.browser(ADMIN).post(f"{PATH}/mail", {"do": "retire"})
    assert "mail" in categories(house, classify)
    with house.parts.database.transaction() as session:
        number = session.scalars(select(Incident)).one().number
    anna = house.browser(STAFF)
    assert "Mail and calendar" in anna.see(f"/records/incident/{number}").text
    with house.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == STAFF).values(locale="de"))
    assert "E-Mail und Kalender" in anna.see(f"/records/incident/{number}").text


def test_an_import_or_a_change_of_many_gives_a_retired_answer_to_no_record_that_has_it_not(
    house: Office, classify: int
) -> None:
    with house.parts.database.transaction() as session:
        session.execute(update(Incident).values(category="mail"))
        incident = session.scalars(select(Incident)).one()
    admin, ines = house.browser(ADMIN), house.browser(MANAGER)
    admin.post(f"{PATH}/mail", {"do": "retire", "replaced_by": "application"})
    admin.post(f"{PATH}/network", {"do": "retire"})

    def bring(*rows: str) -> tuple[str, dict[str, str]]:
        content = "\n".join(("number,title,category", *rows)).encode()
        path = ines.post("/lists/incident/import", files={"file": ("old.csv", content)}).headers["location"]
        sent = {f"field-{place}": name for place, name in enumerate(("number", "title", "category"))}
        rules = {"match": "number", "found": "update", "missing": "create", "empty": "leave", "zone": "UTC"}
        preview = ines.post(path, sent | rules).headers["location"]
        faults = csv.reader(ines.get(f"{preview}/faults.csv").content.decode("utf-8-sig").splitlines())
        return preview, {line[0]: line[3] for line in list(faults)[1:]}

    held = f"{incident.number},{incident.title},mail"
    preview, wrong = bring(held, ",New one,Mail and calendar", ",Another,network", ",Fine,application")
    assert wrong == {
        "3": "“Mail and calendar” is retired; use “Application”.",
        "4": "“Network and connection” is retired and given to no record any more.",
    }, "the row is named, and the record that has it may keep it"
    assert ines.post(preview, {"do": "store", "reason": "x"}).status_code == 409
    preview, wrong = bring(held, ",Fine,application")
    assert wrong == {} and "unchanged 1" in ines.see(preview).text
    ines.post(preview, {"do": "store", "reason": "We move."})
    with house.parts.database.transaction() as session:
        found = dict(session.execute(select(Incident.title, Incident.category)).all())
    assert found["Fine"] == "application" and "mail" in found.values()

    sent: dict[str, Any] = {"state": "status=", "which": "all", "field": ["category"], "value-category": "mail"}
    page = ines.post("/lists/incident/change", sent)
    assert 'value="application"' in page.text and 'value="mail"' not in page.text
    plan = ines.post("/lists/incident/change/plan", sent).headers["location"]
    assert "“Mail and calendar” is retired" in ines.see(plan).text
    assert ines.post(plan, {"do": "store", "reason": "x"}).status_code == 409, "nothing is left to change"


def test_an_answer_that_is_retired_after_the_check_is_stored_nowhere(
    house: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, ines = house.browser(ADMIN), house.browser(MANAGER)

    def bring(*rows: str) -> str:
        content = "\n".join(("title,category", *rows)).encode()
        path = ines.post("/lists/incident/import", files={"file": ("old.csv", content)}).headers["location"]
        rules = {"match": "", "found": "update", "missing": "create", "empty": "leave", "zone": "UTC"}
        return ines.post(path, {"field-0": "title", "field-1": "category", **rules}).headers["location"]

    def answer(address: str, what: str) -> Response:
        return ines.post(address, {"do": what, "reason": "We move."})

    def incidents() -> list[tuple[str, str, str]]:
        with house.parts.database.transaction() as session:
            query = select(Incident.number, Incident.title, Incident.category).order_by(Incident.id)
            return [tuple(row) for row in session.execute(query)]

    assert answer(bring("Old,network"), "store").status_code == 303
    before = incidents()
    sent: dict[str, Any] = {"state": "status=", "which": "all", "field": ["category"], "value-category": "mail"}
    change = ines.post("/lists/incident/change/plan", sent).headers["location"]
    preview = bring("Fine,application", "Late,Mail and calendar")
    admin.post(f"{PATH}/mail", {"do": "retire", "replaced_by": "application"})
    for address, place in ((preview, "Row 3"), (change, before[0][0])):
        refused = answer(address, "store")
        told = f"Nothing was stored. {place}: “Mail and calendar” is retired; use “Application”. Check again."
        assert refused.status_code == 409 and told in Seen(refused).text
    with monkeypatch.context() as patch:
        patch.setattr(batches, "AT_ONCE", 0)
        assert answer(preview, "store").status_code == 303
        carry_out_due(house.parts.queue, house.parts.database)
        assert "Row 3: “Mail and calendar” is retired; use “Application”." in ines.see(preview).text
    assert incidents() == before, "nor anything that is still offered"
    for address in (preview, change):
        answer(address, "check")
        assert "“Mail and calendar” is retired; use “Application”." in ines.see(address).text
        assert answer(address, "store").status_code == 409
    admin.post(f"{PATH}/mail", {"do": "restore"})
    for address in (change, preview):
        answer(address, "check")
        assert answer(address, "store").status_code == 303
    assert [row[1:] for row in incidents()] == [("Old", "mail"), ("Fine", "application"), ("Late", "mail")]
