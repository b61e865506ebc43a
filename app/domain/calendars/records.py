"""Calendars: weekly hours, holidays, exceptions, time zone."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class Calendar(Base):
    """When an organisation, team, person or agreement works.

    `hours` maps weekdays (`mon` … `sun`) to lists of `["08:00", "17:00"]`; `region` says whose public holidays are off
    (`DE-SH`; empty: none). `exceptions` are spans of dates that do not overlap, in order, as `{"from": "2026-12-24",
    "to": "2026-12-31", "hours": [], "remark": ""}`: what they say counts instead of both, no hours means closed.
    """

    __tablename__ = "calendar"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    hours: Mapped[dict[str, Any]]
    region: Mapped[str] = mapped_column(server_default="")
    exceptions: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    version: Mapped[int] = mapped_column(server_default="1")
