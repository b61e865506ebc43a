"""A working week with holidays, exceptions and a time zone, and counting time in it (pure, exact over clock changes).

Work is done whenever the clock on the wall shows working time: an hour that the clock repeats counts twice, one that it
leaves out not at all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.calendars import regions, wall
from app.domain.calendars.wall import DAY
from app.errors import StellwerkError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A calendar that never opens again must not keep us searching.
HORIZON_YEARS = 20
HORIZON_DAYS = 366 * HORIZON_YEARS

Minutes = tuple[tuple[int, int], ...]
"""Spans of a day in minutes since midnight: `(480, 1020)` is 08:00 to 17:00, the end not included."""


class CalendarError(StellwerkError):
    """A calendar cannot be understood, or has no working time where some is needed."""


@dataclass(frozen=True, slots=True)
class Special:
    """Dates, the last one included, on which other hours count than by weekday; without any hours it is closed."""

    first: date
    last: date
    hours: Minutes = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Year:
    """The working time of a year (UTC) as spans in order, with how much of it lies before the end of each."""

    opens: list[datetime]
    closes: list[datetime]
    until: list[timedelta]

    @property
    def total(self) -> timedelta:
        return self.until[-1] if self.until else timedelta()

    def before(self, moment: datetime) -> timedelta:
        """Return how much working time of the year lies before a moment of it."""
        place = bisect_right(self.opens, moment) - 1
        return self.until[place] - max(self.closes[place] - moment, timedelta()) if place >= 0 else timedelta()


@dataclass(frozen=True, slots=True)
class Week:
    """When work is done: the spans of each weekday (Monday first), but for the holidays of a region and exceptions.

    Spans of a day are in order and do not overlap; work through the night is two spans, one to 24:00 and one from 00:00
    of the next day. Exceptions are in order and do not overlap; they count more than holidays.
    """

    zone: ZoneInfo
    days: tuple[Minutes, ...]
    region: str = ""
    exceptions: tuple[Special, ...] = ()
    # Counted once a year is asked for: clocks ask for the same few years again and again.
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def read(
        cls,
        time_zone: str,
        hours: Mapping[str, Sequence[Sequence[str]]],
        region: str = "",
        exceptions: Iterable[Mapping[str, Any]] = (),
    ) -> "Week":
        """Make a week from a calendar's stored form, as `Calendar` describes it.

        Raises:
            CalendarError: an unknown weekday, time zone or region, a malformed time or date, spans or exceptions that
                overlap or end before they begin.
        """
        unknown = sorted(set(hours) - set(WEEKDAYS))
        if unknown:
            raise CalendarError(f"“{unknown[0]}” is no weekday; use {', '.join(WEEKDAYS)}.")
        if not regions.known(region):
            raise CalendarError(f"There is no region “{region}” whose holidays are known.")
        try:
            zone = ZoneInfo(time_zone)
            special = sorted((_special(one) for one in exceptions), key=lambda one: one.first)
        except (ValueError, KeyError, TypeError, OSError) as error:
            told = f"The calendar's time zone or exceptions cannot be understood: {error}."
            raise CalendarError(told) from None
        if any(one.last < one.first for one in special):
            raise CalendarError("An exception ends before it begins.")
        for earlier, later in pairwise(special):
            if later.first <= earlier.last:
                raise CalendarError(f"Two exceptions speak of {later.first.isoformat()}.")
        return cls(zone, tuple(minutes_of(day, hours.get(day, ())) for day in WEEKDAYS), region, tuple(special))

    def exception(self, day: date) -> Special | None:
        """Return the exception that counts on a day."""
        place = bisect_right(self.exceptions, day, key=lambda one: one.first) - 1
        found = self.exceptions[place] if place >= 0 else None
        return found if found is not None and day <= found.last else None

    def holiday(self, day: date, locale: str = "en") -> str:
        """Return what the public holiday of a day is called; empty when there is none, or none counts here."""
        return regions.named(self.region, day.year, locale).get(day, "") if self.region else ""

    def minutes(self, day: date) -> Minutes:
        """Return when work is done on a day, by the clock on the wall."""
        special = self.exception(day) if self.exceptions else None
        if special is not None:
            return special.hours
        return () if self.holiday(day) else self.days[day.weekday()]

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working spans of a local day in UTC; one that a clock change swallows is left out."""
        minutes = self.minutes(day)
        return list(_joined(_pieces(day, minutes, wall.around(self.zone, day)))) if minutes else []

    def _works(self, day: date) -> bool:
        # Only a change of the clock can swallow all of a day's hours.
        return bool(self.spans(day) if day in wall.changing(self.zone, day.year) else self.minutes(day))

    def is_open(self, moment: datetime) -> bool:
        """Tell whether work is done at this moment."""
        there = moment.astimezone(self.zone)
        return any(start <= there.hour * 60 + there.minute < end for start, end in self.minutes(there.date()))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two moments; nothing when the end comes first."""
        if end <= start:
            return timedelta()
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        between = sum((self._year(year).total for year in range(start.year, end.year)), timedelta())
        return between + self._year(end.year).before(end) - self._year(start.year).before(start)

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """Return the earliest moment at which `hours` of working time have passed since `start`.

        Work that ends with the day is due at the day's end, not at the next opening. No hours lead back to `start`.

        Raises:
            CalendarError: negative hours, or not enough working time in the next twenty years.
        """
        if not 0 <= hours <= HORIZON_DAYS * 24:
            raise CalendarError("Working hours must be a number from 0 to 20 years.")
        start, left = start.astimezone(UTC), timedelta(hours=hours)
        if not left:
            return start
        left += self._year(start.year).before(start)
        for year in range(start.year, start.year + HORIZON_YEARS + 1):
            found = self._year(year)
            if found.total >= left:
                place = bisect_left(found.until, left)
                return found.closes[place] - (found.until[place] - left)
            left -= found.total
        raise CalendarError("The calendar has not enough working time.")

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same local time of day on the `days`-th working day after `start`.

        A start outside working time counts from the next opening: five working days from Saturday evening are five
        from Monday morning. When the last day does not work at that time of day, its latest working moment before
        it counts, else its opening, so that the answer never slips to another day. No days lead back to `start`.

        Raises:
            CalendarError: negative or fractional days, or not enough working days in the next twenty years.
        """
        if not 0 <= days <= HORIZON_DAYS or days != int(days):
            raise CalendarError("Working days must be a whole number from 0 to 20 years.")
        if not days:
            return start.astimezone(UTC)
        local = self.next_open(start).astimezone(self.zone)
        day, left = local.date(), int(days)
        for _ in range(HORIZON_DAYS):
            day += DAY
            left -= self._works(day)
            if not left:
                return _within(self.spans(day), wall.moment(self.zone, day, local.time()))
        raise CalendarError("The calendar has not enough working days.")

    def next_open(self, start: datetime) -> datetime:
        """Return the first moment from `start` on at which work is done.

        Raises:
            CalendarError: there is none in the next twenty years.
        """
        start = start.astimezone(UTC)
        for year in range(start.year, start.year + HORIZON_YEARS + 1):
            found = self._year(year)
            place = bisect_right(found.closes, start)
            if place < len(found.closes):
                return max(found.opens[place], start)
        raise CalendarError("The calendar has no working days.")

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            if not date.min.year < year < date.max.year:
                raise CalendarError("The calendar does not reach that far.")
            spans = list(_joined(self._spans_of(year)))
            until = list(accumulate(closes - opens for opens, closes in spans))
            found = _Year([opens for opens, _ in spans], [closes for _, closes in spans], until)
            self._years[year] = found
        return found

    def _spans_of(self, year: int) -> Iterator[tuple[datetime, datetime]]:
        for stretch in wall.of_year(self.zone, year):
            start, end, ahead = stretch
            day, last = (start + ahead).date(), (end + ahead - wall.SECOND).date()
            while day <= last:
                yield from _pieces(day, self.minutes(day), [stretch])
                day += DAY


