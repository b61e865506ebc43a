"""Calendars as people write them down: checked all at once, stored with who changed them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.calendars import regions
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS, CalendarError, Week, minutes_of
from app.domain.journal import system
from app.errors import Conflict, Invalid, Message, NotFound

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_EXCEPTIONS = 1000
LONGEST_SPAN = 366
LONGEST_NAME = 100
LONGEST_REMARK = 100
_TIMES = r"\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2}"
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})", re.ASCII)
_DAY = r"\d{4}-\d{2}-\d{2}"
_EXCEPTION = re.compile(
    rf"(?P<first>{_DAY})(?:\s*(?:[-–/]|\.\.)\s*(?P<last>{_DAY}))?(?![\d-])[\s:;,]*"
    rf"(?P<hours>{_TIMES}(?:\s*[,;]\s*{_TIMES})*)?[\s:;,]*(?P<remark>.*)",
    re.ASCII,
)

Given = tuple[date, date, str, str]
"""An exception: first and last date, hours as text (empty: closed), remark."""


@dataclass(frozen=True, slots=True)
class Written:
    """A calendar that was understood."""

    name: str
    time_zone: str
    hours: dict[str, list[list[str]]]
    region: str = ""
    exceptions: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, row: Calendar) -> "Written":
        """Return what is stored."""
        return cls(row.name, row.time_zone, row.hours, row.region, tuple(row.exceptions))

    @property
    def week(self) -> Week:
        """The same for counting."""
        return Week.read(self.time_zone, self.hours, self.region, self.exceptions)


def understood(
    name: str, time_zone: str, hours: Mapping[str, str], exceptions: str | Iterable[Given] = "", region: str = ""
) -> Written:
    """Read what somebody wrote.

    Args:
        name: what the calendar is called.
        time_zone: an IANA time zone.
        hours: by weekday, like `08:00-12:00, 13:00-17:00`; empty where nobody works.
        exceptions: one in each line: a date or two (`2026-12-24 – 2026-12-31`), hours unless it is closed, a remark;
            or these four apart.
        region: whose public holidays are off, like `DE-SH`; empty for none.

    Raises:
        Invalid: all that cannot be understood, by field: `name`, `time_zone`, `mon` … `sun`, `exceptions`, `region`.
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
                spans[day] = found
        except CalendarError:
            wrong[day] = [
                Message("Write spans like 08:00-12:00, 13:00-17:00; they end after they begin and do not overlap.")
            ]
    if not spans and not wrong:
        wrong["mon"] = [Message("Nobody ever works by this calendar; give hours for one day at least.")]
    if not regions.known(region):
        wrong["region"] = [Message("Choose one of the regions that are offered.")]
    try:
        special = _exceptions(exceptions)
    except Invalid as refusal:
        wrong |= refusal.fields
    if wrong:
        raise Invalid(wrong)
    return Written(name, time_zone, spans, region, tuple(special))


def exceptions_text(exceptions: Iterable[Mapping[str, Any]]) -> str:
    """Write exceptions as people do, one in each line."""
    return "\n".join(
        " ".join(
            part
            for part in (
                one["from"] if one["from"] == one["to"] else f"{one['from']} – {one['to']}",
                spans_text(one["hours"]), one["remark"],
            )
            if part
        )
        for one in exceptions
    )  # fmt: skip


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


def clock(minute: int) -> str:
    """Write a minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _values(written: Written) -> dict[str, Any]:
    return asdict(written) | {"exceptions": list(written.exceptions)}


def _note(session: Session, event: str, key: str, actor_id: int | None, written: Written) -> None:
    dates = [{name: one[name] for name in ("from", "to", "hours")} for one in written.exceptions]
    facts = {"time_zone": written.time_zone, "hours": written.hours, "region": written.region, "exceptions": dates}
    # What people write may name somebody, and can be erased.
    said = {"name": written.name, "remarks": [one["remark"] for one in written.exceptions]}
    system.note(
        session, event, subject="calendars", actor_id=actor_id, data={"calendar": key, **facts}, payload=said
    )  # fmt: skip


def _spans(text: str) -> list[list[str]]:
    found = []
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise CalendarError(part)
        found.append([one.zfill(5) for one in match.groups()])
    found.sort()
    minutes_of("", found)
    return found


def _exceptions(given: str | Iterable[Given]) -> list[dict[str, Any]]:
    rows = [_read(line.strip()) for line in given.splitlines() if line.strip()] if isinstance(given, str) else given
    found = [_exception(*row) for row in rows]
    if len(found) > MOST_EXCEPTIONS:
        raise _refusal(Message("At most {most} exceptions can be kept.", most=MOST_EXCEPTIONS))
    found.sort(key=lambda one: one["from"])
    for earlier, later in pairwise(found):
        if later["from"] <= earlier["to"]:
            raise _refusal(Message("Two exceptions speak of {date}; make one of them.", date=later["from"]))
    return found


def _read(line: str) -> Given:
    match = _EXCEPTION.fullmatch(line)
    try:
        if match is None:
            raise ValueError(line)
        first = date.fromisoformat(match["first"])
        return first, date.fromisoformat(match["last"] or match["first"]), match["hours"] or "", match["remark"]
    except ValueError:
        told = Message("“{line}” does not begin with a date like 2026-12-25.", line=line[:60])
        raise _refusal(told) from None


def _exception(first: date, last: date, hours: str, remark: str) -> dict[str, Any]:
    line, remark = f"{first} {remark}"[:60], " ".join(remark.split())
    if not 0 <= (last - first).days < LONGEST_SPAN:
        raise _refusal(
            Message("“{line}” ends before it begins, or lasts longer than {most} days.", line=line, most=LONGEST_SPAN)
        )
    try:
        spans = _spans(hours)
    except CalendarError:
        raise _refusal(Message("The hours in “{line}” overlap or end before they begin.", line=line)) from None
    if len(remark) > LONGEST_REMARK:
        raise _refusal(
            Message("The remark in “{line}” has more than {most} characters.", line=line, most=LONGEST_REMARK)
        )
    return {"from": first.isoformat(), "to": last.isoformat(), "hours": spans, "remark": remark}


def _refusal(told: Message) -> Invalid:
    return Invalid({"exceptions": [told]})
