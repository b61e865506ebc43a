"""When rules come next: calendar months, weekdays, clock changes, working days, and what is refused."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendars.week import Week
from app.processes.start_timers import BadRule, read_rule
from app.schedule.times import Course, Run

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Week.read(
    "Europe/Berlin", {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    exceptions=[{"from": day} for day in ("2026-01-01", "2026-04-06", "2027-01-01")],
)  # fmt: skip


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def times(rule: str, since: str, count: int = 4, week: Week | None = None, zone: ZoneInfo = BERLIN) -> list[str]:
    """The next times in words of the zone, with the offset where the day changes clocks."""
    begin = local(since, zone).astimezone(UTC)
    course = Course(read_rule(rule), zone, begin, week)
    found = [run.due.astimezone(zone) for run in islice(course.after(Run(begin, begin)), count)]
    return [moment.strftime("%a %Y-%m-%d %H:%M %Z") for moment in found]


@pytest.mark.parametrize(
    ("rule", "since", "found"),
    [
        ('cron("0 9 * * MON")', "2026-01-01T00:00", ["Mon 2026-01-05 09:00 CET", "Mon 2026-01-12 09:00 CET"]),
        ('cron("0 9 * * MON-FRI")', "2026-01-02T09:00", ["Mon 2026-01-05 09:00 CET", "Tue 2026-01-06 09:00 CET"]),
        ('cron("0 9 1 * *")', "2025-12-31T10:00", ["Thu 2026-01-01 09:00 CET", "Sun 2026-02-01 09:00 CET"]),
        ('cron("0 9 L * *")', "2026-01-31T10:00", ["Sat 2026-02-28 09:00 CET", "Tue 2026-03-31 09:00 CEST"]),
        ('cron("0 9 * * MON#1")', "2026-01-31T10:00", ["Mon 2026-02-02 09:00 CET", "Mon 2026-03-02 09:00 CET"]),
        ('cron("0 8 1 JAN,JUL *")', "2026-01-31T10:00", ["Wed 2026-07-01 08:00 CEST", "Fri 2027-01-01 08:00 CET"]),
        ("R/P1M", "2026-01-31T09:30", ["Sat 2026-02-28 09:30 CET", "Tue 2026-03-31 09:30 CEST"]),
        ("R/2026-01-05T09:00/P1W", "2026-01-05T08:00", ["Mon 2026-01-05 09:00 CET", "Mon 2026-01-12 09:00 CET"]),
        ("R/2025-10-31T09:00/P3M", "2026-01-01T00:00", ["Sat 2026-01-31 09:00 CET", "Thu 2026-04-30 09:00 CEST"]),
        ("R/2024-02-29T09:00/P1Y", "2026-01-01T00:00", ["Sat 2026-02-28 09:00 CET", "Sun 2027-02-28 09:00 CET"]),
        ("R2/2026-01-05T09:00/P1D", "2026-01-05T12:00", ["Tue 2026-01-06 09:00 CET"]),
        ("R2/P1D", "2026-01-05T12:00", ["Tue 2026-01-06 12:00 CET", "Wed 2026-01-07 12:00 CET"]),
        ("2026-03-06T09:00", "2026-01-01T00:00", ["Fri 2026-03-06 09:00 CET"]),
        ("2026-03-06T09:00Z", "2026-01-01T00:00", ["Fri 2026-03-06 10:00 CET"]),
        ("2026-03-06T09:00", "2026-03-06T09:00", []),
        # Clock changes: a time of day comes once, hours pass as they are.
        ('cron("30 2 * * *")', "2026-03-28T12:00", ["Sun 2026-03-29 03:30 CEST", "Mon 2026-03-30 02:30 CEST"]),
        ('cron("30 2 * * *")', "2026-10-24T12:00", ["Sun 2026-10-25 02:30 CEST", "Mon 2026-10-26 02:30 CET"]),
        ("R/2026-03-20T02:30/P1D", "2026-03-28T12:00", ["Sun 2026-03-29 03:30 CEST", "Mon 2026-03-30 02:30 CEST"]),
        ("R/2026-03-20T02:30/P1D", "2026-10-24T12:00", ["Sun 2026-10-25 02:30 CEST", "Mon 2026-10-26 02:30 CET"]),
        ('cron("15 * * * *")', "2026-03-29T01:20", ["Sun 2026-03-29 03:15 CEST", "Sun 2026-03-29 04:15 CEST"]),
        ('cron("15 * * * *")', "2026-10-25T01:20", ["Sun 2026-10-25 02:15 CEST", "Sun 2026-10-25 02:15 CET",
                                                     "Sun 2026-10-25 03:15 CET"]),
        ("R/PT6H", "2026-10-24T20:00", ["Sun 2026-10-25 02:00 CEST", "Sun 2026-10-25 07:00 CET"]),
    ],
)  # fmt: skip
def test_next_times(rule: str, since: str, found: list[str]) -> None:
    once = rule.startswith(("R2", "2026"))
    assert times(rule, since, len(found) + 1 if once else len(found)) == found


def test_what_falls_on_a_day_off_moves_to_the_next_working_day_and_is_one_with_what_is_there() -> None:
    # New Year's Day is a Thursday, Easter Monday the 6th of April.
    assert times('cron("0 9 1 * *")', "2025-12-31T10:00", 3, OFFICE) == [
        "Fri 2026-01-02 09:00 CET", "Mon 2026-02-02 09:00 CET", "Mon 2026-03-02 09:00 CET",
    ]  # fmt: skip
    assert times('cron("0 9 * * MON")', "2026-04-01T10:00", 2, OFFICE) == [
        "Tue 2026-04-07 09:00 CEST", "Mon 2026-04-13 09:00 CEST",
    ]  # fmt: skip
    assert times('cron("0 9,15 * * *")', "2026-01-01T16:00", 5, OFFICE) == [
        "Fri 2026-01-02 09:00 CET", "Fri 2026-01-02 15:00 CET", "Mon 2026-01-05 09:00 CET", "Mon 2026-01-05 15:00 CET",
        "Tue 2026-01-06 09:00 CET",
    ]  # fmt: skip


def test_a_calendar_that_never_opens_is_said() -> None:
    never = Week(BERLIN, ((),) * 7)
    with pytest.raises(BadRule, match="no working day"):
        times("R/P1M", "2026-01-01T00:00", 1, never)


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.dates(date(2024, 1, 1), date(2029, 12, 31)), st.integers(0, 23), st.integers(0, 59), st.booleans(),
)  # fmt: skip
def test_what_is_daily_comes_once_on_each_day(name: str, day: date, hour: int, minute: int, as_cycle: bool) -> None:
    zone = ZoneInfo(name)
    start = datetime.combine(day, time(hour, minute))
    rule = f"R/{start - timedelta(days=30):%Y-%m-%dT%H:%M}/P1D" if as_cycle else f'cron("{minute} {hour} * * *")'
    begin = start.replace(tzinfo=zone).astimezone(UTC) - timedelta(seconds=1)
    runs = islice(Course(read_rule(rule), zone, begin).after(Run(begin, begin)), 400)
    # What a clock change leaves out is later on the same day.
    found = [(run.due + timedelta(0)).astimezone(zone) for run in runs]
    assert [moment.date() for moment in found] == [day + timedelta(days=count) for count in range(400)]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('cron("0 9 * * 1")', "weekdays by name"),
        ('cron("0 9 * * FRI-MON")', "no weekday such as"),
        ('cron("0 9 * * XYZ")', "no weekday such as"),
        ('cron("0 9 1 * MON")', "not both"),
        ('cron("0 9 30 2 *")', "never comes"),
        ('cron("0 9 * *")', "takes minute, hour"),
        ('cron("60 9 * * *")', "minute of cron"),
        ('cron("0 9 5-1 * *")', "day of cron"),
        ('cron("0 9 * FOO *")', "month of cron"),
        ('cron("0 9 * * MON#6")', "no weekday of a month"),
        ("R0/P1D", "0 times"),
        ("R/PT1S", "at least one minute"),
        ("R/-P1D", "no cycle"),
        ("R/2026-13-01/P1D", "no date with a time"),
        ("working_days(5)", "Write a cycle"),
        ("PT4H", "Write a cycle"),
        ("R/P1M" * 100, "too long"),
    ],
)
def test_rules_that_are_refused(rule: str, words: str) -> None:
    with pytest.raises(BadRule, match=words):
        read_rule(rule)
