"""Jobs are stored with the transaction that puts them: all of them or none, one statement each."""

import tempfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.errors import Unavailable
from app.jobs.queue import Queue, UnknownTaskError, Wanted
from app.jobs.runner import carry_out_due
from tests.sent import sent

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Desk:
    """Writes down what jobs tell it."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, Any], int]] = []

    def listen(self, arguments: dict[str, Any], attempt: int) -> None:
        self.told.append((arguments, attempt))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def queue(desk: Desk) -> Queue:
    queue = Queue()
    queue.register("tell", desk.listen)
    return queue


def waiting(session: Session) -> int:
    return session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")).scalar_one()


def test_a_commit_keeps_the_job_and_it_is_carried_out_once(queue: Queue, desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        queue.put(session, "tell", {"to": "Anna Novak", "lines": [1, None, "ü"]})
    assert carry_out_due(queue, database) == 1
    assert carry_out_due(queue, database) == 0
    assert desk.told == [({"to": "Anna Novak", "lines": [1, None, "ü"]}, 1)]
    with database.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_rollback_leaves_none(queue: Queue, desk: Desk, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        queue.put(session, "tell", {})
        assert waiting(session) == 1
        raise ZeroDivisionError
    assert carry_out_due(queue, database) == 0
    assert desk.told == []


def test_a_job_is_seen_by_nobody_before_the_commit(queue: Queue, desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        queue.put(session, "tell", {})
        assert carry_out_due(queue, database) == 0
    assert carry_out_due(queue, database) == 1


def test_putting_a_job_costs_one_statement(queue: Queue, session: Session) -> None:
    session.execute(text("SELECT 1"))
    connection: Any = session.connection().connection.driver_connection
    with tempfile.TemporaryFile() as trace:
        connection.pgconn.trace(trace.fileno())
        queue.put(session, "tell", {"to": "Ben Osei"})
        connection.pgconn.untrace()
        trace.seek(0)
        lines = trace.read().decode().splitlines()
    asked = [line for line in lines if "\tF\t" in line and line.split("\t")[3].strip() in ("Query", "Execute")]
    assert len(asked) == 1, lines


def test_a_job_waits_for_its_time(queue: Queue, desk: Desk, database: Database) -> None:
    with clock.at(MONDAY):
        with database.transaction() as session:
            queue.put(session, "tell", {}, at=MONDAY + timedelta(hours=2))
        clock.advance(timedelta(hours=1, minutes=59))
        assert carry_out_due(queue, database) == 0
        clock.advance(timedelta(minutes=1))
        assert carry_out_due(queue, database) == 1
    assert len(desk.told) == 1


def test_while_one_waits_no_second_of_the_same_key_is_stored(queue: Queue, desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        assert queue.put(session, "tell", {"n": 1}, dedupe="digest:7") is not None
        assert queue.put(session, "tell", {"n": 2}, dedupe="digest:7") is None
        assert queue.put(session, "tell", {"n": 3}, dedupe="digest:8") is not None
        # The transaction is as good as before: the taken key spoiled nothing.
        assert waiting(session) == 2
    with database.transaction() as session:
        assert queue.put(session, "tell", {"n": 4}, dedupe="digest:7") is None
    carry_out_due(queue, database)
    assert [arguments["n"] for arguments, _ in desk.told] == [1, 3]
    with database.transaction() as session:
        assert queue.put(session, "tell", {"n": 5}, dedupe="digest:7") is not None


def test_a_failed_job_of_a_key_lets_a_later_one_in_and_still_comes_again(database: Database) -> None:
    queue, tried = Queue(), []

    def fail_once(arguments: dict[str, Any], attempt: int) -> None:
        tried.append((arguments["n"], attempt))
        if arguments["n"] == 1 and attempt == 1:
            raise ConnectionError("line busy")

    queue.register("call", fail_once)
    with clock.at(MONDAY):
        with database.transaction() as session:
            queue.put(session, "call", {"n": 1}, dedupe="call")
        carry_out_due(queue, database)
        with database.transaction() as session:
            assert queue.put(session, "call", {"n": 2}, dedupe="call") is not None
        clock.advance(timedelta(hours=1))
        carry_out_due(queue, database)
    assert tried == [(1, 1), (1, 2), (2, 1)]


def test_urgent_jobs_come_first_then_the_oldest(queue: Queue, desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        for number, priority in enumerate([0, 0, 9]):
            queue.put(session, "tell", {"n": number}, priority=priority)
    carry_out_due(queue, database)
    assert [arguments["n"] for arguments, _ in desk.told] == [2, 0, 1]


def test_a_misspelt_name_is_refused_at_once(queue: Queue, session: Session) -> None:
    with pytest.raises(UnknownTaskError):
        queue.put(session, "tel", {})


def test_a_name_is_given_once(queue: Queue, desk: Desk) -> None:
    with pytest.raises(ValueError, match="tell"):
        queue.register("tell", desk.listen)


def test_a_worker_leaves_jobs_alone_that_it_does_not_know(queue: Queue, database: Database) -> None:
    newer = Queue()
    newer.register("tell_in_chorus", lambda arguments, attempt: None)
    with database.transaction() as session:
        newer.put(session, "tell_in_chorus", {})
    assert carry_out_due(queue, database) == 0
    assert carry_out_due(newer, database) == 1


def test_a_lost_connection_is_said_as_such(queue: Queue, database: Database) -> None:
    with pytest.raises(Unavailable), database.transaction() as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        queue.put(session, "tell", {})
    with database.transaction() as session:
        assert waiting(session) == 0


def test_many_are_stored_together_as_one_by_one_with_as_many_statements_as_few(
    queue: Queue, desk: Desk, database: Database
) -> None:
    later = clock.now() + timedelta(days=1)
    wanted = [Wanted({"number": place}) for place in range(30)]
    keyed = [Wanted({"key": place}, later, f"key {place % 10}") for place in range(30)]
    counts = []
    for _ in range(2):
        with database.transaction() as session, sent(database.engine) as texts:
            queue.put(session, "tell", {"key": "before"}, at=later, dedupe="key 3")
            texts.clear()
            queue.put_all(session, "tell", [*wanted, *keyed])
            counts.append(len(texts))
            assert waiting(session) == 40
            session.rollback()
    assert counts == [3, 3]
    with database.transaction() as session:
        queue.put_all(session, "tell", [*wanted[:2], *keyed])
        queue.put_all(session, "tell", keyed[:1])
        queue.put_all(session, "tell", [])
    assert carry_out_due(queue, database) == 2
    with clock.at(later + timedelta(minutes=1)):
        assert carry_out_due(queue, database) == 10
    assert sorted(arguments["key"] for arguments, _ in desk.told[2:]) == list(range(10)), "the first of each key"


def test_a_key_that_somebody_takes_in_the_same_moment_is_no_error(
    queue: Queue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        queue.put(session, "tell", {}, dedupe="taken")
    # As if the other transaction had committed after those that wait were looked up.
    monkeypatch.setattr("app.jobs.queue._WAITING", text("SELECT 'x' WHERE 'x' = ANY(:keys)"))
    with database.transaction() as session:
        queue.put_all(session, "tell", [Wanted({}, dedupe="taken"), Wanted({}, dedupe="free")])
        assert waiting(session) == 2
