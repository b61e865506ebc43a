"""Calendars: weekly hours, days off, time zone."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class Calendar(Base):
    """When an organisation, team or agreement works.

    `hours` maps weekdays (`mon` … `sun`) to lists of `["08:00", "17:00"]`; `days_off` lists ISO dates.
    """

    __tablename__ = "calendar"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    hours: Mapped[dict[str, Any]]
    days_off: Mapped[list[str]]
    version: Mapped[int] = mapped_column(server_default="1")
