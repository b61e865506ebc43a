"""Operations outside: carried out by a job after the commit, answered once, whatever dies in between."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from app import clock
from app.engine import background, repair
from app.engine.records import Stimulus
from app.errors import BusinessError
from app.jobs.dead_letters import list_dead, retry_dead
from app.operations import OperationContext
from tests.engine.drawings import boundary, end, flows, named, ref, service, start, timer, user
from tests.jobs.waiting import until
from tests.stage import Stage, draw, form, text

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WALK = draw(
    "walk",
    start() + user("look") + service("call", "probe.act_outside", "answer") + boundary("no", "call", ref("error", "no"))
    + service("act", "probe.act", name="'inside'") + user("next") + user("other") + end()
    + flows("s look call act next e", "no other e"),
    beside=named("error", "no"),
)  # fmt: skip


@pytest.fixture
def office(stage: Stage) -> Stage:
    stage.publish(WALK, form("look", text("title")), form("next"), form("other"))
    stage.acts |= {"act": lambda context: "sent", "inside": lambda context: None}
    return stage


def broken(context: OperationContext) -> None:
    raise RuntimeError("no answer from the mail server")


def unstorable(context: OperationContext) -> None:
    context.session.execute(
        sql("CREATE TEMPORARY TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    context.session.execute(sql("INSERT INTO twice VALUES (1), (1)"))


def jobs(stage: Stage) -> list[dict[str, Any]]:
    with stage.parts.database.transaction() as session:
        rows = session.scalars(sql("SELECT args FROM procrastinate_jobs ORDER BY id"))
        return [row["arguments"] for row in rows]


def test_the_case_waits_for_the_answer_of_the_job(office: Stage) -> None:
    contexts: list[OperationContext] = []

    def act(context: OperationContext) -> dict[str, Any]:
        contexts.append(context)
        return {"address": "anna@example.org"}

    seen: dict[str, Any] = {}
    office.acts |= {"act": act, "inside": lambda context: seen.update(context.data)}
    case_id = office.start()
    office.complete("look", title="Storage is gone")
    assert office.open() == [] and office.case(case_id).status == "running"
    assert contexts == [] and len(jobs(office)) == 1
    office.work()
    assert office.open() == ["next"]
    assert seen == {"title": "Storage is gone", "answer": {"address": "anna@example.org"}}
    [context] = contexts
    assert (context.case_id, context.element) == (case_id, "call")
    assert context.actor_id == office.people["Anna Novak"]
    assert context.key.startswith(f"{case_id}:")
    assert "operation.answered@call" in office.events(case_id)
    for forbidden in (lambda: context.send("x", "", {}), lambda: context.journal("x")):
        with pytest.raises(RuntimeError, match="after the commit"):
            forbidden()


def test_no_job_without_a_commit(office: Stage) -> None:
    body = (
        start() + user("look") + "<parallelGateway id='g'/>" + service("call", "probe.act_outside") + service("act",
        "probe.act", name="'inside'") + end() + flows("s look g call e", "g act e")
    )  # fmt: skip
    office.publish(draw("walk", body))

    def refuse(context: OperationContext) -> None:
        raise BusinessError("no", "The rule says no.")

    office.acts["inside"] = refuse
    office.start()
    with pytest.raises(BusinessError):
        office.complete("look")
    assert jobs(office) == []


def test_a_failure_is_tried_again_with_the_same_key(office: Stage) -> None:
    keys: list[str] = []

    def act(context: OperationContext) -> str:
        keys.append(context.key)
        if len(keys) < 3:
            broken(context)
        return "sent"

    office.acts["act"] = act
    with clock.at(MONDAY):
        case_id = office.start()
        office.complete("look")
        office.work()
        assert len(keys) == 1 and office.case(case_id).status == "running"
        for _ in range(3):
            clock.advance(timedelta(minutes=1))
            office.work()
    assert len(keys) == 3 and len(set(keys)) == 1
    assert office.open() == ["next"]


def test_giving_up_leaves_the_case_stuck_and_retry_begins_anew(office: Stage) -> None:
    office.acts["act"] = broken
    with clock.at(MONDAY):
        case_id = office.start()
        office.complete("look")
        for _ in range(12):
            office.work()
            clock.advance(timedelta(hours=1))
        case = office.case(case_id)
        assert (case.status, case.stuck_element) == ("stuck", "call")
        assert case.stuck_message is not None
        assert "“probe.act_outside” failed repeatedly" in case.stuck_message
        assert "no answer from the mail server" in case.stuck_message
        assert "operation.failed@call" in office.events(case_id)
        with office.parts.database.transaction() as session:
            [letter] = list_dead(session)
        office.acts["act"] = lambda context: "sent"
        office.mend(repair.retry, case_id, "Ines Duarte", "The mail server is back")
        assert office.case(case_id).status == "running"
        office.work()
        assert office.open() == ["next"]
        # The dead letter may be tried again, too; by now nobody waits for its answer.
        with office.parts.database.transaction() as session:
            assert retry_dead(session, letter.id)
        office.work()
    assert office.open() == ["next"]
    assert office.events(case_id).count("operation.answered@call") == 1


def test_a_dead_letter_that_succeeds_later_answers_the_stuck_case_no_more(office: Stage) -> None:
    office.acts["act"] = broken
    with clock.at(MONDAY):
        case_id = office.start()
        office.complete("look")
        for _ in range(12):
            office.work()
            clock.advance(timedelta(hours=1))
        office.mend(repair.skip, case_id, "Ines Duarte", "Told by telephone")
        office.acts["act"] = lambda context: "sent"
        with office.parts.database.transaction() as session:
            retry_dead(session, list_dead(session)[0].id)
        office.work()
    assert office.open() == ["next"]


def test_a_business_error_of_a_job_goes_the_drawn_way(office: Stage) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("no", "This address does not exist.")

    office.acts["act"] = refuse
    case_id = office.start()
    office.complete("look")
    office.work()
    assert office.open() == ["other"]
    assert office.case(case_id).status == "running"
    assert jobs(office) == []  # a rule that says no is an answer, not a failure to be tried again


def test_a_business_error_that_nobody_catches_leaves_the_case_stuck(office: Stage) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("other", "This address does not exist.")

    office.acts["act"] = refuse
    case_id = office.start()
    office.complete("look")
    office.work()
    case = office.case(case_id)
    assert (case.status, case.stuck_element, case.stuck_message) == ("stuck", "call", "This address does not exist.")


def test_an_answer_that_cannot_be_stored_is_kept_and_handed_in_again(office: Stage) -> None:
    calls: list[str] = []
    office.acts |= {"act": lambda context: calls.append(context.key) or "sent", "inside": unstorable}
    case_id = office.start()
    office.complete("look")
    office.work()
    case = office.case(case_id)
    assert (case.status, case.stuck_element) == ("stuck", "call")
    [kept] = office.rows(Stimulus)
    assert (kept.kind, kept.data["value"], kept.retried_at) == ("answer", "sent", None)
    assert jobs(office) == []
    office.acts["inside"] = lambda context: None
    office.mend(repair.retry, case_id, "Ines Duarte", "Mended")
    office.work()
    assert office.open() == ["next"]
    assert len(calls) == 1  # the work outside was done; only its answer was handed in again
    assert office.rows(Stimulus)[0].retried_at is not None


def test_an_answer_to_a_case_that_went_another_way_is_left_aside(office: Stage) -> None:
    body = (
        start() + service("call", "probe.act_outside") + boundary("late", "call", timer("PT1H")) + user("next")
        + user("other") + end() + flows("s call next e", "late other e")
    )  # fmt: skip
    office.publish(draw("walk", body))
    with clock.at(MONDAY):
        case_id = office.start()
        arguments = jobs(office)[0]
        clock.advance(timedelta(hours=2))
        assert background.fire_due(office.parts.engine) == 1
        assert office.open() == ["other"]
        office.work()
        background.carry_out(office.parts.engine, arguments, 2)
    assert office.open() == ["other"]
    assert office.case(case_id).status == "running"


def test_nothing_goes_out_for_a_cancelled_case(office: Stage) -> None:
    calls: list[str] = []
    office.acts["act"] = lambda context: calls.append(context.key)
    case_id = office.start()
    office.complete("look")
    office.mend(repair.cancel, case_id, "Ines Duarte", "Reported twice")
    office.work()
    assert calls == [] and jobs(office) == []
    assert office.case(case_id).status == "cancelled"


StartWorker = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str) -> "subprocess.Popen[bytes]":
        program = [sys.executable, "-m", "tests.engine.working_process", database_url, str(tmp_path), name]
        with (tmp_path / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log, env={**os.environ})
        started.append(process)
        until(lambda: (tmp_path / f"{name}.ready").exists() or process.poll() is not None, f"{name} starts")
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("death", ["dies_in", "dies_after"])
def test_a_worker_that_is_killed_in_a_job_is_replaced_and_the_case_goes_on_once(
    office: Stage, tmp_path: Path, start_worker: StartWorker, death: str
) -> None:
    case_id = office.start()
    office.complete("look")
    first = start_worker(death)
    if death == "dies_in":
        done = tmp_path / "done"
        # A line that is there in full: the file exists a moment before anything is in it.
        until(lambda: done.exists() and done.read_text().endswith("\n"), "the job is being carried out")
        first.kill()
    assert first.wait() == -signal.SIGKILL
    assert office.open() == []
    second = start_worker("second")
    until(lambda: office.open() == ["next"], "the other worker carries it out")
    second.terminate()
    assert second.wait() == 0, (tmp_path / "second.log").read_text()
    told = [line.split() for line in (tmp_path / "done").read_text().splitlines()]
    assert [name for name, _ in told] == [death, "second"]
    assert len({key for _, key in told}) == 1  # the same key, so that it can see that it was done
    assert office.events(case_id).count("operation.answered@call") == 1
    assert office.events(case_id).count("task.opened@next") == 1
    assert jobs(office) == []
