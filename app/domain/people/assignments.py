"""Who is given which role, for what and for how long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people import segregation
from app.domain.people.fresh import hold_rights, take_turns
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember
from app.domain.people.segregation import Broken
from app.errors import Conflict, Invalid, Message, NotFound
from app.processes.roles import assignable

LONGEST = 500
# Records are a layer above people; of them only these columns are wanted here.
_SERVICES = text("SELECT id, title FROM record WHERE kind = 'service' ORDER BY title, id")
_RECORD = text("SELECT id FROM record WHERE number = :number AND (:kind = '' OR kind = :kind)")
_NAMES = text("SELECT id, kind, number, title FROM record WHERE id = ANY (:ids)")


@dataclass(frozen=True, slots=True)
class Wish:
    """A role for a person or a team; with `service_id` or `record_id` it counts for that alone."""

    role: str
    person_id: int | None = None
    team_id: int | None = None
    service_id: int | None = None
    record_id: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """An assignment as people read it; `context` names service or record, `through` the team that somebody is in.

    `record_id` is the record that it counts for alone; not everybody may know of that.
    """

    id: int
    role: str
    person_id: int | None
    team_id: int | None
    name: str
    active: bool
    context: str
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    through: str = ""
    record_id: int | None = None

    def is_current(self, now: datetime) -> bool:
        """Tell whether it counts at this moment."""
        return self.valid_from <= now and (self.valid_until is None or self.valid_until > now)


def services(session: Session) -> list[tuple[int, str]]:
    """Return the services that a role may be limited to, by title."""
    return [(row.id, row.title) for row in session.execute(_SERVICES)]


def record_named(session: Session, number: str, *, kind: str = "") -> int:
    """Return the id of the record with this number, of any kind or of this one.

    Raises:
        Invalid: there is none.
    """
    found: int | None = session.scalar(_RECORD, {"number": number.strip().upper(), "kind": kind})
    if found is None:
        raise Invalid({kind or "record": [Message("There is no record “{number}”.", number=number)]})
    return found


def listed(session: Session, *conditions: ColumnElement[bool]) -> list[Holding]:
    """Return assignments that have not ended, by role and name."""
    now = clock.now()
    return _holdings(session, or_(RoleAssignment.valid_until.is_(None), RoleAssignment.valid_until > now), *conditions)


def of_role(session: Session, role: str) -> list[Holding]:
    """Return all assignments of a role, those that have ended too, newest first."""
    found = _holdings(session, RoleAssignment.role == role)
    return sorted(found, key=lambda one: (one.valid_from, one.id), reverse=True)


def of_person(session: Session, person_id: int) -> list[Holding]:
    """Return what a person holds or will hold, in person and through teams."""
    own = listed(session, RoleAssignment.person_id == person_id)
    teams = select(TeamMember.team_id).where(TeamMember.person_id == person_id)
    through = [_through(one) for one in listed(session, RoleAssignment.team_id.in_(teams))]
    return sorted([*own, *through], key=lambda one: (one.role, one.id))


def _through(one: Holding) -> Holding:
    values = {name: getattr(one, name) for name in Holding.__dataclass_fields__}
    return Holding(**{**values, "through": one.name})


def _holdings(session: Session, *conditions: ColumnElement[bool]) -> list[Holding]:
    query = (
        select(RoleAssignment, func.coalesce(Person.name, Team.name), func.coalesce(Person.active, True))
        .outerjoin(Person, Person.id == RoleAssignment.person_id)
        .outerjoin(Team, Team.id == RoleAssignment.team_id)
        .where(*conditions)
        .order_by(RoleAssignment.role, func.coalesce(Person.name, Team.name), RoleAssignment.id)
    )
    rows = session.execute(query).all()
    ids = {one for row, _name, _active in rows for one in (row.service_id, row.record_id) if one is not None}
    named: dict[int, Any] = {}
    if ids:
        named = {found.id: found for found in session.execute(_NAMES, {"ids": sorted(ids)})}
    return [
        Holding(
            row.id, row.role, row.person_id, row.team_id, name, active, _context(row, named), row.valid_from,
            row.valid_until, row.reason or "", record_id=row.record_id,
        )
        for row, name, active in rows
    ]  # fmt: skip


def _context(row: RoleAssignment, named: dict[int, Any]) -> str:
    if row.service_id is not None and row.service_id in named:
        return str(named[row.service_id].title)
    found = named.get(row.record_id) if row.record_id is not None else None
    return f"{found.number} {found.title}" if found is not None else ""


def broken_by(session: Session, wish: Wish) -> list[tuple[Person, Broken]]:
    """Return who would break which rule of segregation if they were given this role."""
    members = select(TeamMember.person_id).where(TeamMember.team_id == wish.team_id)
    whose = Person.id == wish.person_id if wish.person_id is not None else Person.id.in_(members)
    known, found = segregation.rules(session), []
    for person in session.scalars(select(Person).where(whose, Person.active).order_by(Person.name)):
        held = {one.role for one in of_person(session, person.id)}
        found += [(person, one) for one in segregation.broken_by(known, held, wish.role)]
    return found


def assign(session: Session, wish: Wish, *, actor_id: int | None) -> RoleAssignment:
    """Give a role.

    Raises:
        NotFound: there is no such role.
        Invalid: nobody or somebody who left is named, the span ends before it begins, two contexts are given; or
            a rule of segregation is broken and no reason is given for it.
        Conflict: they hold it in this time already.
    """
    take_turns(session, "roles")
    if wish.role not in assignable():
        raise NotFound()
    now = clock.now()
    begin, until, reason = wish.valid_from or now, wish.valid_until, " ".join(wish.reason.split())
    told: dict[str, list[str]] = {}
    if (wish.person_id is None) == (wish.team_id is None):
        told["who"] = [Message("Choose one person or one team.")]
    elif wish.person_id is not None:
        # Whoever closes their account at this moment is waited for, or waits.
        hold_rights(session, [wish.person_id])
        person = session.get(Person, wish.person_id, populate_existing=True)
        if person is None or not person.active:
            told["who"] = [Message("This person is not here any more.")]
    elif session.get(Team, wish.team_id) is None:
        told["who"] = [Message("There is no such team.")]
    if wish.service_id is not None and wish.record_id is not None:
        told["record"] = [Message("Limit the role to a service or to a record, not to both.")]
    if until is not None and until <= max(begin, now):
        told["valid_until"] = [Message("This is over before it begins.")]
    if len(reason) > LONGEST:
        told["reason"] = [Message("This is longer than {most} characters.", most=LONGEST)]
    if told:
        raise Invalid(told)
    if session.scalars(_overlapping(wish, begin, until)).first() is not None:
        raise Conflict("They hold this role already in this time.")
    broken = broken_by(session, wish)
    if broken and not reason:
        person, one = broken[0]
        why = Message(one.reason)
        told = {
            "reason": [
                Message(
                    "{name} would break a rule: {rule} Say why it is necessary, or choose somebody else.",
                    name=person.name,
                    rule=why,
                )
            ]
        }  # noqa: E501
        raise Invalid(told)
    row = RoleAssignment(
        role=wish.role, person_id=wish.person_id, team_id=wish.team_id, service_id=wish.service_id,
        record_id=wish.record_id, valid_from=begin, valid_until=until, assigned_by_id=actor_id, reason=reason or None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(session, "role.assigned", row, actor_id, {"broken": [[one.role, one.other] for _person, one in broken]})
    return row


def _overlapping(wish: Wish, begin: datetime, until: datetime | None) -> Any:
    query = select(RoleAssignment.id).where(
        RoleAssignment.role == wish.role,
        RoleAssignment.person_id.is_not_distinct_from(wish.person_id),
        RoleAssignment.team_id.is_not_distinct_from(wish.team_id),
        RoleAssignment.service_id.is_not_distinct_from(wish.service_id),
        RoleAssignment.record_id.is_not_distinct_from(wish.record_id),
        or_(RoleAssignment.valid_until.is_(None), RoleAssignment.valid_until > begin),
    )
    return query.where(RoleAssignment.valid_from < until) if until is not None else query


def end(
    session: Session, assignment_id: int, *, actor_id: int | None, at: datetime | None = None, role: str | None = None
) -> RoleAssignment:
    """End an assignment, now or at a time to come; what has ended stays as it is.

    Raises:
        NotFound: there is none of this id (and role).
        Invalid: the time lies in the past.
        Conflict: it has ended already.
    """
    take_turns(session, "roles")
    row = session.get(RoleAssignment, assignment_id, with_for_update=LOCKED, populate_existing=True)
    if row is None or (role is not None and row.role != role):
        raise NotFound()
    now = clock.now()
    if row.valid_until is not None and row.valid_until <= now:
        raise Conflict("This has ended already.")
    if at is not None and at < max(now, row.valid_from):
        raise Invalid({"valid_until": [Message("Please choose a time in the future.")]})
    if row.valid_from > now and at is None:
        # What never began leaves nothing behind but its lines in the journal.
        note(session, "role.ended", row, actor_id, {})
        session.delete(row)
        session.flush()
        return row
    row.valid_until = at or now
    row.settled_at = None if at else now
    session.flush()
    note(session, "role.ended", row, actor_id, {"until": row.valid_until.isoformat()})
    return row


def note(session: Session, event: str, row: RoleAssignment, actor_id: int | None, more: dict[str, Any]) -> None:
    """Write down that a role was given or ended, in the chain of the role."""
    facts = {
        "assignment": row.id, "person": row.person_id, "team": row.team_id, "service": row.service_id,
        "record": row.record_id, **{name: value for name, value in more.items() if value},
    }  # fmt: skip
    reason = {"reason": row.reason} if row.reason else None
    system.note(session, event, subject=f"role:{row.role}", actor_id=actor_id, data=facts, payload=reason)


def concerned(session: Session, row: RoleAssignment) -> list[int]:
    """Return ids of the people whom an assignment gives its role."""
    if row.person_id is not None:
        return [row.person_id]
    return list(session.scalars(select(TeamMember.person_id).where(TeamMember.team_id == row.team_id)))


def concerned_by(session: Session, assignment_id: int) -> list[int]:
    """Return ids of the people whom an assignment of this id gives its role; none when there is no such one.

    They stay the same until this transaction ends.
    """
    take_turns(session, "roles", "teams")
    row = session.get(RoleAssignment, assignment_id)
    return concerned(session, row) if row is not None else []


def unsettled(session: Session, limit: int = 100) -> list[RoleAssignment]:
    """Return assignments that ended by themselves since somebody looked, locked."""
    query = select(RoleAssignment).where(RoleAssignment.valid_until <= clock.now(), RoleAssignment.settled_at.is_(None))
    return list(
        session.scalars(query.order_by(RoleAssignment.id).limit(limit).with_for_update(skip_locked=True, **LOCKED))
    )
