"""Who holds which role: for the engine's work list, for approvals, escalations and notices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import identity, roles
from app.domain.people.fresh import count_on_rights, hold_rights, take_turns
from app.domain.people.identity import Identity
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember

# Records are a layer above people; of them only this one column is wanted here.
_OWNER = text("SELECT owner_id FROM record WHERE id = :id")

# Digits of an id; longer numbers are beyond what a column holds.
LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may take a task: one person, or everybody who holds the role key."""

    role: str
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who holds a role, as others need to reach them."""

    person_id: int
    name: str
    email: str | None
    locale: str


class Directory:
    """Roles of persons and persons of roles.

    A vacant role is never written into a task. Whoever stands above it has it among their roles for as long as
    nobody holds it (`identity`), so that a new assignment takes effect at once, on open tasks too.
    """

    def roles_of(self, session: Session, person_id: int) -> frozenset[str]:
        """Return the role keys a person holds now, with `team.<key>` and vacant roles below; one statement."""
        found = identity.of_person(session, person_id)
        return found.roles if found else frozenset()

    def actor_of(self, session: Session, person_id: int, *, at: datetime | None = None) -> Identity | None:
        """Return a person as one who acts, with what they hold now or held `at` a time; None when they have left."""
        return identity.of_person(session, person_id, at=at)

    def hold(self, session: Session, person_ids: Iterable[int]) -> None:
        """Wait for those who get tasks by what these people hold, and let nobody until this transaction ends."""
        hold_rights(session, person_ids)

    def lasting(self, session: Session, person_id: int) -> Identity | None:
        """Return a person with what they hold, which nobody changes until this transaction ends; None who have left.

        Raises:
            Conflict: somebody is changing it at this moment.
        """
        count_on_rights(session, person_id)
        return identity.of_person(session, person_id)

    def resolve(
        self,
        session: Session,
        role: str,
        *,
        record: Mapping[str, Any] | None,
        owner_id: int | None,
        requester_id: int | None,
        initiator_id: int | None,
    ) -> Candidate:
        """Turn a lane's role into a person or a role key.

        `record.<field>` is the person in that field of the case's record, or the team when the field is `team` or
        ends in `_team`; `record` is what `Records.read` gives. `case.owner`, `case.requester` and `case.initiator`
        are persons of the case, `service.owner` owns the record's service. Where the place is empty it is the
        process staff's turn for a team or a requester, and the process manager's for everything else. Other roles
        are returned as they are, without a statement.
        """
        prefix, _, field = role.partition(".")
        area = str((record or {}).get("area") or "management")
        if prefix == "case":
            persons = {"owner": owner_id, "requester": requester_id, "initiator": initiator_id}
            return self._person(role, persons.get(field), area, field)
        if prefix == "record":
            value = _number((record or {}).get(field))
            if _is_team(field) and value is not None:
                team = session.get(Team, value)
                return Candidate(f"team.{team.key}") if team else Candidate(f"{area}.process_staff")
            # A field of a form may hold any number; only that of somebody who exists names a person.
            known = value is not None and session.get(Person, value) is not None
            return self._person(role, value if known else None, area, field)
        if role == "service.owner":
            return self._person(role, _service_owner(session, record), area, field)
        return Candidate(role)

    def _person(self, role: str, person_id: int | None, area: str, field: str) -> Candidate:
        if person_id is not None:
            return Candidate(role, person_id)
        step = "process_staff" if field == "requester" or _is_team(field) else "process_manager"
        return Candidate(f"{area}.{step}")

    def holders(self, session: Session, role: str) -> list[Holder]:
        """Return the active persons who hold exactly this role now, in person or through a team, by name."""
        statement = select(Person.id, Person.name, Person.email, Person.locale).where(_holds(role), Person.active)
        return [Holder(*row) for row in session.execute(statement.order_by(Person.name, Person.id))]

    def responsible(self, session: Session, role: str, *, without: Iterable[int] = ()) -> tuple[str, list[Holder]]:
        """Return who answers for a role: its holders, else those of the nearest role above that somebody holds.

        `without` are persons who may not act this time (segregation of duties): a role that only they hold counts
        as vacant.

        Returns:
            The role that was found and its holders; an empty list when nobody is left up to the SMS owner.
        """
        barred = set(without)
        for step in roles.upwards(role):
            found = [holder for holder in self.holders(session, step) if holder.person_id not in barred]
            if found:
                return step, found
        return role, []

    def person_or_team(self, session: Session, value: str) -> Candidate | None:
        """Read what somebody named: a team's key, a login, or a person's id; nothing when there is no such one."""
        value = value.strip()
        if value.startswith("team."):
            value = value.removeprefix("team.")
        team = session.scalars(select(Team).where(Team.key == value)).first()
        if team is not None:
            return Candidate(f"team.{team.key}")
        number = _number(value)
        same = Person.id == number if number is not None else func.lower(Person.login) == value.lower()
        person_id = session.scalars(select(Person.id).where(same, Person.active)).first()
        return Candidate("person", person_id) if person_id is not None else None


def assign_role(
    session: Session,
    role: str,
    *,
    person_id: int | None = None,
    team_id: int | None = None,
    actor_id: int | None = None,
) -> None:
    """Give a person or a team a role from now on, and note it; holding it already is no error.

    Raises:
        ValueError: neither or both are named.
    """
    if (person_id is None) == (team_id is None):
        raise ValueError("a role is given to one person or to one team")
    take_turns(session, "roles")
    held = select(RoleAssignment).where(
        RoleAssignment.role == role,
        RoleAssignment.person_id.is_not_distinct_from(person_id),
        RoleAssignment.team_id.is_not_distinct_from(team_id),
        RoleAssignment.service_id.is_(None),
        RoleAssignment.record_id.is_(None),
    )
    now = clock.now()
    # What has ended stays as it was: it tells who held the role when.
    lasting = or_(RoleAssignment.valid_until.is_(None), RoleAssignment.valid_until > now)
    if session.scalars(held.where(lasting)).first() is None:
        row = RoleAssignment(role=role, person_id=person_id, team_id=team_id, valid_from=now)
        session.add(row)
        session.flush()
        facts = {"assignment": row.id, "person": person_id, "team": team_id}
        system.note(session, "role.assigned", subject=f"role:{role}", actor_id=actor_id, data=facts)


def join_team(
    session: Session, team_id: int, person_id: int, *, leads: bool = False, actor_id: int | None = None
) -> None:
    """Put a person into a team, and note it; being there already is no error."""
    take_turns(session, "teams")
    member = session.get(TeamMember, (team_id, person_id))
    if member is not None and member.leads == leads:
        return
    event = "team.joined" if member is None else "team.led" if leads else "team.not_led"
    if member is None:
        session.add(TeamMember(team_id=team_id, person_id=person_id, leads=leads))
    else:
        member.leads = leads
    session.flush()
    key = session.get_one(Team, team_id).key
    data = {"team": key, "leads": leads}
    system.note(session, event, subject=f"person:{person_id}", actor_id=actor_id, data=data)


def _is_team(field: str) -> bool:
    return field == "team" or field.endswith("_team")


def _holds(role: str) -> ColumnElement[bool]:
    if role.startswith("team."):
        members = select(TeamMember.person_id).join(Team, Team.id == TeamMember.team_id)
        return Person.id.in_(members.where(Team.key == role.removeprefix("team.")))
    now = clock.now()
    valid = and_(
        RoleAssignment.role == role,
        RoleAssignment.service_id.is_(None),
        RoleAssignment.record_id.is_(None),
        RoleAssignment.valid_from <= now,
        or_(RoleAssignment.valid_until.is_(None), RoleAssignment.valid_until > now),
    )
    through_team = select(TeamMember.person_id).join(RoleAssignment, RoleAssignment.team_id == TeamMember.team_id)
    return or_(
        Person.id.in_(select(RoleAssignment.person_id).where(valid, RoleAssignment.person_id.is_not(None))),
        Person.id.in_(through_team.where(valid)),
    )


def _service_owner(session: Session, record: Mapping[str, Any] | None) -> int | None:
    service_id = _number((record or {}).get("service"))
    return session.scalar(_OWNER, {"id": service_id}) if service_id is not None else None


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= LONGEST_ID else None
