"""The history of a record in words: who changed what, from what to what, when, why and in which step of which case."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.domain.records.history import ERASED, HIDDEN, Event, history_of
from app.domain.records.kinds import Kind
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.records import Record
from app.engine.records import Case
from app.insight.access import visible_cases, visible_records
from app.web import formats
from app.web.content import element_names
from app.web.dependencies import Visit, query
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages import events, tabs
from app.web.pages.tabs import Tab

# What the history can be narrowed to, by how the names of its lines begin.
PARTS = {
    "": mark("Everything"),
    "changes": mark("Changes"),
    "talk": mark("Comments and files"),
    "links": mark("Links, tags, watchers"),
}
_BEGINNINGS = {"talk": ("comment.", "file."), "links": ("link.", "tag.", "watcher.", "record.absorbed")}
_INNER = frozenset({"id", "kind", "number"})
# Said by the words of a link, or of no use to people.
_LEFT_OUT = frozenset({"link", "outward", "comment", "tag", "file", "sha256", "size", "texts", "batch"})


def filters(path: str, chosen: str) -> list[Tab]:
    """Return links to the parts of the history."""
    return [
        Tab(path + query({"view": "history", "what": key}), _(title), key == chosen) for key, title in PARTS.items()
    ]


def chosen(it: Visit) -> str:
    """Return the part of the history that the address asks for."""
    wanted = it.request.query_params.get("what", "")
    return wanted if wanted in PARTS else ""


def lines_of(it: Visit, kind: Kind, record: Record, bundle_id: int | None) -> list[dict[str, Any]]:
    """Return the newest lines for the template, newest first; the forms of the bundle name custom values."""
    titles = tabs.field_titles(it, bundle_id)
    elements = element_names(it.session, bundle_id)
    part = chosen(it)
    found = history_of(it.session, kind, record.id, visible=visible_records(it.viewer))
    shown = [event for event in found if _belongs(event, part)]
    cases = _cases(it, {event.case_id for event in shown if event.case_id is not None})
    return [
        {
            "text": events.say(event.event, element := elements.get(event.element or "", event.element or "")),
            "actor": event.actor,
            "on_behalf_of": event.on_behalf_of,
            "at": event.at,
            "case": cases.get(event.case_id or 0, ""),
            "element": element,
            "details": _details(event),
            "changes": [
                {
                    "title": change.title
                    if change.name in kind.attributes
                    else titles.get(change.name, (change.title, {}))[0],
                    "before": _changed(kind, titles, change.name, change.before),
                    "after": _changed(kind, titles, change.name, change.after),
                }
                for change in event.changes
                if change.name not in _INNER
            ],
        }
        for event in shown
    ]


def _belongs(event: Event, part: str) -> bool:
    if part == "changes":
        return bool(event.changes)
    return not part or event.event.startswith(_BEGINNINGS[part])


def _cases(it: Visit, ids: set[int]) -> dict[int, str]:
    """Return the numbers of the cases in which something happened, as far as the person may know of them."""
    known = select(Case.id, Case.number).where(Case.id.in_(ids), visible_cases(it.viewer))
    return {row.id: row.number for row in it.session.execute(known)} if ids else {}


def _details(event: Event) -> list[tuple[str, str]]:
    """Return what a line says besides changed fields: the other record of a link, a text, a reason."""
    found: list[tuple[str, str]] = []
    link = LINK_TYPES.get(str(event.details.get("link", "")))
    for name, value in event.details.items():
        if name in _LEFT_OUT or value in (None, ""):
            continue
        title = link.words(outward=bool(event.details.get("outward"))) if link and name == "record" else None
        said = _("yes") if value is True else _("no") if value is False else events.shown(value, {})
        said = _(said) if value in (ERASED, HIDDEN) else said
        found.append((_(title or events.NAMES.get(name, name)), said))
    return found


def _changed(kind: Kind, titles: dict[str, tuple[str, dict[str, str]]], name: str, value: str) -> str:
    """Write a changed value as the pages do: times in the person's zone, keys by the words of the form."""
    attribute = kind.attributes.get(name)
    if value and attribute is not None and attribute.type == "time":
        with suppress(ValueError):
            return formats.full(datetime.fromisoformat(value))
    words = titles.get(name, ("", {}))[1] or dict(kind.words.get(name, {}))
    said = words.get(value, value)
    if attribute is not None and attribute.type == "key" and said == value and name not in ("status", "priority"):
        return value.replace("_", " ")
    # Statuses, and yes and no, are words of the product.
    return _(said) if name == "status" or said in ("yes", "no", ERASED, HIDDEN) else said
