"""The worker process in a thread: jobs, ticks and duties run side by side until it is told to stop."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from app.database.transaction import Database
from app.jobs.dead_letters import figures
from app.jobs.queue import Queue
from app.schedule.duties import Duties, Duty
from app.schedule.health import duty_turns, nodes
from app.worker.loop import run
from tests.jobs.waiting import until


class Clockwork:
    """Fires what is on its pile; breaks when told to."""

    def __init__(self) -> None:
        self.pile = 5
        self.broken = False

    def fire(self) -> int:
        if self.broken:
            raise ValueError("a spring broke")
        if not self.pile:
            return 0
        self.pile -= 1
        return 1


@pytest.fixture
def told() -> list[int]:
    return []


@pytest.fixture
def queue(told: list[int]) -> Queue:
    queue = Queue()
    queue.register("tell", lambda arguments, attempt: told.append(arguments["n"]))
    return queue


@contextmanager
def worker(queue: Queue, database: Database, clockwork: Clockwork, duties: Duties) -> Iterator[None]:
    stop, ended = threading.Event(), []
    options: dict[str, Any] = {"node": "north", "concurrency": 3, "tick_seconds": 0.05, "fire_schedules": lambda: 0}

    def work() -> None:
        ended.append(run(queue=queue, database=database, fire=clockwork.fire, duties=duties, stop=stop, **options))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    assert ended == [True]


def test_jobs_timers_and_duties_are_seen_to(queue: Queue, told: list[int], database: Database) -> None:
    clockwork = Clockwork()
    duties = Duties(database, "north", [Duty("sweep", timedelta(hours=1), lambda session: 3)])
    with worker(queue, database, clockwork, duties):
        with database.transaction() as session:
            for number in range(50):
                queue.put(session, "tell", {"n": number})
        until(lambda: len(told) == 50 and not clockwork.pile, "everything is carried out")

        def swept() -> bool:
            with database.transaction() as session:
                return [(turn.node, turn.changed) for turn in duty_turns(session)] == [("north", 3)]

        until(swept, "the duty is done")
        with database.transaction() as session:
            assert figures(session).workers == 1
    assert sorted(told) == list(range(50))
    with database.transaction() as session:
        assert figures(session).workers == 0
        assert nodes(session) == []


def test_a_clock_that_breaks_shows_it_while_jobs_go_on(queue: Queue, told: list[int], database: Database) -> None:
    clockwork = Clockwork()
    clockwork.broken = True
    with worker(queue, database, clockwork, Duties(database, "north")):

        def shown() -> bool:
            with database.transaction() as session:
                return [node.error for node in nodes(session)] == ["ValueError: a spring broke"]

        until(shown, "the error is seen")
        with database.transaction() as session:
            queue.put(session, "tell", {"n": 1})
        until(lambda: told == [1], "the job is carried out")
