"""What a person's own cases, asked for or owned by them, wait for just now: people, a time, a message."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.domain.people.records import Person
from app.domain.records.records import Record
from app.engine.records import Case, Subscription, Task, Timer
from app.insight.access import Viewer, visible_cases

PAGE = 30
# Of one case; a round for everybody may have opened hundreds of tasks.
MOST_WAITS = 5


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that a case waits for.

    `name` is a task's, else the id of an element; `assignee` is empty where nobody has taken the task yet, which is
    offered to `role` then.
    """

    kind: Literal["task", "time", "message"]
    name: str
    role: str = ""
    assignee: str = ""
    assignee_id: int | None = None
    since: datetime | None = None
    due_at: datetime | None = None


@dataclass(slots=True)
class Waiting:
    """A running case with what it waits for; `more` is how many further things there are."""

    id: int
    number: str
    title: str
    diagram: str
    bundle_id: int
    status: str
    started_at: datetime
    asked: bool
    record_number: str | None
    waits: list[Wait] = field(default_factory=list)
    more: int = 0


def waiting(
    session: Session, viewer: Viewer, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[Waiting], int | None]:
    """Return the person's running cases, newest first, and the id to ask for the next page with.

    Args:
        before: cases with a lower id.
    """
    mine = or_(Case.requester_id == viewer.person_id, Case.owner_id == viewer.person_id)
    # The filter says once more that they may know of it, should asking for something once be no reason any more.
    query = (
        select(
            Case.id, Case.number, Case.title, Case.diagram, Case.bundle_id, Case.status, Case.started_at,
            (Case.requester_id == viewer.person_id).label("asked"), Record.number.label("record_number"),
        )
        .outerjoin(Record, Record.id == Case.record_id)
        .where(mine, Case.status.in_(("running", "stuck")), visible_cases(viewer))
    )  # fmt: skip
    if before is not None:
        query = query.where(Case.id < before)
    rows = session.execute(query.order_by(Case.id.desc()).limit(limit + 1)).all()
    found = {row.id: Waiting(**{**row._asdict(), "asked": bool(row.asked)}) for row in rows[:limit]}
    if found:
        for case_id, wait in (*_tasks(session, found), *_others(session, found)):
            case = found[case_id]
            if len(case.waits) < MOST_WAITS:
                case.waits.append(wait)
            else:
                case.more += 1
    return list(found.values()), rows[limit - 1].id if len(rows) > limit else None


def _tasks(session: Session, cases: Iterable[int]) -> Iterable[tuple[int, Wait]]:
    rows = session.execute(
        select(Task.case_id, Task.name, Task.role, Task.assignee_id, Task.created_at, Task.due_at, Person.name)
        .outerjoin(Person, Person.id == Task.assignee_id)
        .where(Task.case_id.in_(list(cases)), Task.status == "open")
        .order_by(Task.due_at, Task.id)
    )
    for case_id, name, role, assignee_id, since, due_at, assignee in rows:
        yield case_id, Wait("task", name, role, assignee or "", assignee_id, since, due_at)


def _others(session: Session, cases: Iterable[int]) -> Iterable[tuple[int, Wait]]:
    """Timers and messages; those that only watch over an open task are told, too: they may end it."""
    ids = list(cases)
    timers = select(Timer.case_id, Timer.element, Timer.due_at).where(_of(Timer, ids), Timer.status == "waiting")
    for row in session.execute(timers.order_by(Timer.due_at, Timer.id)):
        yield row.case_id, Wait("time", row.element, due_at=row.due_at)
    messages = select(Subscription.case_id, Subscription.element).where(_of(Subscription, ids))
    for case_id, element in session.execute(messages.order_by(Subscription.id)):
        yield case_id, Wait("message", element)


def _of(table: Any, ids: list[int]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = table.case_id.in_(ids)
    return found
