"""Timers and due dates that move with what they were counted from: from the same start, once, and found by an index."""

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy import text as sql

from app import clock
from app.domain.calendars import editing, use
from app.domain.calendars.records import Calendar
from app.domain.people.records import Person, Team
from app.domain.service_levels.records import Agreement, TargetClock
from app.engine import background
from app.engine.records import Case, Dependence, Notice, Timer
from app.engine.repair import edit_data
from tests.engine.drawings import boundary, catch, end, extensions, flows, start, timer, user
from tests.jobs.waiting import until
from tests.stage import MANAGER, Stage, draw, form

ROOT = Path(__file__).resolve().parents[2]
# A Friday; the office works from 08:00 to 17:00 (07:00 to 16:00 UTC).
FRIDAY = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
MONDAY, HOUR = datetime(2026, 3, 9, 11, 0, tzinfo=UTC), timedelta(hours=1)
OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-17:00")


def walk(**moves: str) -> Any:
    """A task with a timer on its border and a due date; which of them moves is up to the test."""
    task = extensions(
        due="working_hours(8)", remind="[working_hours(6)]", escalate_to=MANAGER,
        **({"moves": moves["task"]} if "task" in moves else {}),
    )  # fmt: skip
    border = {"moves": moves["timer"]} if "timer" in moves else {}
    body = (
        start() + user("look", task) + boundary("late", "look", timer(moves.get("after", "working_hours(8)")), **border)
        + user("after") + end() + flows("s look e", "late after e")
    )  # fmt: skip
    return draw("walk", body, record="incident")


def calendar(stage: Stage, key: str, hours: dict[str, str], exceptions: str = "", region: str = "") -> None:
    """Store a calendar, new or changed."""
    with stage.parts.database.transaction() as session:
        written = editing.understood(key, "Europe/Berlin", hours, exceptions, region)
        seen = session.scalar(select(Calendar.version).where(Calendar.key == key))
        if seen is None:
            editing.add(session, key, written, actor_id=None)
        else:
            editing.change(session, key, written, actor_id=None, seen=seen)


def write(stage: Stage, case_id: int, kind: str = "incident", **values: Any) -> None:
    """Change the record of a case, as a page would."""
    with stage.parts.database.transaction() as session:
        record_id = session.get_one(Case, case_id).record_id
        assert record_id is not None
        stage.parts.records.write(
            session, kind, record_id, values, actor_id=None, case_id=None, element=""
        )  # fmt: skip


def due(stage: Stage) -> list[datetime]:
    return [row.due_at for row in stage.rows(Timer)]


def moved(stage: Stage, case_id: int) -> list[str]:
    return [event for event in stage.events(case_id) if "moved" in event]


def settle(stage: Stage) -> None:
    """Do what waits: what was armed just now is counted once more."""
    while background.fire_due(stage.parts.engine):
        pass


