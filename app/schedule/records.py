"""Tables of the clockwork: which node ticked when, and when each periodic duty is due next."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


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
