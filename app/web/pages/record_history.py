"""The history of a record in words: who changed what, from what to what, when, why and in which step of which case."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from app.domain.records.history import ERASED, HIDDEN, Event, Row, history_of, written
from app.domain.records.kinds import Kind
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.records import Record
from app.insight.access import visible_records
from app.insight.lists.columns import CustomField
from app.web import formats
from app.web.content import element_names
from app.web.custom_words import cases_of, moment_in_words, referring
from app.web.dependencies import Visit, query
from app.web.downloads import may_have
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages import events, tabs
from app.web.pages.tabs import History, Tab

# What the history can be narrowed to, by how the names of its lines begin.
PARTS = {
    "": mark("Everything"),
    "changes": mark("Changes"),
    "talk": mark("Comments and files"),
    "links": mark("Links, tags, watchers"),
}
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


def lines_of(it: Visit, kind: Kind, record: Record, bundle_id: int | None, path: str) -> History:
    """Return a page of lines for the template, newest first; the forms of the bundle name custom values."""
    fields = tabs.fields_of(it, bundle_id)
    elements = element_names(it.session, bundle_id)
    part, entities = chosen(it), referring(fields)

    def read(before: int | None, limit: int) -> list[Event]:
        return history_of(
            it.session, kind, record.id, visible=visible_records(it.viewer), before=before, limit=limit, part=part,
            fields=entities, files=may_have(it.viewer),
        )  # fmt: skip

    shown, page = tabs.stretch(it, path, {"view": "history", "what": part}, read)
    page.lines = _lines(kind, shown, fields, elements, cases_of(it, shown))
    return page


def _lines(
    kind: Kind,
    shown: Sequence[Event],
    fields: Mapping[str, CustomField],
    elements: Mapping[str, str],
    cases: Mapping[int, str],
) -> list[dict[str, Any]]:
    return [
        {
            "text": events.say(event.event, element := elements.get(event.element or "", event.element or "")),
            "actor": events.whom(event.event, event.actor),
            "on_behalf_of": event.on_behalf_of,
            "at": event.at,
            "case": cases.get(event.case_id or 0, ""),
            "element": element,
            "details": _details(event),
            "changes": [
                {
                    "title": change.title
                    if change.name in kind.attributes or change.name not in fields
                    else fields[change.name].title,
                    "before": _either(kind, fields, change.name, change.before, change.rows_before),
                    "after": _either(kind, fields, change.name, change.after, change.rows_after),
                }
                for change in event.changes
                if change.name not in _INNER
            ],
        }
        for event in shown
    ]


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


def _either(kind: Kind, fields: Mapping[str, CustomField], name: str, value: str, rows: tuple[Row, ...]) -> str:
    """Write a changed value, or each value in its rows, as the pages do."""
    if name not in fields or name in kind.attributes or not rows:
        return _changed(kind, fields, name, value)
    inner = fields[name].fields
    return written(tuple((part, _custom(inner.get(part), text, {})) for part, text in row) for row in rows)


def _custom(field: CustomField | None, value: str, words: Mapping[str, str]) -> str:
    if field is not None and field.type in ("date", "time"):
        return moment_in_words(field.type, value)
    said = ((field.options if field else {}) or words).get(value, value)
    return _(said) if said in ("yes", "no", ERASED, HIDDEN) else said


def _changed(kind: Kind, fields: Mapping[str, CustomField], name: str, value: str) -> str:
    """Write a changed value as the pages do: times in the person's zone, keys by the words of the form."""
    attribute, field = kind.attributes.get(name), fields.get(name)
    if attribute is None:
        return _custom(field, value, kind.words.get(name, {}))
    if value and attribute.type == "time":
        with suppress(ValueError):
            return formats.full(datetime.fromisoformat(value))
    words = (field.options if field else {}) or kind.words.get(name, {})
    said = words.get(value, value)
    if attribute.type == "key" and said == value and name not in ("status", "priority"):
        return value.replace("_", " ")
    # Statuses, and yes and no, are words of the product.
    return _(said) if name == "status" or said in ("yes", "no", ERASED, HIDDEN) else said
