"""The review calendar: everything periodic and due that a person may know of, for them, a team or a process."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from app.domain.people.records import Team, TeamMember
from app.domain.records.records import Record
from app.engine.records import Case, Task
from app.errors import NotFound
from app.insight.access import Viewer, of_their_roles, visible_records, visible_tasks
from app.insight.canned import AREAS
from app.operations import Subject
from app.schedule.records import Schedule
from app.schedule.schedules import Schedules

# A month has 744 hours; what comes more often fills no calendar.
MOST_TIMES, MOST_TASKS = 100, 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """Something at a time: an open task that is due, or a time at which a schedule starts cases.

    `number` and `title` are of the task's case, or of the one record that a schedule starts a case for on its date.
    """

    kind: Literal["task", "schedule"]
    id: int
    at: datetime
    name: str
    area: str
    number: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calendar it is: the person's own (`mine`), all that they may know of, a team's or a process's."""

    kind: Literal["mine", "all", "team", "area"] = "mine"
    key: str = ""

    @classmethod
    def read(cls, session: Session, viewer: Viewer, text: str) -> "Scope":
        """Read `mine`, `all`, `team.<key>` or `area.<key>`.

        Raises:
            NotFound: it is none of those that the person may choose.
        """
        if text not in choices(session, viewer):
            raise NotFound
        kind, _, key = text.partition(".")
        return cls(kind, key)  # type: ignore[arg-type]


def choices(session: Session, viewer: Viewer) -> dict[str, str]:
    """Return the calendars that a person may choose, each with what it is called: the name of a team, else a key."""
    teams = select(Team.key, Team.name).order_by(Team.name)
    if not viewer.sees_all:
        mine = select(TeamMember.team_id).where(TeamMember.person_id == viewer.person_id)
        teams = teams.where(Team.id.in_(mine))
    areas = [area for area in AREAS if viewer.works_in(area)]
    found = {"mine": "", "all": ""} | {f"team.{row.key}": row.name for row in session.execute(teams)}
    return found | {f"area.{area}": area for area in areas}


def entries(
    session: Session, schedules: Schedules, viewer: Viewer, scope: Scope, start: datetime, end: datetime
) -> list[Entry]:
    """Return what is due from `start` until `end`, earliest first."""
    found = [*_tasks(session, viewer, scope, start, end), *_times(session, schedules, viewer, scope, start, end)]
    return sorted(found, key=lambda entry: (entry.at, entry.kind, entry.id))


def _tasks(session: Session, viewer: Viewer, scope: Scope, start: datetime, end: datetime) -> Iterable[Entry]:
    rows = session.execute(
        select(Task.id, Task.due_at, Task.name, Case.area, Case.number, Case.title)
        .join(Case, Case.id == Task.case_id)
        .where(
            Task.status == "open", Task.due_at >= start, Task.due_at < end, visible_tasks(viewer), _of(viewer, scope)
        )
        .order_by(Task.due_at, Task.id)
        .limit(MOST_TASKS)
    )
    for row in rows:
        yield Entry("task", row.id, row.due_at, row.name, row.area, row.number, row.title)


def _of(viewer: Viewer, scope: Scope) -> ColumnElement[bool]:
    if scope.kind == "mine":
        return or_(
            Task.assignee_id.in_(viewer.people), and_(Task.assignee_id.is_(None), of_their_roles(viewer))
        )  # fmt: skip
    if scope.kind == "team":
        members = select(TeamMember.person_id).join(Team, Team.id == TeamMember.team_id).where(Team.key == scope.key)
        return or_(Task.role == f"team.{scope.key}", Task.assignee_id.in_(members))
    return Case.area == scope.key if scope.kind == "area" else true()


def _times(
    session: Session, schedules: Schedules, viewer: Viewer, scope: Scope, start: datetime, end: datetime
) -> Iterable[Entry]:
    if scope.kind == "team":
        return
    rows = session.scalars(select(Schedule).where(Schedule.ended_at.is_(None)).order_by(Schedule.id)).all()
    if scope.kind == "area":
        rows = [one for one in rows if one.area == scope.key]
    periodic: list[Schedule] = []
    for one in rows:
        dated = schedules.dated(session, one, end)
        if dated is not None:
            yield from _dates(session, viewer, scope, one, dated, start)
        elif one.area in viewer.areas or (viewer.sees_all and scope.kind != "mine"):
            periodic.append(one)
    for coming in schedules.until(session, periodic, end, MOST_TIMES):
        if coming.due >= start:
            yield Entry("schedule", coming.schedule.id, coming.due, coming.schedule.diagram, coming.schedule.area)


def _dates(
    session: Session, viewer: Viewer, scope: Scope, schedule: Schedule, dated: list[Subject], start: datetime
) -> Iterable[Entry]:
    """What a schedule starts on the dates of records that the person may know of; of their own only, in their own."""
    due = {one.record_id: one.due_at for one in dated if one.due_at is not None and one.due_at >= start}
    conditions = [Record.id.in_([one for one in due if one is not None]), visible_records(viewer)]
    if scope.kind == "mine":
        conditions.append(Record.owner_id.in_(viewer.people))
    found = select(Record.id, Record.number, Record.title).where(*conditions).order_by(Record.id)
    for row in session.execute(found):
        yield Entry("schedule", schedule.id, due[row.id], schedule.diagram, schedule.area, row.number, row.title)
