"""Absences: who is away from when until when, and who stands in for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people import teams
from app.domain.people.records import Absence, Person
from app.errors import Conflict, Forbidden, Invalid, Message, NotFound

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as people read it."""

    id: int
    person_id: int
    substitute_id: int | None
    substitute: str
    starts_at: datetime
    ends_at: datetime
    note: str


def may_enter(session: Session, person_id: int, *, by_id: int, administrator: bool) -> bool:
    """Tell whether somebody may enter an absence: the person, who leads a team of theirs, or an administrator."""
    return by_id == person_id or administrator or teams.leads(session, by_id, person_id)


def led_by(session: Session, leader_id: int) -> list[Person]:
    """Return the active people in teams that somebody leads, themselves left out, by name."""
    ids = {
        person.id: person
        for team, leads in teams.teams_of(session, leader_id)
        if leads
        for person, _leads in teams.members(session, team.id)
        if person.active and person.id != leader_id
    }
    return sorted(ids.values(), key=lambda person: (person.name, person.id))


def of_person(session: Session, person_id: int) -> list[Away]:
    """Return a person's absences that are not over, in order."""
    substitute = aliased(Person)
    query = (
        select(Absence, substitute.name)
        .outerjoin(substitute, substitute.id == Absence.substitute_id)
        .where(Absence.person_id == person_id, Absence.ends_at > clock.now())
        .order_by(Absence.starts_at, Absence.id)
    )
    return [
        Away(row.id, row.person_id, row.substitute_id, name or "", row.starts_at, row.ends_at, row.note or "")
        for row, name in session.execute(query)
    ]


def stood_in_for(session: Session, substitute_id: int) -> list[tuple[str, datetime]]:
    """Return for whom somebody stands in at this moment, and until when."""
    now = clock.now()
    query = select(Person.name, Absence.ends_at).join(Absence, Absence.person_id == Person.id)
    query = query.where(Absence.substitute_id == substitute_id, Absence.starts_at <= now, Absence.ends_at > now)
    return [(row.name, row.ends_at) for row in session.execute(query.order_by(Person.name))]


def enter(
    session: Session,
    person_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    substitute_id: int | None,
    note: str = "",
    by_id: int,
    administrator: bool = False,
) -> Absence:
    """Store that somebody is away.

    Raises:
        NotFound: there is no such person, or they have left.
        Forbidden: the one who enters it may not.
        Invalid: the end lies before the beginning or in the past; the substitute has left or is the person.
        Conflict: the person is away in this time already.
    """
    # Locked, so that two who enter the same absence at once do not both succeed.
    person = session.get(Person, person_id, with_for_update=LOCKED, populate_existing=True)
    if person is None or not person.active:
        raise NotFound()
    if not may_enter(session, person_id, by_id=by_id, administrator=administrator):
        raise Forbidden("You may not say when this person is away.")
    told: dict[str, list[str]] = {}
    if ends_at <= max(starts_at, clock.now()):
        told["ends"] = [Message("This is over before it begins.")]
    if substitute_id is not None:
        substitute = session.get(Person, substitute_id)
        if substitute is None or not substitute.active:
            told["substitute"] = [Message("This person is not here any more.")]
        elif substitute_id == person_id:
            told["substitute"] = [Message("Nobody stands in for themselves.")]
    if len(note) > LONGEST:
        told["note"] = [Message("This is longer than {most} characters.", most=LONGEST)]
    if told:
        raise Invalid(told)
    overlapping = select(Absence.id).where(
        Absence.person_id == person_id, Absence.starts_at < ends_at, Absence.ends_at > starts_at
    )
    if session.scalar(overlapping.limit(1)) is not None:
        raise Conflict("This overlaps with an absence that is known already.")
    row = Absence(
        person_id=person_id, substitute_id=substitute_id, starts_at=starts_at, ends_at=ends_at,
        note=note.strip() or None, entered_by_id=by_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "absence.entered", row, by_id)
    return row


def end(session: Session, absence_id: int, *, by_id: int, administrator: bool = False) -> Absence:
    """End an absence now; one that has not begun is taken back.

    Raises:
        NotFound: there is none, it is over, or the one who asks may not even know of it.
    """
    row = session.get(Absence, absence_id, with_for_update=LOCKED, populate_existing=True)
    now = clock.now()
    if row is None or row.ends_at <= now:
        raise NotFound()
    if not may_enter(session, row.person_id, by_id=by_id, administrator=administrator):
        raise NotFound()
    if row.starts_at >= now:
        session.delete(row)
    else:
        row.ends_at = now
    session.flush()
    _note(session, "absence.ended", row, by_id)
    return row


def _note(session: Session, event: str, row: Absence, by_id: int) -> None:
    facts = {
        "absence": row.id, "substitute": row.substitute_id, "from": row.starts_at.isoformat(),
        "until": row.ends_at.isoformat(),
    }  # fmt: skip
    payload = {"note": row.note} if row.note else None
    system.note(session, event, subject=f"person:{row.person_id}", actor_id=by_id, data=facts, payload=payload)
