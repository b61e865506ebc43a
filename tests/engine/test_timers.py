"""Timers fire exactly once, whoever looks first, and never for a stuck case."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from app import clock
from app.engine import background, repair
from app.engine.records import Case, Stimulus, Timer
from app.errors import BusinessError, Conflict
from app.operations import OperationContext
from tests.engine.drawings import boundary, catch, end, flows, named, ref, service, start, timer, user
from tests.jobs.waiting import until
from tests.stage import Stage, draw, form

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WALK = draw(
    "walk",
    start() + user("look") + boundary("remind", "look", timer("R3/PT1H", "timeCycle"), interrupting=False)
    + boundary("late", "look", timer("PT5H")) + service("act", "probe.act") + user("other") + end()
    + flows("s look e", "remind act e", "late other e"),
)  # fmt: skip
SOON = draw(
    "soon", start() + catch("wait", timer("PT1H")) + service("act", "probe.act") + end() + flows("s wait act e")
)


def fired(stage: Stage, case_id: int) -> list[str]:
    return [event for event in stage.events(case_id) if event.startswith("timer.fired")]


def test_a_timer_fires_when_it_is_due_and_not_before(stage: Stage) -> None:
    stage.publish(SOON)
    stage.acts["act"] = lambda context: None
    with clock.at(MONDAY):
        case_id = stage.start("soon")
        assert [row.due_at for row in stage.rows(Timer)] == [MONDAY + HOUR]
        assert stage.work() == 0
        clock.advance(HOUR)
        assert stage.work() == 1
        assert stage.work() == 0
    assert stage.case(case_id).status == "completed"
    assert stage.events(case_id) == [
        "case.started@s", "element.completed@s", "timer.fired@wait", "element.completed@wait", "element.completed@act",
        "element.completed@e", "case.completed@e",
    ]  # fmt: skip
    assert stage.count(Timer) == 0


def test_a_cycle_comes_again_and_an_interrupting_timer_ends_the_task(stage: Stage) -> None:
    stage.publish(WALK, form("look"), form("other"))
    called: list[datetime] = []
    stage.acts["act"] = lambda context: called.append(context.now)
    with clock.at(MONDAY):
        case_id = stage.start()
        for _ in range(6):
            clock.advance(HOUR)
            stage.work()
    assert called == [MONDAY + n * HOUR for n in (1, 2, 3)]
    assert stage.open() == ["other"]
    assert stage.task("look", "cancelled").completed_by_id is None
    assert fired(stage, case_id) == ["timer.fired@remind"] * 3 + ["timer.fired@late"]
    assert stage.count(Timer) == 0


def test_completing_a_task_takes_its_timers_away(stage: Stage) -> None:
    stage.publish(WALK, form("look"), form("other"))
    with clock.at(MONDAY):
        case_id = stage.start()
        assert stage.count(Timer) == 2
        stage.complete("look")
        assert stage.count(Timer) == 0
        clock.advance(10 * HOUR)
        assert stage.work() == 0
    assert fired(stage, case_id) == []


def broken(context: OperationContext) -> None:
    raise RuntimeError("disk full")


def test_timers_of_a_stuck_case_wait_until_it_is_mended(stage: Stage) -> None:
    stage.publish(WALK, form("look"), form("other"))
    stage.acts["act"] = broken
    with clock.at(MONDAY):
        case_id = stage.start()
        clock.advance(HOUR)
        assert stage.work() == 1
        assert stage.case(case_id).status == "stuck"
        clock.advance(10 * HOUR)
        assert stage.work() == 0  # not again and again, though two of them are due
        stage.acts["act"] = lambda context: None
        stage.mend(repair.retry, case_id, "Ines Duarte", "The disk was replaced")
        assert stage.work() == 2
    assert stage.open() == ["other"]


def unstorable(context: OperationContext) -> None:
    """Let the commit itself fail."""
    context.session.execute(
        sql("CREATE TEMPORARY TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    context.session.execute(sql("INSERT INTO twice VALUES (1), (1)"))


def test_a_timer_whose_step_cannot_be_stored_is_kept_and_tried_again_by_hand(stage: Stage) -> None:
    stage.publish(SOON)
    stage.acts["act"] = unstorable
    with clock.at(MONDAY):
        case_id = stage.start("soon")
        clock.advance(HOUR)
        assert stage.work() == 1
        case = stage.case(case_id)
        assert (case.status, case.stuck_element) == ("stuck", "wait")
        assert "twice" in str(case.stuck_message) and "Traceback" in str(case.stuck_traceback)
        [kept] = stage.rows(Stimulus)
        assert (kept.kind, kept.case_id, kept.retried_at, kept.data["element"]) == ("timer", case_id, None, "wait")
        assert stage.events(case_id)[-1] == "case.stuck@wait"
        assert stage.work() == 0
        for command in (repair.skip, repair.edit_data):
            rest = ({},) if command is repair.edit_data else ()
            with pytest.raises(Conflict, match="stuck at no element"):
                stage.mend(command, case_id, "Ines Duarte", *rest, "because")
        stage.mend(repair.retry, case_id, "Ines Duarte", "Once more")
        assert stage.work() == 1
        assert len(stage.rows(Stimulus)) == 2  # it failed again and is kept again
        stage.acts["act"] = lambda context: None
        stage.mend(repair.retry, case_id, "Ines Duarte", "The disk was replaced")
        assert stage.case(case_id).status == "running"
        assert stage.work() == 1
    assert stage.case(case_id).status == "completed"
    assert all(row.retried_at for row in stage.rows(Stimulus))
    assert fired(stage, case_id) == ["timer.fired@wait"]


def test_what_could_not_be_stored_is_not_forgotten_when_something_else_goes_on(stage: Stage) -> None:
    stage.publish(WALK, form("look"), form("other"))
    stage.acts["act"] = unstorable
    body = (
        start() + "<parallelGateway id='g'/>" + catch("wait", timer("PT1H")) + service("act", "probe.act")
        + user("look") + user("other") + end() + flows("s g wait act e", "g look other e")
    )  # fmt: skip
    stage.publish(draw("beside", body))
    with clock.at(MONDAY):
        case_id = stage.start("beside")
        clock.advance(HOUR)
        stage.work()
        stage.complete("look")
        case = stage.case(case_id)
        assert (case.status, case.stuck_element) == ("stuck", "wait")
        assert stage.open() == ["other"]
        stage.mend(repair.cancel, case_id, "Ines Duarte", "Enough")
    assert stage.case(case_id).status == "cancelled"


def test_a_timer_of_one_case_does_not_hold_up_those_of_others(stage: Stage) -> None:
    stage.publish(SOON)

    def only_the_second(context: OperationContext) -> None:
        if context.case_id == 1:
            unstorable(context)

    stage.acts["act"] = only_the_second
    with clock.at(MONDAY):
        first = stage.start("soon")
        second = stage.start("soon")
        clock.advance(HOUR)
        assert stage.work() == 2
    assert (stage.case(first).status, stage.case(second).status) == ("stuck", "completed")


def test_nodes_that_fire_at_the_same_time_fire_each_timer_once(stage: Stage) -> None:
    """Also when one commits between another's look and its lock: the case still runs, but its timer is gone."""
    body = start() + catch("wait", timer("PT1H")) + user("look") + end() + flows("s wait look e")
    stage.publish(draw("soon", body), form("look"))
    with clock.at(MONDAY):
        for _ in range(60):
            stage.start("soon")
    gate = threading.Barrier(6)

    def node() -> None:
        gate.wait()
        while background.fire_due(stage.parts.engine):
            pass

    nodes = [threading.Thread(target=node) for _ in range(6)]
    for thread in nodes:
        thread.start()
    for thread in nodes:
        thread.join()
    assert {case.status for case in stage.rows(Case)} == {"running"}
    for case in stage.rows(Case):
        assert fired(stage, case.id) == ["timer.fired@wait"]
        assert stage.open(case.id) == ["look"]
    assert stage.count(Stimulus) == 0


