"""Putting a task off: the moments that are offered, and what a person has chosen."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from starlette.datastructures import FormData

from app import clock
from app.errors import Invalid, Message
from app.web import formats
from app.web.dependencies import text
from app.web.i18n import gettext as _
from app.web.i18n import here

MORNING = time(9)


@dataclass(slots=True)
class Moment:
    """One moment to put a task off until: what it is called, and when that is."""

    value: str
    label: str
    exact: str


def moments(now: datetime) -> list[Moment]:
    """Return the moments that are offered, in the person's time zone."""
    titles = {"tomorrow": _("Tomorrow morning"), "monday": _("Next Monday"), "week": _("In a week")}
    return [Moment(value, titles[value], formats.full(at)) for value, at in _offered(now).items()]


def _offered(now: datetime) -> dict[str, datetime]:
    today = formats.local(now).date()
    days = {"tomorrow": 1, "monday": 7 - today.weekday(), "week": 7}
    return {value: _morning(today + timedelta(days=away)) for value, away in days.items()}


def _morning(day: date, at: time = MORNING) -> datetime:
    return datetime.combine(day, at, here().zone).astimezone(UTC)


def chosen(data: FormData) -> datetime | None:
    """Read the moment that a form names; None to have the task back at once.

    Raises:
        Invalid: it names none.
    """
    value = text(data, "until")
    if value == "now":
        return None
    offered = _offered(clock.now())
    if value in offered:
        return offered[value]
    try:
        day = date.fromisoformat(text(data, "day"))
        at = time.fromisoformat(text(data, "time") or MORNING.isoformat())
        return _morning(day, at.replace(tzinfo=None))
    except (ValueError, OverflowError):
        raise Invalid({"until": [Message("Choose a day.")]}) from None
