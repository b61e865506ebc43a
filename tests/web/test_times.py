"""Agreed times on pages and over the API: the strip of a record and a task, and the page that explains each clock."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from app import clock
from app.domain.calendars.records import Calendar
from app.domain.people import tokens
from app.domain.people.records import Person, Team
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.domain.service_levels import clocks
from app.domain.service_levels.editing import TargetLine
from app.domain.service_levels.waking import Waking
from tests.sent import sent
from tests.web import agreed
from tests.web.agreed import FRIDAY, moment
from tests.web.house import ADMIN, AUDITOR, OTHER, REQUESTER, STAFF, Places
from tests.web.office import Office


@pytest.fixture
def number(house: Office) -> Iterator[str]:
    """An incident of Chiara Ricci's from Friday, 16:50: half an hour to respond, four hours to solve it."""
    with clock.at(FRIDAY):
        agreed.agree(house.parts, agreed.calendar(house.parts))
        yield agreed.incident(house.parts, house.people[REQUESTER])


def wake(house: Office) -> None:
    """Have warnings, breaches and other terms noted."""
    waking = Waking(house.parts.database, house.parts.records, lambda *_told: None)
    while waking.fire():
        pass


def strip(house: Office, number: str, name: str = STAFF) -> list[str]:
    """What the record page says of the clocks."""
    return house.browser(name).see(f"/records/incident/{number}").texts("//ul[@class='clocks']/li")


def test_the_strip_says_what_each_clock_shows(house: Office, number: str) -> None:
    assert strip(house, number) == [
        "Resolution SLA due Mon 9 Mar, 12:50 · 4 h left", "Response SLA due Mon 9 Mar, 09:20 · 30 min left"
    ]  # fmt: skip
    clock.set_to(moment("2037-03-09T09:55+01:00"))
    agreed.clocked(house.parts, number, clocks.stop, metrics=["response"])
    agreed.clocked(house.parts, number, clocks.pause, "waiting for the caller")
    clock.set_to(moment("2037-03-09T10:30+01:00"))
    assert strip(house, number) == [
        "Resolution SLA paused: waiting for the caller · 2 h 55 min left", "Response SLA missed by 35 min"
    ]  # fmt: skip
    agreed.clocked(house.parts, number, clocks.resume)
    assert strip(house, number)[0] == "Resolution SLA due today 13:25 · 2 h 55 min left"
    agreed.clocked(house.parts, number, clocks.stop)
    assert strip(house, number)[0] == "Resolution SLA kept"


def test_due_times_are_the_readers_and_the_calendars(house: Office) -> None:
    with clock.at(FRIDAY):
        agreed.agree(house.parts, agreed.calendar(house.parts, "far", "Asia/Tokyo"))
        number = agreed.incident(house.parts, house.people[REQUESTER])
        assert "due Mon 9 Mar, 01:30 (09:30 in Tokyo)" in strip(house, number)[1]
        with house.parts.database.transaction() as session:
            session.execute(update(Person).where(Person.name == STAFF).values(locale="de", time_zone="Asia/Seoul"))
        assert "Reaktion SLA fällig Mo., 9. März, 09:30 · noch 30 Min." in strip(house, number)[1]


