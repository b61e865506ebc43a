"""The review calendar for pages and calendar programs: entries in words with their addresses, and as iCalendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from app import clock
from app.bootstrap import Parts
from app.insight.access import Viewer
from app.insight.review_calendar import Entry, Scope, choices, entries
from app.web.i18n import gettext as _
from app.web.i18n import label
from app.web.names import area_name


@dataclass(slots=True)
class Shown:
    """An entry as people read it, in few words too; `href` is empty where they may not open it."""

    entry: Entry
    text: str
    short: str
    href: str

    @property
    def late(self) -> bool:
        """Whether it is overdue: nothing else lies in the past and is still open."""
        return self.entry.kind == "task" and self.entry.at < clock.now()


def called(session: Session, viewer: Viewer) -> dict[str, str]:
    """Return the calendars that a person may choose, in words."""
    own = {"mine": _("Mine"), "all": _("All that I may see")}
    return {
        key: own.get(key) or (area_name(name) if key.startswith("area.") else label(name))
        for key, name in choices(session, viewer).items()
    }


def shown(
    session: Session, parts: Parts, viewer: Viewer, scope: Scope, start: datetime, end: datetime
) -> list[Shown]:  # fmt: skip
    """Return what is due in a span of time."""
    diagrams = parts.library.current(session).diagrams
    found = entries(session, parts.schedules, viewer, scope, start, end)
    return [_shown(one, {key: version.name for key, version in diagrams.items()}, viewer) for one in found]


def _shown(entry: Entry, diagrams: dict[str, str], viewer: Viewer) -> Shown:
    if entry.kind == "task":
        name = label(entry.name)
        return Shown(entry, f"{name} · {entry.number} {entry.title}", name, f"/work/tasks/{entry.id}")
    may_open = viewer.sees_all or viewer.runs(entry.area)
    name = label(diagrams.get(entry.name, entry.name))
    about = f" · {entry.number} {entry.title}" if entry.number else ""
    return Shown(entry, f"{name}{about}", entry.title or name, f"/schedules/{entry.id}" if may_open else "")


def as_ical(found: Iterable[Shown], *, name: str, address: str) -> bytes:
    """Write entries as a calendar program reads them."""
    host = address.rpartition("//")[2].partition("/")[0].partition(":")[0] or "stellwerk"
    made = Calendar()
    made.add("prodid", "-//Stellwerk//Review calendar//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    now = clock.now()
    for one in found:
        entry = one.entry
        event = Event()
        about = f"-{entry.number}" if entry.kind == "schedule" and entry.number else ""
        at = f"-{entry.at:%Y%m%dT%H%M%SZ}" if entry.kind == "schedule" else ""
        event.add("uid", f"{entry.kind}-{entry.id}{about}{at}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", entry.at)
        event.add("summary", one.text)
        event.add("categories", [area_name(entry.area)])
        # Nobody is busy because something is due.
        event.add("transp", "TRANSPARENT")
        if one.href:
            event.add("url", f"{address}{one.href}")
        made.add_component(event)
    return bytes(made.to_ical())
