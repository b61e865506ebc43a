"""Finding and locking a case or task before a step."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import TupleRow
from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from app.database.direct import Direct
from app.database.loaded import as_loaded, keep
from app.database.transaction import LOCKED
from app.engine.engine import Engine
from app.engine.ports import Actor
from app.engine.program import Program
from app.engine.records import Case, Task, Timer
from app.engine.serializer import restore
from app.engine.step import Step
from app.errors import Conflict, Message, NotFound, read_told
from app.processes.bundle import contents

# Written once, because building and comparing a statement costs more than the database takes to answer it.
_TASK_COLUMNS = [column for column in Task.__table__.columns if column.name != "draft"]
_CASE_COLUMNS = list(Case.__table__.columns)
_CASE = Direct(select(*_CASE_COLUMNS).where(Case.id == bindparam("case_id")).with_for_update(**LOCKED))
_TASK = Direct(
    select(*_TASK_COLUMNS, *(column.label(f"case_{column.name}") for column in _CASE_COLUMNS))
    .join(Case, Case.id == Task.case_id)
    .where(Task.id == bindparam("task_id"))
    .with_for_update(of=[Case.__table__, Task.__table__], **LOCKED)
)
_DUE = Direct(
    select(Timer.engine_id, Timer.element, Timer.due_at, *_CASE_COLUMNS)
    .join(Case, Case.id == Timer.case_id)
    .where(
        Timer.status == literal_column("'waiting'"),
        Timer.due_at <= bindparam("now", type_=Timer.due_at.type),
        Case.status == literal_column("'running'"),
    )
    .order_by(Timer.due_at, Timer.id)
    .limit(literal_column("1"))
    .with_for_update(of=[Case.__table__, Timer.__table__], skip_locked=True, **LOCKED)
)
_OF_TASK = [column.name for column in _TASK_COLUMNS]
_OF_CASE = [column.name for column in _CASE_COLUMNS]


def locked_case(session: Session, case_id: int) -> Case:
    """Load a case with its state and lock its row until the transaction ends.

    Raises:
        NotFound: there is no such case.
    """
    row = _CASE.first(session, {"case_id": case_id})
    if row is None:
        raise NotFound
    return _case(session, row)


def locked_task(session: Session, task_id: int) -> Task:
    """Load a task with its case and the case's state, the case's row locked: one statement.

    Raises:
        NotFound: there is no such task.
    """
    row = _TASK.first(session, {"task_id": task_id})
    if row is None:
        raise NotFound
    task = as_loaded(session, Task, dict(zip(_OF_TASK, row, strict=False)))
    keep(task, {"case": _case(session, row[len(_OF_TASK) :])})
    return task


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose time has come: the case that waits for it, locked, and where in it."""

    case: Case
    engine_id: UUID
    element: str
    due_at: datetime


def locked_timer(session: Session, now: datetime) -> DueTimer | None:
    """Return the timer that is due first of those that nobody else is at, with its case; both are locked."""
    row = _DUE.first(session, {"now": now})
    if row is None:
        return None
    engine_id, element, due_at, *of_case = row
    return DueTimer(_case(session, tuple(of_case)), engine_id, element, due_at)


def _case(session: Session, row: TupleRow) -> Case:
    """Return the case of a row; what the caller has seen of it before the lock is overwritten, others may be faster."""
    values = dict(zip(_OF_CASE, row, strict=True))
    told = values["stuck_message"]
    values["stuck_message"] = None if told is None else read_told(told)
    return as_loaded(session, Case, values)


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
