"""The lines of a batch: what would become of each row, kept and read back with few statements."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.records import bulk_rows
from app.domain.records.many import AT_ONCE
from app.errors import read_told, told_as_json
from app.insight.batches.records import Batch, BatchLine

Fate = Literal["new", "changed", "same", "skipped", "left_out", "wrong"]
FATES: tuple[Fate, ...] = ("wrong", "left_out", "changed", "new", "skipped", "same")
"""What needs somebody's eyes comes first."""
PAGE = 100


@dataclass(slots=True)
class Line:
    """One row: what would become of it; `faults` are titles of columns with what is wrong there."""

    row: int
    fate: Fate = "new"
    record_id: int | None = None
    number: str = ""
    title: str = ""
    known_by: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, column: str, message: str, fate: Fate = "wrong") -> None:
        """Note what is wrong; nothing becomes of such a row."""
        self.faults.append((column, message))
        self.fate = fate


def keep(session: Session, batch: Batch, lines: Sequence[Line]) -> None:
    """Put these lines in the place of all that the batch had, and count them."""
    session.execute(delete(BatchLine).where(BatchLine.batch_id == batch.id), **_PLAIN)
    for start in range(0, len(lines), AT_ONCE):
        rows = [_as_row(batch.id, line) for line in lines[start : start + AT_ONCE]]
        bulk_rows.insert(session, BatchLine.__table__, rows)
    batch.counts = dict(Counter(line.fate for line in lines))


def read(session: Session, batch_id: int, fates: Sequence[Fate]) -> list[Line]:
    """Return all lines of these fates in the order of the table."""
    query = select(*BatchLine.__table__.c).where(BatchLine.batch_id == batch_id, BatchLine.fate.in_(fates))
    return [_as_line(row) for row in session.execute(query.order_by(BatchLine.row))]


def page(session: Session, batch_id: int, fate: str, after: int, limit: int = PAGE) -> tuple[list[Line], bool]:
    """Return some lines of a fate that come after a row, and whether there are more."""
    query = select(*BatchLine.__table__.c).where(
        BatchLine.batch_id == batch_id, BatchLine.fate == fate, BatchLine.row > after
    )
    found = [_as_line(row) for row in session.execute(query.order_by(BatchLine.row).limit(limit + 1))]
    return found[:limit], len(found) > limit


def faulty(session: Session, batch_id: int) -> Iterator[Line]:
    """Yield the lines with complaints in the order of the table."""
    return iter(read(session, batch_id, ("wrong", "left_out")))


def point_to(session: Session, batch_id: int, lines: Sequence[Line]) -> None:
    """Note which records have come from which rows."""
    for start in range(0, len(lines), AT_ONCE):
        part = lines[start : start + AT_ONCE]
        rows = [{"row": line.row, "record_id": line.record_id, "number": line.number} for line in part]
        bulk_rows.update(
            session, BatchLine.__table__, "row", rows, within=BatchLine.__table__.c.batch_id == batch_id
        )  # fmt: skip


def _as_row(batch_id: int, line: Line) -> dict[str, Any]:
    faults = [[column, told_as_json(message)] for column, message in line.faults]
    return {
        "batch_id": batch_id, "row": line.row, "fate": line.fate, "record_id": line.record_id, "number": line.number,
        "title": line.title, "known_by": line.known_by, "before": line.before, "after": line.after, "faults": faults,
    }  # fmt: skip


def _as_line(row: Any) -> Line:
    faults = [(column, read_told(told)) for column, told in row.faults]
    return Line(
        row.row, row.fate, row.record_id, row.number, row.title, row.known_by, row.before, row.after, faults
    )  # fmt: skip


_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}
