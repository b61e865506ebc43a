"""Lists of answers as an organisation has changed them; what it has left alone stands in the shipped files."""

from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class OptionList(Base):
    """A list that somebody has changed or added; `generation` grows with every change."""

    __tablename__ = "option_list"

    key: Mapped[str] = mapped_column(primary_key=True)
    titles: Mapped[dict[str, Any]]
    generation: Mapped[int] = mapped_column(server_default="1")


class ListOption(Base):
    """One answer of a list: labels by language, its place, the answer above it, and what to choose in its stead."""

    __tablename__ = "list_option"
    __table_args__ = (UniqueConstraint("list_key", "key"),)

    id: Mapped[Id]
    list_key: Mapped[str] = mapped_column(ForeignKey("option_list.key"))
    key: Mapped[str]
    labels: Mapped[dict[str, Any]]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default="true")
    parent: Mapped[str | None]
    replaced_by: Mapped[str | None]
