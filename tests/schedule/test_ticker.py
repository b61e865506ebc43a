"""The ticker calls what is due until nothing is, never twice at a time, and survives errors."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.database.transaction import Database
from app.errors import Unavailable
from app.schedule.health import LATE, Pulse, forget_nodes, is_ticking, last_tick, node_name, nodes, standstills
from app.schedule.ticker import Ticker
from tests.jobs.waiting import until

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Due:
    """A pile of things that are due; counts who takes from it at the same time."""

    def __init__(self, pile: int) -> None:
        self.pile = pile
        self.fired = 0
        self.calls = 0
        self.most_at_once = 0
        self._inside = 0
        self._guard = threading.Lock()

    def fire(self) -> int:
        with self._guard:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
            self.calls += 1
        threading.Event().wait(0.01)
        with self._guard:
            self._inside -= 1
            if not self.pile:
                return 0
            self.pile -= 1
            self.fired += 1
            return 1


def test_a_tick_goes_on_until_nothing_is_due_and_ticks_do_not_overlap() -> None:
    due = Due(30)
    ticker = Ticker(due.fire, seconds=0.05)
    ticker.start()
    until(lambda: due.fired == 30, "everything is fired")
    calls = due.calls
    until(lambda: due.calls > calls + 2, "it keeps ticking")
    ticker.stop()
    assert due.most_at_once == 1


def test_several_rhythms_do_not_hold_up_each_other() -> None:
    gate, quick = threading.Event(), Due(10)

    def slow() -> int:
        gate.wait(60)
        return 0

    ticker = Ticker(slow, seconds=0.05)
    ticker.add("duties", quick.fire, 0.05)
    ticker.start()
    until(lambda: quick.fired == 10, "the quick one is done while the slow one waits")
    gate.set()
    ticker.stop()


def test_an_error_does_not_end_the_ticking(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def fire() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("a spring broke")
        return 0

    with caplog.at_level(logging.WARNING):
        ticker = Ticker(fire, seconds=0.02)
        ticker.start()
        until(lambda: len(calls) > 3, "it ticks on")
        ticker.stop()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_database_that_is_away_is_said_once_until_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([True, True, True, False, True, True])
    calls: list[int] = []

    def fire() -> int:
        calls.append(1)
        if next(answers, False):
            raise Unavailable("The database does not answer.")
        return 0

    with caplog.at_level(logging.WARNING):
        ticker = Ticker(fire, seconds=0.02)
        ticker.start()
        until(lambda: len(calls) > 8, "it ticks on")
        ticker.stop()
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_stop_waits_for_what_is_being_fired() -> None:
    begun, ended = threading.Event(), threading.Event()

    def fire() -> int:
        begun.set()
        threading.Event().wait(0.2)
        ended.set()
        return 1

    ticker = Ticker(fire, seconds=0.02)
    ticker.start()
    assert begun.wait(60)
    ticker.stop()
    assert ended.is_set()


def test_a_node_shows_when_it_ticked_last_and_is_late_when_it_stops(database: Database) -> None:
    with clock.at(MONDAY):
        with database.transaction() as session:
            assert not is_ticking(session)
        pulse = Pulse(database, "north", every_seconds=5)
        pulse.beat(2)
        clock.advance(timedelta(seconds=2))
        pulse.beat(3)
        with database.transaction() as session:
            # Two seconds later nothing is written yet: a tick is too frequent for a commit each.
            assert last_tick(session) == MONDAY
        clock.advance(timedelta(seconds=4))
        pulse.beat(0)
        with database.transaction() as session:
            [node] = nodes(session)
            assert (node.name, node.fired, node.error, node.late) == ("north", 5, None, False)
            assert node.ticked_at == MONDAY + timedelta(seconds=6)
            assert is_ticking(session)
        clock.advance(LATE + timedelta(seconds=1))
        with database.transaction() as session:
            assert nodes(session)[0].late
            assert not is_ticking(session)


def test_an_error_shows_at_once_and_goes_with_the_next_good_tick(database: Database) -> None:
    with clock.at(MONDAY):
        pulse = Pulse(database, "north")
        pulse.beat(0)
        clock.advance(timedelta(seconds=1))
        pulse.beat(0, "ValueError: a spring broke")
        with database.transaction() as session:
            assert nodes(session)[0].error == "ValueError: a spring broke"
        clock.advance(timedelta(seconds=6))
        pulse.beat(0)
        with database.transaction() as session:
            assert nodes(session)[0].error is None


def test_a_standstill_of_all_nodes_stays_visible_and_a_restart_is_none(database: Database) -> None:
    with clock.at(MONDAY):
        north = Pulse(database, "north")
        north.beat(0)
        Pulse(database, "south").beat(0)
        north.end()
        clock.advance(timedelta(seconds=50))
        Pulse(database, "north").beat(0)
        clock.advance(timedelta(days=2))
        Pulse(database, "west").beat(0)
        Pulse(database, "north").beat(0)
        with database.transaction() as session:
            [still] = standstills(session)
            assert (still.began_at, still.ended_at) == (MONDAY + timedelta(seconds=50), clock.now())
            assert standstills(session, since=clock.now() + timedelta(seconds=1)) == []
        clock.advance(timedelta(days=400))
        with database.transaction() as session:
            forget_nodes(session)
            assert standstills(session) == []


def test_nodes_that_signed_off_or_fell_silent_are_forgotten(database: Database) -> None:
    with clock.at(MONDAY):
        Pulse(database, "gone").beat(0)
        clock.advance(timedelta(days=1, minutes=1))
        leaving = Pulse(database, "leaving")
        leaving.beat(0)
        Pulse(database, "staying").beat(0)
        leaving.end()
        with database.transaction() as session:
            assert forget_nodes(session) == 1
            assert [node.name for node in nodes(session)] == ["staying"]


def test_a_node_has_a_name_of_its_own() -> None:
    assert node_name() == node_name()
    assert node_name().rpartition("-")[2].isdigit()
