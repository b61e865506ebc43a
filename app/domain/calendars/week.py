"""A working week with days off and a time zone, and counting time in it (pure, exact over clock changes)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import StellwerkError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
# A calendar that never opens again must not keep us searching.
HORIZON_DAYS = 366 * 20


class CalendarError(StellwerkError):
    """A calendar cannot be understood, or has no working time where some is needed."""


@dataclass(frozen=True, slots=True)
class Week:
    """When work is done: for each weekday (Monday first) the spans in minutes since local midnight.

    A span `(480, 1020)` is 08:00 to 17:00, the end not included. Spans of a day are in order and do not overlap;
    work through the night is two spans, one to 24:00 and one from 00:00 of the next day.
    """

    zone: ZoneInfo
    days: tuple[tuple[tuple[int, int], ...], ...]
    days_off: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def read(cls, time_zone: str, hours: Mapping[str, Sequence[Sequence[str]]], days_off: Sequence[str] = ()) -> "Week":
        """Make a week from a calendar's stored form: `{"mon": [["08:00", "17:00"]]}` and ISO dates.

        Raises:
            CalendarError: an unknown weekday or time zone, a malformed time or date, spans that overlap or end
                before they begin.
        """
        unknown = sorted(set(hours) - set(WEEKDAYS))
        if unknown:
            raise CalendarError(f"“{unknown[0]}” is no weekday; use {', '.join(WEEKDAYS)}.")
        try:
            zone = ZoneInfo(time_zone)
            off = frozenset(date.fromisoformat(day) for day in days_off)
        except (ValueError, KeyError, OSError) as error:
            raise CalendarError(f"The calendar's time zone or days off cannot be understood: {error}.") from None
        return cls(zone, tuple(_spans(day, hours.get(day, ())) for day in WEEKDAYS), off)

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working spans of a local day in UTC; one that a clock change swallows is left out."""
        if day in self.days_off:
            return []
        found = ((self._moment(day, start), self._moment(day, end)) for start, end in self.days[day.weekday()])
        return [(start, end) for start, end in found if start < end]

    def is_open(self, moment: datetime) -> bool:
        """Tell whether work is done at this moment."""
        return any(start <= moment < end for start, end in self.spans(moment.astimezone(self.zone).date()))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two moments; nothing when the end comes first."""
        total, day, last = timedelta(), start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            for opens, closes in self.spans(day):
                total += max(min(closes, end) - max(opens, start), timedelta())
            day += DAY
        return total

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """Return the earliest moment at which `hours` of working time have passed since `start`.

        Work that ends with the day is due at the day's end, not at the next opening. No hours lead back to `start`.

        Raises:
            CalendarError: negative hours, or not enough working time in the next twenty years.
        """
        if not 0 <= hours <= HORIZON_DAYS * 24:
            raise CalendarError("Working hours must be a number from 0 to 20 years.")
        left = timedelta(hours=hours)
        if not left:
            return start.astimezone(UTC)
        for opens, closes in self._open_from(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
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
        begin = next((opens for opens, _ in self._open_from(start)), None)
        if begin is None:
            raise CalendarError("The calendar has no working days.")
        local = begin.astimezone(self.zone)
        day, left = local.date(), int(days)
        for _ in range(HORIZON_DAYS):
            day += DAY
            spans = self.spans(day)
            left -= bool(spans)
            if not left:
                return _within(spans, self._moment(day, local.hour * 60 + local.minute, local))
        raise CalendarError("The calendar has not enough working days.")

    def _open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the rest of the running span, if any, and all that follow."""
        start = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        for _ in range(HORIZON_DAYS):
            for opens, closes in self.spans(day):
                if closes > start:
                    yield max(opens, start), closes
            day += DAY

    def _moment(self, day: date, minute: int, exact: datetime | None = None) -> datetime:
        """Return a local time of day in UTC; in the hour that comes twice it is the first, unless `exact` says else."""
        if minute >= 24 * 60:
            day, minute = day + DAY, minute - 24 * 60
        local = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
        if exact is not None:
            local = local.replace(second=exact.second, microsecond=exact.microsecond)
        return local.astimezone(UTC)


def _within(spans: list[tuple[datetime, datetime]], wanted: datetime) -> datetime:
    """Return the moment itself if work is done then, else the latest closing before it, else the first opening."""
    if any(opens <= wanted <= closes for opens, closes in spans):
        return wanted
    return max((closes for _, closes in spans if closes <= wanted), default=spans[0][0])


def _spans(day: str, given: Sequence[Sequence[str]]) -> tuple[tuple[int, int], ...]:
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
