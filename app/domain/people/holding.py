"""Who holds roles, asked for many places at once: everywhere, for one record, or above where nobody holds them."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import roles
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember

TEAM = "team."


class Place(NamedTuple):
    """A role as it is asked for by a record, or by none."""

    role: str
    record_id: int | None = None
    service_id: int | None = None


class _Held(NamedTuple):
    role: str
    person_id: int
    service_id: int | None
    record_id: int | None

    def counts_for(self, place: Place) -> bool:
        if self.service_id is None and self.record_id is None:
            return True
        here = {one for one in (place.record_id, place.service_id) if one is not None}
        return (self.record_id is not None and self.record_id == place.record_id) or self.service_id in here


def answering(session: Session, places: Iterable[Place]) -> dict[Place, list[int]]:
    """Return for each place who holds the role there, or, where nobody does, who answers for it; in one statement.

    Of a team its members answer.
    """
    wanted = set(places)
    by_role: dict[str, list[_Held]] = {}
    for row in (
        session.execute(_holding({step for one in wanted for step in roles.upwards(one.role)})) if wanted else ()
    ):
        by_role.setdefault(row.role, []).append(_Held(*row))
    return {one: _of_place(by_role, one) for one in wanted}


def _of_place(by_role: dict[str, list[_Held]], place: Place) -> list[int]:
    own = {held.person_id for held in by_role.get(place.role, ()) if held.counts_for(place)}
    if own:
        return sorted(own)
    for step in roles.upwards(place.role):
        above = {held.person_id for held in by_role.get(step, ()) if held.counts_for(Place(step))}
        if above:
            return sorted(above)
    return []


def _holding(wanted: set[str]) -> Select[str, int, int | None, int | None]:
    keys = sorted(one.removeprefix(TEAM) for one in wanted if one.startswith(TEAM))
    others = sorted(one for one in wanted if not one.startswith(TEAM))
    of_teams = (
        select(literal(TEAM).concat(Team.key).label("role"), TeamMember.person_id, null(), null())
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(Team.key.in_(keys))
    )
    valid = RoleAssignment.role.in_(others), _counts_now()
    within = RoleAssignment.service_id, RoleAssignment.record_id
    own = select(RoleAssignment.role, RoleAssignment.person_id, *within).where(
        RoleAssignment.person_id.is_not(None), *valid
    )
    through_team = (
        select(RoleAssignment.role, TeamMember.person_id, *within)
        .join(TeamMember, TeamMember.team_id == RoleAssignment.team_id)
        .where(*valid)
    )
    found = union_all(own, through_team, of_teams).subquery()
    role, person_id, service_id, record_id = found.c
    return select(role, person_id, service_id, record_id).join(Person, and_(Person.id == person_id, Person.active))


def _counts_now() -> ColumnElement[bool]:
    now = clock.now()
    return and_(
        RoleAssignment.valid_from <= now, or_(RoleAssignment.valid_until.is_(None), RoleAssignment.valid_until > now)
    )
