"""The follow-up action: what somebody has taken on, until when, and who finds out whether it helped."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base
from app.domain.records.records import Record, searched

number_sequence = Sequence("record_number_act_seq", metadata=Base.metadata)


class Action(Record):
    """Something that follows from a review, an incident, a finding: it has an owner, a date and an effect."""

    __tablename__ = "action"
    __mapper_args__ = {"polymorphic_identity": "action"}
    __table_args__ = (Index("ix_action_words", "words", postgresql_using="gin"),)

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    description: Mapped[str | None]
    reason: Mapped[str | None]
    due_at: Mapped[datetime | None]
    verifier_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_on_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    result: Mapped[str | None]
    effect: Mapped[str | None]
    escalated: Mapped[int] = mapped_column(server_default="0")
    words: Mapped[Any] = searched("description", "reason", "result")
