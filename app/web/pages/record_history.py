"""The history of a record in words: who changed what, from what to what, when and in which step."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from app.domain.records.history import ERASED, history_of
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.web import formats
from app.web.dependencies import Visit
from app.web.i18n import gettext as _
from app.web.pages import events, tabs


def lines_of(it: Visit, kind: Kind, record: Record, bundle_id: int | None) -> list[dict[str, Any]]:
    """Return the newest lines for the template, newest first; the forms of the bundle name custom values."""
    titles = tabs.field_titles(it, bundle_id)
    elements = tabs.element_names(it, bundle_id)
    return [
        {
            "text": events.say(event.event, elements.get(event.element or "", event.element or "")),
            "actor": event.actor,
            "on_behalf_of": event.on_behalf_of,
            "at": event.at,
            "changes": [
                {
                    "title": change.title
                    if change.name in kind.attributes
                    else titles.get(change.name, (change.title, {}))[0],
                    "before": _changed(kind, titles, change.name, change.before),
                    "after": _changed(kind, titles, change.name, change.after),
                }
                for change in event.changes
                if change.name not in ("id", "kind", "number")
            ],
        }
        for event in history_of(it.session, kind, record.id)
    ]


def _changed(kind: Kind, titles: dict[str, tuple[str, dict[str, str]]], name: str, value: str) -> str:
    """Write a changed value as the pages do: times in the person's zone, keys by the words of the form."""
    attribute = kind.attributes.get(name)
    if value and attribute is not None and attribute.type == "time":
        with suppress(ValueError):
            return formats.full(datetime.fromisoformat(value))
    said = titles.get(name, ("", {}))[1].get(value, value)
    # Statuses, and yes and no, are words of the product.
    return _(said) if name == "status" or said in ("yes", "no", ERASED) else said
