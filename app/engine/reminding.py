"""Speaking of open tasks when it is time: reminders, and the escalation of those that are overdue."""

import logging
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.database.transaction import LOCKED, is_passing
from app.engine.engine import Engine
from app.engine.loading import lasting, locked_task
from app.engine.ports import Actor
from app.engine.records import Case, Notice, Task
from app.errors import Conflict, NotFound

log = logging.getLogger(__name__)

Text = Literal["task.reminder", "task.escalated"]
AGAIN = timedelta(hours=1)
"""After what time a notice is tried again that could not be given for another reason than the database's."""


def fire_due(engine: Engine) -> int:
    """Give the notice that is due first; several nodes may do this at once.

    Returns:
        1 when there was one, 0 when nothing is due.
    """
    now = clock.now()
    due = (
        select(Case)
        .join(Notice, Notice.case_id == Case.id)
        .where(Notice.due_at <= now)
        .order_by(Notice.due_at, Notice.id)
        .limit(1)
        .with_for_update(of=Case, skip_locked=True, **LOCKED)
    )
    tried: int | None = None
    try:
        with engine.database.transaction() as session:
            case = session.scalar(due)
            if case is None:
                return 0
            # Another node may have given it, or somebody completed the task, between this node's look and its lock.
            notice = session.scalar(
                select(Notice)
                .where(Notice.case_id == case.id, Notice.due_at <= now)
                .order_by(Notice.due_at, Notice.id)
                .limit(1)
            )
            if notice is not None:
                tried = notice.id
                _give(engine, session, case, notice, now)
    except Exception as error:
        if tried is None or is_passing(error):
            raise
        log.error("notice %s could not be given; it is tried again in an hour", tried, exc_info=error)
        with engine.database.transaction() as session:
            session.execute(update(Notice).where(Notice.id == tried).values(due_at=now + AGAIN))
    return 1


def _give(engine: Engine, session: Session, case: Case, notice: Notice, now: datetime) -> None:
    task = session.get_one(Task, notice.task_id)
    given = [Notice.id == notice.id]
    if notice.escalate_to is None:
        # After a long sleep several reminders of one task may be due: once is enough.
        given = [Notice.task_id == task.id, Notice.escalate_to.is_(None), Notice.due_at <= now]
    session.execute(delete(Notice).where(*given), execution_options={"synchronize_session": False})
    if task.status != "open":
        return
    if notice.escalate_to is None:
        whom = f"person:{task.assignee_id}" if task.assignee_id is not None else task.role
        ids = _tell(engine, session, case, task, "task.reminder", whom, notice)
        _note(engine, session, case, task, None, "task.reminded", {"notifications": ids})
    else:
        whom, facts = _escalated(engine, session, case, notice.escalate_to)
        # The task's version stays: whoever is filling in its form just now shall not have to do it again.
        session.execute(
            update(Task).where(Task.id == task.id).values(escalated_to=whom),
            execution_options={"synchronize_session": False},
        )
        ids = _tell(engine, session, case, task, "task.escalated", whom, notice)
        _note(engine, session, case, task, None, "task.escalated", {**facts, "notifications": ids})


def _escalated(engine: Engine, session: Session, case: Case, role: str) -> tuple[str, dict[str, Any]]:
    """Return whom an overdue task goes to, as `Task.escalated_to` holds it, and what the journal says of it."""
    record: dict[str, Any] = {"area": case.area}
    if case.record_id is not None:
        record |= engine.records.read(session, engine.records.kind_of(session, case.record_id), case.record_id)
    found = engine.directory.resolve(
        session, role, record=record, owner_id=case.owner_id, requester_id=case.requester_id, initiator_id=None
    )
    whom = f"person:{found.person_id}" if found.person_id is not None else found.role
    return whom, {"role": found.role} | ({"to": found.person_id} if found.person_id is not None else {})


def _tell(
    engine: Engine, session: Session, case: Case, task: Task, text: Text, audience: str, notice: Notice
) -> list[int]:
    return engine.tell_of_task(
        session, text, audience=audience, key=f"notice:{notice.id}", case_id=case.id, record_id=case.record_id,
        task_id=task.id, element=task.element, number=case.number, title=case.title, task=task.name,
        due_at=task.due_at, assignee_id=task.assignee_id,
    )  # fmt: skip


def is_escalated_to(task: Task, actor: Actor) -> bool:
    """Tell whether an overdue task was escalated to the actor, in person or by a role of theirs."""
    whom = task.escalated_to
    people = (actor.person_id, *actor.stands_in_for)
    return whom is not None and (whom in actor.roles or any(whom == f"person:{one}" for one in people))


def take_over(engine: Engine, session: Session, task_id: int, actor: Actor) -> Task:
    """Take a task that was escalated to the actor, also from whoever has it; taking it twice is no error.

    Raises:
        NotFound: unknown, or not escalated to the actor.
        Conflict: it is no longer open.
    """
    task = locked_task(session, task_id)
    actor = actor.at(session, task.case.record_id)
    if not is_escalated_to(task, actor):
        raise NotFound
    if task.status != "open":
        raise Conflict("This task is finished; nobody can take it over any more.")
    if task.assignee_id == actor.person_id:
        return task
    if not is_escalated_to(task, lasting(engine, session, task, actor.person_id)):
        raise NotFound
    before, task.assignee_id, task.claimed_at = task.assignee_id, actor.person_id, clock.now()
    _note(engine, session, task.case, task, actor.person_id, "task.taken_over", {"from": before})
    return task


def _note(
    engine: Engine, session: Session, case: Case, task: Task, actor_id: int | None, event: str, data: dict[str, Any]
) -> None:
    entry = Entry(event, clock.now(), actor_id, task.element, {"task": task.id, **data}, None, case.id, case.record_id)
    case.journal_head, case.journal_length = engine.journal.write(
        session, f"case:{case.id}", case.journal_head, case.journal_length, [entry]
    )
