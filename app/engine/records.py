"""Tables of running work: cases, tasks, timers, notices, messages, evidence and what could not be stored."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates
from sqlalchemy.types import Uuid

from app.database.base import Base, Id, Told

STALE = datetime(1970, 1, 1, tzinfo=UTC)
"""Marks a dependence as stale at once, whatever the clock says."""

case_number = Sequence("case_number_seq", metadata=Base.metadata)


class Case(Base):
    """One running instance of a diagram's version.

    `state` is the compressed SpiffWorkflow state behind a codec byte; `version` counts its steps;
    `waits` lists the engine ids of the rows in `task`, `timer`, `notice` and `subscription`, so that a step
    touches these tables only where something changed; `parent_id` is the case whose message opened this one;
    `told_stuck` is the version of the case with which people were told that it is stuck.
    """

    __tablename__ = "process_case"
    __table_args__ = (
        Index("ix_process_case_diagram", "diagram", "status", "id"),
        # Of an expression, so that no step of a case works out words of a title that stays as it is.
        Index("ix_process_case_words", text("words_of(title)"), postgresql_using="gin"),
        Index("ix_process_case_stuck", "id", postgresql_where=text("status = 'stuck'")),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    diagram: Mapped[str]
    area: Mapped[str]
    diagram_version: Mapped[int]
    bundle_id: Mapped[int] = mapped_column(ForeignKey("bundle.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("process_case.id"), index=True)
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="running")
    state: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    version: Mapped[int] = mapped_column(server_default="1")
    waits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_event: Mapped[str | None]
    stuck_element: Mapped[str | None]
    stuck_message: Mapped[str | None] = mapped_column(Told)
    stuck_traceback: Mapped[str | None]
    told_stuck: Mapped[int | None]
    journal_head: Mapped[bytes | None] = mapped_column(LargeBinary)
    journal_length: Mapped[int] = mapped_column(server_default="0")

    __mapper_args__ = {"version_id_col": version}


class Task(Base):
    """One piece of work for a person: a user task that is ready, or was.

    `escalated_to` is the role that an overdue one was escalated to, or `person:<id>` where it was one person;
    `on_behalf_of_id` is the absent person for whom their substitute has done it. Until `put_off_until` whoever has it
    does not want to see it among what is to be done. `told` is whose it was when people were last told (0: nobody's),
    so that news is where it differs from the assignee.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_mine", "assignee_id", "due_at", "id",
            postgresql_where=text("status = 'open' AND assignee_id IS NOT NULL"),
            postgresql_include=["put_off_until"],
        ),
        Index(
            "ix_task_put_off", "assignee_id", "put_off_until", "id",
            postgresql_where=text("status = 'open' AND put_off_until IS NOT NULL"),
        ),
        Index(
            "ix_task_role", "role", "due_at", "id",
            postgresql_where=text("status = 'open' AND assignee_id IS NULL"),
        ),
        Index("ix_task_due", "due_at", "id", postgresql_where=text("status = 'open'")),
        Index("ix_task_case", "case_id", "id"),
        Index("ix_task_name", "name", postgresql_where=text("status = 'open'")),
        Index(
            "ix_task_done", "completed_by_id", "completed_at", "id",
            postgresql_where=text("status = 'done'"),
        ),
        Index("ix_task_escalated", "escalated_to", "due_at", "id", postgresql_where=text("escalated_to IS NOT NULL")),
        Index(
            "ix_task_untold", "id",
            postgresql_where=text("status = 'open' AND coalesce(told, -1) <> coalesce(assignee_id, 0)"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"))
    engine_id: Mapped[UUID] = mapped_column(Uuid())
    diagram: Mapped[str]
    element: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    role: Mapped[str]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(server_default="3")
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    draft: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    draft_at: Mapped[datetime | None]
    escalated_to: Mapped[str | None]
    put_off_until: Mapped[datetime | None]
    told: Mapped[int | None]
    version: Mapped[int] = mapped_column(server_default="1")

    case: Mapped[Case] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}

    @validates("assignee_id")
    def _put_off_by_one_person(self, _name: str, person_id: int | None) -> int | None:
        """Show a task that goes to somebody else at once: only whoever had it has put it off."""
        if person_id != self.assignee_id and self.put_off_until is not None:
            self.put_off_until = None
        return person_id


class Timer(Base):
    """A timer event that a case waits for."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("ix_timer_due", "due_at", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_timer_case", "case_id", "id"),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"))
    engine_id: Mapped[UUID] = mapped_column(Uuid())
    element: Mapped[str]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(server_default="waiting")


class Notice(Base):
    """Something to be said of an open task at a time: a reminder, or its escalation when `escalate_to` names a role.

    It goes when it has been said and when the task ends; what was said stands in the journal.
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_due", "due_at", "id"), Index("ix_notice_case", "case_id", "id"))

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    due_at: Mapped[datetime]
    escalate_to: Mapped[str | None]


class Dependence(Base):
    """A timer or open task of a case was counted from something; when that changes, it is counted anew.

    `kind` and `target_id` say what: a calendar, record, team, person or agreement, `choice` for what decides about
    the record's calendar, `default` for the calendar that counts for all. `stale_at` is from when on it is to be
    counted anew.
    """

    __tablename__ = "dependence"
    __table_args__ = (
        Index("ix_dependence_on", "kind", "target_id"),
        Index("ix_dependence_case", "case_id", "engine_id"),
        Index("ix_dependence_stale", "stale_at", "id", postgresql_where=text("stale_at IS NOT NULL")),
    )

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"))
    engine_id: Mapped[UUID] = mapped_column(Uuid())
    kind: Mapped[str]
    target_id: Mapped[int]
    stale_at: Mapped[datetime | None]


class Subscription(Base):
    """A message that a case waits for, by name and key."""

    __tablename__ = "subscription"
    __table_args__ = (Index("ix_subscription_match", "name", "key"), Index("ix_subscription_case", "case_id", "id"))

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"))
    engine_id: Mapped[UUID] = mapped_column(Uuid())
    element: Mapped[str]
    name: Mapped[str]
    key: Mapped[str]


class Message(Base):
    """A message in the mailbox, kept until it is matched or 30 days have passed."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_waiting", "name", "key", "id", postgresql_where=text("status = 'waiting'")),)

    id: Mapped[Id]
    identity: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    broadcast: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str] = mapped_column(server_default="waiting")
    sender_case_id: Mapped[int | None] = mapped_column(ForeignKey("process_case.id"), index=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Delivery(Base):
    """A message reached a case, or opened one; never twice the same."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("message_id", "case_id"),)

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"), index=True)
    element: Mapped[str]
    at: Mapped[datetime]


class Stimulus(Base):
    """What should have moved a case but could not be stored; kept so that it can be tried again."""

    __tablename__ = "stimulus"

    id: Mapped[Id]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("process_case.id"), index=True)
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    error: Mapped[str]
    at: Mapped[datetime]
    retried_at: Mapped[datetime | None]


class Evidence(Base):
    """A completed task carried out what an identifier of the standard asks for."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_identifier", "identifier", "at"),)

    id: Mapped[Id]
    identifier: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey("process_case.id"), index=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    element: Mapped[str]
    diagram: Mapped[str]
    diagram_version: Mapped[int]
    kind: Mapped[str | None]
    values_hash: Mapped[str]
    at: Mapped[datetime]


class UsedKey(Base):
    """An idempotency key that a person used, with what it was answered."""

    __tablename__ = "used_key"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]
