"""Reminders and escalations of open tasks as rows, found by an index when they are due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_
from sqlalchemy.orm import Session

from app.engine.records import Notice, Task

if TYPE_CHECKING:
    from app.engine.step import Step

MOST_REMINDERS = 20
ROWS = "notices"
"""What they are called among the things that a case waits for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When one new task is to be spoken of: its place among the new rows, its reminders, and its escalation if any."""

    place: int
    engine_id: str
    reminders: Sequence[datetime]
    overdue_at: datetime | None = None
    escalate_to: str = ""


def sync(step: "Step", waiting: Collection[str], plans: Sequence[Plan], task_ids: Sequence[int]) -> None:
    """Make the rows match the open tasks: those of ended tasks go, those of new ones come.

    Args:
        waiting: engine ids of the tasks that are open now.
        plans: of the new tasks, which may be spoken of.
        task_ids: of the new tasks, in the order of their rows.
    """
    remembered = set(step.case.waits.get(ROWS, []))
    kept = remembered & set(waiting)
    if kept != remembered:
        # The task that this very step completes is stored with the case, later than this.
        completed = step.completed.id if step.completed is not None else 0
        ended = Notice.task_id == Task.id, or_(Task.status != "open", Task.id == completed)
        step.session.execute(
            delete(Notice).where(Notice.case_id == step.case.id, *ended),
            execution_options={"synchronize_session": False},
        )
    if plans:
        _store(step.session, step.case.id, plans, task_ids)
    step.wait_for(ROWS, sorted(kept | {plan.engine_id for plan in plans}))


def _store(session: Session, case_id: int, plans: Sequence[Plan], task_ids: Sequence[int]) -> None:
    rows: list[dict[str, Any]] = []
    for plan in plans:
        of_task = {"case_id": case_id, "task_id": task_ids[plan.place]}
        rows += [{**of_task, "due_at": moment, "escalate_to": None} for moment in plan.reminders]
        if plan.overdue_at is not None:
            rows.append({**of_task, "due_at": plan.overdue_at, "escalate_to": plan.escalate_to})
    # As a plain statement: the ORM would make one for the rows with and one for those without an escalation.
    session.execute(insert(Notice.metadata.tables[Notice.__tablename__]), rows)
