"""Each periodic duty is carried out once per interval over all nodes, whatever happens to one of them."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.schedule.duties import Duties, Duty, following
from app.schedule.health import duty_turns
from app.schedule.records import DutyTurn
from tests.schedule.node_process import INTERVAL, START
from tests.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def turn_taken(database: Database) -> Iterator[Database]:
    """A table that the duties of this test write into."""
    with database.transaction() as session:
        session.execute(text("CREATE TABLE turn_taken (duty text, node text, at timestamptz)"))
    yield database
    with database.transaction() as session:
        session.execute(text("DROP TABLE turn_taken"))


def taken(database: Database) -> list[tuple[str, str, datetime]]:
    with database.transaction() as session:
        return [(row.duty, row.node, row.at) for row in session.execute(text("SELECT * FROM turn_taken"))]


def start(url: str, name: str, duties: int, rounds: int) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "tests.schedule.node_process", url, name, str(duties), str(rounds)]
    return subprocess.Popen(program, cwd=ROOT)


def prepare(database: Database, count: int) -> None:
    """Make the duties due at the same simulated time for all nodes."""
    with clock.at(START):
        duties = Duties(database, "test", [Duty(f"duty-{n}", INTERVAL, lambda session: 0) for n in range(count)])
        duties._enter()


def test_two_processes_share_the_duties_and_none_is_done_twice(turn_taken: Database, database_url: str) -> None:
    prepare(turn_taken, 12)
    nodes = [start(database_url, name, 12, 60) for name in ("north", "south")]
    assert [node.wait() for node in nodes] == [0, 0]
    rows = taken(turn_taken)
    # An hour of ten-minute intervals: six turns each.
    assert Counter(duty for duty, _, _ in rows) == {f"duty-{number}": 6 for number in range(12)}


def test_a_node_that_dies_in_the_middle_leaves_its_turn_to_another(turn_taken: Database, database_url: str) -> None:
    prepare(turn_taken, 5)
    clumsy = start(database_url, "clumsy", 5, 1)
    assert clumsy.wait() == -9
    assert len(taken(turn_taken)) == 2
    assert start(database_url, "south", 5, 1).wait() == 0
    rows = taken(turn_taken)
    assert Counter(node for _, node, _ in rows) == {"clumsy": 2, "south": 3}
    assert {duty for duty, _, _ in rows} == {f"duty-{number}" for number in range(5)}


def test_a_new_duty_is_due_at_once_and_then_on_its_grid(database: Database) -> None:
    done: list[datetime] = []

    def sweep(session: Session) -> int:
        done.append(clock.now())
        return 4

    duties = Duties(database, "north", [Duty("sweep", timedelta(hours=1), sweep)])
    with clock.at(MONDAY):
        assert duties.fire() == 1
        assert duties.fire() == 0
        clock.advance(timedelta(minutes=90))
        assert duties.fire() == 1
        clock.advance(timedelta(minutes=30))
        assert duties.fire() == 1
    assert done == [MONDAY, MONDAY + timedelta(minutes=90), MONDAY + timedelta(hours=2)]
    with database.transaction() as session:
        [turn] = duty_turns(session)
    assert (turn.name, turn.node, turn.changed, turn.error) == ("sweep", "north", 4, None)
    assert turn.next_at == MONDAY + timedelta(hours=3)


def test_what_was_missed_is_done_once(database: Database) -> None:
    done: list[datetime] = []
    duties = Duties(database, "north", [Duty("sweep", timedelta(hours=1), lambda session: len(done.append(1) or [1]))])
    with clock.at(MONDAY):
        duties.fire()
        clock.advance(timedelta(days=3))
        while duties.fire():
            pass
    assert len(done) == 2


def test_a_duty_that_fails_leaves_no_trace_but_its_error_and_does_not_hold_up_others(turn_taken: Database) -> None:
    def fail(session: Session) -> int:
        session.execute(text("INSERT INTO turn_taken (duty) VALUES ('half done')"))
        raise ValueError("the broom broke")

    calm: list[int] = []
    duties = Duties(
        turn_taken,
        "north",
        [
            Duty("a_fails", timedelta(hours=1), fail),
            Duty("b_works", timedelta(hours=1), lambda session: calm.append(1) or 1),
        ],
    )
    with clock.at(MONDAY):
        assert [duties.fire() for _ in range(3)] == [1, 1, 0]
        with turn_taken.transaction() as session:
            failed, worked = duty_turns(session)
    assert taken(turn_taken) == []
    assert calm == [1]
    assert (failed.error, worked.error) == ("ValueError: the broom broke", None)
    assert failed.next_at == MONDAY + timedelta(hours=1)


def test_a_duty_is_taken_on_once_and_needs_time(database: Database) -> None:
    duties = Duties(database, "north", [Duty("sweep", timedelta(hours=1), lambda session: 0)])
    with pytest.raises(ValueError, match="exists already"):
        duties.add(Duty("sweep", timedelta(hours=2), lambda session: 0))
    with pytest.raises(ValueError, match="positive"):
        duties.add(Duty("spin", timedelta(0), lambda session: 0))
    assert duties.names == ["sweep"]


@given(
    late=st.timedeltas(timedelta(0), timedelta(days=400)),
    interval=st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
)
def test_the_next_turn_lies_ahead_by_one_interval_at_most_and_on_the_grid(late: timedelta, interval: timedelta) -> None:
    due = following(MONDAY, interval, MONDAY + late)
    assert MONDAY + late < due <= MONDAY + late + interval
    assert (due - MONDAY) % interval == timedelta(0)


def test_every_duty_of_the_product_can_be_carried_out(stage: Stage) -> None:
    duties = stage.parts.duties("north")
    while duties.fire():
        pass
    with stage.parts.database.transaction() as session:
        turns = {turn.name: (turn.done_at is not None, turn.error) for turn in session.scalars(select(DutyTurn))}
    assert turns == dict.fromkeys(duties.names, (True, None)) and "journal verification" in turns