def test_timer_due_date_reminder_and_escalation_move_with_the_calendar(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    stage.publish(walk(task="calendar", timer="calendar"), form("look"), form("after"))
    with clock.at(FRIDAY):
        case_id = stage.start()
        settle(stage)
        assert due(stage) == [MONDAY] and stage.task("look").due_at == MONDAY
        version = stage.case(case_id).version
        calendar(stage, "office", OFFICE, "2026-03-09 Strike")
        clock.advance(3 * HOUR)
        settle(stage)
        later = MONDAY + timedelta(days=1)
        # Counted from when it was armed, not from when the calendar changed.
        assert due(stage) == [later] and stage.task("look").due_at == later
        assert [(row.due_at, row.escalate_to) for row in sorted(stage.rows(Notice), key=lambda one: one.due_at)] == [
            (later - 2 * HOUR, None), (later, MANAGER)
        ]  # fmt: skip
        assert stage.case(case_id).version == version + 1, "one step for all of it"
        assert sorted(moved(stage, case_id)) == ["task.moved@look", "timer.moved@late"]
        settle(stage)
        assert stage.case(case_id).version == version + 1, "nothing moves twice"
        calendar(stage, "office", OFFICE)
        settle(stage)
        assert due(stage) == [MONDAY]
        stage.complete("look")
        assert stage.rows(Dependence) == [] and stage.case(case_id).waits.get("moves") == []


def test_without_the_property_nothing_moves_and_nothing_is_kept(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    stage.publish(walk(), form("look"), form("after"))
    with clock.at(FRIDAY):
        case_id = stage.start()
        assert stage.rows(Dependence) == [] and "moves" not in stage.case(case_id).waits
        calendar(stage, "office", OFFICE, "2026-03-09 Strike")
        settle(stage)
        assert due(stage) == [MONDAY] and stage.task("look").due_at == MONDAY


def test_what_cannot_be_counted_at_first_leaves_the_case_stuck_and_moves_once_mended(stage: Stage) -> None:
    task = extensions(due="record.resolve_by", remind="[missing]", moves="record")
    stage.publish(draw("walk", start() + user("look", task) + end() + flows("s look e"), record="incident"),
                  form("look"))  # fmt: skip
    with clock.at(FRIDAY):
        case_id = stage.start()
        assert (stage.case(case_id).status, stage.count(Dependence)) == ("stuck", 0)
        stage.mend(edit_data, case_id, "Ines Duarte", {"missing": None}, "No reminder is wanted")
        assert stage.open() == ["look"] and stage.task("look").due_at is None
        write(stage, case_id, resolve_by="2026-03-10T12:00:00+00:00")
        settle(stage)
    assert stage.task("look").due_at == datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_a_timer_that_is_overdue_after_moving_fires(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    stage.publish(walk(timer="calendar"), form("look"), form("after"))
    with clock.at(FRIDAY):
        case_id = stage.start()
        settle(stage)
        clock.set_to(FRIDAY + timedelta(days=1))
        calendar(stage, "office", OFFICE | {"fri": "08:00-24:00"})
        settle(stage)
    events = stage.events(case_id)
    assert events.index("timer.moved@late") < events.index("timer.fired@late")
    assert stage.open() == ["after"]


def test_a_timer_that_has_become_due_later_does_not_fire_before_it_moves(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    stage.publish(walk(timer="calendar"), form("look"), form("after"))
    with clock.at(FRIDAY):
        case_id = stage.start()
        settle(stage)
        clock.set_to(MONDAY)
        calendar(stage, "office", OFFICE, "2026-03-09")
        settle(stage)
        assert stage.open() == ["look"] and moved(stage, case_id) == ["timer.moved@late"]
        clock.advance(timedelta(days=1))
        settle(stage)
        assert stage.open() == ["after"]


def test_a_date_of_the_record_is_read_anew(stage: Stage) -> None:
    wait = catch("wait", timer("record.resolve_by", "timeDate"), moves="record")
    stage.publish(draw("walk", start() + user("look") + wait + user("after") + end() + flows("s look wait after e"),
                       record="incident"), form("look"), form("after"))  # fmt: skip
    with clock.at(FRIDAY):
        case_id = stage.start()
        write(stage, case_id, resolve_by="2026-03-10T12:00:00+00:00")
        stage.complete("look")
        settle(stage)
        assert due(stage) == [datetime(2026, 3, 10, 12, tzinfo=UTC)]
        write(stage, case_id, title="Something else")
        settle(stage)
        assert moved(stage, case_id) == []
        write(stage, case_id, resolve_by="2026-03-08T12:00:00+00:00")
        settle(stage)
        assert due(stage) == [datetime(2026, 3, 8, 12, tzinfo=UTC)] and moved(stage, case_id) == ["timer.moved@wait"]
        # Without a date it stays where it is.
        write(stage, case_id, resolve_by=None)
        settle(stage)
        assert due(stage) == [datetime(2026, 3, 8, 12, tzinfo=UTC)]
        write(stage, case_id, resolve_by="2026-03-01T12:00:00+00:00")
        settle(stage)
        assert stage.open() == ["after"]


def test_another_team_person_or_default_brings_another_calendar(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    calendar(stage, "always", dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00"))
    stage.publish(walk(timer="calendar", task="calendar"), form("look"), form("after"))
    with clock.at(FRIDAY):
        case_id = stage.start()
        settle(stage)
        assert due(stage) == [MONDAY]
        with stage.parts.database.transaction() as session:
            team = session.scalars(select(Team).where(Team.key == "network")).one()
            use.give(session, team, "always", actor_id=None)
        settle(stage)
        assert due(stage) == [MONDAY], "the team is not in charge yet"
        write(stage, case_id, team=team.id)
        settle(stage)
        assert due(stage) == [FRIDAY + 8 * HOUR] and stage.task("look").due_at == FRIDAY + 8 * HOUR
        with stage.parts.database.transaction() as session:
            use.give(session, session.get_one(Team, team.id), "", actor_id=None)
        settle(stage)
        assert due(stage) == [MONDAY]


def test_what_is_for_one_person_is_counted_by_their_calendar(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    calendar(stage, "weekend", {"sat": "08:00-20:00", "sun": "08:00-20:00"})
    anna = stage.people["Anna Novak"]
    task = extensions(due="working_hours(8)", assignee=f"'{anna}'", moves="calendar")
    stage.publish(draw("walk", start() + user("look", task) + end() + flows("s look e"), record="incident"),
                  form("look"))  # fmt: skip
    with stage.parts.database.transaction() as session:
        use.give(session, session.get_one(Person, anna), "weekend", actor_id=None)
    with clock.at(FRIDAY):
        case_id = stage.start()
        settle(stage)
        assert stage.task("look").due_at == datetime(2026, 3, 7, 15, tzinfo=UTC)
        with stage.parts.database.transaction() as session:
            use.give(session, session.get_one(Person, anna), "", actor_id=None)
        settle(stage)
    assert stage.task("look").due_at == MONDAY and moved(stage, case_id) == ["task.moved@look"]


def test_the_default_calendar_counts_until_another_one_is_named(stage: Stage) -> None:
    stage.publish(walk(timer="calendar"), form("look"), form("after"))
    with clock.at(FRIDAY):
        stage.start()
        settle(stage)
        assert due(stage) == [MONDAY], "without any calendar the built-in one counts"
        calendar(stage, "office", OFFICE | {"sat": "08:00-12:00"})
        settle(stage)
        assert due(stage) == [datetime(2026, 3, 7, 11, tzinfo=UTC)]
        calendar(stage, "nights", dict.fromkeys(OFFICE, "18:00-24:00"))
        settings = stage.api("Marek Dvorak")
        version = settings.get("/api/v1/settings").json()["version"]
        body = {"version": version, "values": {"default_calendar": "nights"}}
        assert settings.patch("/api/v1/settings", json=body).status_code == 200
        settle(stage)
        assert due(stage) == [datetime(2026, 3, 7, 11, tzinfo=UTC)], "not before every process knows"
        clock.advance(timedelta(minutes=2))
        settle(stage)
        assert due(stage) == [datetime(2026, 3, 9, 19, tzinfo=UTC)]


def test_the_calendar_of_the_agreement_counts_more_than_the_teams(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    calendar(stage, "always", dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00"))
    stage.publish(walk(timer="calendar"), form("look"), form("after"))
    with clock.at(FRIDAY):
        case_id = stage.start()
        settle(stage)
        record_id = stage.case(case_id).record_id
        with stage.parts.database.transaction() as session:
            always = session.scalars(select(Calendar.id).where(Calendar.key == "always")).one()
            gold = Agreement(number="AGR-2026-0001", title="Gold", status="active", opened_at=FRIDAY, updated_at=FRIDAY,
                             custom={}, type="sla", calendar_id=always)  # fmt: skip
            session.add(gold)
            session.flush()
            agreement = gold.id
            session.add(TargetClock(record_id=record_id, level="sla", metric="resolution", agreement_id=agreement,
                                    started_at=FRIDAY))  # fmt: skip
        settle(stage)
        assert due(stage) == [FRIDAY + 8 * HOUR]
        with stage.parts.database.transaction() as session:
            time = stage.parts.engine.working_time(session, lambda: record_id)
            choice = time.choice()  # type: ignore[attr-defined]
            assert (choice.key, choice.why) == ("always", "It is the calendar of the agreement that applies.")
            session.get_one(Agreement, agreement).calendar_id = None
        settle(stage)
        assert due(stage) == [MONDAY]


def test_an_action_that_gets_more_time_is_overdue_later(stage: Stage) -> None:
    """The shipped follow-up action: its reminders, due date and escalation follow the date of its record."""
    stage.publish(*stage.parts.library.shipped())
    ben, ines = (str(stage.people[name]) for name in ("Ben Osei", "Ines Duarte"))
    told = {"title": "Write it down", "reason": "Nobody knew", "owner": ben, "verifier": ines,
            "due_at": (MONDAY + timedelta(days=7)).isoformat()}  # fmt: skip
    with clock.at(FRIDAY):
        case_id = stage.start("follow_up_action", by="Anna Novak", values=told)
        stage.complete("accept", "Ben Osei", acceptance="accepted", due_at=told["due_at"])
        settle(stage)
        later = MONDAY + timedelta(days=14)
        write(stage, case_id, "action", due_at=later.isoformat())
        settle(stage)
        assert stage.task("work").due_at == later and due(stage) == [later]
        assert sorted(row.due_at for row in stage.rows(Notice)) == [later - timedelta(days=day) for day in (3, 1)]
        clock.set_to(MONDAY + timedelta(days=10))
        settle(stage)
        assert stage.open(case_id) == ["work"]
        write(stage, case_id, "action", due_at=(MONDAY + timedelta(days=9)).isoformat())
        settle(stage)
        assert "work" not in stage.open(case_id), "what is overdue now has been escalated"


def test_a_calendar_that_is_being_changed_while_a_timer_is_armed_is_not_overlooked(stage: Stage) -> None:
    calendar(stage, "office", OFFICE)
    stage.publish(walk(timer="calendar"), form("look"), form("after"))

    def begin() -> None:
        with clock.at(FRIDAY):
            stage.start()

    def waits() -> bool:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with stage.parts.database.transaction() as session:
            return bool(session.scalar(sql(waiting)))

    other = threading.Thread(target=begin)
    with stage.parts.database.transaction() as session:
        changed = editing.understood("office", "Europe/Berlin", OFFICE, "2026-03-09 Strike")
        editing.change(session, "office", changed, actor_id=None, seen=1)
        other.start()
        until(waits, "the step waits for the calendar")
    other.join()
    with clock.at(FRIDAY):
        assert due(stage) == [MONDAY], "counted by what could be seen"
        settle(stage)
        assert due(stage) == [MONDAY + timedelta(days=1)]


def test_nodes_move_a_case_once_and_a_killed_one_leaves_it_to_the_others(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    calendar(stage, "office", OFFICE)
    stage.publish(walk(timer="calendar"), form("look"), form("after"))
    # In a future in which nothing is due yet by the clock of the processes.
    friday = datetime(2030, 3, 8, 12, 0, tzinfo=UTC)
    with clock.at(friday):
        cases = [stage.start() for _ in range(6)]
        settle(stage)
        calendar(stage, "office", OFFICE, "2030-03-11 Strike")
    command = [sys.executable, "-m", "tests.engine.moving_process", database_url, str(tmp_path)]
    nodes = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("clumsy", "one", "two")]
    try:
        until(lambda: len(list(tmp_path.glob("*.ready"))) == 3, "all ready")
        (tmp_path / "go").touch()
        assert [node.wait() for node in nodes] == [-signal.SIGKILL, 0, 0]
    finally:
        for node in nodes:
            node.kill()
            node.wait()
    assert due(stage) == [friday + timedelta(days=4) - HOUR] * 6
    assert [moved(stage, case_id) for case_id in cases] == [["timer.moved@late"]] * 6
    assert stage.rows(Dependence, Dependence.stale_at.is_not(None)) == []
