"""The log of what was sent to whom, and what each person wants to be told how."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id, Told


class Notification(Base):
    """One message to one recipient and what became of it.

    What a diagram or an account sends has no `event`: it is a mail that waits, was sent or failed. News of an event
    may be `shown` on the person's page until they are `read_at`, and its mail may be planned or collected first; see
    `news`.
    """

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_mine", "person_id", "id", postgresql_where=text("shown")),
        Index("ix_notification_unread", "person_id", postgresql_where=text("shown AND read_at IS NULL")),
        Index("ix_notification_collected", "person_id", "send_at", postgresql_where=text("status = 'collected'")),
        Index("ix_notification_task_id", "task_id", postgresql_where=text("task_id IS NOT NULL")),
        Index("ix_notification_comment_id", "comment_id", postgresql_where=text("comment_id IS NOT NULL")),
    )

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
    error: Mapped[str | None] = mapped_column(Told)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    event: Mapped[str | None]
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    path: Mapped[str | None]
    shown: Mapped[bool] = mapped_column(server_default="false")
    read_at: Mapped[datetime | None]
    send_at: Mapped[datetime | None]


class Webhook(Base):
    """An address that hears of events: of all, or of those that a person is told of.

    The secret that signs is encrypted. `failures` counts deliveries given up in a row; after some it is switched off.
    """

    __tablename__ = "webhook"

    id: Mapped[Id]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    events: Mapped[list[str]]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(server_default="true")
    failures: Mapped[int] = mapped_column(server_default="0")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One event for one webhook and what became of it; `identity` is the same however often it is sent."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (UniqueConstraint("webhook_id", "key"), Index("ix_webhook_delivery_at", "created_at"))

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    identity: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str]
    event: Mapped[str]
    payload: Mapped[dict[str, Any]]
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"))
    status: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    answer_status: Mapped[int | None]
    answer: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class NotificationChoice(Base):
    """How a person wants to be told of an event, where that differs from what everybody gets at first."""

    __tablename__ = "notification_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    page: Mapped[bool]
    mail: Mapped[str]


class NotificationHours(Base):
    """When a person wants no mail (minutes of their own day, and weekends), and at which hour the daily one comes."""

    __tablename__ = "notification_hours"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    quiet_weekends: Mapped[bool] = mapped_column(server_default="false")
    digest_hour: Mapped[int]
