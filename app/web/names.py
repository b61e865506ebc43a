"""Names that pages show for keys: processes, roles, priorities, colours of areas."""

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from app.domain.records.kinds import Kind, Kinds
from app.domain.records.queries import labels
from app.processes import roles
from app.processes.library import Library
from app.processes.versions import Version
from app.web.i18n import gettext as _
from app.web.i18n import label, mark, tell

if TYPE_CHECKING:
    from app.web.dependencies import Visit

PRIORITIES = (
    mark("Critical"), mark("High"), mark("Normal"), mark("Low"), mark("Very low"), mark("Planned"),
)  # fmt: skip
AREA_NAMES = {
    "portfolio": mark("Service portfolio"),
    "service_levels": mark("Service levels"),
    "reporting": mark("Service reporting"),
    "availability": mark("Availability and continuity"),
    "capacity": mark("Capacity"),
    "security": mark("Information security"),
    "customers": mark("Customer relations"),
    "suppliers": mark("Suppliers"),
    "incidents": mark("Incidents and requests"),
    "problems": mark("Problems"),
    "configuration": mark("Configuration"),
    "changes": mark("Changes"),
    "releases": mark("Releases"),
    "improvement": mark("Improvement"),
    "management": mark("Management system"),
    "shared": mark("Shared"),
}
_COLOURS = {
    "incidents": "blue", "problems": "violet", "changes": "violet", "releases": "violet", "capacity": "green",
    "service_levels": "green", "availability": "green", "portfolio": "green", "customers": "amber",
    "suppliers": "amber", "security": "red",
}  # fmt: skip
_ICONS = {
    "incident": "alert-triangle", "known_error": "bug", "service": "book", "service_request": "headset",
    "action": "flag", "catalogue_item": "checklist",
}  # fmt: skip
FRESH = 5.0
"""Seconds for which names of processes are remembered."""
_OPERATION = frozenset({"incidents", "problems", "changes", "releases", "configuration", "improvement"})


def priority_name(value: int) -> str:
    """Return the name of a priority from 1 (most urgent) to 6."""
    return PRIORITIES[min(max(value, 1), len(PRIORITIES)) - 1]


def priority_text(code: str) -> str:
    """Return a record's priority with its name, "P4 Low"; anything but P1 to P6 stays as it is."""
    return f"{code} {_(priority_name(int(code[1:])))}" if code[1:].isdecimal() else code


def area_name(area: str) -> str:
    """Return an area's name in the current language."""
    return _(AREA_NAMES.get(area, area.replace("_", " ").capitalize()))


def colour(area: str) -> str:
    """Return the colour of an area's tag, empty for grey."""
    return _COLOURS.get(area, "")


@lru_cache(maxsize=1024)
def _role_title(key: str) -> str:
    return roles.title(key)


def role_title(key: str) -> str:
    """Return what people read for a role key."""
    return tell(_role_title(key))


def named(it: "Visit", values: Iterable[str | None]) -> dict[str, str]:
    """Return what people read for roles and for persons (`person:<id>`); the names of these cost one statement."""
    wanted = {value for value in values if value}
    ids = {value: value.removeprefix("person:") for value in wanted if value.startswith("person:")}
    names = labels(it.session, {"person": ids.values()}) if ids else {}
    return {value: names.get(("person", ids[value]), "?") if value in ids else role_title(value) for value in wanted}


def known_diagrams(it: "Visit") -> dict[str, Version]:
    """Return the published diagrams by key as they were at most five seconds ago: enough to name them in a list."""
    library, moment = it.parts.library, monotonic()
    known = _diagrams.get(library)
    if known is None or moment - known[0] > FRESH:
        known = moment, it.parts.library.current(it.session).diagrams
        _diagrams[library] = known
    return known[1]


_diagrams: WeakKeyDictionary[Library, tuple[float, dict[str, Version]]] = WeakKeyDictionary()


def process_names(it: "Visit") -> dict[str, str]:
    """Return the names of the published diagrams by key."""
    return {key: label(version.name) for key, version in it.parts.library.current(it.session).diagrams.items()}


def menu(kinds: Kinds) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the kinds of records for the navigation, under their headings."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for kind in sorted(kinds, key=lambda kind: kind.plural):
        heading = mark("Service operation") if kind.area in _OPERATION else mark("Service portfolio")
        groups.setdefault(heading, []).append(_entry(kind))
    order = (mark("Service operation"), mark("Service portfolio"))
    return [(heading, groups[heading]) for heading in order if heading in groups]


def _entry(kind: Kind) -> dict[str, Any]:
    return {"key": kind.key, "plural": kind.plural, "icon": _ICONS.get(kind.key, "file-text")}