def test_a_clock_is_explained_line_by_line(house: Office, number: str) -> None:
    clock.set_to(moment("2037-03-09T09:15+01:00"))
    wake(house)
    clock.set_to(moment("2037-03-09T10:00+01:00"))
    wake(house)
    agreed.clocked(house.parts, number, clocks.pause, "a question <b>to</b> the caller", by=house.people[STAFF])
    clock.set_to(moment("2037-03-09T12:00+01:00"))
    agreed.clocked(house.parts, number, clocks.resume, by=house.people[STAFF])
    clock.set_to(moment("2037-03-09T12:30+01:00"))
    page = house.browser(STAFF).see(f"/records/incident/{number}/times")
    [resolution, response] = page.all("//main//section")
    lines = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        for row in resolution.xpath("(.//table)[1]/tbody/tr")
    ]
    assert lines == [
        ["6 Mar 2037, 16:50", "9 Mar 2037, 10:00",
         "Started: the default for all services", "", "yes", "1 h 10 min", "1 h 10 min", "2 h 50 min"],
        ["9 Mar 2037, 10:00", "9 Mar 2037, 12:00", "Paused: a question <b>to</b> the caller", STAFF, "no", "–",
         "1 h 10 min", "2 h 50 min"],
        ["9 Mar 2037, 12:00", "now", "Goes on", STAFF, "yes", "30 min", "1 h 40 min", "2 h 20 min"],
    ]  # fmt: skip
    said = " ".join(response.text_content().split())
    assert "Missed" in said and "Warned" in said and "missed by 1 h 10 min" in said
    assert "Monday – Friday 09:00-17:00 · Europe/Berlin" in page.text
    assert "4 h of working time" in page.text and "after 3 h 12 min (80 %)" in page.text
    assert page.texts("((//main//section)[1]//table)[3]//td") == ["Standard", "yes", "the default for all services"]


def test_another_priority_is_tried_without_changing_anything(house: Office, number: str) -> None:
    clock.set_to(moment("2037-03-09T10:00+01:00"))
    with house.parts.database.transaction() as session:
        before = session.execute(select(Record.priority, Record.updated_at).where(Record.number == number)).one()
    page = house.browser(STAFF).see(f"/records/incident/{number}/times")
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        for row in page.all("((//main//section)[1]//table)[2]/tbody/tr")
    ]
    assert rows[0] == ["P1 Critical now", "4 h", "Desk", "1 h 10 min", "due today 12:50 · 2 h 50 min left"]
    assert rows[3] == ["P4 Low", "16 h", "Desk", "1 h 10 min", "due tomorrow 16:50 · 14 h 50 min left"]
    assert len(rows) == 6
    with house.parts.database.transaction() as session:
        after = session.execute(select(Record.priority, Record.updated_at).where(Record.number == number)).one()
    assert after == before


def test_other_terms_stand_where_they_came(house: Office, number: str) -> None:
    clock.set_to(moment("2037-03-09T13:00+01:00"))
    wake(house)
    with house.parts.database.transaction() as session:
        session.execute(update(Record).where(Record.number == number).values(priority="P3"))
    wake(house)
    page = house.browser(STAFF).see(f"/records/incident/{number}/times")
    said = " ".join(page.all("(//main//section)[1]")[0].text_content().split())
    assert "Other terms: 4 h, Standard, Desk → 16 h, Standard, Desk" in said
    assert "Missed (by the terms of that moment)" in said
    assert "due tomorrow 16:50" in said


def test_who_asked_sees_what_was_promised_to_them_alone(house: Office, number: str) -> None:
    office = agreed.calendar(house.parts, "inner")
    with house.parts.database.transaction() as session:
        storage = session.scalars(select(Team.id).where(Team.key == "storage")).one()
    agreed.agree(house.parts, office, "ola", "What storage promised", team_id=storage,
                 targets=(TargetLine("resolution", "", 60),))  # fmt: skip
    agreed.clocked(house.parts, number, lambda *given, trace: clocks.start(
        *given, trace, level="ola", metrics=["resolution"], team_id=storage
    ))  # fmt: skip
    path = f"/records/incident/{number}/times"
    seen = house.browser(REQUESTER).see(path)
    assert "OLA" not in seen.text and "What storage promised" not in seen.text and "Standard" in seen.text
    assert "were looked at" not in seen.text and not any("/records/agreement/" in href for href in seen.links())
    assert len(strip(house, number, REQUESTER)) == 2
    assert len(strip(house, number)) == 3
    for name in (STAFF, AUDITOR, ADMIN):
        assert "What storage promised" in house.browser(name).see(path).text
    assert house.browser(OTHER).get(path).status_code == 404


def test_without_a_promise_the_page_says_so(house: Office, places: Places) -> None:
    page = house.browser(STAFF).see(f"/records/incident/{places['record']}/times")
    assert "No time was agreed for this record." in page.text


