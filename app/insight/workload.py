"""How much work the people of a team or process have: open, due today, overdue; and what nobody has taken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, func, select, text
from sqlalchemy.orm import Session

from app.domain.people.directory import Directory, Holder
from app.domain.people.records import Team
from app.engine.records import Case, Task
from app.errors import Forbidden
from app.insight.access import Viewer, visible_tasks
from app.insight.canned import AREAS, led_by

MOST = 20
"""Tasks that are shown of each person; the numbers count all."""


@dataclass(frozen=True, slots=True)
class Load:
    """The numbers of one person, or of nobody."""

    open: int = 0
    late: int = 0
    today: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has, or nobody: the numbers and the first tasks of the role."""

    holder: Holder | None
    load: Load
    tasks: list[Task] = field(default_factory=list)


def roles_led(session: Session, viewer: Viewer) -> list[str]:
    """Return the roles that a person answers for: those of processes they manage, and of teams they lead.

    Raises:
        Forbidden: none.
    """
    found = [f"{area}.process_staff" for area in AREAS if viewer.runs(area)]
    led = led_by(session, viewer)
    if led:
        keys = session.scalars(select(Team.key).where(Team.id.in_(led)).order_by(Team.name))
        found += [f"team.{key}" for key in keys]
    if not found:
        raise Forbidden("The workload is shown to process managers and team leaders.")
    return found


def shares(
    session: Session, directory: Directory, viewer: Viewer, role: str, *, now: datetime, tomorrow: datetime
) -> Iterator[Share]:
    """Tell what nobody has of a role, then what each of those who hold it has, by name."""
    yield Share(None, unassigned(session, role, now, tomorrow), tasks_of(session, viewer, role, None))
    people = directory.holders(session, role)
    numbers = loads(session, [one.person_id for one in people], now, tomorrow)
    for one in people:
        theirs = tasks_of(session, viewer, role, one.person_id)
        yield Share(one, numbers.get(one.person_id, Load()), theirs)


def loads(session: Session, people: list[int], now: datetime, tomorrow: datetime) -> dict[int, Load]:
    """Count what each of these people has to do, whatever role it asks for."""
    late = func.count().filter(Task.due_at < now)
    today = func.count().filter(and_(Task.due_at >= now, Task.due_at < tomorrow))
    # The status stands in the text, so that the planner can use the partial index.
    theirs = text("status = 'open'"), Task.assignee_id.in_(people)
    query = select(Task.assignee_id, func.count(), late, today).where(*theirs).group_by(Task.assignee_id)
    return {row[0]: Load(*row[1:]) for row in session.execute(query) if row[0] is not None}


def unassigned(session: Session, role: str, now: datetime, tomorrow: datetime) -> Load:
    """Count what is offered to a role and taken by nobody."""
    late = func.count().filter(Task.due_at < now)
    today = func.count().filter(and_(Task.due_at >= now, Task.due_at < tomorrow))
    query = select(func.count(), late, today).where(text("status = 'open'"), Task.assignee_id.is_(None))
    return Load(*session.execute(query.where(Task.role == role)).one())


def tasks_of(session: Session, viewer: Viewer, role: str, person_id: int | None) -> list[Task]:
    """Return the first tasks of a role that a person has, or nobody, as far as the viewer may know of them."""
    whose = Task.assignee_id == person_id if person_id is not None else Task.assignee_id.is_(None)
    query = (
        select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(text("task.status = 'open'"), whose, Task.role == role, visible_tasks(viewer))
        .order_by(Task.due_at, Task.id)
        .limit(MOST)
    )
    found = []
    for task, case in session.execute(query):
        task.case = case
        found.append(task)
    return found
