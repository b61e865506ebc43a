"""Agreements with their targets, violations, and the clocks that run by them (FitSM-2 PR2)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id, Told
from app.domain.records.kinds import APART
from app.domain.records.records import Record, searched

agreement_number = Sequence("record_number_agr_seq", metadata=Base.metadata)
violation_number = Sequence("record_number_vio_seq", metadata=Base.metadata)


class Agreement(Record):
    """What was agreed on a service: with a customer (SLA), within (OLA) or with a supplier (UA).

    `type` is one of `words.TYPES`. Without a service it is about all of them. `organisation_id` is the customer of an
    SLA (none for a default one) or the supplier of a UA; an OLA names the team that promises as the record's `team`.
    It applies from `valid_from` until `valid_until`, without these as long as it is in force. `review_months` is how
    often it is reviewed, `review_due_at` when the next review is due.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        Index("ix_agreement_words", "words", postgresql_using="gin"),
        Index("ix_agreement_review", "review_due_at", postgresql_where=text("review_due_at IS NOT NULL")),
    )

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    type: Mapped[str]
    description: Mapped[str | None]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    review_months: Mapped[int] = mapped_column(server_default="12")
    review_due_at: Mapped[datetime | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True, info=APART)
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"), index=True, info=APART)
    words: Mapped[Any] = searched("description")

    __mapper_args__ = {"polymorphic_identity": "agreement", "inherit_condition": record_id == Record.id}


class Target(Base):
    """One promise of an agreement: how much working time until something has happened.

    `metric` is one of `words.METRICS`, `priority` empty where it holds for every other priority, `minutes` working
    time by the agreement's calendar or the target's own; a warning is due when `warn_percent` of it are used.
    """

    __tablename__ = "agreement_target"
    __table_args__ = (
        UniqueConstraint("agreement_id", "metric", "priority"),
        CheckConstraint("minutes > 0", name="some_time"),
        CheckConstraint("warn_percent BETWEEN 1 AND 100", name="warned_before"),
    )

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.record_id", ondelete="CASCADE"))
    metric: Mapped[str]
    priority: Mapped[str] = mapped_column(server_default="")
    minutes: Mapped[int]
    warn_percent: Mapped[int] = mapped_column(server_default="80")
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"), index=True)


class Violation(Record):
    """A target that was missed; linked with the record that it was missed on."""

    __tablename__ = "violation"

    record_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("record.id"), primary_key=True)
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    clock_id: Mapped[int | None] = mapped_column(ForeignKey("target_clock.id"), unique=True, info=APART)
    metric: Mapped[str]
    target_minutes: Mapped[int]
    missed_at: Mapped[datetime]
    cause: Mapped[str | None]

    __mapper_args__ = {"polymorphic_identity": "violation", "inherit_condition": record_id == Record.id}


class TargetClock(Base):
    """A promise that is being kept or missed on one record.

    `level` is the kind of agreement it runs by (`sla`, `ola`, `ua`); an OLA or UA clock stands beside that of the SLA.
    `agreement_id`, `calendar_id`, `minutes` and `warn_percent` are the terms that apply now, none where no agreement
    promises anything; `why` says why they apply. `wake_at` is when it next has to be looked at: a running clock costs
    nothing before. `stale` tells that something its terms depend on has changed.
    """

    __tablename__ = "target_clock"
    __table_args__ = (
        Index("ix_target_clock_record", "record_id", "id"),
        Index("ix_target_clock_wake", "wake_at", "id", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_target_clock_stale", "id", postgresql_where=text("stale")),
        Index("ix_target_clock_agreement", "agreement_id"),
        Index("ix_target_clock_calendar", "calendar_id"),
        Index(
            "uq_target_clock_sla", "record_id", "metric", unique=True, postgresql_where=text("level = 'sla'")
        ),
    )  # fmt: skip

    id: Mapped[Id]
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    level: Mapped[str]
    metric: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.record_id"))
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"))
    minutes: Mapped[int | None]
    warn_percent: Mapped[int] = mapped_column(server_default="80")
    why: Mapped[str | None] = mapped_column(Told)
    state: Mapped[str] = mapped_column(server_default="running")
    started_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    wake_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    stale: Mapped[bool] = mapped_column(server_default="false")


class ClockEvent(Base):
    """Something that happened to a clock: it started, paused, went on, stopped, warned, was missed, got other terms."""

    __tablename__ = "clock_event"
    __table_args__ = (Index("ix_clock_event_clock", "clock_id", "at", "id"),)

    id: Mapped[Id]
    clock_id: Mapped[int] = mapped_column(ForeignKey("target_clock.id"))
    at: Mapped[datetime]
    type: Mapped[str]
    reason: Mapped[str | None] = mapped_column(Told)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
