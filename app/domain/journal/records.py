"""Tables of the journal: lines that stay for ever, payloads that can be erased, anchors of all chains."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class JournalEntry(Base):
    """One link of a chain: a case's, a record's or the system's history; never changed, never deleted.

    `data` holds ids and facts; what may name a person stands in `JournalPayload`, here only as a salted digest.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("uq_journal_entry_chain", "chain", "position", unique=True),
        Index("ix_journal_entry_case", "case_id", "id", postgresql_where=text("case_id IS NOT NULL")),
        Index("ix_journal_entry_record", "record_id", "id", postgresql_where=text("record_id IS NOT NULL")),
        # The lines of the system, which are few among many.
        Index("ix_journal_entry_system", "id", postgresql_where=text("case_id IS NULL AND record_id IS NULL")),
    )

    id: Mapped[Id]
    chain: Mapped[str]
    position: Mapped[int]
    case_id: Mapped[int | None]
    record_id: Mapped[int | None]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    event: Mapped[str]
    element: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    payload_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class JournalPayload(Base):
    """The erasable part of a journal entry, with the salt of its digest."""

    __tablename__ = "journal_payload"

    chain: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[dict[str, Any]]


class JournalAnchor(Base):
    """One digest over the ends of all chains that grew since the last anchor, and over that one.

    `seen` is the highest id of a line that existed then; `stored_at` is the database's own time, never a simulated one.
    """

    __tablename__ = "journal_anchor"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    chains: Mapped[int]
    seen: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now())


class JournalAnchorHead(Base):
    """Where a chain ended when it was anchored; its line at this position must have this hash for ever."""

    __tablename__ = "journal_anchor_head"
    __table_args__ = (Index("ix_journal_anchor_head_chain", "chain", "anchor"),)

    anchor: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
