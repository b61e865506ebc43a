"""Working time proven: whatever a calendar says, its answers are those of somebody who counts every minute.

The counting knows nothing of `Week`: it looks at the clock on the wall of each minute and at what the calendar says in
its stored form.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars.week import WEEKDAYS, Week

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Around clock changes in the zones below, the turn of a year, a leap day, and Easter.
PLACES = [
    ("Europe/Berlin", "DE-SH", datetime(2026, 3, 27, 20, tzinfo=UTC)),
    ("Europe/Berlin", "DE-BY", datetime(2026, 10, 23, 20, tzinfo=UTC)),
    ("Europe/Berlin", "", datetime(2025, 12, 30, 12, tzinfo=UTC)),
    ("Europe/London", "GB-SCT", datetime(2028, 2, 28, 7, tzinfo=UTC)),
    ("America/New_York", "US", datetime(2026, 3, 7, 1, tzinfo=UTC)),
    ("America/New_York", "US-CA", datetime(2026, 10, 31, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", "AU", datetime(2026, 4, 3, 18, tzinfo=UTC)),
    ("Australia/Lord_Howe", "", datetime(2026, 10, 2, 18, tzinfo=UTC)),
    ("Asia/Kathmandu", "NP", datetime(2026, 12, 30, 9, tzinfo=UTC)),
    ("America/Havana", "", datetime(2026, 10, 31, 9, tzinfo=UTC)),
    ("America/Goose_Bay", "", datetime(2010, 11, 6, 9, tzinfo=UTC)),
    ("Pacific/Apia", "", datetime(2011, 12, 28, 22, tzinfo=UTC)),
    ("Africa/Casablanca", "", datetime(2026, 2, 14, 9, tzinfo=UTC)),
]


@dataclass
class Office:
    """A calendar as it is stored, and whoever counts by it minute by minute."""

    zone: str
    region: str
    hours: dict[str, list[list[str]]]
    exceptions: list[dict[str, Any]]
    start: datetime
    off: Any = field(init=False)

    def __post_init__(self) -> None:
        country, _, part = self.region.partition("-")
        self.off = holidays.country_holidays(country, subdiv=part or None) if country else ()
        self.there = ZoneInfo(self.zone)

    @property
    def week(self) -> Week:
        return Week.read(self.zone, self.hours, self.region, self.exceptions)

    def hours_of(self, day: date) -> list[list[str]]:
        for one in self.exceptions:
            if one["from"] <= day.isoformat() <= one["to"]:
                return list(one["hours"])
        return [] if day in self.off else self.hours.get(WEEKDAYS[day.weekday()], [])

    def works(self, moment: datetime) -> bool:
        """Whether work is done in the minute from here: what the clock on the wall shows lies in a span of its day."""
        shown = moment.astimezone(self.there)
        return any(opens <= f"{shown:%H:%M}" < closes for opens, closes in self.hours_of(shown.date()))

    def minutes(self) -> Iterator[datetime]:
        moment = self.start
        while True:
            yield moment
            moment += MINUTE

    def minutes_until(self, first: datetime, last: datetime) -> Iterator[datetime]:
        return (first + number * MINUTE for number in range((last - first) // MINUTE))

    def works_at(self, day: date, at: datetime) -> bool:
        """Whether that time of the day comes, once, and is worked."""
        shown = datetime.combine(day, at.timetz().replace(fold=0))
        comes = shown.astimezone(UTC).astimezone(self.there).replace(tzinfo=None) == shown.replace(tzinfo=None)
        return comes and self.works(shown)

    def count(self, minutes: int) -> int:
        return sum(self.works(self.start + number * MINUTE) for number in range(minutes))


def text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def spans(draw: st.DrawFn) -> list[list[str]]:
    """Hours of one day: none, all of it, or up to two spans at any minute."""
    kind = draw(st.sampled_from(["none", "all", "office", "odd", "odd"]))
    if kind == "odd":
        marks = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=4)))
        return [[text(a), text(b)] for a, b in zip(marks[::2], marks[1::2], strict=False)]
    return {"none": [], "all": [["00:00", "24:00"]], "office": [["08:00", "17:00"]]}[kind]


@st.composite
def offices(draw: st.DrawFn) -> Office:
    zone, region, begin = draw(st.sampled_from(PLACES))
    hours = {day: draw(spans()) for day in WEEKDAYS}
    # So that some work is done soon, whatever else is drawn.
    hours["wed"] = hours["wed"] or [["09:10", "18:45"]]
    day, exceptions = begin.date() - DAY, []
    for _ in range(draw(st.integers(0, 3))):
        first = day + draw(st.integers(0, 2)) * DAY
        last = first + draw(st.integers(0, 2)) * DAY
        exceptions.append({"from": first.isoformat(), "to": last.isoformat(), "hours": draw(spans())})
        day = last + DAY
    start = begin + draw(st.integers(0, 2 * 24 * 60)) * MINUTE
    return Office(zone, region, hours, exceptions, start)


@settings(max_examples=150, deadline=None)
@given(office=offices(), minutes=st.integers(0, 4 * 24 * 60))
def test_elapsed_time_is_what_counting_gives(office: Office, minutes: int) -> None:
    end = office.start + minutes * MINUTE
    assert office.week.elapsed(office.start, end) == office.count(minutes) * MINUTE
    assert office.week.elapsed(end, office.start) == timedelta()


@settings(max_examples=100, deadline=None)
@given(office=offices(), wanted=st.integers(1, 30 * 60))
def test_adding_hours_stops_at_the_minute_that_counting_reaches(office: Office, wanted: int) -> None:
    week, left, reached = office.week, wanted, office.start
    for moment in office.minutes():
        left -= office.works(moment)
        if not left:
            reached = moment + MINUTE
            break
        if moment - office.start > 40 * DAY:
            return  # hardly anybody works by this calendar
    assert week.add_hours(office.start, wanted / 60) == reached
    assert week.elapsed(office.start, reached) == wanted * MINUTE


@settings(max_examples=200, deadline=None)
@given(office=offices(), seconds=st.integers(1, 40 * 3600))
def test_what_was_added_has_elapsed_and_what_has_elapsed_leads_no_further(office: Office, seconds: int) -> None:
    week, start = office.week, office.start + timedelta(seconds=seconds % 59)
    end = week.add_hours(start, seconds / 3600)
    assert week.elapsed(start, end) == timedelta(hours=seconds / 3600)
    later = start + timedelta(seconds=seconds)
    back = week.add_hours(start, week.elapsed(start, later) / timedelta(hours=1))
    assert back <= later and abs(week.elapsed(back, later)) <= timedelta(microseconds=1)


@settings(max_examples=150, deadline=None)
@given(office=offices(), ahead=st.integers(0, 4 * 24 * 60))
def test_open_is_when_the_clock_on_the_wall_says_so(office: Office, ahead: int) -> None:
    moment = office.start + ahead * MINUTE
    assert office.week.is_open(moment) == office.works(moment)
    day = moment.astimezone(office.there).date()
    open_now = any(opens <= moment < closes for opens, closes in office.week.spans(day))
    assert open_now == office.works(moment)


@settings(max_examples=100, deadline=None)
@given(office=offices(), days=st.integers(1, 6))
def test_adding_days_lands_on_that_working_day(office: Office, days: int) -> None:
    end = office.week.add_days(office.start, days)
    opening = next(moment for moment in office.minutes() if office.works(moment))
    # The end of a day that works until 24:00 is 00:00 of the next.
    worked = {
        moment.astimezone(office.there).date()
        for moment in office.minutes_until(opening, end + 2 * DAY)
        if office.works(moment)
    }
    first = opening.astimezone(office.there)
    wanted = sorted(day for day in worked if day > first.date())[days - 1]
    assert wanted in {end.astimezone(office.there).date(), (end - MINUTE).astimezone(office.there).date()}
    # Never an idle moment: work is done there, or has just ended.
    assert office.works(end) or office.works(end - MINUTE)
    if office.works_at(wanted, first) and end.astimezone(office.there).date() == wanted:
        assert end.astimezone(office.there).time() == first.time()


@settings(max_examples=60, deadline=None)
@given(office=offices(), one=st.integers(0, 60), more=st.integers(0, 60))
def test_more_is_never_earlier(office: Office, one: int, more: int) -> None:
    week = office.week
    assert week.add_hours(office.start, one) <= week.add_hours(office.start, one + more)
    assert week.add_days(office.start, one % 9) <= week.add_days(office.start, one % 9 + more % 9)
