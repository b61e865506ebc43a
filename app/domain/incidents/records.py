"""The incident and its own fields (FitSM-2 PR9)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.domain.records.records import Record, searched

number_sequence = Sequence("record_number_inc_seq", metadata=Base.metadata)


class Incident(Record):
    """An unplanned disruption of a service, from its report to its confirmed end."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_words", "words", postgresql_using="gin"),)

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    description: Mapped[str | None]
    channel: Mapped[str | None]
    caller_name: Mapped[str | None]
    caller_contact: Mapped[str | None]
    category: Mapped[str | None]
    impact: Mapped[str | None]
    urgency: Mapped[str | None]
    major: Mapped[bool] = mapped_column(server_default="false")
    coordinator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    known_error_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    level: Mapped[int] = mapped_column(server_default="1")
    resolution: Mapped[str | None]
    cause: Mapped[str | None]
    closure_code: Mapped[str | None]
    reopened: Mapped[int] = mapped_column(server_default="0")
    resolved_at: Mapped[datetime | None]
    words: Mapped[Any] = searched("description", "resolution", "cause")

    # Two foreign keys lead to `record`: its own, and that of the known error.
    __mapper_args__ = {"polymorphic_identity": "incident", "inherit_condition": record_id == Record.id}
