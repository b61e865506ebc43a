"""Target clocks by their events: pauses, other terms, clock changes, and a count of every minute beside them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars.week import WEEKDAYS, Week
from app.domain.service_levels.reading import Event, Move, Terms, read

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Week.read("Europe/Berlin", {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]})
LONG = Week.read("Europe/Berlin", {day: [["08:00", "20:00"]] for day in WEEKDAYS})
ALWAYS = Week.read("UTC", {day: [["00:00", "24:00"]] for day in WEEKDAYS})
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """Return a moment of Berlin's time."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def clock(*events: tuple[str, Move]) -> list[Event]:
    return [Event(at(moment), move) for moment, move in events]


def test_an_incident_on_friday_afternoon_is_due_on_monday() -> None:
    """Scenario 1 of the blueprint: 16:50 on a Friday, thirty minutes, nine to five."""
    reading = read(clock(("2026-03-06 16:50", "start")), Terms(30 * MINUTE, OFFICE), at("2026-03-06 18:00"))
    assert (reading.state, reading.used, reading.left) == ("running", 10 * MINUTE, 20 * MINUTE)
    assert reading.due_at == at("2026-03-09 09:20")
    assert reading.warns_at == at("2026-03-09 09:14")
    assert reading.breached_at is None


def test_a_pause_keeps_what_is_left_and_a_change_of_terms_keeps_the_pause() -> None:
    events = clock(("2026-03-06 16:00", "start"), ("2026-03-09 10:00", "pause"), ("2026-03-09 12:00", "resume"))
    now = at("2026-03-09 13:00")
    reading = read(events, Terms(timedelta(hours=4), OFFICE), now)
    assert (reading.used, reading.due_at) == (timedelta(hours=3), at("2026-03-09 14:00"))
    # Another agreement with longer hours: Friday until 20:00, Saturday and Sunday count, too; the pause does not.
    longer = read(events, Terms(timedelta(hours=40), LONG), now)
    assert longer.used == timedelta(hours=4 + 12 + 12 + 2 + 1)
    assert [span.counts for span in longer.spans] == [True, False, True]
    paused = read(events[:2], Terms(timedelta(hours=4), OFFICE), now)
    assert (paused.state, paused.used, paused.due_at, paused.next_at) == ("paused", timedelta(hours=2), None, None)


def test_what_was_missed_stays_missed_at_its_moment() -> None:
    events = clock(("2026-03-09 09:00", "start"), ("2026-03-09 12:00", "pause"), ("2026-03-10 09:00", "stop"))
    reading = read(events, Terms(timedelta(hours=2), OFFICE), at("2026-04-01 09:00"))
    assert (reading.state, reading.breached_at, reading.used) == ("stopped", at("2026-03-09 11:00"), timedelta(hours=3))
    in_time = read(events, Terms(timedelta(hours=3, minutes=1), OFFICE), at("2026-04-01 09:00"))
    assert (in_time.breached_at, in_time.due_at, in_time.warns_at) == (None, None, at("2026-03-09 11:24:48"))


def test_reopening_goes_on_where_it_stopped() -> None:
    events = clock(("2026-03-09 09:00", "start"), ("2026-03-09 10:00", "stop"), ("2026-03-11 09:00", "resume"))
    reading = read(events, Terms(timedelta(hours=4), OFFICE), at("2026-03-11 09:00"))
    assert (reading.state, reading.used, reading.due_at) == ("running", timedelta(hours=1), at("2026-03-11 12:00"))


@pytest.mark.parametrize(
    ("start", "week", "hours", "due"),
    [
        ("2026-03-29 00:30", ALWAYS, 4, "2026-03-29 05:30"),  # the clock skips an hour
        ("2026-10-25 00:30", ALWAYS, 4, "2026-10-25 03:30"),  # and has one twice
        ("2026-03-27 16:00", OFFICE, 2, "2026-03-30 10:00"),
        ("2026-12-31 16:00", OFFICE, 2, "2027-01-01 10:00"),
    ],
)
def test_over_clock_changes_and_new_year(start: str, week: Week, hours: int, due: str) -> None:
    reading = read(clock((start, "start")), Terms(timedelta(hours=hours), week), at(start))
    assert reading.due_at == at(due)


def test_events_that_say_nothing_new_change_nothing() -> None:
    events = clock(
        ("2026-03-09 09:00", "start"), ("2026-03-09 10:00", "pause"), ("2026-03-09 11:00", "pause"),
        ("2026-03-09 12:00", "resume"), ("2026-03-09 12:30", "resume"), ("2026-03-09 13:00", "stop"),
        ("2026-03-09 14:00", "pause"), ("2026-03-09 15:00", "stop"),
    )  # fmt: skip
    reading = read(events, Terms(timedelta(hours=8), OFFICE), at("2026-03-10 12:00"))
    assert (reading.state, reading.used) == ("stopped", timedelta(hours=2))


MOVES: list[Move] = ["pause", "resume", "stop"]
WEEKS = st.sampled_from([OFFICE, LONG, ALWAYS])


@given(
    start=st.integers(0, 16 * 24 * 60).map(lambda minutes: at("2026-03-20 00:00") + minutes * MINUTE),
    moves=st.lists(st.tuples(st.integers(1, 900), st.sampled_from(MOVES)), max_size=6),
    target=st.integers(1, 1200),
    week=WEEKS,
    later=st.integers(0, 4000),
)
@settings(max_examples=60, deadline=None)
def test_every_minute_counted_by_hand(
    start: datetime, moves: list[tuple[int, Move]], target: int, week: Week, later: int
) -> None:
    events, moment = [Event(start, "start")], start
    for minutes, move in moves:
        moment += minutes * MINUTE
        events.append(Event(moment, move))
    now = moment + later * MINUTE
    running, used, reached = True, 0, None
    minute = start
    while minute < now:
        for event in events[1:]:
            if event.at == minute:
                running = event.move == "resume"
        if running and week.is_open(minute):
            used += 1
            if used == target:
                reached = minute + MINUTE
        minute += MINUTE
    reading = read(events, Terms(target * MINUTE, week), now)
    assert (reading.used, reading.breached_at) == (used * MINUTE, reached)
    if reading.state == "running" and reached is None:
        # Nobody touches it any more: at the moment it names, exactly the whole target is used, and not before.
        assert reading.due_at is not None
        assert read(events, Terms(target * MINUTE, week), reading.due_at).left == timedelta()
        assert read(events, Terms(target * MINUTE, week), reading.due_at - MINUTE).left > timedelta()
