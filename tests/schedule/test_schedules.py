"""Schedules follow what is published and start cases: once each, for each subject, late or not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.domain.calendars.working_time import put_calendar
from app.engine.records import Case
from app.errors import BusinessError, Conflict, Invalid, Refused
from app.operations import OperationContext, Subject, SubjectGroup
from app.processes.sources import Source
from app.schedule.firing import BATCH
from app.schedule.records import Occurrence, Schedule
from tests.engine.drawings import end, extensions, flows, service, user
from tests.stage import Stage, draw, form

START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # Monday, 08:30 in Berlin


@pytest.fixture(autouse=True)
def _simulated() -> Iterator[None]:
    with clock.at(START):
        yield


def timed(rule: str, name: str = "s", **properties: str) -> str:
    inner = extensions(**properties) if properties else ""
    timer = f"<timerEventDefinition><timeCycle>{rule.replace('&', '&amp;')}</timeCycle></timerEventDefinition>"
    return f'<startEvent id="{name}">{inner}{timer}</startEvent>'


def drawn(rule: str, body: str = "", **properties: str) -> Source:
    inner = body or user("look") + flows("s look e")
    return draw("walk", timed(rule, **properties) + end() + inner)


def put(stage: Stage, rule: str, **properties: str) -> Schedule:
    stage.publish(drawn(rule, **properties), form("look"))
    return only(stage)


def only(stage: Stage) -> Schedule:
    [schedule] = stage.rows(Schedule)
    assert isinstance(schedule, Schedule)
    return schedule


def fire(stage: Stage) -> int:
    fired = 0
    while stage.parts.schedules.fire():
        fired += 1
    return fired


def pass_time(stage: Stage, until: datetime, step: timedelta = timedelta(hours=1)) -> None:
    while clock.now() < until:
        clock.set_to(min(clock.now() + step, until))
        fire(stage)


def occurrences(stage: Stage) -> list[tuple[str, str, int]]:
    """When they were due (UTC), what became of them, how many missed ones they stand for."""
    return [(f"{one.due_at:%m-%d %H:%M}", one.status, one.missed) for one in stage.rows(Occurrence)]


def test_a_published_diagram_starts_its_cases_on_time_each_once(stage: Stage) -> None:
    schedule = put(stage, 'cron("0 9 * * MON")')
    assert (schedule.misfire, schedule.next_due) == ("fire_once", datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert fire(stage) == 0
    pass_time(stage, START + timedelta(days=15))
    assert occurrences(stage) == [
        ("03-02 08:00", "started", 0),
        ("03-09 08:00", "started", 0),
        ("03-16 08:00", "started", 0),
    ]
    cases = stage.rows(Case)
    assert [(case.title, case.requester_id, case.status) for case in cases] == [("Walk", None, "running")] * 3
    assert [one.case_id for one in stage.rows(Occurrence)] == [case.id for case in cases]
    schedule = only(stage)
    assert schedule.next_due == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert (schedule.fired_due, schedule.fired_subjects) == (datetime(2026, 3, 16, 8, tzinfo=UTC), 1)


def test_publishing_moves_the_next_run_ends_and_revives_schedules_and_a_refused_one_changes_nothing(
    stage: Stage,
) -> None:
    first = put(stage, 'cron("0 9 * * MON")').next_due
    clock.advance(timedelta(minutes=5))
    with pytest.raises(Refused, match="weekdays by name"):
        stage.publish(drawn('cron("0 9 * * 1")'))
    assert only(stage).next_due == first
    # The same rule in another version, then another rule.
    stage.publish(drawn('cron("0 9 * * MON")', user("look", "<documentation>More</documentation>") + flows("s look e")))
    assert (only(stage).next_due, only(stage).diagram_version) == (first, 2)
    stage.publish(drawn('cron("45 8 * * *")'))
    assert only(stage).next_due == datetime(2026, 3, 2, 7, 45, tzinfo=UTC)
    pass_time(stage, START + timedelta(hours=1))
    stage.publish(draw("walk", '<startEvent id="s"/>' + user("look") + end() + flows("s look e")))
    assert (only(stage).next_due, only(stage).ended_at) == (None, clock.now())
    pass_time(stage, START + timedelta(days=3))
    assert occurrences(stage) == [("03-02 07:45", "started", 0)]
    stage.publish(drawn('cron("45 8 * * *")'))
    assert (only(stage).ended_at, only(stage).next_due) == (None, datetime(2026, 3, 5, 7, 45, tzinfo=UTC))


@pytest.mark.parametrize(
    ("misfire", "found"),
    [
        ("fire_once", [("03-04 08:00", "started", 2)]),
        ("fire_all", [("03-02 08:00", "started", 0), ("03-03 08:00", "started", 0), ("03-04 08:00", "started", 0)]),
        ("skip", [("03-04 08:00", "skipped", 2)]),
    ],
)
def test_what_was_missed_in_two_days_of_standstill(
    stage: Stage, misfire: str, found: list[tuple[str, str, int]]
) -> None:
    put(stage, 'cron("0 9 * * *")', misfire=misfire)
    clock.set_to(START + timedelta(days=2, hours=2))
    fire(stage)
    assert occurrences(stage) == found
    pass_time(stage, clock.now() + timedelta(days=1), timedelta(minutes=30))
    assert occurrences(stage) == [*found, ("03-05 08:00", "started", 0)]


def test_minutes_that_were_missed_for_a_month_come_once(stage: Stage) -> None:
    put(stage, 'cron("* * * * *")')
    clock.set_to(START + timedelta(days=30))
    assert fire(stage) == 1
    [one] = stage.rows(Occurrence)
    assert (one.due_at, only(stage).next_due) == (clock.now(), clock.now() + timedelta(minutes=1))


def test_a_working_day_of_the_calendar_counts_and_follows_a_change_of_it(stage: Stage) -> None:
    put(stage, 'cron("0 9 7 * *")', calendar="office")
    assert only(stage).next_due == datetime(2026, 3, 9, 8, tzinfo=UTC)  # Saturday becomes Monday
    with stage.parts.database.transaction() as session:
        hours = {"tue": [["08:00", "17:00"]]}
        put_calendar(session, "office", name="Office", time_zone="Europe/Berlin", hours=hours)
    clock.set_to(datetime(2026, 3, 9, 9, tzinfo=UTC))
    # What is claimed too early by an old calendar moves.
    fire(stage)
    assert (occurrences(stage), only(stage).next_due) == ([], datetime(2026, 3, 10, 8, tzinfo=UTC))
    pass_time(stage, datetime(2026, 3, 11, tzinfo=UTC))
    assert occurrences(stage) == [("03-10 08:00", "started", 0)]


def test_a_calendar_that_is_not_there_is_a_problem_and_no_loop(stage: Stage) -> None:
    schedule = put(stage, 'cron("0 9 * * *")', calendar="moon")
    assert schedule.next_due is None
    assert "moon" in str(schedule.problem)
    pass_time(stage, START + timedelta(days=2), timedelta(hours=8))
    assert occurrences(stage) == []


def test_what_cannot_start_is_a_failure_that_shows_and_no_loop(stage: Stage) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("no.good", "Not today.")

    stage.acts["act"] = refuse
    stage.publish(drawn('cron("0 9 * * *")', service("act", "probe.act") + flows("s act e")))
    pass_time(stage, START + timedelta(hours=2))
    [one] = stage.rows(Occurrence)
    assert (one.status, stage.case(one.case_id).status, fire(stage)) == ("failed", "stuck", 0)
    assert only(stage).next_due == datetime(2026, 3, 3, 8, tzinfo=UTC)
    # What cannot even begin: nothing of it stays, but that it was due.
    with stage.parts.database.transaction() as session:
        session.execute(text("UPDATE schedule SET element = 'gone'"))
    pass_time(stage, START + timedelta(days=1, hours=2))
    assert [(one.status, one.case_id is None) for one in stage.rows(Occurrence)] == [
        ("failed", False),
        ("failed", True),
    ]
    assert only(stage).next_due == datetime(2026, 3, 4, 8, tzinfo=UTC)


walkers = SubjectGroup("walker")
FOUND: list[Subject] = []


@walkers.subjects("all", title="Those who walk")
def _all(session: Session, moment: datetime) -> list[Subject]:
    """Whoever the test names."""
    if not FOUND:
        session.execute(text("SELECT 1 / 0"))
    return FOUND


def test_each_subject_gets_its_case_once_and_one_that_fails_does_not_stop_the_others(stage: Stage) -> None:
    stage.parts.registry.subjects.add(walkers)

    def walk(context: OperationContext) -> None:
        if context.data["walker"] == 3:
            raise BusinessError("no.good", "Walker 3 has left.")

    stage.acts["act"] = walk
    FOUND[:] = [Subject(f"walker:{number}", values={"walker": number}) for number in range(2 * BATCH + 5)]
    body = service("act", "probe.act") + user("look") + flows("s act look e")
    stage.publish(drawn("R/2026-03-02T09:00/P1D", body, for_each="walker.all"), form("look"))
    clock.set_to(START + timedelta(hours=1))
    assert stage.parts.schedules.fire() == 1
    # The first lot is there with the occurrences, in one transaction; the rest follows in lots.
    assert stage.count(Case) == BATCH
    assert (stage.count(Occurrence), fire(stage)) == (2 * BATCH + 5, 2)
    assert stage.count(Case) == 2 * BATCH + 5
    [failed] = stage.rows(Occurrence, Occurrence.status != "started")
    assert (failed.subject, failed.status) == ("walker:3", "failed")
    assert "Walker 3 has left." in str(failed.error)
    assert stage.case(failed.case_id).status == "stuck"
    # A subject with a date of its own comes once for that date, however often the schedule looks.
    FOUND[:] = [Subject("walker:1", due_at=START, values={"walker": 1})]
    pass_time(stage, START + timedelta(days=4))
    assert [one.due_at.day for one in stage.rows(Occurrence, Occurrence.nominal_at == START)] == [3]
    # A query that fails is shown and does not come again before its time.
    FOUND.clear()
    pass_time(stage, START + timedelta(days=5))
    [failed] = stage.rows(Occurrence, Occurrence.subject == "")
    assert (failed.status, "DivisionByZero" in str(failed.error) or "division" in str(failed.error)) == ("failed", True)
    assert only(stage).next_due > clock.now()  # type: ignore[operator]


def test_an_override_counts_at_once_stays_with_the_next_version_and_can_be_taken_back(stage: Stage) -> None:
    schedules, me = stage.parts.schedules, stage.people["Ines Duarte"]
    schedule = put(stage, 'cron("0 9 * * MON")')
    with stage.parts.database.transaction() as session, pytest.raises(Invalid) as refusal:
        wrong = {"expression": 'cron("0 9 * * 1")', "misfire": "twice"}
        schedules.override(session, schedule.id, wrong, " ", by_id=me, seen=schedule.version)
    assert refusal.value.fields.keys() == {"expression", "misfire", "reason"}
    values = {"expression": 'cron("0 10 * * TUE")', "misfire": "skip"}
    with stage.parts.database.transaction() as session:
        schedules.override(session, schedule.id, values, "Mondays are full", by_id=me, seen=schedule.version)
    found = only(stage)
    assert found.next_due == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert (found.override, found.override_reason, found.expression) == (
        values,
        "Mondays are full",
        'cron("0 9 * * MON")',
    )
    with stage.parts.database.transaction() as session, pytest.raises(Conflict, match="since you opened it"):
        schedules.override(session, schedule.id, {}, "Again", by_id=me, seen=schedule.version)
    stage.publish(drawn('cron("0 9 * * WED")'))
    found = only(stage)
    assert (found.next_due, found.expression) == (datetime(2026, 3, 3, 9, tzinfo=UTC), 'cron("0 9 * * WED")')
    assert (found.override_drawn or {})["expression"] == 'cron("0 9 * * MON")'
    with stage.parts.database.transaction() as session:
        schedules.override(session, schedule.id, {}, "No longer", by_id=me, seen=found.version)
    found = only(stage)
    assert (found.override, found.next_due) == (None, datetime(2026, 3, 4, 8, tzinfo=UTC))


def test_pausing_running_now_and_going_on(stage: Stage) -> None:
    schedules, me = stage.parts.schedules, stage.people["Ines Duarte"]
    schedule = put(stage, 'cron("0 9 * * *")')
    with stage.parts.database.transaction() as session:
        schedules.pause(session, schedule.id, "Holidays", by_id=me, seen=schedule.version)
    pass_time(stage, START + timedelta(days=3), timedelta(hours=6))
    assert occurrences(stage) == []
    seen = only(stage).version
    with stage.parts.database.transaction() as session:
        assert schedules.run_now(session, schedule.id, by_id=me, seen=seen) == 1
    with stage.parts.database.transaction() as session, pytest.raises(Conflict):
        # Pressed twice.
        schedules.run_now(session, schedule.id, by_id=me, seen=seen)
    [one] = stage.rows(Occurrence)
    assert (one.status, one.by_id) == ("started", me)
    with stage.parts.database.transaction() as session:
        schedules.resume(session, schedule.id, seen=only(stage).version)
    # What would have been due meanwhile does not come; the next one does.
    assert fire(stage) == 0
    pass_time(stage, START + timedelta(days=3, hours=2))
    assert [status for _, status, _ in occurrences(stage)] == ["started", "started"]
