"""The service (FitSM-2 PR1)."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.domain.records.records import Record, searched

number_sequence = Sequence("record_number_svc_seq", metadata=Base.metadata)


class Service(Record):
    """A service that customers use; incidents and requests name it."""

    __tablename__ = "service"
    __mapper_args__ = {"polymorphic_identity": "service"}
    __table_args__ = (Index("ix_service_words", "words", postgresql_using="gin"),)

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    description: Mapped[str | None]
    phase: Mapped[str] = mapped_column(server_default="production")
    critical: Mapped[bool] = mapped_column(server_default="false")
    words: Mapped[Any] = searched("description")