def test_processes_fire_each_timer_once_though_one_of_them_is_killed(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    stage.publish(SOON)
    cases = 30
    with clock.at(MONDAY):
        for _ in range(cases):
            stage.start("soon")
    program = [sys.executable, "-m", "tests.engine.firing_process", database_url, str(tmp_path)]
    nodes = [subprocess.Popen([*program, name], cwd=ROOT, env={**os.environ}) for name in ("clumsy", "steady", "calm")]
    try:
        until(lambda: all((tmp_path / f"{name}.ready").exists() for name in ("clumsy", "steady", "calm")), "all ready")
        (tmp_path / "go").touch()
        assert nodes[0].wait() == -signal.SIGKILL
        assert [node.wait() for node in nodes[1:]] == [0, 0]
    finally:
        for node in nodes:
            node.kill()
            node.wait()
    assert {case.status for case in stage.rows(Case)} == {"completed"}
    for case in stage.rows(Case):
        assert fired(stage, case.id) == ["timer.fired@wait"]
    assert stage.count(Stimulus) == 0


def test_an_error_thrown_by_what_a_timer_caused_goes_the_drawn_way(stage: Stage) -> None:
    body = (
        start() + catch("wait", timer("PT1H")) + service("act", "probe.act") + boundary("no", "act", ref("error", "no"))
        + user("look") + end() + flows("s wait act e", "no look e")
    )  # fmt: skip
    stage.publish(draw("walk", body, beside=named("error", "no")), form("look"))

    def refuse(context: OperationContext) -> Any:
        raise BusinessError("no", "The rule says no.")

    stage.acts["act"] = refuse
    with clock.at(MONDAY):
        stage.start()
        clock.advance(HOUR)
        stage.work()
    assert stage.open() == ["look"]


def test_a_business_error_that_nobody_catches_leaves_a_case_stuck_that_a_timer_moved(stage: Stage) -> None:
    stage.publish(SOON)

    def refuse(context: OperationContext) -> Any:
        raise BusinessError("no", "The rule says no.")

    stage.acts["act"] = refuse
    with clock.at(MONDAY):
        case_id = stage.start("soon")
        clock.advance(HOUR)
        stage.work()
    case = stage.case(case_id)
    assert (case.status, case.stuck_element, case.stuck_message) == ("stuck", "act", "The rule says no.")
    assert stage.count(Stimulus) == 0
