"""When timers are due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.due import Cycle, read_timer
from app.engine.work import ElementError

FIRST, LAST = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-01-01")
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@given(MOMENTS, st.integers(1, 240))
def test_months_keep_the_day_or_take_the_last(now: datetime, months: int) -> None:
    due, cycle = read_timer(f"P{months}M", "duration", now, "t")
    assert cycle is None
    assert (due.year * 12 + due.month) - (now.year * 12 + now.month) == months
    assert due.time() == now.time()
    assert due.day == now.day or (due.day < now.day and (due + timedelta(days=1)).day == 1)


@given(MOMENTS, st.sampled_from(["PT1H", "P1D", "P1M", "P3M", "PT90S"]), st.integers(0, 10**8))
def test_a_cycle_goes_on_after_both_the_last_time_and_now(start: datetime, step: str, seconds: int) -> None:
    due, cycle = read_timer(f"R/{step}", "cycle", start, "t")
    assert cycle is not None and due > start
    now = start + timedelta(seconds=seconds)
    following = cycle.next_after(due, now)
    assert following is not None and following > max(due, now)
    # None is left out: the one before is not after both.
    assert cycle.at(cycle.number - 1) <= max(due, now)
    assert Cycle(*cycle.state()) == cycle


def test_a_cycle_of_months_does_not_wander() -> None:
    due, cycle = read_timer("R/P1M", "cycle", datetime(2026, 1, 31, 9, tzinfo=UTC), "t")
    assert cycle is not None
    days = []
    for _ in range(4):
        days.append((due.month, due.day))
        due = cycle.next_after(due, due) or due
    assert days == [(2, 28), (3, 31), (4, 30), (5, 31)]


def test_a_cycle_counts_down() -> None:
    due, cycle = read_timer("R2/2026-03-01T00:00:00Z/P1D", "cycle", NOW, "t")
    assert cycle is not None and due == datetime(2026, 3, 3, tzinfo=UTC)
    assert cycle.next_after(due, due) == datetime(2026, 3, 4, tzinfo=UTC)
    assert cycle.next_after(due, due) is None


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (timedelta(hours=2), NOW + timedelta(hours=2)),
        (date(2026, 4, 1), datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T12:00:00", datetime(2026, 4, 1, 12, tzinfo=UTC)),
        (NOW - timedelta(days=1), NOW - timedelta(days=1)),
    ],
)
def test_points_in_time(value: object, due: datetime) -> None:
    assert read_timer(value, "date", NOW, "t") == (due, None)


@pytest.mark.parametrize("value", [None, 5, True, "", "soon", "P", "PT", "R/", "R0/PT1H", "R/PT0S", "R/PT1H/PT1H", "R5",
                                   "P99999Y", "R/P99999Y", [], {}])  # fmt: skip
def test_all_else_is_told(value: object) -> None:
    with pytest.raises(ElementError, match="The timer of t cannot be set"):
        read_timer(value, "duration", NOW, "t")


def test_a_cycle_timer_needs_a_cycle() -> None:
    with pytest.raises(ElementError, match="cycle"):
        read_timer("PT1H", "cycle", NOW, "t")
