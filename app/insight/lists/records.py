"""Tables of lists: filters that people keep, and what each person has chosen for a list."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class SavedFilter(Base):
    """What a list shows, kept under a name; `shared_with` is empty, `everybody` or a role key (`team.storage`)."""

    __tablename__ = "saved_filter"
    __table_args__ = (Index("ix_saved_filter_list", "list_key", "shared_with"),)

    id: Mapped[Id]
    list_key: Mapped[str]
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    shared_with: Mapped[str] = mapped_column(server_default="")
    state: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}


class ListChoice(Base):
    """A person's own columns of a list, and the filter that it opens with."""

    __tablename__ = "list_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    list_key: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    filter_id: Mapped[int | None] = mapped_column(ForeignKey("saved_filter.id", ondelete="SET NULL"), index=True)
