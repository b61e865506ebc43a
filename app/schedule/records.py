"""Tables of the clockwork: nodes, periodic duties, schedules with their occurrences, and when nothing ticked."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id, Told


class Node(Base):
    """A process that ticks: when it did last, how much it fired, and what went wrong."""

    __tablename__ = "schedule_node"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ticked_at: Mapped[datetime]
    fired: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]


class DutyTurn(Base):
    """Whose turn a periodic duty is: whoever claims the row when `next_at` has come carries it out for all nodes."""

    __tablename__ = "schedule_duty"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    node: Mapped[str | None]
    changed: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]


class Beat(Base):
    """When any node ticked last: a single row, which outlives the nodes."""

    __tablename__ = "schedule_beat"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ticked_at: Mapped[datetime]


class Standstill(Base):
    """A time in which no node ticked: nothing was due, or it came late."""

    __tablename__ = "schedule_standstill"

    id: Mapped[Id]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class Schedule(Base):
    """A timer start event of a published diagram, with its next due time.

    `expression`, `calendar`, `misfire` and `for_each` are as drawn in `diagram_version`; `override` holds what somebody
    set instead on the schedule's page, `override_drawn` what was drawn then. `nominal_at` is the next time by the rule,
    `next_due` the same moved to a working day; nothing is due without it. Time counts from `counted_at` on: the last
    time that has been dealt with, due at `counted_due`. `problem` says why no next time can be told.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("diagram", "element"),
        Index("ix_schedule_due", "next_due", "id", postgresql_where=text("next_due IS NOT NULL")),
    )

    id: Mapped[Id]
    diagram: Mapped[str]
    element: Mapped[str]
    area: Mapped[str]
    diagram_version: Mapped[int]
    expression: Mapped[str]
    calendar: Mapped[str]
    misfire: Mapped[str]
    for_each: Mapped[str]
    override: Mapped[dict[str, Any] | None]
    override_drawn: Mapped[dict[str, Any] | None]
    override_reason: Mapped[str | None]
    overridden_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    overridden_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    pause_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    anchor_at: Mapped[datetime]
    counted_at: Mapped[datetime]
    counted_due: Mapped[datetime]
    nominal_at: Mapped[datetime | None]
    next_due: Mapped[datetime | None]
    fired_at: Mapped[datetime | None]
    fired_due: Mapped[datetime | None]
    fired_subjects: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(Told)
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}

    def in_force(self, name: str) -> str:
        """Return `expression`, `calendar` or `misfire` as it counts now."""
        return str((self.override or {}).get(name, getattr(self, name)))


class Occurrence(Base):
    """One firing of a schedule, for one subject where it has such; `subject` is empty otherwise.

    `status` is `waiting` until its case is started, then `started`; `failed` with its `error`, or `skipped`. `missed`
    counts earlier times that this one stands for. `by_id` is who pressed “run now”.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("schedule_id", "subject", "nominal_at"),
        Index("ix_occurrence_waiting", "id", postgresql_where=text("status = 'waiting'")),
    )

    id: Mapped[Id]
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"))
    subject: Mapped[str] = mapped_column(server_default="")
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    nominal_at: Mapped[datetime]
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(server_default="waiting")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("process_case.id"), index=True)
    error: Mapped[str | None] = mapped_column(Told)
    missed: Mapped[int] = mapped_column(server_default="0")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
