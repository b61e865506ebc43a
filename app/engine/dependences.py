"""What timers and due dates that move depend on, as rows (property `moves`).

The database itself marks rows stale when that changes, whoever changes it (see the migration that keeps dependences);
`app.engine.moving` then counts anew.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import column, delete, insert, select, table, update
from sqlalchemy.orm import Session

from app.database.transaction import UNCHANGED
from app.engine import recounting
from app.engine.records import STALE, Dependence

if TYPE_CHECKING:
    from app.engine.step import Step

Row = dict[str, object]
Kind = Literal["calendar", "record", "choice", "team", "person", "agreement", "default"]
"""What something depends on; `choice` is a record as far as it decides which calendar counts."""
WAITS = "moves"
"""What they are called among the things that a case waits for."""
PERSONAL = ":person"
"""Ends the entry of a task that was opened for one person, so that it is counted by that person's calendar again."""
_ROWS = Dependence.metadata.tables[Dependence.__tablename__]


def mark(session: Session, kind: Kind, ids: Iterable[int] = (0,), *, at: datetime = STALE) -> None:
    """Have everything counted anew that depends on these, once the transaction has committed.

    For what the database does not see by itself: another default calendar.
    `at` is from when on it is counted: later, where not every node knows of the change at once.
    """
    session.execute(
        update(Dependence)
        .where(Dependence.kind == kind, Dependence.target_id.in_(list(ids)), Dependence.stale_at.is_(None))
        .values(stale_at=at),
        execution_options={"synchronize_session": False},
    )


def sync(step: "Step") -> None:
    """Make the rows match what waits and may move: new ones come, those of what waits no longer go."""
    waiting = {str(work.engine_id): work for work in step.movable}
    remembered = {entry.removesuffix(PERSONAL): entry for entry in step.case.waits.get(WAITS, [])}
    fresh, gone = sorted(waiting.keys() - remembered.keys()), remembered.keys() - waiting.keys()
    if not fresh and not gone:
        return
    rows: list[Row] = []
    for engine_id in fresh:
        person_id, role = step.opened_for.get(engine_id, (None, ""))
        rows += rows_of(step, engine_id, recounting.count(step, waiting[engine_id], person_id, role).on)
        remembered[engine_id] = engine_id + (PERSONAL if person_id is not None else "")
    replace(step, gone, rows)
    step.wait_for(WAITS, sorted(entry for engine_id, entry in remembered.items() if engine_id not in gone))


def rows_of(step: "Step", engine_id: str, on: Iterable[tuple[str, int]]) -> list[Row]:
    """Return the rows of something that was counted.

    They are stale at first: what has changed between counting and holding it is seen by counting once more.
    """
    return [
        {"case_id": step.case.id, "engine_id": engine_id, "kind": kind, "target_id": target, "stale_at": STALE}
        for kind, target in sorted(on)
    ]


def replace(step: "Step", gone: Iterable[str], rows: list[Row]) -> None:
    """Take away the rows of these engine ids, then store new ones."""
    _hold(step.session, rows)
    if ids := list(gone):
        old = Dependence.case_id == step.case.id, Dependence.engine_id.in_(ids)
        step.session.execute(delete(Dependence).where(*old), execution_options={"synchronize_session": False})
    if rows:
        step.session.execute(insert(_ROWS), rows)


def _hold(session: Session, rows: Iterable[Row]) -> None:
    """Let nobody change what these depend on until the rows can be seen, and with that marked."""
    ids: dict[str, set[object]] = {}
    for row in rows:
        kind = str(row["kind"])
        ids.setdefault("record" if kind == "choice" else kind, set()).add(row["target_id"])
    for name in ("calendar", "person", "record", "team"):
        if name in ids:
            of = table(name, column("id"))
            session.execute(
                select(of.c.id).where(of.c.id.in_(ids[name])).order_by(of.c.id).with_for_update(**UNCHANGED)
            )
