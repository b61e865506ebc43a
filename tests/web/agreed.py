"""Agreed times for page tests: calendars, agreements, and clocks that run on records."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import clock
from app.bootstrap import Parts
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.domain.service_levels import clocks, editing
from app.domain.service_levels.editing import TargetLine, Written

# Long after the people of the tests were given their roles, whenever that is.
FRIDAY = datetime.fromisoformat("2037-03-06T16:50+01:00")
TARGETS = (
    TargetLine("response", "P1", 30), TargetLine("response", "", 240), TargetLine("resolution", "P1", 240),
    TargetLine("resolution", "", 960),
)  # fmt: skip


def moment(text: str) -> datetime:
    """Read a moment."""
    return datetime.fromisoformat(text)


def calendar(parts: Parts, key: str = "desk", time_zone: str = "Europe/Berlin") -> int:
    """Make a calendar: Monday to Friday, nine to five."""
    with parts.database.transaction() as session:
        hours = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
        made = Calendar(key=key, name=key.capitalize(), time_zone=time_zone, hours=hours)
        session.add(made)
        session.flush()
        return made.id


def agree(parts: Parts, calendar_id: int, type_: str = "default", title: str = "Standard", **more: Any) -> str:
    """Put an agreement in force; returns its number."""
    with parts.database.transaction() as session:
        written = Written(type_, title, **{"calendar_id": calendar_id, "targets": TARGETS, **more})
        made = editing.add(session, written, Trace())
        editing.activate(session, made.id, Trace(), now=clock.now())
        return made.number


def incident(parts: Parts, by: int, priority: str = "P1", title: str = "Storage is gone") -> str:
    """Make an incident whose clocks run; returns its number."""
    with parts.database.transaction() as session:
        identity, number = parts.records.create(
            session, "incident", title=title, requester_id=by, owner_id=None,
            values={"priority": priority}, actor_id=None, case_id=None, element="",
        )  # fmt: skip
        clocks.start(session, parts.records, parts.records.locked(session, "incident", identity), Trace())
        return number


def clocked(parts: Parts, number: str, do: Any, *rest: Any, by: int | None = None, **more: Any) -> None:
    """Do something to the clocks of a record: `clocks.pause`, `clocks.stop`, …"""
    with parts.database.transaction() as session:
        found = session.scalars(select(Record).where(Record.number == number)).one()
        record = parts.records.locked(session, found.kind, found.id)
        do(session, parts.records, record, *rest, trace=Trace(by), **more)
