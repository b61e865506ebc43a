"""Tables of batches: what was read or chosen, what would become of each record, and mappings that are remembered."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class Batch(Base):
    """Many changes of records of a kind, from a table (`source` is `import`) or chosen in a list (`choice`).

    `state` is `read` (how to take the table is still open), `checking`, `checked`, `storing`, `stored` or `failed`;
    `done` counts rows while a job works on it. `cells` are the rows of a table as texts.
    """

    __tablename__ = "batch"

    id: Mapped[Id]
    kind: Mapped[str]
    source: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    sha256: Mapped[str] = mapped_column(server_default="")
    head: Mapped[list[str]] = mapped_column(JSONB(none_as_null=True))
    cells: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    rows: Mapped[int] = mapped_column(server_default="0")
    recipe: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str] = mapped_column(server_default="")
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    finished_at: Mapped[datetime | None]


class BatchLine(Base):
    """What would become of one row or record: `new`, `changed`, `same`, `skipped`, `left_out` or `wrong`.

    `before` and `after` hold values as JSON by name, `faults` pairs of a column's title and a message.
    """

    __tablename__ = "batch_line"

    batch_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    fate: Mapped[str]
    record_id: Mapped[int | None]
    number: Mapped[str]
    title: Mapped[str]
    known_by: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    faults: Mapped[list[Any]]


class KeptMapping(Base):
    """How the last table of a kind was taken: fields by heading, and the rules."""

    __tablename__ = "kept_mapping"

    kind: Mapped[str] = mapped_column(primary_key=True)
    recipe: Mapped[dict[str, Any]]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
