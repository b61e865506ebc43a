"""Working time is exact: over nights, weekends, days off and clock changes, checked against counting by hand."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars.week import WEEKDAYS, CalendarError, Week

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Week.read("Europe/Berlin", {day: [["08:00", "17:00"]] for day in WEEKDAYS[:5]}, ["2026-04-03", "2026-04-06"])
STEP = timedelta(minutes=15)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def counts(week: Week, moment: datetime) -> bool:
    """Whether work is done in the quarter of an hour from here, by the clock on the wall."""
    there = moment.astimezone(week.zone)
    minute = there.hour * 60 + there.minute
    spans = week.days[there.weekday()] if there.date() not in week.days_off else ()
    return any(start <= minute < end for start, end in spans)


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Weeks with up to two spans a day, at full hours, that work at least once."""
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]))
    days = []
    for _ in range(7):
        marks = sorted(draw(st.sets(st.integers(0, 24), max_size=4)))
        pairs = [(first * 60, second * 60) for first, second in zip(marks[::2], marks[1::2], strict=False)]
        days.append(tuple(pairs))
    if not any(days):
        days[2] = ((540, 600),)
    off = draw(st.sets(st.dates(date(2026, 3, 20), date(2026, 4, 12)), max_size=4))
    return Week(ZoneInfo(zone), tuple(days), frozenset(off))


# Around the clock changes of spring and autumn in the zones above.
starts = st.sampled_from([datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)]).flatmap(
    lambda first: st.integers(0, 4 * 24 * 12).map(lambda quarters: first + quarters * STEP)
)


@settings(max_examples=120, deadline=None)
@given(week=weeks(), start=starts, quarters=st.integers(1, 60))
def test_adding_hours_agrees_with_counting_quarters(week: Week, start: datetime, quarters: int) -> None:
    reached, counted = start, 0
    while counted < quarters:
        counted += counts(week, reached)
        reached += STEP
    assert week.add_hours(start, quarters / 4) == reached


@settings(max_examples=120, deadline=None)
@given(week=weeks(), start=starts, quarters=st.integers(0, 800))
def test_elapsed_time_agrees_with_counting_quarters(week: Week, start: datetime, quarters: int) -> None:
    counted = sum(counts(week, start + number * STEP) for number in range(quarters))
    assert week.elapsed(start, start + quarters * STEP) == counted * STEP


@settings(max_examples=120, deadline=None)
@given(week=weeks(), start=starts, hours=st.floats(0.1, 60))
def test_what_was_added_has_elapsed(week: Week, start: datetime, hours: float) -> None:
    end = week.add_hours(start, hours)
    assert abs(week.elapsed(start, end) - timedelta(hours=hours)) < timedelta(milliseconds=1)


@settings(max_examples=120, deadline=None)
@given(week=weeks(), start=starts, days=st.integers(1, 12))
def test_adding_days_lands_on_that_working_day(week: Week, start: datetime, days: int) -> None:
    end = week.add_days(start, days)
    opening = start
    while not counts(week, opening):
        opening += STEP
    first, last = opening.astimezone(week.zone), end.astimezone(week.zone)
    # The end of a day that works until 24:00 is 00:00 of the next.
    last_day = (end - timedelta(microseconds=1)).astimezone(week.zone).date() if last.time() == time() else last.date()
    between = [first.date() + timedelta(days=number) for number in range(1, (last_day - first.date()).days + 1)]
    assert len([day for day in between if week.spans(day)]) in (days, days - 1)
    assert week.spans(last.date()) or week.spans(last_day)
    assert any(opens <= end <= closes for day in (last.date(), last_day) for opens, closes in week.spans(day))


