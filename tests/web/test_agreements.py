"""Agreements on their pages and over the API: written, changed, put in force, ended; which of them applies."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app import clock
from app.domain.people import directory, organisations, tokens
from app.domain.people.organisations import Details
from app.domain.people.records import Organisation
from app.domain.service_levels import clocks, editing
from app.domain.service_levels.records import Agreement, TargetClock
from tests.web import agreed
from tests.web.agreed import FRIDAY, moment
from tests.web.house import ADMIN, AUDITOR, ELSEWHERE, MANAGER, REQUESTER, STAFF
from tests.web.office import Office, Seen

OWNER = ELSEWHERE


@pytest.fixture
def desk(house: Office) -> Iterator[int]:
    """The id of a calendar, on a Friday afternoon; Lars Berg runs service level management."""
    with clock.at(FRIDAY):
        with house.parts.database.transaction() as session:
            directory.assign_role(session, "service_levels.process_manager", person_id=house.people[OWNER])
        yield agreed.calendar(house.parts)


def written(desk: int, **more: str) -> dict[str, str]:
    """What is typed into the form: half an hour to respond to P1, four hours to all others."""
    return {
        "type": "default", "title": "Standard", "calendar_id": str(desk), "review_months": "12", "metric-0": "response",
        "priority-0": "P1", "time-0": "30m", "warn-0": "80", "metric-1": "response", "time-1": "1h 30m", **more,
    }  # fmt: skip


def form(seen: Seen) -> dict[str, str]:
    """What the form holds, as a browser would send it."""
    found = seen.all("//form[contains(@action, '/agreements/')]")[0]
    return {name: value for name, value in found.form_values() if name != "_csrf"}


def add(house: Office, desk: int, **more: str) -> str:
    """Write an agreement by its form; returns its number."""
    answer = house.browser(OWNER).post("/agreements/new", written(desk, **more))
    assert answer.status_code == 303, Seen(answer).texts("//*[@class='err']")
    return str(answer.headers["location"].rpartition("/")[2])


def test_an_agreement_is_written_put_in_force_and_ended(house: Office, desk: int) -> None:
    browser = house.browser(OWNER)
    assert "/agreements/new" in browser.see("/records/agreement").links()
    number = add(house, desk, valid_until="2037-12-31", owner="anna.novak")
    page = browser.see(f"/records/agreement/{number}")
    assert page.texts("//*[@id='targets']//tbody/tr/td") == [
        "Response", "P1 Critical", "30 min", "80 %", "Desk", "Response", "all others", "1 h 30 min", "80 %", "Desk"
    ]  # fmt: skip
    shown = form(browser.see(f"/agreements/{number}"))
    assert (shown["time-1"], shown["valid_until"], shown["owner"]) == ("1h 30m", "2037-12-31", "anna.novak")
    with house.parts.database.transaction() as session:
        stored = session.scalars(select(Agreement).where(Agreement.number == number)).one()
        # The whole last day, where the calendar is.
        assert stored.valid_until == moment("2038-01-01T00:00+01:00")
    assert browser.post(f"/agreements/{number}/activate").status_code == 303
    assert browser.post(f"/agreements/{number}/activate").status_code == 409
    agreed.incident(house.parts, house.people[REQUESTER])
    asked = browser.see(f"/agreements/{number}/end").text
    assert "1 running clock is looked at again" in asked
    assert browser.post(f"/agreements/{number}/end", {"reason": " "}).status_code == 422
    assert browser.post(f"/agreements/{number}/end", {"reason": "Replaced"}).status_code == 303
    assert browser.post(f"/agreements/{number}", written(desk, seen=shown["seen"])).status_code == 409
    assert "Replaced" in browser.see(f"/records/agreement/{number}?view=history").text


def test_nothing_that_was_typed_is_lost(house: Office, desk: int) -> None:
    typed = written(
        desk, title="", type="sla", description="Über alles <b>", owner="nobody at all", valid_from="soon",
        review_months="many", **{"time-0": "2d", "time-1": "soonish", "warn-1": "120", "metric-2": "resolution"},
        **{"time-2": "", "metric-4": "resolution", "time-4": "4h", "metric-5": "resolution", "time-5": "5h"},
    )  # fmt: skip
    answer = house.browser(OWNER).post("/agreements/new", typed)
    assert answer.status_code == 422
    seen = Seen(answer)
    shown = form(seen)
    assert {name: shown[name] for name in typed if name not in ("type", "calendar_id")} == {
        name: said for name, said in typed.items() if name not in ("type", "calendar_id")
    }
    wrong = {error.get("id").removesuffix("-error"): error.text_content() for error in seen.all("//*[@class='err']")}
    assert set(wrong) == {
        "title", "organisation_id", "owner", "valid_from", "review_months", "time-0", "time-1", "warn-1", "time-2",
        "priority-4", "priority-5",
    }  # fmt: skip
    assert wrong["time-0"] == "Days differ from calendar to calendar; give hours of work instead, like 16h."
    with house.parts.database.transaction() as session:
        assert session.scalars(select(Agreement)).all() == []
    more = Seen(house.browser(OWNER).post("/agreements/new", typed | {"do": "rows"}))
    assert len(more.all("//tbody/tr")) == 6 + 8 and form(more)["time-0"] == "2d"


def test_a_stale_page_overwrites_nothing(house: Office, desk: int) -> None:
    number = add(house, desk)
    browser = house.browser(OWNER)
    mine = form(browser.see(f"/agreements/{number}"))
    clock.set_to(moment("2037-03-06T17:00+01:00"))
    theirs = house.browser(ADMIN).post(f"/agreements/{number}", mine | {"time-0": "20m"})
    assert theirs.status_code == 303
    answer = browser.post(f"/agreements/{number}", mine | {"time-0": "10m"})
    assert answer.status_code == 409 and form(Seen(answer))["time-0"] == "10m"
    assert "Somebody else changed this agreement" in Seen(answer).text
    for garbage in ("", "now", "2037-03-06"):
        assert browser.post(f"/agreements/{number}", mine | {"seen": garbage}).status_code == 409
    assert form(browser.see(f"/agreements/{number}"))["time-0"] == "20m"


def test_what_a_change_concerns_is_said_before(house: Office, desk: int) -> None:
    number = agreed.agree(house.parts, desk)
    incident = agreed.incident(house.parts, house.people[REQUESTER])
    browser = house.browser(OWNER)
    page = browser.see(f"/agreements/{number}")
    assert "2 clocks run by this agreement" in page.text
    link = f"//a[@href='/agreements/{number}/clocks']"
    assert house.browser(STAFF).see(f"/records/agreement/{number}").texts(link) == ["2"]
    clock.set_to(moment("2037-03-06T17:00+01:00"))
    assert browser.post(f"/agreements/{number}", form(page) | {"time-0": "45m"}).status_code == 303
    with house.parts.database.transaction() as session:
        assert all(session.scalars(select(TargetClock.stale)))
    # Lars Berg looks after agreements, not after incidents.
    assert incident not in browser.see(f"/agreements/{number}/clocks").text
    rows = house.browser(STAFF).see(f"/agreements/{number}/clocks")
    assert rows.texts("//td[contains(@class, 'number')]") == [incident, incident]
    agreed.clocked(house.parts, incident, clocks.pause, "a question")
    assert "paused" in house.browser(STAFF).see(f"/agreements/{number}/clocks").text


def test_an_agreement_that_moves_to_another_service_reaches_its_clocks(house: Office, desk: int) -> None:
    old, new = agreed.agree(house.parts, desk, title="Old"), agreed.agree(house.parts, desk, title="Lasts")
    agreed.incident(house.parts, house.people[REQUESTER])
    browser, service = house.browser(OWNER), service_of(house)
    clock.set_to(moment("2037-03-06T17:00+01:00"))
    page = browser.see(f"/agreements/{new}")
    assert browser.post(f"/agreements/{new}", form(page) | {"service_id": service}).status_code == 303
    with house.parts.database.transaction() as session:
        assert all(session.scalars(select(TargetClock.stale)))
    assert f"/records/agreement/{old}" in browser.see("/agreements/applying").links()


def service_of(house: Office) -> str:
    """The id of the service."""
    with house.parts.database.transaction() as session:
        return str(session.scalars(select(editing.Record.id).where(editing.Record.kind == "service")).one())


def test_who_may_do_what(house: Office, desk: int) -> None:
    number = agreed.agree(house.parts, desk)
    for name, reads, changes in (
        (REQUESTER, 404, 404), (STAFF, 200, 403), (MANAGER, 200, 403), (AUDITOR, 200, 403), (OWNER, 200, 200),
        (ADMIN, 200, 200),
    ):  # fmt: skip
        browser = house.browser(name)
        assert browser.get(f"/records/agreement/{number}").status_code == reads, name
        assert browser.get(f"/agreements/{number}/clocks").status_code == reads, name
        for path in ("", "/end", "/activate"):
            assert browser.get(f"/agreements/{number}{path}").status_code == changes, name
        assert browser.get("/agreements/new").status_code == (200 if changes == 200 else 403), name
        assert browser.get("/agreements/applying").status_code == (403 if name == REQUESTER else 200), name
        if reads == 200:
            links = browser.see(f"/records/agreement/{number}").links()
            assert (f"/agreements/{number}" in links) is (changes == 200)


def test_which_one_applies_and_why(house: Office, desk: int) -> None:
    standard = agreed.agree(house.parts, desk)
    with house.parts.database.transaction() as session:
        organisations.save(session, None, Details("Museum", "customer"), actor_id=None, seen=0)
        museum = session.scalars(select(Organisation.id).where(Organisation.name == "Museum")).one()
    theirs = agreed.agree(house.parts, desk, "sla", "Museum's own", organisation_id=museum)
    browser = house.browser(STAFF)
    page = browser.see(f"/agreements/applying?organisation={museum}&priority=P1")
    assert page.texts("//main//section//p/b") == ["Museum's own"]
    assert page.texts("//main//section//dl/dd")[0] == "4 h of working time, warning at 80 %"
    assert page.texts("//main//section//tbody/tr/td[1]") == ["Museum's own", "Standard"]
    assert page.texts("//main//section//tbody/tr/td[3]") == [
        "agreed with this customer for all services", "another one comes first"
    ]  # fmt: skip
    other = browser.see("/agreements/applying?priority=P6&service=nonsense&team=1")
    assert (
        other.texts("//main//section//p/b") == ["Standard"] and "There is no agreement that could apply" in other.text
    )
    number = f"SVC-{clock.now().year}"
    with house.parts.database.transaction() as session:
        number = session.scalars(select(editing.Record.number).where(editing.Record.kind == "service")).one()
    assert browser.see(f"/records/service/{number}").texts("//*[@id='agreements']//td[1]") == [
        "Standard",
        "Museum's own",
    ]
    assert house.browser(REQUESTER).see(f"/records/service/{number}").all("//*[@id='agreements']") == []
    assert f"/records/agreement/{theirs}" in page.links() and f"/records/agreement/{standard}" in page.links()


def test_programs_do_the_same(house: Office, desk: int) -> None:
    with house.parts.database.transaction() as session:
        token = tokens.create_token(session, house.people[OWNER], "mine").token
    client, headers = house.visitor(), {"authorization": f"Bearer {token}"}

    def ask(method: str, path: str, **body: object) -> tuple[int, dict[str, object]]:
        answer = client.request(method, f"/api/v1/agreements{path}", headers=headers, json=body or None)
        return answer.status_code, answer.json()

    target = {"metric": "response", "priority": "P1", "minutes": 30}
    body: dict[str, object] = {"type": "default", "title": "Standard", "calendar": "desk", "targets": [target]}
    status, made = ask("POST", "", **body)
    assert (status, made["status"], made["running_clocks"]) == (201, "draft", 0)
    path = f"/{made['number']}"
    assert ask("GET", path)[1] == made
    clock.set_to(moment("2037-03-06T17:00+01:00"))
    longer = body | {"targets": [target | {"minutes": 45}]}
    status, changed = ask("PUT", path, **longer, updated_at=made["updated_at"])
    assert (status, changed["targets"][0]["minutes"]) == (200, 45)  # type: ignore[index]
    assert ask("PUT", path, **body, updated_at=made["updated_at"])[0] == 409
    status, told = ask("PUT", path, **body | {"calendar": "nowhere"}, updated_at=changed["updated_at"])
    assert (status, list(told["fields"])) == (422, ["calendar_id"])  # type: ignore[call-overload]
    assert ask("POST", f"{path}/activate")[1]["status"] == "active"
    assert ask("POST", f"{path}/activate")[0] == 409
    status, found = ask("GET", "/applying?priority=P1")
    assert found["items"][0]["promises"][0]["minutes"] == 45  # type: ignore[index]
    assert ask("POST", f"{path}/end", reason="Replaced")[1]["status"] == "ended"
    assert ask("POST", f"{path}/end", reason="Replaced")[0] == 409
