"""Counting a timer or a due date anew from the same start as before, and carrying over where it moves."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from app import clock
from app.engine import notices, tasks
from app.engine.advance import Work
from app.engine.nodes.events import Catch
from app.engine.records import Notice, Task
from app.errors import Conflict, StellwerkError
from app.processes.elements import split_list

if TYPE_CHECKING:
    from app.engine.step import Step

log = logging.getLogger(__name__)

PROPERTY = "moves"
CALENDAR, RECORD = "calendar", "record"


@dataclass(frozen=True, slots=True)
class Counted:
    """What counting gave: of a timer its due time, of a task also when to remind; and what that depends on."""

    work: Work
    due: datetime | None
    reminders: tuple[datetime, ...]
    on: frozenset[tuple[str, int]]
    task: Task | None = None


def moves(work: Work) -> tuple[str, ...]:
    """Return what an element says that it moves with."""
    return split_list(work.element.properties.get(PROPERTY, ""))


def count(step: "Step", work: Work, person_id: int | None, role: str, task: Task | None = None) -> Counted:
    """Count anew, from the moment at which the timer was armed or the task was opened.

    Args:
        step: of the case.
        work: a timer event or a user task that waits.
        person_id: the one person whose task it is.
        role: whose task it is; empty for a timer.
        task: its row, if it is a task that is stored.

    Raises:
        StellwerkError: it cannot be counted.
    """
    time = step.working_time.of_task(person_id, role)
    token = step.workflow.find(work.engine_id)
    reminders: tuple[datetime, ...] = ()
    if isinstance(token.task_spec, Catch):
        step.workflow.ports, step.working_time, kept = step, time, step.working_time
        try:
            with clock.at(token.internal_data["armed"]):
                due: datetime | None = token.task_spec.due_again(token)
        finally:
            step.workflow.ports, step.working_time = None, kept
    else:
        start = task.created_at if task is not None else clock.now()
        with clock.at(start):
            due = tasks.due_of(step, work, start, time)
            reminders = tuple(tasks.reminders_of(step, work, start, time))
    return Counted(work, due, reminders, _on(step, moves(work), time.on), task)


def again(step: "Step", engine_id: str, *, personal: bool) -> Counted | None:
    """Count anew what waits in a case; None where it does not wait any more or can no longer be counted.

    What cannot be counted (a date of the record is empty now) stays as it is.
    """
    try:
        token = step.workflow.find(UUID(engine_id))
    except Conflict:
        return None
    work = token.task_spec.work(token)
    task = None
    if not isinstance(token.task_spec, Catch):
        own = Task.case_id == step.case.id, Task.engine_id == work.engine_id, Task.status == "open"
        task = step.session.scalars(select(Task).where(*own).limit(1)).first()
        if task is None:
            return None
    try:
        person_id = task.assignee_id if task is not None and personal else None
        return count(step, work, person_id, task.role if task is not None else "", task)
    except StellwerkError as error:
        log.info("case %s: %s stays due when it was: %s", step.case.number, work.element_id, error)
        return None


def carry_over(step: "Step", counted: Counted) -> bool:
    """Let a timer or task be due when it was counted to be; tell whether that is another time than before."""
    task = counted.task
    if task is not None:
        return _carry_over_task(step, counted, task)
    token = step.workflow.find(counted.work.engine_id)
    before = token.internal_data["due"]
    if counted.due is None or counted.due == before:
        return False
    token.internal_data["due"] = counted.due
    step.note("timer.moved", counted.work.element_id, _way(before, counted.due))
    return True


def _carry_over_task(step: "Step", counted: Counted, task: Task) -> bool:
    now, due = clock.now(), counted.due
    ahead = [moment for moment in counted.reminders if moment > now]
    reminders = Notice.task_id == task.id, Notice.escalate_to.is_(None), Notice.due_at > now
    known = sorted(step.session.scalars(select(Notice.due_at).where(*reminders)))
    if due == task.due_at and ahead == known:
        return False
    if ahead != known:
        step.session.execute(delete(Notice).where(*reminders), execution_options={"synchronize_session": False})
        _notify(step, counted, task, ahead, None)
    if due != task.due_at:
        _carry_over_escalation(step, counted, task)
        step.note("task.moved", task.element, {"task": task.id, **_way(task.due_at, due)})
        # The task's version stays: whoever is filling in its form just now shall not have to do it again.
        step.session.execute(
            update(Task).where(Task.id == task.id).values(due_at=due),
            execution_options={"synchronize_session": False},
        )
    return True


def _carry_over_escalation(step: "Step", counted: Counted, task: Task) -> None:
    """Escalate when the task is due now, unless that has happened already."""
    escalate_to = counted.work.element.properties.get("escalate_to", "").strip()
    if not escalate_to or task.escalated_to is not None:
        return
    rows = Notice.task_id == task.id, Notice.escalate_to.is_not(None)
    step.session.execute(delete(Notice).where(*rows), execution_options={"synchronize_session": False})
    _notify(step, counted, task, [counted.due] if counted.due is not None else [], escalate_to)


def _notify(step: "Step", counted: Counted, task: Task, moments: list[datetime], escalate_to: str | None) -> None:
    rows = [{"case_id": task.case_id, "task_id": task.id, "due_at": one, "escalate_to": escalate_to} for one in moments]
    if rows:
        step.session.execute(insert(Notice.metadata.tables[Notice.__tablename__]), rows)
        spoken_of = {*step.case.waits.get(notices.ROWS, []), str(counted.work.engine_id)}
        step.wait_for(notices.ROWS, sorted(spoken_of))


def _way(before: datetime | None, after: datetime | None) -> dict[str, str | None]:
    return {"from": before.isoformat() if before else None, "to": after.isoformat() if after else None}


def _on(step: "Step", named: tuple[str, ...], found: frozenset[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    on: set[tuple[str, int]] = set()
    if CALENDAR in named:
        # Which calendar counts is up to the record, too; what else the record says is another matter.
        on |= {("choice" if kind == "record" else kind, target) for kind, target in found}
    if RECORD in named and step.case.record_id is not None:
        on.add(("record", step.case.record_id))
    return frozenset(on)
