"""The review calendar: what is due and periodic, whose it is, and the feed that calendar programs fetch."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from app import clock
from app.domain.calendars.records import Calendar as WorkCalendar
from app.domain.people import accounts, feeds, identity
from app.domain.records.writer import Trace
from app.domain.service_levels import editing
from app.domain.service_levels.editing import TargetLine, Written
from app.engine.records import Case, Task
from app.insight.access import Viewer
from app.insight.review_calendar import Scope, entries
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import draw, form
from tests.web.house import AUDITOR, ELSEWHERE, MANAGER, REQUESTER, STAFF
from tests.web.office import Browser, Office

TITLE = "Storage, gone; \\again\nBEGIN:VEVENT"


@pytest.fixture
def full(house: Office) -> Office:
    """Tasks that are due in an hour and since yesterday, one with a hostile title, and a weekly schedule."""
    timer = '<timerEventDefinition><timeCycle>cron("0 9 * * MON")</timeCycle></timerEventDefinition>'
    body = f'<startEvent id="s">{extensions(misfire="skip")}{timer}</startEvent>' + user("look") + end()
    house.publish(draw("weekly_look", body + flows("s look e")), form("look"))
    for title in ("The first", "An old one"):
        answer = house.browser(REQUESTER).post("/start/both", {"title": title})
        assert answer.status_code == 303
    with house.parts.database.transaction() as session:
        session.query(Case).where(Case.title == "The first").update({"title": TITLE})
        for task in session.query(Task).order_by(Task.id):
            late = session.query(Task).where(Task.case_id < task.case_id).count() > 0
            task.due_at = clock.now() - timedelta(days=1) if late else clock.now() + timedelta(hours=1)
    return house


def address(house: Office, name: str) -> str:
    with house.parts.database.transaction() as session:
        return f"/calendar/feeds/{feeds.renew(session, house.people[name])}.ics"


def fetched(house: Office, path: str) -> dict[str, list[str]]:
    """What a calendar program reads: the sort of each event with its texts."""
    answer = house.visitor().get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    found = Calendar.from_ical(answer.content)
    events: dict[str, list[str]] = {"task": [], "schedule": []}
    uids = set()
    for event in found.walk("VEVENT"):
        kind = str(event["uid"]).partition("-")[0]
        assert event["dtstart"].dt.tzinfo is not None
        assert event["dtstamp"] is not None
        events[kind].append(str(event["summary"]))
        uids.add(str(event["uid"]))
    assert len(uids) == sum(len(texts) for texts in events.values())
    return events


def test_the_page_shows_what_is_due_to_those_who_may_know(full: Office) -> None:
    month = f"{clock.now() + timedelta(hours=1):%Y-%m}"
    staff = full.browser(STAFF).see(f"/calendar?month={month}").text
    assert "Storage, gone" in staff
    assert "Weekly look" in staff
    for path in ("/calendar", "/calendar?show=all"):
        assert "Storage, gone" not in full.browser(ELSEWHERE).see(path).text
        assert "Weekly look" not in full.browser(ELSEWHERE).see(path).text
    assert "Storage, gone" in full.browser(AUDITOR).see(f"/calendar?show=all&month={month}").text
    # What may not be chosen does not exist.
    for show in ("area.incidents", "team.storage", "area.nowhere", "nonsense", "team."):
        assert full.browser(ELSEWHERE).get(f"/calendar?show={show}").status_code == 404
    assert full.browser(MANAGER).get("/calendar?show=area.incidents").status_code == 200
    page = full.browser(STAFF).see("/calendar?month=1666-01").text
    assert f"{clock.now():%Y}" in page
    assert full.browser(STAFF).get("/calendar?month=2099-12").status_code == 200


def test_the_feed_is_what_its_person_may_know_and_no_other_address_leads_anywhere(full: Office) -> None:
    path = address(full, STAFF)
    mine = fetched(full, path)
    assert len(mine["task"]) == 2
    assert any(text.endswith(TITLE) for text in mine["task"])
    assert mine["schedule"].count("Weekly look") >= 52
    assert fetched(full, f"{path}?show=area.incidents")["task"]
    elsewhere = address(full, ELSEWHERE)
    assert fetched(full, f"{elsewhere}?show=all") == {"task": [], "schedule": []}
    for wrong in (f"{elsewhere}?show=area.incidents", f"{path}?show=nonsense", "/calendar/feeds/x.ics",
                  "/calendar/feeds/.ics", f"/calendar/feeds/{'x' * 5000}.ics", "/calendar/feeds/%F0%9F%98%80.ics",
                  path[:-5] + ".ics", path.replace(".ics", ""), "/calendar/feeds/..%2F..%2Fx.ics"):  # fmt: skip
        assert full.visitor().get(wrong).status_code == 404, wrong
    # A session is no address, and a new address ends the old one.
    assert full.browser(STAFF).get("/calendar/feeds/mine.ics").status_code == 404
    again = address(full, STAFF)
    assert full.visitor().get(path).status_code == 404
    with full.parts.database.transaction() as session:
        accounts.deactivate(session, full.people[STAFF])
    assert full.visitor().get(again).status_code == 404


def test_the_address_is_made_shown_once_renewed_and_ended(full: Office) -> None:
    browser = full.browser(STAFF)
    answer = browser.post("/calendar", {"do": "renew"})
    assert answer.status_code == 200
    [line] = [line for line in answer.text.splitlines() if "/calendar/feeds/" in line]
    path = "/calendar/feeds/" + line.partition("/calendar/feeds/")[2].partition("<")[0]
    assert fetched(full, path)["task"]
    assert path not in browser.see("/calendar").text
    assert browser.post("/calendar", {"do": "dance"}).status_code == 422
    assert browser.post("/calendar", {"do": "end"}).status_code == 303
    assert full.visitor().get(path).status_code == 404


def test_the_api_tells_the_same(full: Office) -> None:
    from app.domain.people import tokens

    def asked(name: str, query: str = "") -> Browser:
        with full.parts.database.transaction() as session:
            token = tokens.create_token(session, full.people[name], "test").token
        return full.visitor().get(f"/api/v1/calendar{query}", headers={"authorization": f"Bearer {token}"})

    items = asked(STAFF).json()["items"]
    assert [item["title"] for item in items if item["kind"] == "task"] == [TITLE]
    assert {item["name"] for item in items if item["kind"] == "schedule"} == {"weekly_look", "queue_check"}
    assert asked(ELSEWHERE, "?show=all").json() == {"items": []}
    assert asked(ELSEWHERE, "?show=area.incidents").status_code == 404
    assert asked(STAFF, "?until=2000-01-01T00:00:00Z").status_code == 422


def test_what_has_dates_of_its_own_stands_on_these_alone(
    house: Office,
) -> None:
    timer = '<timerEventDefinition><timeCycle>cron("0 7 * * *")</timeCycle></timerEventDefinition>'
    begin = f'<startEvent id="s">{extensions(for_each="agreement.due_for_review")}{timer}</startEvent>'
    house.publish(draw("review", begin + user("look") + end() + flows("s look e"), record="agreement"), form("look"))
    hours = {"mon": [["08:00", "17:00"]]}
    with house.parts.database.transaction() as session:
        session.add(calendar := WorkCalendar(key="mondays", name="Mondays", time_zone="UTC", hours=hours))
        session.flush()
        written = Written(
            "default", "Better than before", calendar_id=calendar.id, owner_id=house.people[STAFF], review_months=1,
            targets=(TargetLine("response", "", 60),),
        )  # fmt: skip
        agreement = editing.add(session, written, Trace())
        editing.activate(session, agreement.id, Trace(), now=clock.now())
        due, number = agreement.review_due_at, agreement.number
    assert due is not None
    later = due + timedelta(days=3)
    seen = {}
    with house.parts.database.transaction() as session:
        for name in (STAFF, ELSEWHERE, REQUESTER):
            person = identity.of_person(session, house.people[name])
            assert person is not None
            found = entries(session, house.parts.schedules, Viewer.of(person), Scope(), clock.now(), later)
            seen[name] = [(entry.number, entry.at) for entry in found if entry.name == "review"]
    assert seen == {STAFF: [(number, due)], ELSEWHERE: [], REQUESTER: []}
    assert "Better than before" in house.browser(STAFF).see(f"/calendar?month={due:%Y-%m}").text
    assert any(number in text for text in fetched(house, address(house, STAFF))["schedule"])