@settings(max_examples=60, deadline=None)
@given(week=weeks(), start=starts, one=st.integers(0, 40), more=st.integers(0, 40))
def test_more_is_never_earlier(week: Week, start: datetime, one: int, more: int) -> None:
    assert week.add_hours(start, one) <= week.add_hours(start, one + more)
    assert week.add_days(start, one % 9) <= week.add_days(start, one % 9 + more % 9)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-06T16:50", 4, "2026-03-09T11:50"),  # over the weekend
        ("2026-03-06T13:00", 4, "2026-03-06T17:00"),  # due when the office closes, not when it opens again
        ("2026-03-07T12:00", 1, "2026-03-09T09:00"),  # from a Saturday
        ("2026-03-06T05:00", 0.5, "2026-03-06T08:30"),  # from before opening
        ("2026-04-02T16:00", 2, "2026-04-07T09:00"),  # over Easter
        ("2026-03-27T16:00", 10, "2026-03-30T17:00"),  # over the clock change
        ("2026-03-06T16:50", 0, "2026-03-06T16:50"),
    ],
)
def test_hours_in_the_office(start: str, hours: float, expected: str) -> None:
    assert OFFICE.add_hours(local(start), hours) == local(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-03-06T16:50", 5, "2026-03-13T16:50"),
        ("2026-03-06T16:50", 1, "2026-03-09T16:50"),
        ("2026-03-07T12:00", 5, "2026-03-16T08:00"),  # Saturday counts from Monday morning
        ("2026-03-06T19:30", 1, "2026-03-10T08:00"),  # after closing time too
        ("2026-04-02T10:15", 1, "2026-04-07T10:15"),  # over Easter
        ("2026-03-27T10:15", 1, "2026-03-30T10:15"),  # the same time on the wall after the clock change
        ("2026-03-06T16:50", 0, "2026-03-06T16:50"),
    ],
)
def test_days_in_the_office(start: str, days: int, expected: str) -> None:
    assert OFFICE.add_days(local(start), days) == local(expected)


def test_a_short_day_is_due_before_it_closes() -> None:
    week = Week.read("Europe/Berlin", {"thu": [["08:00", "17:00"]], "fri": [["10:00", "12:00"], ["13:00", "14:00"]]})
    assert week.add_days(local("2026-03-05T16:00"), 1) == local("2026-03-06T14:00")
    assert week.add_days(local("2026-03-05T12:30"), 1) == local("2026-03-06T12:00")
    assert week.add_days(local("2026-03-05T08:00"), 1) == local("2026-03-06T10:00")


def test_work_through_the_night_of_the_clock_change_counts_real_hours() -> None:
    night = Week.read("Europe/Berlin", {"sat": [["22:00", "24:00"]], "sun": [["00:00", "06:00"]]})
    assert night.elapsed(local("2026-03-28T20:00"), local("2026-03-29T12:00")) == timedelta(hours=7)
    assert night.elapsed(local("2026-10-24T20:00"), local("2026-10-25T12:00")) == timedelta(hours=9)


def test_whether_the_office_is_open() -> None:
    assert OFFICE.is_open(local("2026-03-06T08:00"))
    assert not OFFICE.is_open(local("2026-03-06T17:00"))
    assert not OFFICE.is_open(local("2026-04-03T10:00"))


@pytest.mark.parametrize(
    ("zone", "hours", "off", "said"),
    [
        ("Mars/Base", {}, [], "cannot be understood"),
        ("../../etc/passwd", {}, [], "cannot be understood"),
        ("Europe/Berlin", {"monday": []}, [], "no weekday"),
        ("Europe/Berlin", {"mon": [["8", "17"]]}, [], "pairs like"),
        ("Europe/Berlin", {"mon": [["08:00"]]}, [], "pairs like"),
        ("Europe/Berlin", {"mon": [["08:00", "25:00"]]}, [], "pairs like"),
        ("Europe/Berlin", {"mon": [["22:00", "06:00"]]}, [], "ends before"),
        ("Europe/Berlin", {"mon": [["08:00", "12:00"], ["11:00", "17:00"]]}, [], "overlap"),
        ("Europe/Berlin", {}, ["Easter"], "cannot be understood"),
    ],
)
def test_senseless_calendars_are_refused(zone: str, hours: dict, off: list[str], said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        Week.read(zone, hours, off)


def test_senseless_amounts_and_empty_calendars_are_refused() -> None:
    never, start = Week.read("UTC", {}), local("2026-03-06T08:00")
    for call in (
        lambda: OFFICE.add_hours(start, -1),
        lambda: OFFICE.add_hours(start, float("nan")),
        lambda: OFFICE.add_hours(start, 1e9),
        lambda: OFFICE.add_days(start, -1),
        lambda: OFFICE.add_days(start, 1.5),  # type: ignore[arg-type]
        lambda: never.add_hours(start, 1),
        lambda: never.add_days(start, 1),
    ):
        with pytest.raises(CalendarError):
            call()
