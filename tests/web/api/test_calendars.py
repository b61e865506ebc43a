"""Calendars over the API: stored, read as a month, chosen for teams and people, removed when nobody uses them."""

from typing import Any

from sqlalchemy import select

from app import clock
from app.domain.calendars.records import Calendar
from app.domain.journal.records import JournalEntry
from app.domain.service_levels.records import Agreement
from app.schedule.records import Schedule
from tests.at_once import at_once
from tests.stage import Stage
from tests.web.api.conftest import problem

MAREK, ANNA, SOFIA = "Marek Dvorak", "Anna Novak", "Sofia Lindqvist"
PLACE = "/api/v1/calendars"
OFFICE: dict[str, Any] = {
    "version": 0, "name": "Office", "time_zone": "Europe/Berlin", "region": "DE-SH",
    "hours": {day: [["8:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "exceptions": [
        {"first": "2026-12-24", "last": "2026-12-24", "hours": [["08:00", "12:00"]], "remark": "09:00-10:00 speeches"},
        {"first": "2026-12-28", "last": "2026-12-31", "hours": []},
    ],
}  # fmt: skip


def test_a_calendar_is_stored_read_and_changed(desk: Stage) -> None:
    api, anna = desk.api(MAREK), desk.api(ANNA)
    stored = api.put(f"{PLACE}/works", json=OFFICE).json()
    assert stored["hours"]["mon"] == [["08:00", "12:00"], ["13:00", "17:00"]] and stored["version"] == 1
    assert anna.get(f"{PLACE}/works").json() == stored
    assert stored["exceptions"][0]["remark"] == "09:00-10:00 speeches", "a remark is never read as hours"
    assert [one["key"] for one in anna.get(PLACE).json()["items"]] == ["works"]
    days = {one["date"]: one for one in anna.get(f"{PLACE}/works/months/2026-12").json()["days"]}
    assert len(days) == 31 and days["2026-12-24"]["hours"] == [["08:00", "12:00"]]
    assert (days["2026-12-25"]["holiday"], days["2026-12-25"]["hours"]) == ("Christmas Day", [])
    assert days["2026-12-31"]["exception"] and days["2026-12-31"]["hours"] == []
    problem(api.put(f"{PLACE}/works", json=OFFICE), 422)
    changed = api.put(f"{PLACE}/works", json=OFFICE | {"version": 1, "region": ""}).json()
    assert (changed["version"], changed["region"]) == (2, "")
    problem(api.put(f"{PLACE}/works", json=OFFICE | {"version": 1}), 409)
    problem(api.put(f"{PLACE}/none", json=OFFICE | {"version": 1}), 404)
    events = [one.event for one in desk.rows(JournalEntry) if one.event.startswith("calendar.")]
    assert events == ["calendar.added", "calendar.changed"]


def test_what_will_not_do_is_refused(desk: Stage) -> None:
    api = desk.api(MAREK)
    day = {"first": "2026-12-24", "last": "2026-12-24", "hours": []}
    for field, wrong in (
        ("region", {"region": "DE-XX"}), ("time_zone", {"time_zone": "Mars/Base"}), ("name", {"name": " "}),
        ("mon", {"hours": {"mon": [["17:00", "08:00"]]}}), ("exceptions", {"exceptions": [day, day]}),
        ("exceptions", {"exceptions": [day | {"last": "2026-12-23"}]}),
        ("exceptions", {"exceptions": [day | {"last": "9999-12-31"}]}),
    ):  # fmt: skip
        assert list(problem(api.put(f"{PLACE}/works", json=OFFICE | wrong), 422)["fields"]) == [field], wrong
    for hostile in (
        {"hours": {"monday": []}}, {"hours": {"mon": [["08:00"]]}}, {"exceptions": [{"first": "x"}]}, {"version": -1},
        {"exceptions": [day | {"remark": "x" * 101}]}, {"hours": {"mon": [["08:00, 09:00", "10:00"]]}},
    ):  # fmt: skip
        problem(api.put(f"{PLACE}/works", json=OFFICE | hostile), 422)
    assert list(problem(api.put(f"{PLACE}/Office", json=OFFICE), 422)["fields"]) == ["key"]
    for month in ("2026-13", "2026-1", "0000-01", "x"):
        problem(api.get(f"{PLACE}/works/months/{month}"), 422)


def test_a_calendar_that_is_used_stays_until_nobody_does(desk: Stage) -> None:
    api = desk.api(MAREK)
    for key in ("works", "office"):
        api.put(f"{PLACE}/{key}", json=OFFICE)
    team, sofia = "/api/v1/teams/network/calendar", f"/api/v1/people/{desk.people[SOFIA]}/calendar"
    for whose in (team, sofia):
        assert api.put(whose, json={"calendar": "works"}).json() == {"calendar": "works"}
        problem(api.put(whose, json={"calendar": "none"}), 422)
    assert [one["calendar"] for one in api.get("/api/v1/teams").json()["items"]] == ["works"]
    people = {one["name"]: one["calendar"] for one in api.get("/api/v1/people").json()["items"]}
    assert (people[SOFIA], people[ANNA]) == ("works", None)
    told = problem(api.delete(f"{PLACE}/works?version=1"), 409)["detail"]
    assert "Network" in told and SOFIA in told
    assert "none is named" in problem(api.delete(f"{PLACE}/office?version=1"), 409)["detail"]
    for whose in (team, sofia):
        api.put(whose, json={"calendar": None})
    problem(api.delete(f"{PLACE}/works?version=7"), 409)
    assert api.delete(f"{PLACE}/works?version=1").json() == {"key": "works"}
    problem(api.delete(f"{PLACE}/works?version=1"), 404)
    given = [one.data for one in desk.rows(JournalEntry) if one.event == "calendar.given"]
    assert given == [{"calendar": "works"}] * 2 + [{"calendar": None}] * 2


def test_agreements_and_schedules_use_calendars_too(desk: Stage) -> None:
    api, now = desk.api(MAREK), clock.now()
    api.put(f"{PLACE}/works", json=OFFICE)
    with desk.parts.database.transaction() as session:
        works = session.scalars(select(Calendar.id).where(Calendar.key == "works")).one()
        gold = Agreement(number="AGR-2026-0001", title="Gold", status="active", opened_at=now, updated_at=now,
                         custom={}, type="sla", calendar_id=works)  # fmt: skip
        weekly = Schedule(diagram="queue_check", element="s", area="incidents", diagram_version=1, expression="R/P1W",
                          calendar="", override={"calendar": "works"}, misfire="once", for_each="", anchor_at=now,
                          counted_at=now, counted_due=now)  # fmt: skip
        session.add_all([gold, weekly])
    told = problem(api.delete(f"{PLACE}/works?version=1"), 409)["detail"]
    assert told == "This calendar is used by AGR-2026-0001 Gold, queue_check."


def test_who_removes_and_who_chooses_at_once_do_not_both_succeed(desk: Stage) -> None:
    api, other = desk.api(MAREK), desk.api(MAREK)
    api.put(f"{PLACE}/works", json=OFFICE)
    answers = at_once(
        lambda: api.delete(f"{PLACE}/works?version=1"),
        lambda: other.put("/api/v1/teams/network/calendar", json={"calendar": "works"}),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 422])
    with desk.parts.database.transaction() as session:
        left = session.scalars(select(Calendar.key)).all()
    assert left == (["works"] if answers[1].status_code == 200 else [])
