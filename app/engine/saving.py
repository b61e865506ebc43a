"""A case's row, stored by two statements that are written once: the ORM takes twice as long for the same."""

from typing import Any

from sqlalchemy import String, bindparam, func, insert, update
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from app.engine.records import Case, case_number

_ROWS = Case.metadata.tables[Case.__tablename__]
_GIVEN = frozenset({"id", "number", "version"})

# The database counts: `C-2026-000042`.
_NUMBER = func.concat(bindparam("prefix", type_=String), func.to_char(case_number.next_value(), "FM9999999000000"))
_BEGIN = insert(_ROWS).values(number=_NUMBER, version=1).returning(_ROWS.c.id, _ROWS.c.number)

# What a step may change; all of it is written, whether it did or not, so that there is one statement for all steps.
_CHANGING = (
    "record_id", "title", "status", "state", "waits", "owner_id", "requester_id", "ended_at", "end_event",
    "stuck_element", "stuck_message", "stuck_traceback", "journal_head", "journal_length",
)  # fmt: skip
_SAVE = (
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("case"), _ROWS.c.version == bindparam("seen"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING} | {"version": bindparam("seen") + 1})
)


def begin(session: Session, year: int, **values: Any) -> Case:
    """Store a new case and return it as if it had just been loaded; columns that are not named are empty.

    Args:
        year: of its number.
        values: by column.
    """
    row = {column.name: None for column in _ROWS.columns if column.name not in _GIVEN} | values
    stored = session.execute(_BEGIN, row | {"prefix": f"C-{year}-"}).one()
    case = Case(**row, id=stored.id, number=stored.number, version=1)
    make_transient_to_detached(case)
    session.add(case)
    return case


def set_quietly(case: Case, **values: Any) -> None:
    """Set attributes that `save` will store, without the ORM taking note of them."""
    for name, value in values.items():
        set_committed_value(case, name, value)


def save(session: Session, case: Case) -> None:
    """Store what has become of a case, its version one higher.

    Raises:
        StaleDataError: somebody else has stored it meanwhile.
    """
    values = {name: getattr(case, name) for name in _CHANGING}
    given = {f"new_{name}": value for name, value in values.items()} | {"case": case.id, "seen": case.version}
    if getattr(session.execute(_SAVE, given), "rowcount", 1) != 1:
        raise StaleDataError(f"case {case.number} was stored by somebody else")
    set_quietly(case, **values, version=case.version + 1)
