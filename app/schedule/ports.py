"""What schedules need from others, as small protocols; `app.bootstrap` gives the real ones."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session


class WorkingWeek(Protocol):
    """A calendar: its time zone, and when work is done on a day."""

    @property
    def zone(self) -> ZoneInfo: ...

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working spans of a local day; none on a day off."""
        ...


Calendars = Callable[[Session], Callable[[str], WorkingWeek]]
"""Gives, for a transaction, what finds a calendar by its key; the empty key is that of the default calendar."""


class Started(Protocol):
    """The case that was started, and what is wrong with it already."""

    @property
    def case_id(self) -> int: ...

    @property
    def problem(self) -> str | None: ...


class CaseStarter(Protocol):
    """Starts a case at a timer start event, in the caller's transaction."""

    def __call__(
        self, session: Session, diagram: str, element: str, *, record_id: int | None, data: Mapping[str, Any]
    ) -> Started: ...


class TimerStart(Protocol):
    """A published diagram, as far as schedules need it."""

    @property
    def key(self) -> str: ...

    @property
    def area(self) -> str: ...

    @property
    def number(self) -> int: ...

    @property
    def meta(self) -> dict[str, Any]: ...