def test_whose_holidays_are_off_is_said_in_words(house: Office, number: str) -> None:
    with house.parts.database.transaction() as session:
        session.execute(update(Calendar).where(Calendar.key == "desk").values(region="DE-SH"))
    assert (
        "holidays of Germany, Schleswig-Holstein" in house.browser(STAFF).see(f"/records/incident/{number}/times").text
    )


def test_a_calendar_without_working_time_breaks_no_page(house: Office, number: str) -> None:
    with house.parts.database.transaction() as session:
        session.execute(update(Calendar).where(Calendar.key == "desk").values(hours={}))
    assert "its calendar has too little working time" in strip(house, number)[0]
    assert house.browser(STAFF).see(f"/records/incident/{number}/times")


def test_programs_read_the_same(house: Office, number: str) -> None:
    clock.set_to(moment("2037-03-09T10:00+01:00"))
    with house.parts.database.transaction() as session:
        token = tokens.create_token(session, house.people[STAFF], "mine").token
    answer = house.visitor().get(
        f"/api/v1/records/incident/{number}/times", headers={"authorization": f"Bearer {token}"}
    )  # fmt: skip
    resolution, response = answer.json()["items"]
    assert (resolution["state"], resolution["minutes"], resolution["left_minutes"]) == ("running", 240, 170)
    assert (response["state"], response["text"]) == ("missed", "missed by 40 min")
    assert resolution["due_at"] == "2037-03-09T11:50:00Z" and resolution["calendar"] == "desk"
    assert [line["event"] for line in resolution["lines"]] == ["started"]
    assert [one["minutes"] for one in resolution["what_if"]] == [240, 960, 960, 960, 960, 960]
    assert resolution["considered"][0]["applies"] is True
    assert resolution["considered"][0]["number"] == resolution["agreement"]


def test_lists_are_put_in_order_by_what_is_due_next(house: Office, number: str) -> None:
    clock.set_to(moment("2037-03-06T16:55+01:00"))
    later = agreed.incident(house.parts, house.people[REQUESTER], "P4", "Less urgent")
    paused = agreed.incident(house.parts, house.people[REQUESTER], "P1", "Paused")
    agreed.clocked(house.parts, paused, clocks.pause, "a question")
    browser = house.browser(STAFF)
    browser.post("/lists/incident/columns", {"column": ["number", "next_due"]})
    page = browser.see("/records/incident?status=&sort=next_due")
    found = page.texts("//main//tbody/tr/td[1]")
    assert found[:2] == [number, later] and paused in found
    assert page.texts("//main//tbody/tr/td[2]")[:2] == ["Mon 9 Mar, 09:20", "Mon 9 Mar, 12:55"]
    assert page.texts("//main//th//a")[1] == "Next agreed time"


def test_what_the_clocks_cost(house: Office, places: Places) -> None:
    """No statement where nothing was promised, one more on record and task page where something was."""
    record, task = f"/records/incident/{places['record']}", f"/work/tasks/{places['look']}"
    browser, engine = house.browser(STAFF), house.parts.database.engine

    def cost(path: str) -> int:
        browser.see(path)
        with sent(engine) as texts:
            browser.see(path)
        assert sum("target_clock" in text for text in texts) <= 2
        return len(texts)

    before = cost(record), cost(task)
    agreed.agree(house.parts, agreed.calendar(house.parts))
    with house.parts.database.transaction() as session:
        identity = session.scalars(select(Record.id).where(Record.number == places["record"])).one()
        session.execute(update(Record).where(Record.id == identity).values(priority="P1"))
        clocks.start(session, house.parts.records, house.parts.records.locked_of_any_kind(session, identity), Trace())
    assert len(strip(house, places["record"])) == 2
    assert (cost(record), cost(task)) == (before[0] + 1, before[1] + 1)
    assert browser.see(task).texts("//ul[@class='clocks']/li") == strip(house, places["record"])
