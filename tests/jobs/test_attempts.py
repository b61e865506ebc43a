"""A job that fails is tried again, later and later; one that never succeeds is given up, told and kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.jobs import store
from app.jobs.attempt import LONGEST_WAIT, backoff
from app.jobs.dead_letters import QueueFigures, discard_dead, figures, list_dead, retry_dead
from app.jobs.queue import Queue
from app.jobs.rescue import rescue
from app.jobs.runner import carry_out_due

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class MailServer:
    """Refuses until it is mended, and writes down who asked and who was told of a failure."""

    def __init__(self) -> None:
        self.broken = True
        self.tries: list[int] = []
        self.told: list[tuple[dict[str, Any], str]] = []
        self.deaf = False

    def send(self, arguments: dict[str, Any], attempt: int) -> None:
        self.tries.append(attempt)
        if self.broken:
            raise ConnectionError(f"no answer to try {attempt}")

    def given_up(self, arguments: dict[str, Any], error: str) -> None:
        if self.deaf:
            raise RuntimeError("nobody listens")
        self.told.append((arguments, error))


@pytest.fixture
def server() -> MailServer:
    return MailServer()


@pytest.fixture
def queue(server: MailServer) -> Queue:
    queue = Queue()
    queue.register("send", server.send, attempts=3, on_give_up=server.given_up)
    return queue


def put(queue: Queue, database: Database, **options: Any) -> int:
    with database.transaction() as session:
        job_id = queue.put(session, "send", {"to": "Chiara Ricci"}, **options)
    assert job_id is not None
    return job_id


def work_for(queue: Queue, database: Database, duration: timedelta) -> None:
    """Let simulated time pass in minutes and carry out what becomes due."""
    end = clock.now() + duration
    while clock.now() < end:
        carry_out_due(queue, database)
        clock.advance(timedelta(minutes=1))


@given(st.integers(1, 10_000))
def test_waits_grow_up_to_half_an_hour(attempt: int) -> None:
    assert timedelta(seconds=5) <= backoff(attempt) <= backoff(attempt + 1) <= LONGEST_WAIT


def test_a_failing_job_comes_again_after_its_wait(queue: Queue, server: MailServer, database: Database) -> None:
    with clock.at(MONDAY):
        put(queue, database)
        assert carry_out_due(queue, database) == 1
        clock.advance(backoff(1) - timedelta(seconds=1))
        assert carry_out_due(queue, database) == 0
        server.broken = False
        clock.advance(timedelta(seconds=1))
        assert carry_out_due(queue, database) == 1
    assert server.tries == [1, 2]
    with database.transaction() as session:
        assert list_dead(session) == []
        assert figures(session) == QueueFigures(due=0, later=0, running=0, dead=0, workers=0)


def test_a_job_that_never_succeeds_is_told_and_becomes_a_dead_letter(
    queue: Queue, server: MailServer, database: Database
) -> None:
    with clock.at(MONDAY):
        job_id = put(queue, database)
        work_for(queue, database, timedelta(hours=2))
    assert server.tries == [1, 2, 3]
    assert server.told == [({"to": "Chiara Ricci"}, "ConnectionError: no answer to try 3")]
    with database.transaction() as session:
        [letter] = list_dead(session)
    assert (letter.id, letter.task, letter.arguments, letter.attempts) == (job_id, "send", {"to": "Chiara Ricci"}, 3)
    assert letter.message == "ConnectionError: no answer to try 3"
    assert "raise ConnectionError" in letter.traceback


def test_a_put_may_ask_for_fewer_attempts(queue: Queue, server: MailServer, database: Database) -> None:
    with clock.at(MONDAY):
        put(queue, database, attempts=1)
        work_for(queue, database, timedelta(minutes=5))
    assert server.tries == [1]
    assert len(server.told) == 1


def test_a_dead_letter_starts_again_with_all_its_attempts(queue: Queue, server: MailServer, database: Database) -> None:
    with clock.at(MONDAY):
        job_id = put(queue, database)
        work_for(queue, database, timedelta(hours=1))
        with database.transaction() as session:
            assert retry_dead(session, job_id)
            assert not retry_dead(session, job_id)
        carry_out_due(queue, database)
        server.broken = False
        work_for(queue, database, timedelta(hours=1))
    assert server.tries == [1, 2, 3, 1, 2]
    with database.transaction() as session:
        assert list_dead(session) == []


def test_a_dead_letter_can_be_thrown_away(queue: Queue, database: Database) -> None:
    with clock.at(MONDAY):
        job_id = put(queue, database, attempts=1)
        carry_out_due(queue, database)
    with database.transaction() as session:
        assert figures(session).dead == 1
        assert discard_dead(session, job_id)
        assert not discard_dead(session, job_id)
        assert figures(session).dead == 0


def test_dead_letters_come_in_pages(queue: Queue, database: Database) -> None:
    with clock.at(MONDAY):
        ids = [put(queue, database, attempts=1) for _ in range(5)]
        carry_out_due(queue, database)
    with database.transaction() as session:
        first = list_dead(session, limit=3)
        second = list_dead(session, limit=3, before=first[-1].id)
    assert [letter.id for letter in [*first, *second]] == ids[::-1]


def test_while_nobody_can_be_told_the_job_is_not_lost(queue: Queue, server: MailServer, database: Database) -> None:
    server.deaf = True
    with clock.at(MONDAY):
        put(queue, database)
        work_for(queue, database, timedelta(hours=1))
        assert server.told == []
        with database.transaction() as session:
            assert list_dead(session) == []
        server.deaf = False
        work_for(queue, database, timedelta(hours=1))
    assert server.tries == [1, 2, 3]
    assert server.told == [({"to": "Chiara Ricci"}, "ConnectionError: no answer to try 3")]
    with database.transaction() as session:
        assert len(list_dead(session)) == 1


def test_only_who_claimed_a_job_may_settle_it(queue: Queue, database: Database) -> None:
    put(queue, database)

    def claim(session: Session) -> store.Job:
        [job] = store.claim(session, queue.names, store.register_worker(session), 1)
        return job

    with database.transaction() as session:
        first = claim(session)
        store.unregister_worker(session, first.worker_id or 0)
        assert rescue(session) == 1
        second = claim(session)
        assert second.attempts == 1
        assert not store.finish(session, first)
        assert not store.put_back(session, first, clock.now(), "late", "")
        assert not store.bury(session, first, 3, "late", "")
        assert store.finish(session, second)


def test_jobs_that_put_each_other_are_noticed(database: Database) -> None:
    queue = Queue()

    def again(arguments: dict[str, Any], attempt: int) -> None:
        with database.transaction() as session:
            queue.put(session, "again", {})

    queue.register("again", again)
    with database.transaction() as session:
        queue.put(session, "again", {})
    with pytest.raises(RuntimeError, match="put each other"):
        carry_out_due(queue, database, limit=10)
