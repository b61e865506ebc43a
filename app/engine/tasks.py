"""The work list: user tasks of the engine as rows, with role, assignee, due date and priority."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from app import clock
from app.engine import notices
from app.engine.advance import Stuck, Work, fail, open_tasks
from app.engine.due import read_timer
from app.engine.ports import Actor, Candidate, CaseTime
from app.engine.records import Task
from app.engine.work import ElementError
from app.errors import StellwerkError
from app.expressions import ExpressionError, WorkingTime, parse

if TYPE_CHECKING:
    from app.engine.step import Step

DEFAULT_PRIORITY = 3

# As a plain statement, written once, that costs half of what the ORM takes.
_ROWS = Task.metadata.tables[Task.__tablename__]
_OPEN = insert(_ROWS).returning(_ROWS.c.id, sort_by_parameter_order=True)


@dataclass(frozen=True, slots=True)
class Opened:
    """A row that a step has put into the work list."""

    id: int
    role: str
    assignee_id: int | None


def sync(step: "Step") -> tuple[list[dict[str, Any]], Stuck | None]:
    """Make the rows of the work list match the engine's open tasks.

    Returns:
        The new rows, not yet stored but for an `id` where they had to be, and where the case got stuck because a
        property of a task cannot be evaluated.
    """
    now = clock.now()
    waiting = {str(work.engine_id): work for work in open_tasks(step.workflow)}
    remembered: set[str] = set(step.case.waits.get("tasks", []))
    done = str(step.completed.engine_id) if step.completed is not None else ""
    gone = remembered - waiting.keys() - {done}
    if gone:
        step.session.execute(
            update(Task)
            .where(Task.case_id == step.case.id, Task.status == "open", Task.engine_id.in_(gone))
            .values(status="cancelled", completed_at=now, version=Task.version + 1),
            execution_options={"synchronize_session": False},
        )
    rows: list[dict[str, Any]] = []
    plans: list[notices.Plan] = []
    stuck: Stuck | None = None
    for engine_id in list(waiting):
        work = waiting[engine_id]
        if engine_id in remembered:
            continue
        try:
            row, time = new_row(step, work, now)
            times = reminders_of(step, work, now, time)
            told = {"role": row["role"], "assignee": row["assignee_id"], "diagram": work.diagram}
            step.note("task.opened", work.element_id, told)
            step.opened_for[engine_id] = row["assignee_id"], row["role"]
            escalate_to = work.element.properties.get("escalate_to", "").strip()
            overdue_at = row["due_at"] if escalate_to else None
            if times or overdue_at is not None:
                plans.append(notices.Plan(len(rows), engine_id, times, overdue_at, escalate_to))
            rows.append(row)
        except StellwerkError as error:
            del waiting[engine_id]
            fail(step.workflow, work.engine_id, error)
            stuck = Stuck(work.engine_id, work.element_id, error.message, "", error)
    step.movable += [work for work in waiting.values() if work.element.properties.get("moves")]
    if rows or gone or done or stuck:
        step.wait_for("tasks", sorted(waiting))
    # A single row, as nearly always, is stored together with the case; what refers to a row needs it before.
    if rows and (plans or len(rows) > 1):
        for row, id_ in zip(rows, step.session.scalars(_OPEN, rows), strict=True):
            row["id"] = id_
    if plans or step.case.waits.get(notices.ROWS):
        notices.sync(step, waiting.keys(), plans, [row["id"] for row in rows if "id" in row])
    return rows, stuck


def opened(rows: list[dict[str, Any]]) -> list[Opened]:
    """Return what is to be known of rows that are stored."""
    return [Opened(row["id"], row["role"], row["assignee_id"]) for row in rows]


def new_row(step: "Step", work: Work, now: datetime) -> tuple[dict[str, Any], CaseTime]:
    """Make the row of a user task that has become ready; also return the working time that counts for it.

    Raises:
        StellwerkError: `due`, `assignee` or `priority` cannot be evaluated; the message names the property.
    """
    role = work.role_override or work.element.role
    record = step.record if role.startswith(("record.", "case.", "service.")) else None
    candidate = step.engine.directory.resolve(
        step.session,
        role,
        record=record,
        owner_id=step.case.owner_id,
        requester_id=step.case.requester_id,
        initiator_id=step.actor_id,
    )
    chosen = assignee_of(step, work)
    role = chosen.role if chosen is not None and chosen.person_id is None else candidate.role
    assignee = chosen.person_id if chosen is not None else candidate.person_id
    time = step.working_time.of_task(assignee, role)
    row = {
        "case_id": step.case.id,
        "engine_id": work.engine_id,
        "diagram": work.diagram,
        "element": work.element_id,
        "name": work.element.name or work.element_id,
        "status": "open",
        "role": role,
        "assignee_id": assignee,
        "claimed_at": now if assignee else None,
        "due_at": due_of(step, work, now, time),
        "priority": priority_of(step, work),
        "created_at": now,
        "version": 1,
    }
    return row, time


def evaluate(step: "Step", work: Work, name: str, time: WorkingTime | None = None) -> Any:
    """Evaluate an expression property of a user task; None where it is not set."""
    text = work.element.properties.get(name, "").strip()
    if not text:
        return None
    try:
        expression = parse(text)
        scope: Mapping[str, Any] = {**work.data, **step.scope(expression.names)}
        return expression.evaluate(scope, time or step.working_time)
    except ExpressionError as error:
        raise ExpressionError(f"The property '{name}' of '{_label(work)}' cannot be evaluated: {error}") from error


def due_of(step: "Step", work: Work, now: datetime, time: WorkingTime) -> datetime | None:
    """Return until when a task should be done: a point in time, or a duration from now on.

    Raises:
        ExpressionError: the property has another value.
    """
    value = evaluate(step, work, "due", time)
    return _moment(value, "due", work, now) if value is not None else None


def reminders_of(step: "Step", work: Work, now: datetime, time: WorkingTime) -> list[datetime]:
    """Return when to remind of a task, in order: points in time, or durations from now on; what is past is left out.

    Raises:
        ExpressionError: the property has another value, or is a list that is too long.
    """
    value = evaluate(step, work, "remind", time)
    if value is None:
        return []
    values = value if isinstance(value, list | tuple) else [value]
    if len(values) > notices.MOST_REMINDERS:
        most = notices.MOST_REMINDERS
        told = f"The property 'remind' of '{_label(work)}' gives {len(values)} times; at most {most} are possible."
        raise ExpressionError(told)
    moments = {_moment(one, "remind", work, now) for one in values if one is not None}
    return sorted(moment for moment in moments if moment > now)


def _moment(value: Any, name: str, work: Work, now: datetime) -> datetime:
    try:
        return read_timer(value, "", now, work.element.name)[0]
    except ElementError as error:
        told = f"The property '{name}' of '{_label(work)}' gives no point in time: {value!r}."
        raise ExpressionError(told) from error


def assignee_of(step: "Step", work: Work) -> Candidate | None:
    """Return the person or team that a task's property names; None without one.

    Raises:
        ExpressionError: nobody goes by that id or login, and no team by that key.
    """
    value = evaluate(step, work, "assignee")
    if value in (None, ""):
        return None
    found = None
    if isinstance(value, str | int) and not isinstance(value, bool):
        found = step.engine.directory.person_or_team(step.session, str(value))
    if found is None:
        raise ExpressionError(f"The property 'assignee' of '{_label(work)}' names no person or team: {value!r}.")
    return found


def priority_of(step: "Step", work: Work) -> int:
    """Return 1 (most urgent) to 6: from the task's property, else from the record, else 3.

    Raises:
        ExpressionError: the property has a value that is no priority.
    """
    value = evaluate(step, work, "priority")
    if value is None:
        known = (step.record or {}).get("priority") if step.record_kind else None
        return _priority(known) or DEFAULT_PRIORITY
    number = _priority(value)
    if number is None:
        raise ExpressionError(f"The property 'priority' of '{_label(work)}' gives no priority like P2 or 2: {value!r}.")
    return number


def next_for(fresh: list[Opened], actor: Actor | None) -> int | None:
    """Return the new task that the actor may go straight on with: one given to them, else one offered to them."""
    if actor is None:
        return None
    mine = [task.id for task in fresh if task.assignee_id == actor.person_id]
    offered = [task.id for task in fresh if task.assignee_id is None and task.role in actor.roles]
    return next(iter(mine + offered), None)


def _label(work: Work) -> str:
    return work.element.name or work.element_id


def _priority(value: Any) -> int | None:
    if isinstance(value, str):
        text = value.strip().upper().removeprefix("P")
        value = int(text) if text.isdecimal() and len(text) < 10 else None
    if value is None or isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return min(max(int(value), 1), 6)
