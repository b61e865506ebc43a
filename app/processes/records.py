"""Tables of published definitions and the bundles that cases pin."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class Definition(Base):
    """One immutable version of a diagram, form, decision or process description.

    `key` is the diagram key, the form reference (`incidents/classify`), the decision id or the area;
    `number` counts the versions of that key from 1; `hash` is the SHA-256 of `content`.
    """

    __tablename__ = "definition"
    __table_args__ = (
        Index("uq_definition_version", "kind", "key", "number", unique=True),
        Index("uq_definition_current", "kind", "key", unique=True, postgresql_where=text("current")),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    key: Mapped[str]
    number: Mapped[int]
    hash: Mapped[str]
    name: Mapped[str]
    area: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    meta: Mapped[dict[str, Any]]
    current: Mapped[bool] = mapped_column(server_default="true")
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(server_default="")


class Bundle(Base):
    """What a case pins at its start: the version ids of its diagram and of everything that it may call."""

    __tablename__ = "bundle"

    id: Mapped[Id]
    hash: Mapped[str] = mapped_column(unique=True)
    diagram: Mapped[str]
    members: Mapped[list[Any]]
    created_at: Mapped[datetime]


class LibraryState(Base):
    """One row whose number grows with each publishing, so that every process knows when to look again."""

    __tablename__ = "library_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(server_default="1")
