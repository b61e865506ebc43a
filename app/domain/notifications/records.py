"""The log of what was sent to whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class Notification(Base):
    """One message to one recipient and what became of it."""

    __tablename__ = "notification"

    id: Mapped[Id]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("process_case.id"), index=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    address: Mapped[str]
    template: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    data: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="waiting")
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
