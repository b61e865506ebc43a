"""The known error (FitSM-2 PR10)."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.domain.records.records import Record, searched

number_sequence = Sequence("record_number_ker_seq", metadata=Base.metadata)


class KnownError(Record):
    """An unresolved problem with a documented workaround."""

    __tablename__ = "known_error"
    __mapper_args__ = {"polymorphic_identity": "known_error"}
    __table_args__ = (Index("ix_known_error_words", "words", postgresql_using="gin"),)

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    symptoms: Mapped[str | None]
    workaround: Mapped[str | None]
    used: Mapped[int] = mapped_column(server_default="0")
    words: Mapped[Any] = searched("symptoms", "workaround")
