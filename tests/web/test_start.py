"""Starting a process: what is offered, the start form, the first task."""

import pytest
from sqlalchemy import select

from app.domain.records.records import Record, StoredFile
from tests.stage import YEAR
from tests.web.office import Office, Seen, report
from tests.web.walks import walk


def test_only_what_the_roles_allow_is_offered(office: Office) -> None:
    office.publish(*walk())
    assert "/start/walk" in office.browser("Anna Novak").see("/start").links()
    links = office.browser("Chiara Ricci").see("/start").links()
    assert "/start/incident" in links
    assert "/start/walk" not in links
    assert "/start/approve_item" not in links


def test_what_may_not_be_started_is_refused(office: Office) -> None:
    office.publish(*walk())
    chiara = office.browser("Chiara Ricci")
    assert chiara.get("/start/walk").status_code == 403
    assert chiara.post("/start/walk").status_code == 403
    assert chiara.get("/start/nonsense").status_code == 404


def test_the_form_says_what_happens_then(office: Office) -> None:
    page = office.browser("Chiara Ricci").see("/start/incident")
    assert page.texts("//ol[contains(@class, 'plan')]/li")[0].startswith("Register the incident")
    assert page.all("//input[@name='title']")


def test_a_report_becomes_a_record_and_a_case(office: Office) -> None:
    chiara = office.browser("Chiara Ricci")
    answer = chiara.post("/start/incident", report("Mail is slow"))
    assert answer.headers["location"] == f"/cases/C-{YEAR}-000001"
    page = chiara.see(answer.headers["location"])
    assert f"The case C-{YEAR}-000001 has begun." in page.text
    with office.parts.database.transaction() as session:
        record = session.scalars(select(Record).where(Record.kind == "incident")).one()
        assert (record.title, record.requester_id) == ("Mail is slow", office.people["Chiara Ricci"])


def test_wrong_answers_start_nothing_and_lose_nothing(office: Office) -> None:
    answer = office.browser("Chiara Ricci").post("/start/incident", report("", description="A long story"))
    assert answer.status_code == 422
    assert Seen(answer).values()["description"] == "A long story"
    with office.parts.database.transaction() as session:
        assert session.scalars(select(Record.id).where(Record.kind == "incident")).all() == []


@pytest.mark.parametrize("name", ["../../x", "..\\..\\x", "/etc/x", "C:\\x"])
def test_a_file_that_wants_to_be_elsewhere_loses_its_folders(office: Office, name: str) -> None:
    answer = office.browser("Chiara Ricci").post(
        "/start/incident", report("Mail is slow"), files={"attachments~upload": (name, b"seen at 09:10")}
    )
    assert answer.status_code == 303
    with office.parts.database.transaction() as session:
        stored = session.scalars(select(StoredFile)).one()
        assert stored.name == "x"
        assert stored.record_id is not None


def test_a_process_without_a_start_form_asks_for_a_title_at_most(office: Office) -> None:
    office.publish(*walk())
    anna = office.browser("Anna Novak")
    assert anna.see("/start/walk").all("//input[@name='title']")
    answer = anna.post("/start/walk", {"title": "Around the lake"})
    assert anna.see(answer.headers["location"]).texts("//h1") == ["Around the lake"]


def test_what_somebody_may_order_is_offered_and_chosen_with_one_click(office: Office) -> None:
    key = {"audience": "roles", "audience_names": "incidents.process_staff"}
    offers = {"Shared mailbox": {}, "Server room key": key, "Fax machine": {"phase": "retired"}}
    with office.parts.database.transaction() as session:
        ids = {
            title: office.parts.records.create(
                session, "catalogue_item", title=title, requester_id=None, owner_id=None,
                values={"description": "For your group.", "expected": "At once", **values}, actor_id=None, case_id=None,
                element="",
            )[0]
            for title, values in offers.items()
        }  # fmt: skip
    chiara, anna = office.browser("Chiara Ricci"), office.browser("Anna Novak")
    wanted = f"/start/service_request?catalogue_item={ids['Shared mailbox']}"
    page = chiara.see("/start")
    assert wanted in page.links() and "For your group." in page.text and "At once" in page.text
    assert "Server room key" not in page.text and "Fax machine" not in page.text
    assert "Server room key" in anna.see("/start").text
    form = chiara.see(wanted)
    assert form.values()["catalogue_item"] == str(ids["Shared mailbox"])
    for hostile in ("999999", "x", "1' OR 1=1", "9" * 40):
        assert chiara.get("/start/service_request", params={"catalogue_item": hostile}).status_code == 200
    answer = chiara.post("/start/service_request", {"catalogue_item": str(ids["Fax machine"]), "description": "Please"})
    assert answer.status_code == 422 and "not offered at the moment" in answer.text
    with office.parts.database.transaction() as session:
        assert session.scalars(select(Record).where(Record.kind == "service_request")).all() == []
    answer = chiara.post(
        "/start/service_request", {"catalogue_item": str(ids["Shared mailbox"]), "description": "Please"}
    )
    assert answer.status_code == 303
    with office.parts.database.transaction() as session:
        assert session.scalars(select(Record.title).where(Record.kind == "service_request")).all() == ["Shared mailbox"]
