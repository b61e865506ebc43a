"""Calendars as people write them down: checked all at once, stored with who changed them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS, CalendarError, Week
from app.domain.journal import system
from app.errors import Conflict, Invalid, Message, NotFound

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_DAYS_OFF = 1000
LONGEST_NAME = 100
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Written:
    """A calendar that was understood."""

    name: str
    time_zone: str
    hours: dict[str, list[list[str]]]
    days_off: list[str]

    @property
    def week(self) -> Week:
        """The same for counting."""
        return Week.read(self.time_zone, self.hours, self.days_off)


def understood(name: str, time_zone: str, hours: Mapping[str, str], days_off: str) -> Written:
    """Read what somebody wrote.

    Args:
        name: what the calendar is called.
        time_zone: an IANA time zone.
        hours: by weekday, like `08:00-12:00, 13:00-17:00`; empty where nobody works.
        days_off: ISO dates, one in each line; what follows a date in its line is a remark.

    Raises:
        Invalid: all that cannot be understood, by field: `name`, `time_zone`, `mon` … `sun`, `days_off`.
    """
    wrong: dict[str, list[str]] = {}
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        wrong["name"] = [Message("Please give a name of at most {most} characters.", most=LONGEST_NAME)]
    try:
        ZoneInfo(time_zone)
    except (ValueError, KeyError, OSError):
        wrong["time_zone"] = [Message("There is no time zone “{name}”.", name=time_zone[:100])]
    spans: dict[str, list[list[str]]] = {}
    for day in WEEKDAYS:
        try:
            if found := _spans(hours.get(day, "")):
                Week.read("UTC", {day: found})
                spans[day] = found
        except CalendarError:
            wrong[day] = [
                Message("Write spans like 08:00-12:00, 13:00-17:00; they end after they begin and do not overlap.")
            ]
    if not spans and not wrong:
        wrong["mon"] = [Message("Nobody ever works by this calendar; give hours for one day at least.")]
    dates, unread = _dates(days_off)
    if unread:
        wrong["days_off"] = [Message("“{line}” does not begin with a date like 2026-12-25.", line=unread[0][:60])]
    elif len(dates) > MOST_DAYS_OFF:
        wrong["days_off"] = [Message("At most {most} days off can be kept.", most=MOST_DAYS_OFF)]
    if wrong:
        raise Invalid(wrong)
    return Written(name, time_zone, spans, dates)


def add(session: Session, key: str, written: Written, *, actor_id: int | None) -> None:
    """Store a new calendar.

    Raises:
        Invalid: the key will not do or is taken.
    """
    if not KEY.fullmatch(key):
        raise Invalid({"key": [Message("Use small letters, digits and _ for the key, a letter first.")]})
    system.take_turns(session, system.chain_of("calendars"))
    if session.scalar(select(Calendar.id).where(Calendar.key == key)) is not None:
        raise Invalid({"key": [Message("There is a calendar “{key}” already.", key=key)]})
    session.add(Calendar(key=key, version=1, **_values(written)))
    session.flush()
    _note(session, "calendar.added", key, actor_id, written)


def change(session: Session, key: str, written: Written, *, actor_id: int | None, seen: int) -> None:
    """Store what is different of a calendar; deadlines that were set before stay as they are.

    Raises:
        NotFound: there is no such calendar.
        Conflict: somebody else has changed it since it was shown.
    """
    found = session.scalars(select(Calendar).where(Calendar.key == key).with_for_update(**LOCKED)).first()
    if found is None:
        raise NotFound
    if found.version != seen:
        raise Conflict(Message("Somebody else changed this calendar at the same moment. Load the page again."))
    values = _values(written)
    if all(getattr(found, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(found, name, value)
    found.version += 1
    session.flush()
    _note(session, "calendar.changed", key, actor_id, written)


def spans_text(spans: list[list[str]]) -> str:
    """Write the spans of a day as people do."""
    return ", ".join(f"{start}-{end}" for start, end in spans)


def _values(written: Written) -> dict[str, object]:
    return {
        "name": written.name, "time_zone": written.time_zone, "hours": written.hours, "days_off": written.days_off,
    }  # fmt: skip


def _note(session: Session, event: str, key: str, actor_id: int | None, written: Written) -> None:
    data = {"calendar": key, "hours": written.hours, "days_off": len(written.days_off)}
    system.note(session, event, subject="calendars", actor_id=actor_id, data=data)


def _spans(text: str) -> list[list[str]]:
    found = []
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise CalendarError(part)
        found.append([one.zfill(5) for one in match.groups()])
    return sorted(found)


def _dates(text: str) -> tuple[list[str], list[str]]:
    dates, unread = set(), []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            dates.add(date.fromisoformat(line.split()[0].rstrip(",;:")).isoformat())
        except ValueError:
            unread.append(line.strip())
    return sorted(dates), unread
