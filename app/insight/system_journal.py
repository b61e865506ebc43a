"""The system's lines of the journal: who signed in, got which role, set what; for administrators and auditors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.domain.journal import system
from app.domain.journal.chains import SAME
from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.people.records import Person
from app.insight.access import AUDITOR, Viewer


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; what is empty does not matter.

    `subject` is a whole subject (`person:17`) or how it begins (`role:`); `person_id` did it or had it done to them.
    """

    subject: str = ""
    person_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One line about the system."""

    id: int
    subject: str
    position: int
    at: datetime
    event: str
    actor: str | None
    data: dict[str, Any]
    payload: dict[str, Any] | None
    erased: bool
    hash: str


def may_read(viewer: Viewer) -> bool:
    """Tell whether somebody may read the system's lines."""
    return viewer.administrator or AUDITOR in viewer.roles


def lines(session: Session, wanted: Wanted, *, limit: int, before: int | None = None) -> tuple[list[SystemLine], int]:
    """Return lines, newest first, and the id to go on from (0 at the end)."""
    # Chosen first: a join would read the payloads of all lines that fit, however few are shown.
    chosen = select(JournalEntry.id).where(
        JournalEntry.case_id.is_(None), JournalEntry.record_id.is_(None), *_conditions(wanted)
    )
    if before is not None:
        chosen = chosen.where(JournalEntry.id < before)
    shown = chosen.order_by(JournalEntry.id.desc()).limit(limit + 1).subquery()
    query = (
        select(JournalEntry, JournalPayload.content, Person.name)
        .join(shown, shown.c.id == JournalEntry.id)
        .outerjoin(JournalPayload, SAME)
        .outerjoin(Person, Person.id == JournalEntry.actor_id)
        .order_by(JournalEntry.id.desc())
    )
    rows = session.execute(query).all()
    found = [
        SystemLine(
            id=entry.id, subject=entry.chain.removeprefix(system.PREFIX), position=entry.position, at=entry.at,
            event=entry.event, actor=actor, data=entry.data, payload=payload,
            erased=entry.payload_digest is not None and payload is None, hash=entry.hash.hex(),
        )
        for entry, payload, actor in rows[:limit]
    ]  # fmt: skip
    return found, found[-1].id if len(rows) > limit else 0


def names(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """Return the names of the persons among these subjects."""
    ids = [int(number) for kind, _, number in (subject.partition(":") for subject in subjects)
           if kind == "person" and number.isdecimal() and len(number) < 19]  # fmt: skip
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))) if ids else ()
    return {f"person:{person_id}": name for person_id, name in rows}


def _conditions(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    chain = system.chain_of(wanted.subject)
    yield JournalEntry.chain.startswith(chain, autoescape=True) if chain.endswith(":") else JournalEntry.chain == chain
    if wanted.person_id is not None:
        about = system.chain_of(f"person:{wanted.person_id}")
        yield or_(JournalEntry.actor_id == wanted.person_id, JournalEntry.chain == about)
    if wanted.since is not None:
        yield JournalEntry.at >= wanted.since
    if wanted.until is not None:
        yield JournalEntry.at < wanted.until
    if wanted.event:
        yield JournalEntry.event == wanted.event
