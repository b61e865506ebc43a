"""Tables of people's desks."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class DeskChoice(Base):
    """How a person wants to work; who has no row here has chosen nothing."""

    __tablename__ = "desk_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    stays: Mapped[bool] = mapped_column(server_default="false")


class CannedAnswer(Base):
    """A ready-made answer of an area or of a team; `texts` holds it by language (`en`, `de`), with holes."""

    __tablename__ = "canned_answer"
    __table_args__ = (CheckConstraint("(area IS NULL) <> (team_id IS NULL)", name="one_owner"),)

    id: Mapped[Id]
    name: Mapped[str]
    area: Mapped[str | None] = mapped_column(index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), index=True)
    texts: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": version}


class TaskPresence(Base):
    """When a person was last heard of as writing in a task's form; nothing that has to survive a crash."""

    __tablename__ = "task_presence"
    __table_args__ = (Index("ix_task_presence_person_id", "person_id"), {"prefixes": ["UNLOGGED"]})

    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime]
