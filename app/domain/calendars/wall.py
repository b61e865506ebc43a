"""The clock on the wall: where it jumps in a time zone, and when it shows a time."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

Stretch = tuple[datetime, datetime, timedelta]
"""From when to when (UTC) the clock runs evenly, and what it is ahead of UTC meanwhile."""


@lru_cache(maxsize=1024)
def of_year(zone: ZoneInfo, year: int) -> tuple[Stretch, ...]:
    """Return the stretches of a year (UTC); most zones have one or three."""
    now, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found, begin, offset = [], now, _offset(zone, now)
    while now < end:
        after = min(now + DAY, end)
        if (later := _offset(zone, after)) != offset:
            change = _change(zone, now, after)
            found.append((begin, change, offset))
            begin, offset = change, later
        now = after
    if begin < end:
        found.append((begin, end, offset))
    return tuple(found)


@lru_cache(maxsize=1024)
def changing(zone: ZoneInfo, year: int) -> frozenset[date]:
    """Return the days of a year, and some beside them, on which the clock may jump."""
    starts = [start for start, _, _ in (*of_year(zone, year - 1), *of_year(zone, year), *of_year(zone, year + 1))]
    jumps = (start.date() for start in starts if start.date() != date(start.year, 1, 1) or start.hour)
    return frozenset(jump + number * DAY for jump in jumps for number in (-2, -1, 0, 1, 2))


def around(zone: ZoneInfo, day: date) -> list[Stretch]:
    """Return the stretches that a local day may lie in."""
    years = sorted({(day - 2 * DAY).year, day.year, (day + 2 * DAY).year})
    return [one for year in years for one in of_year(zone, year)]


def moment(zone: ZoneInfo, day: date, at: time) -> datetime:
    """Return when the clock shows a time of a day, the first time if it does so twice.

    If it never does, because the clock is put forward over it, that is the moment of the change.
    """
    local = datetime.combine(day, at.replace(fold=0))
    found = local.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local:
        return found
    return next(start for start, end, _ in of_year(zone, found.year) if start <= found < end)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > SECOND:
        middle = before + (after - before) // 2 // SECOND * SECOND
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
