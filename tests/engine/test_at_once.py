"""Several people, jobs and timers at the same case at the same time: one after the other, and nothing twice."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from app import clock
from app.engine import background, commands, repair
from app.engine.records import Case, Evidence, Task
from app.errors import Conflict, StellwerkError
from tests.at_once import at_once
from tests.engine.drawings import boundary, end, extensions, flows, gateway, service, start, timer, user
from tests.jobs.waiting import until
from tests.stage import Stage, draw, form, text


@pytest.fixture
def office(stage: Stage) -> Stage:
    body = start() + user("look", extensions(activity="ISRM-A1.2")) + service("act", "probe.act") + user("next") + end()
    stage.publish(draw("walk", body + flows("s look act next e"), record="incident"), form("look", text("title")),
                  form("next"))  # fmt: skip
    stage.acts["act"] = lambda context: None
    return stage


@pytest.mark.parametrize("first", ["Anna Novak", "Ben Osei"])
def test_who_comes_second_is_told_so_in_either_order(office: Stage, first: str) -> None:
    """The second one waits for the first one's lock, and then hears what happened."""
    second = "Ben Osei" if first == "Anna Novak" else "Anna Novak"
    case_id = office.start()
    task_id = office.task("look").id
    inside, go_on = threading.Event(), threading.Event()

    def act(context: Any) -> None:
        inside.set()
        assert go_on.wait(60)

    office.acts["act"] = act
    answers: dict[str, Any] = {}

    def complete(name: str) -> None:
        try:
            answers[name] = office.complete(task_id, name, title=f"by {name}")
        except StellwerkError as error:
            answers[name] = error

    threads = [threading.Thread(target=complete, args=(name,)) for name in (first, second)]
    threads[0].start()
    assert inside.wait(60)
    threads[1].start()
    _until_waiting_for_a_lock(office)
    go_on.set()
    for thread in threads:
        thread.join()
    assert isinstance(answers[second], Conflict) and "completed before" in answers[second].message
    assert answers[first].case.status == "running"
    assert office.record(case_id)["title"] == f"by {first}"
    assert office.count(Evidence) == 1
    assert office.events(case_id).count("task.completed@look") == 1
    assert office.open() == ["next"]


def _until_waiting_for_a_lock(stage: Stage) -> None:
    def waits() -> bool:
        with stage.parts.database.transaction() as session:
            query = sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(session.execute(query).scalar_one())

    until(waits, "somebody waits for a lock")


def test_who_has_looked_before_waiting_for_the_lock_sees_what_changed(office: Stage) -> None:
    """As pages do: the task is read to show it, then locked; what was read before the lock counts for nothing."""
    office.start()
    task_id, case_id = office.task("look").id, 1
    ben, ines = office.who("Ben Osei"), office.who("Ines Duarte")
    with office.parts.database.transaction() as session:
        seen = session.scalars(select(Task).where(Task.id == task_id)).one()
        assert seen.status == "open"
        office.complete(task_id, "Anna Novak", title="first")
        with pytest.raises(Conflict, match="completed before"):
            commands.complete(office.parts.engine, session, task_id, ben, {"title": "second"})
    with office.parts.database.transaction() as session:
        case = session.scalars(select(Case).where(Case.id == case_id)).one()
        assert case.status == "running"
        office.complete("next", "Anna Novak")
        with pytest.raises(Conflict, match="has ended"):
            repair.cancel(office.parts.engine, session, case_id, ines, "Reported twice")


def test_many_people_complete_the_same_task(office: Stage) -> None:
    for _ in range(5):
        office.start()
    for task in office.tasks():
        answers = at_once(*[
            lambda name=name, task=task: office.complete(task.id, name, title=f"by {name}")  # type: ignore[misc]
            for name in ("Anna Novak", "Ben Osei", "Anna Novak", "Ben Osei")
        ])  # fmt: skip
        assert sum(not isinstance(answer, StellwerkError) for answer in answers) == 1
        assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    assert office.open() == ["next"] * 5
    assert office.count(Evidence) == 5
    for case in office.rows(Case):
        assert office.events(case.id).count("task.completed@look") == 1


def test_many_people_claim_the_same_task(office: Stage) -> None:
    office.start()
    task_id = office.task("look").id
    answers = at_once(*[
        lambda name=name: office.on_task(commands.claim, task_id, name)  # type: ignore[misc]
        for name in ("Anna Novak", "Ben Osei") * 3
    ])  # fmt: skip
    told = {type(answer) for answer in answers}
    assert told == {Task, Conflict}
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    assert office.events(1).count("task.claimed@look") == 1


