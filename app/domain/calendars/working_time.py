"""Working time as expressions ask for it: `working_hours(4)`, `working_days(5)` from now, by a named calendar."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.calendars.records import Calendar
from app.domain.calendars.week import CalendarError, Week

DEFAULT_CALENDAR = "office"
OFFICE_HOURS = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


class CalendarTime:
    """The `WorkingTime` of one transaction; a calendar is read when it is first asked for.

    Without the default calendar in the database, Monday to Friday 08:00 to 17:00 in Berlin count.
    """

    def __init__(self, session: Session, default: str = DEFAULT_CALENDAR) -> None:
        """Read nothing yet; `default` is the key of the calendar that counts when none is named."""
        self._session = session
        self._default = default
        self._weeks: dict[str, Week] = {}
        self._ids: dict[str, int] = {}

    def add(self, start: datetime, *, hours: float = 0, days: float = 0, calendar: str | None = None) -> datetime:
        """Return the point in time that lies so much working time after `start`: first the days, then the hours.

        Raises:
            CalendarError: there is no such calendar, the amount is negative or days are not whole, or the calendar
                has not enough working time.
        """
        week = self.week(calendar or self._default)
        return week.add_hours(week.add_days(start, days), hours)  # type: ignore[arg-type]

    def week(self, key: str) -> Week:
        """Return a calendar by its key.

        Raises:
            CalendarError: there is none, or it cannot be understood.
        """
        if key not in self._weeks:
            row = self._session.scalars(select(Calendar).where(Calendar.key == key)).first()
            self._ids[key] = row.id if row is not None else 0
            self._weeks[key] = week_of(row) if row is not None else missing(key)
        return self._weeks[key]

    def id_of(self, key: str) -> int:
        """Return the id of a calendar; 0 for the default one where none is stored.

        Raises:
            CalendarError: as for `week`.
        """
        self.week(key)
        return self._ids[key]


def missing(key: str) -> Week:
    """Return what counts where no calendar of this key is stored.

    Raises:
        CalendarError: only the default one may be missing.
    """
    if key != DEFAULT_CALENDAR:
        raise CalendarError(f"There is no calendar “{key}”.")
    return _week("Europe/Berlin", orjson.dumps(OFFICE_HOURS), "", b"[]")


def week_of(row: Calendar) -> Week:
    """Return a calendar for counting; the same one while it says the same, so that years are counted once.

    Raises:
        CalendarError: it cannot be understood.
    """
    return _week(row.time_zone, orjson.dumps(row.hours), row.region, orjson.dumps(row.exceptions))


@lru_cache(maxsize=64)
def _week(time_zone: str, hours: bytes, region: str, exceptions: bytes) -> Week:
    return Week.read(time_zone, orjson.loads(hours), region, orjson.loads(exceptions))


def put_calendar(
    session: Session,
    key: str,
    *,
    name: str,
    time_zone: str,
    hours: dict[str, list[list[str]]],
    region: str = "",
    exceptions: Sequence[dict[str, Any]] = (),
) -> None:
    """Store a calendar under its key, new or changed.

    Raises:
        CalendarError: it cannot be understood.
    """
    Week.read(time_zone, hours, region, exceptions)
    values = {
        "name": name, "time_zone": time_zone, "hours": hours, "region": region, "exceptions": list(exceptions),
    }  # fmt: skip
    session.execute(
        insert(Calendar).values(key=key, **values).on_conflict_do_update(index_elements=["key"], set_=values)
    )
