"""People, teams and roles over the API: who there is, who holds what; administrators give roles and end that."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import clock
from app.domain.calendars import use
from app.domain.people import assignments, teams
from app.domain.people.assignments import Holding, Wish
from app.domain.people.records import Person, RoleAssignment, Team
from app.domain.records.history import HIDDEN
from app.domain.records.records import Record
from app.engine import returning
from app.errors import Forbidden
from app.insight.access import visible_records
from app.processes.roles import assignable, tasks_of, title
from app.web.api.call import MOST, PAGE, Call, as_id, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body, Page
from app.web.api.values import Text
from app.web.i18n import tell

router = APIRouter(prefix=BASE, tags=["people"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class PersonOut(BaseModel):
    """A person, as everybody who has a part in the work may know them."""

    id: str
    name: str
    login: str
    email: str | None
    organisation: str | None
    calendar: str | None = Field(description="Key of the calendar that they work by; null for none of their own.")
    active: bool


class MemberOut(BaseModel):
    """Somebody in a team."""

    id: str
    name: str
    leads: bool


class TeamOut(BaseModel):
    """A team; its role is `team.<key>`."""

    key: str
    name: str
    level: int | None
    email: str | None
    calendar: str | None = Field(description="Key of the calendar that it works by; null for none of its own.")
    members: list[MemberOut]


class AssignmentOut(BaseModel):
    """Who holds a role: a person or a team, from when until when, and for what alone."""

    id: str
    role: str
    person: str | None
    team: str | None
    name: str
    only_for: str | None = Field(
        description="Title of a service, or number and title of a record; words instead where you may not know of it."
    )
    valid_from: datetime
    valid_until: datetime | None
    current: bool

    @classmethod
    def of(cls, one: Holding, known: frozenset[int]) -> "AssignmentOut":
        """Show an assignment; why somebody has it is for administrators, on their page.

        Args:
            known: ids of the records that the caller may know of, among those that roles are limited to.
        """
        context = one.context if one.record_id is None or one.record_id in known else tell(HIDDEN)
        return cls(
            id=str(one.id), role=one.role, person=str(one.person_id) if one.person_id else None,
            team=str(one.team_id) if one.team_id else None, name=one.name, only_for=context or None,
            valid_from=one.valid_from, valid_until=one.valid_until, current=one.is_current(clock.now()),
        )  # fmt: skip


class RoleOut(BaseModel):
    """A role that can be given, its tasks, and who holds it or will."""

    key: str
    title: str
    tasks: list[str]
    vacant: bool
    assignments: list[AssignmentOut]


class RolesOut(BaseModel):
    """All roles that can be given."""

    items: list[RoleOut]


class TeamsOut(BaseModel):
    """All teams."""

    items: list[TeamOut]


class AssignBody(Body):
    """Who is given the role: a person by id or a team by key; for a service by number or a record alone, if so."""

    person: Text | None = Field(None, max_length=20)
    team: Text | None = Field(None, max_length=64)
    service: Text | None = Field(None, max_length=50, description="Number of the service (`SVC-2026-0001`).")
    record: Text | None = Field(None, max_length=50, description="Number of the record (`INC-2026-0042`).")
    # Times come as texts, which strict checks would refuse.
    valid_from: AwareDatetime | None = Field(None, strict=False)
    valid_until: AwareDatetime | None = Field(None, strict=False)
    reason: Text = Field("", max_length=500, description="Needed where a rule of segregation says no.")


class EndBody(Body):
    """When the assignment ends; now without a time."""

    at: AwareDatetime | None = Field(None, strict=False)


@router.get("/people", responses=problems(403))
def list_people(
    request: Request,
    active: bool = True,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[PersonOut]:
    """List people; for those who have a part in the work."""
    with call(request) as it:
        _refuse_outsiders(it)
        query = select(Person).options(joinedload(Person.organisation)).where(Person.active.is_(active))
        last = read_cursor(after)
        if last is not None:
            query = query.where(Person.id > last)
        rows = it.session.scalars(query.order_by(Person.id).limit(limit + 1)).all()
        calendars = use.keys(it.session)
        items = [
            PersonOut(
                id=str(one.id), name=one.name, login=one.login, email=one.email, active=one.active,
                organisation=one.organisation.name if one.organisation else None,
                calendar=calendars.get(one.calendar_id),
            )
            for one in rows[:limit]
        ]  # fmt: skip
        return Page(items=items, next=cursor(rows[limit - 1].id) if len(rows) > limit else None)


@router.get("/teams", responses=problems(403))
def list_teams(request: Request) -> TeamsOut:
    """List teams with their members; for those who have a part in the work."""
    with call(request) as it:
        _refuse_outsiders(it)
        calendars = use.keys(it.session)
        return TeamsOut(
            items=[
                TeamOut(
                    key=team.key, name=team.name, level=team.level, email=team.email,
                    calendar=calendars.get(team.calendar_id),
                    members=[
                        MemberOut(id=str(one.id), name=one.name, leads=leads)
                        for one, leads in teams.members(it.session, team.id)
                        if one.active
                    ],
                )
                for team, _count in teams.listed(it.session)
            ]
        )  # fmt: skip


@router.get("/roles", responses=problems(403))
def list_roles(request: Request) -> RolesOut:
    """List roles with their tasks and holders; for those who have a part in the work."""
    with call(request) as it:
        _refuse_outsiders(it)
        now = clock.now()
        held: dict[str, list[Holding]] = {}
        listed = assignments.listed(it.session)
        known = _known(it, listed)
        for one in listed:
            held.setdefault(one.role, []).append(one)
        return RolesOut(
            items=[
                RoleOut(
                    key=key, title=title(key), tasks=list(tasks_of(key)),
                    vacant=not any(one.is_current(now) and one.active for one in held.get(key, [])),
                    assignments=[AssignmentOut.of(one, known) for one in held.get(key, [])],
                )
                for key in assignable()
            ]
        )  # fmt: skip


@router.post("/roles/{role}/assignments", status_code=201, responses=problems(403, 404, 409, 413))
def assign(request: Request, role: str, body: AssignBody) -> AssignmentOut:
    """Give a role to a person or a team; for administrators."""
    with call(request) as it:
        _refuse_others(it)
        wish = Wish(
            role=role,
            person_id=as_id(body.person) if body.person else None,
            team_id=_team(it, body.team) if body.team else None,
            service_id=assignments.record_named(it.session, body.service, kind="service") if body.service else None,
            record_id=assignments.record_named(it.session, body.record) if body.record else None,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            reason=body.reason,
        )
        row = assignments.assign(it.session, wish, actor_id=it.actor.person_id)
        [made] = [one for one in assignments.of_role(it.session, role) if one.id == row.id]
        return AssignmentOut.of(made, _known(it, [made]))


@router.post("/roles/{role}/assignments/{assignment_id}/end", responses=problems(403, 404, 409, 413))
def end(request: Request, role: str, assignment_id: str, body: EndBody) -> RoleOut:
    """End an assignment; tasks that were taken by it go back to the role. For administrators."""
    with call(request) as it:
        _refuse_others(it)
        row_id = as_id(assignment_id)
        whom = assignments.concerned_by(it.session, row_id)
        with returning.watching(it.parts.engine, it.session, whom, it.actor):
            assignments.end(it.session, row_id, actor_id=it.actor.person_id, at=body.at, role=role)
        found = assignments.listed(it.session, RoleAssignment.role == role)
        known = _known(it, found)
        return RoleOut(
            key=role, title=title(role), tasks=list(tasks_of(role)),
            vacant=not any(one.is_current(clock.now()) for one in found),
            assignments=[AssignmentOut.of(one, known) for one in found],
        )  # fmt: skip


def _known(it: Call, found: Iterable[Holding]) -> frozenset[int]:
    ids = {one.record_id for one in found if one.record_id is not None}
    query = select(Record.id).where(Record.id.in_(ids), visible_records(it.viewer))
    return frozenset(it.session.scalars(query)) if ids else frozenset()


def _refuse_outsiders(it: Call) -> None:
    if not it.viewer.knows_people:
        raise Forbidden("Only who has a part in the work may look people up.")


def _refuse_others(it: Call) -> None:
    if not it.actor.administrator:
        raise Forbidden("Only administrators may do this.")


def _team(it: Call, key: str) -> int:
    # No team has this id, so that a key nobody has is refused like one that does not exist any more.
    return it.session.scalar(select(Team.id).where(Team.key == key.removeprefix("team."))) or 0