def test_parallel_tasks_of_one_case_are_completed_at_the_same_time(office: Stage) -> None:
    names = ["a", "b", "c", "d"]
    body = (
        start() + gateway("parallel", "g") + "".join(user(name) for name in names) + gateway("parallel", "j")
        + user("last") + end() + flows("s g", "j last e", *[f"g {name} j" for name in names])
    )  # fmt: skip
    office.publish(draw("walk", body), *[form(name) for name in (*names, "last")])
    case_id = office.start()
    answers = at_once(*[lambda name=name: office.complete(name) for name in names])  # type: ignore[misc]
    assert not [answer for answer in answers if isinstance(answer, StellwerkError)]
    assert office.open(case_id) == ["last"]
    office.events(case_id)  # one sound chain of hashes, though four steps wanted to write at once


def test_a_timer_takes_a_task_away_while_people_complete_and_claim_it(office: Stage) -> None:
    """Whoever gets the case first wins; nobody waits for ever for the other's lock, and nothing happens twice."""
    body = (
        start() + user("look") + boundary("late", "look", timer("PT1H")) + user("other") + user("next") + end()
        + flows("s look next e", "late other e")
    )  # fmt: skip
    office.publish(draw("walk", body), form("other"))
    with clock.at(datetime(2026, 3, 2, 8, 0, tzinfo=UTC)):
        for _ in range(12):
            office.start()
    tasks = {task.case_id: task.id for task in office.tasks()}

    def fire() -> int:
        with clock.at(datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(hours=1)):
            return background.fire_due(office.parts.engine)

    for task_id in tasks.values():
        answers = at_once(
            fire,
            lambda task_id=task_id: office.complete(task_id, "Anna Novak"),  # type: ignore[misc]
            lambda task_id=task_id: office.on_task(commands.claim, task_id, "Ben Osei"),  # type: ignore[misc]
            fire,
        )
        assert all(not isinstance(answer, StellwerkError) or isinstance(answer, Conflict) for answer in answers)
    while fire():
        pass
    for case_id, task_id in tasks.items():
        done = [task.id for task in office.tasks("done", case_id)] == [task_id]
        assert office.open(case_id) == (["next"] if done else ["other"])
        assert office.events(case_id).count("timer.fired@late") == (0 if done else 1)
        assert office.case(case_id).status == "running"


def test_a_case_is_mended_and_worked_on_at_the_same_time(office: Stage) -> None:
    body = (
        start() + gateway("parallel", "g") + service("act", "probe.act") + user("look") + gateway("parallel", "j")
        + user("next") + end() + flows("s g act j next e", "g look j")
    )  # fmt: skip
    office.publish(draw("walk", body))

    def broken(context: Any) -> None:
        raise RuntimeError("disk full")

    for _ in range(6):
        office.acts["act"] = broken
        case_id = office.start()
        [task] = office.tasks("open", case_id)
        office.acts["act"] = lambda context: None
        answers = at_once(
            lambda case_id=case_id: office.mend(repair.retry, case_id, "Ines Duarte", "because"),  # type: ignore[misc]
            lambda task=task: office.complete(task.id),  # type: ignore[misc]
            lambda case_id=case_id: office.mend(repair.retry, case_id, "Marek Dvorak", "because"),  # type: ignore[misc]
        )
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1  # nothing is left to mend for one of them
        assert office.open(case_id) == ["next"]


def test_the_version_of_a_row_is_a_second_guard(office: Stage) -> None:
    """Whatever goes round the lock is told that somebody was faster; nothing is overwritten."""
    office.start()
    with pytest.raises(Conflict, match="Somebody else changed this"), office.parts.database.transaction() as session:
        task = session.scalars(select(Task)).one()
        office.on_task(commands.claim, task.id, "Ben Osei")
        task.priority = 1
    assert office.task("look").assignee_id == office.people["Ben Osei"]


def test_cases_that_are_started_at_the_same_time_have_numbers_of_their_own(office: Stage) -> None:
    answers = at_once(*[lambda: office.start() for _ in range(8)])
    assert not [answer for answer in answers if isinstance(answer, StellwerkError)]
    numbers = [case.number for case in office.rows(Case)]
    assert len(set(numbers)) == 8
    assert all(len(number) == len("C-2026-000042") for number in numbers)
