"""Dates, points in time and durations: read from ISO 8601 texts, calendar months kept as months."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.expressions.errors import ExpressionError

_DURATION = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?"
    r"(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,10}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class CalendarDuration:
    """A duration with calendar months, whose length depends on where it starts; added to a date it keeps the day of
    the month, or takes the month's last day when there is no such day (31 January + P1M = 28 February).
    """

    months: int
    rest: timedelta = timedelta(0)

    def __add__(self, moment: date) -> date:
        if not isinstance(moment, date):
            return NotImplemented
        month = moment.year * 12 + moment.month - 1 + self.months
        year, month = month // 12, month % 12 + 1
        if not 1 <= year <= 9999:
            raise OverflowError("year out of range")
        day = min(moment.day, calendar.monthrange(year, month)[1])
        return moment.replace(year=year, month=month, day=day) + self.rest

    __radd__ = __add__

    def __neg__(self) -> "CalendarDuration":
        return CalendarDuration(-self.months, -self.rest)

    def __rsub__(self, moment: date) -> date:
        return -self + moment

    def __str__(self) -> str:
        return f"P{self.months}M" + (f" and {self.rest}" if self.rest else "")


def read_duration(text: str) -> timedelta | CalendarDuration:
    """Read an ISO 8601 duration; one with years or months becomes a `CalendarDuration`.

    Raises:
        ExpressionError: it is not one.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ExpressionError(f"“{text[:40]}” is not an ISO 8601 duration such as “PT4H” or “P5D”.")
    part = {name: float(value) if "." in value else int(value) for name, value in match.groupdict().items()
            if name != "sign" and value is not None}  # fmt: skip
    months = int(part.pop("years", 0)) * 12 + int(part.pop("months", 0))
    try:
        rest = timedelta(**part)
    except OverflowError:
        raise ExpressionError(f"The duration “{text[:40]}” is too long.") from None
    if match["sign"]:
        months, rest = -months, -rest
    return CalendarDuration(months, rest) if months else rest


def read_date(value: Any) -> date:
    """Return the date of an ISO 8601 text, a date or a point in time."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()[:10]) if len(value) <= 40 else date.fromisoformat("")
        except ValueError:
            pass
    raise ExpressionError(f"{_shown(value)} is not a date such as “2026-03-06”.")


def read_datetime(value: Any) -> datetime:
    """Return the point in time of an ISO 8601 text; one without a time zone is taken as UTC."""
    moment: datetime | None = None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, str) and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
    if moment is None:
        raise ExpressionError(f"{_shown(value)} is not a point in time such as “2026-03-06T16:50:00+01:00”.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(value: Any) -> str:
    return f"“{value[:40]}”" if isinstance(value, str) else f"A {type(value).__name__}"
