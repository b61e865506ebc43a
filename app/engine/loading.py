"""Finding and locking a case or task before a step."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager, undefer

from app.database.transaction import LOCKED
from app.engine.engine import Engine
from app.engine.ports import Actor
from app.engine.program import Program
from app.engine.records import Case, Task
from app.engine.serializer import restore
from app.engine.step import Step
from app.errors import Conflict, Message, NotFound
from app.processes.bundle import contents

# Written once, because building and comparing a statement costs more than the database takes to answer it.
# What the caller has seen of the row before the lock is overwritten: somebody may have been faster.
_CASE = (
    select(Case)
    .where(Case.id == bindparam("case_id"))
    .options(undefer(Case.state))
    .with_for_update(of=Case, **LOCKED)
    .execution_options(populate_existing=True)
)
_TASK = (
    select(Task)
    .join(Task.case)
    .where(Task.id == bindparam("task_id"))
    .options(contains_eager(Task.case).undefer(Case.state))
    .with_for_update(of=[Case.__table__, Task.__table__], **LOCKED)
    .execution_options(populate_existing=True)
)


def locked_case(session: Session, case_id: int) -> Case:
    """Load a case with its state and lock its row until the transaction ends.

    Raises:
        NotFound: there is no such case.
    """
    case = session.scalar(_CASE, {"case_id": case_id})
    if case is None:
        raise NotFound
    return case


def locked_task(session: Session, task_id: int) -> Task:
    """Load a task with its case and the case's state, the case's row locked: one statement.

    Raises:
        NotFound: there is no such task.
    """
    task = session.scalar(_TASK, {"task_id": task_id})
    if task is None:
        raise NotFound
    return task


def lasting(engine: Engine, session: Session, task: Task, person_id: int | None) -> Actor:
    """Return what somebody holds for a task that they are about to get, and let it stay so until the transaction ends.

    Who asks was identified a moment ago; meanwhile they, or whoever gets the task, may have lost a role or left.

    Raises:
        Conflict: they have left, or what they hold is being changed.
    """
    actor = engine.directory.lasting(session, person_id) if person_id is not None else None
    if actor is None:
        raise Conflict("This person is not here any more.")
    return actor.at(session, task.case.record_id)


def step_on(engine: Engine, session: Session, case: Case, actor: Actor | None, *, by_form: bool = False) -> Step:
    """Restore a case's workflow from its pinned bundle and make the step that will move it."""
    bundle = contents(session, case.bundle_id)
    workflow = restore(Program.of(bundle), case.state)
    return Step(engine, session, case, bundle, workflow, actor, by_form)


def refuse_ended(case: Case) -> None:
    """Refuse to touch a case that has ended.

    Raises:
        Conflict: the case is completed or cancelled.
    """
    if case.status in ("completed", "cancelled"):
        raise Conflict(Message("Case {case} has ended; nothing can be changed in it any more.", case=case.number))
