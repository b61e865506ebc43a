"""A step's rows, stored by statements that are written once: the ORM takes twice as long for the same."""

from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import Select, String, Update, bindparam, delete, func, insert, null, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.database.direct import Direct, json
from app.database.journal_entry import writing
from app.database.loaded import as_loaded, keep
from app.engine.records import Case, Task, case_number
from app.errors import told_as_json
from app.processes.versions import GENERATION

_ROWS = Case.metadata.tables[Case.__tablename__]
_GIVEN = frozenset({"id", "number", "version"})

# The database counts: `C-2026-000042`.
_NUMBER = func.concat(bindparam("prefix", type_=String), func.to_char(case_number.next_value(), "FM9999999000000"))
_BEGIN = Direct(
    insert(_ROWS)
    .values(
        {column.name: bindparam(column.name) for column in _ROWS.columns if column.name not in _GIVEN}
        | {"number": _NUMBER, "version": 1}
    )
    .returning(_ROWS.c.id, _ROWS.c.number, GENERATION.scalar_subquery())
)

# What a step may change; all of it is written, whether it did or not, so that there is one statement for all steps.
_CHANGING = (
    "record_id", "title", "status", "state", "waits", "owner_id", "requester_id", "ended_at", "end_event",
    "stuck_element", "stuck_message", "stuck_traceback", "journal_head", "journal_length",
)  # fmt: skip
# What the row of a new task holds; everything else comes from the database's defaults.
OPENED = (
    "case_id", "engine_id", "diagram", "element", "name", "status", "role", "assignee_id", "claimed_at", "due_at",
    "priority", "created_at", "version",
)  # fmt: skip
_TASKS = Task.metadata.tables[Task.__tablename__]


def _saving(*, finishes: bool, opens: bool) -> Update:
    """Write the statement that stores a case and, with it, its journal, the task that was completed and a new one."""
    saving = (
        update(_ROWS)
        .where(_ROWS.c.id == bindparam("case"), _ROWS.c.version == bindparam("seen"))
        .values({name: bindparam(f"new_{name}") for name in _CHANGING} | {"version": bindparam("seen") + 1})
    )
    new_task: Select[Any] = select(null())
    if finishes:
        finished = (
            update(_TASKS)
            .where(_TASKS.c.id == bindparam("done_id"))
            .values(
                status="done", completed_at=bindparam("done_at"), completed_by_id=bindparam("done_by"),
                on_behalf_of_id=bindparam("done_for"),
                assignee_id=bindparam("done_by"), draft=null(), version=_TASKS.c.version + 1,
            )
        )  # fmt: skip
        saving = saving.add_cte(finished.cte("finished"))
    if opens:
        values: dict[str, Any] = {name: bindparam(f"open_{name}") for name in OPENED}
        opened = insert(_TASKS).values(values).returning(_TASKS.c.id).cte("opened")
        saving, new_task = saving.add_cte(opened), select(opened.c.id)
    written = writing(bindparam("lines")).label("written")
    return saving.returning(_ROWS.c.version, new_task.scalar_subquery().label("task"), written)


_SAVE = {
    (finishes, opens): Direct(_saving(finishes=finishes, opens=opens))
    for finishes, opens in product((False, True), repeat=2)
}


def begin(session: Session, year: int, **values: Any) -> tuple[Case, int]:
    """Store a new case; columns that are not named are empty.

    Args:
        year: of its number.
        values: by column.

    Returns:
        The case as if it had just been loaded, and the generation of the library at this moment.
    """
    row = {column.name: None for column in _ROWS.columns if column.name not in _GIVEN} | values
    given = row | {"prefix": f"C-{year}-", "waits": json(row["waits"])}
    [(identity, number, generation)] = _BEGIN.rows(session, given)
    return as_loaded(session, Case, row | {"id": identity, "number": number, "version": 1}), generation


def undo(session: Session, case: Case) -> None:
    """Take back a case that `begin` has stored and nothing else refers to yet."""
    session.expunge(case)
    session.execute(delete(Case).where(Case.id == case.id), execution_options={"synchronize_session": False})


def set_quietly(case: Case, **values: Any) -> None:
    """Set attributes that `save` will store, without the ORM taking note of them."""
    keep(case, values)


def finish(task: Task, person_id: int | None, at: datetime, on_behalf_of: int | None = None) -> None:
    """Note that a person has done a locked task, for somebody absent or not; `save` stores it with the case."""
    done = {
        "status": "done", "completed_at": at, "completed_by_id": person_id, "assignee_id": person_id, "draft": None,
        "on_behalf_of_id": on_behalf_of, "version": task.version + 1,
    }  # fmt: skip
    keep(task, done)


def save(
    session: Session,
    case: Case,
    lines: str | None,
    *,
    finished: Task | None = None,
    opened: dict[str, Any] | None = None,
) -> int:
    """Store what has become of a case, its version one higher, in one statement.

    Args:
        lines: what its journal gets, as `Journal.chained` returns it.
        finished: the task that was completed, as `finish` has left it.
        opened: the row of a new task, with the columns `OPENED`.

    Returns:
        The id of the new task; 0 without one.

    Raises:
        StaleDataError: somebody else has stored the case meanwhile.
    """
    values = {name: getattr(case, name) for name in _CHANGING}
    given = {f"new_{name}": value for name, value in values.items()} | {"case": case.id, "seen": case.version}
    given["new_waits"], given["lines"] = json(case.waits), lines
    given["new_stuck_message"] = json(told_as_json(case.stuck_message))
    if finished is not None:
        done = {"done_id": finished.id, "done_at": finished.completed_at, "done_by": finished.completed_by_id}
        given |= done | {"done_for": finished.on_behalf_of_id}
    if opened is not None:
        given |= {f"open_{name}": opened[name] for name in OPENED}
    stored = _SAVE[finished is not None, opened is not None].first(session, given)
    if stored is None:
        raise StaleDataError(f"case {case.number} was stored by somebody else")
    version, new_task, _written = stored
    set_quietly(case, **values, version=version)
    return new_task or 0
