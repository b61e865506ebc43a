"""The service request and its own fields (FitSM-2 PR9)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.domain.records.records import Record, searched

number_sequence = Sequence("record_number_req_seq", metadata=Base.metadata)


class ServiceRequest(Record):
    """Something that a user asks for out of the catalogue, from the wish to its confirmed fulfilment."""

    __tablename__ = "service_request"
    __table_args__ = (Index("ix_service_request_words", "words", postgresql_using="gin"),)

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    catalogue_item_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    description: Mapped[str | None]
    level: Mapped[int] = mapped_column(server_default="1")
    target_hours: Mapped[int] = mapped_column(server_default="16")
    fulfilment: Mapped[str | None]
    closure_code: Mapped[str | None]
    reopened: Mapped[int] = mapped_column(server_default="0")
    approved_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    words: Mapped[Any] = searched("description", "fulfilment")

    # Two foreign keys lead to `record`: its own, and that of the catalogue item.
    __mapper_args__ = {"polymorphic_identity": "service_request", "inherit_condition": record_id == Record.id}