def _pieces(day: date, minutes: Minutes, stretches: Iterable[wall.Stretch]) -> Iterator[tuple[datetime, datetime]]:
    """Yield when (UTC) the clock shows one of these minutes of the day."""
    for start, end, ahead in stretches:
        midnight = datetime.combine(day, time(), UTC) - ahead
        for opens, closes in minutes:
            first, last = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
            if first < end and start < last:
                yield max(first, start), min(last, end)


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Make one of spans that follow each other without a break."""
    running: tuple[datetime, datetime] | None = None
    for opens, closes in spans:
        if running is not None and running[1] == opens:
            running = running[0], closes
            continue
        if running is not None:
            yield running
        running = opens, closes
    if running is not None:
        yield running


def _within(spans: list[tuple[datetime, datetime]], wanted: datetime) -> datetime:
    """Return the moment itself if work is done then, else the latest closing before it, else the first opening."""
    if any(opens <= wanted <= closes for opens, closes in spans):
        return wanted
    return max((closes for _, closes in spans if closes <= wanted), default=spans[0][0])


def _special(given: Mapping[str, Any]) -> Special:
    first, last = date.fromisoformat(given["from"]), date.fromisoformat(given.get("to") or given["from"])
    return Special(first, last, minutes_of(given["from"], given.get("hours", ())), given.get("remark", ""))


def minutes_of(day: str, given: Sequence[Sequence[str]]) -> Minutes:
    """Read pairs like `["08:00", "17:00"]`; `day` is what a complaint names.

    Raises:
        CalendarError: they are none, overlap, or end before they begin.
    """
    try:
        spans = sorted((_minute(start), _minute(end)) for start, end in given)
    except (ValueError, TypeError, AttributeError):
        raise CalendarError(f"The hours of {day} must be pairs like 08:00 and 17:00.") from None
    if any(start >= end for start, end in spans):
        raise CalendarError(f"On {day} a span ends before it begins; work through the night is two spans.")
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise CalendarError(f"The hours of {day} overlap.")
    return tuple(spans)


def _minute(text: Any) -> int:
    hour, _, minute = text.partition(":")
    found = int(hour) * 60 + int(minute)
    if not (0 <= int(minute) < 60 and 0 <= found <= 24 * 60):
        raise ValueError(text)
    return found
