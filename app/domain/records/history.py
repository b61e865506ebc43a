"""What happened to a record, readable: who changed what, from what to what, when and in which step."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.database.ids import number
from app.domain.journal.chains import newest_of
from app.domain.journal.records import JournalEntry
from app.domain.records import queries
from app.domain.records.kinds import Kind
from app.domain.records.records import StoredFile
from app.errors import Message

# Lines on one page.
MOST = 200
ERASED = Message("(erased)")
HIDDEN = Message("(not for you to know)")


# The entity of a custom field that names files by their ids.
FILE = "file"
Labels = dict[tuple[str, str], str]
Row = tuple[tuple[str, str], ...]
Entities = Mapping[str, "str | Entities"]
"""What fields name by id, empty for nothing; for a list with rows, the same of all fields in them, in their order."""
# Parts of a history, with how their lines are told.
PARTS: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "changes": lambda: or_(JournalEntry.data.has_key("after"), JournalEntry.data.has_key("texts")),
    "talk": lambda: or_(JournalEntry.event.startswith("comment."), JournalEntry.event.startswith("file.")),
    "links": lambda: or_(
        *(JournalEntry.event.startswith(one) for one in ("link.", "tag.", "watcher.", "record.absorbed"))
    ),
}
# What lines hold besides changed fields and name by id.
DETAILS = {"person": "person", "record": queries.ANY_KIND}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One attribute or custom value before and after, as people read it; empty text where there was nothing.

    Of a list with rows, `rows_before` and `rows_after` hold each row's fields and texts.
    """

    name: str
    title: str
    before: str
    after: str
    rows_before: tuple[Row, ...] = ()
    rows_after: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history; `details` is what the line holds besides changed fields."""

    at: datetime
    event: str
    actor: str
    element: str | None
    case_id: int | None
    changes: list[FieldChange] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    on_behalf_of: str = ""
    position: int = 0


def history_of(
    session: Session,
    kind: Kind,
    record_id: int,
    *,
    visible: ColumnElement[bool] | None = None,
    before: int | None = None,
    limit: int = MOST,
    part: str = "",
    fields: Entities | None = None,
    files: ColumnElement[bool] | None = None,
) -> list[Event]:
    """Return the newest lines of a record's history, newest first.

    Args:
        visible: what of other records the person may know of.
        before: only the lines before this position.
        part: one of `PARTS`, or everything.
        fields: custom fields that name something by id, with what it is: `person`, `service`, `file`, …; lists too.
        files: which files the person may have.
    """
    known = {name: attribute.entity for name, attribute in kind.attributes.items() if attribute.entity}
    entities: Entities = {**(fields or {}), **known}
    only = PARTS[part]() if part else None
    own = newest_of(session, f"record:{record_id}", limit, before=before, only=only)
    wanted: dict[str, set[str]] = {"person": {str(entry.actor_id) for entry, _ in own if entry.actor_id}}
    for entry, content in own:
        if entry.data.get("on_behalf_of"):
            wanted["person"].add(str(entry.data["on_behalf_of"]))
        for name, value in _values(entry, content):
            for entity, one in _named(entities.get(name, ""), value):
                wanted.setdefault(entity, set()).add(one)
        for name, entity in DETAILS.items():
            if entry.data.get(name):
                wanted.setdefault(entity, set()).add(str(entry.data[name]))
    named = wanted.pop(FILE, set())
    labels = queries.labels(session, wanted, visible=visible)
    ids = {one for one in map(number, named) if one is not None}
    if ids and files is not None:
        rows = session.execute(select(StoredFile.id, StoredFile.name).where(StoredFile.id.in_(ids), files))
        labels |= {(FILE, str(row.id)): row.name for row in rows}
    return [_event(kind, entry, content, labels, entities) for entry, content in own]


def _ids(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def rows_in(value: Any) -> list[dict[str, Any]]:
    """Return the rows of a value that is a list of them; nothing of any other."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def in_order(row: Mapping[str, Any], fields: Iterable[str]) -> list[tuple[str, Any]]:
    """Return a row in the order of its fields, because the database keeps none; what is no field of it comes last."""
    names = [name for name in fields if name in row]
    return [(name, row[name]) for name in (*names, *(name for name in row if name not in names))]


def _named(entity: "str | Entities", value: Any) -> Iterator[tuple[str, str]]:
    """Yield entity and id of everything that a value names, in rows too."""
    if isinstance(entity, str):
        if entity and value:
            yield from ((entity, one) for one in _ids(value))
        return
    for row in rows_in(value):
        for name, inner in row.items():
            yield from _named(entity.get(name, ""), inner)


def _values(entry: JournalEntry, content: dict[str, Any] | None) -> list[tuple[str, Any]]:
    kept = content if content is not None and "texts" in entry.data else {}
    parts = [part.get(when) or {} for part in (entry.data, kept) for when in ("before", "after")]
    return [pair for part in parts for pair in part.items()]


def _event(
    kind: Kind,
    entry: JournalEntry,
    content: dict[str, Any] | None,
    labels: Labels,
    entities: Entities,
) -> Event:
    def change(name: str, before: Any, after: Any) -> FieldChange:
        entity = entities.get(name, "")
        was, became = (_shown(kind, name, value, labels, entity) for value in (before, after))
        rows_before, rows_after = (_rows(value, labels, entity) for value in (before, after))
        return FieldChange(name, _title(kind, name), was, became, rows_before, rows_after)

    before = entry.data.get("before", {})
    changes = [change(name, before.get(name), after) for name, after in entry.data.get("after", {}).items()]
    for name in entry.data.get("texts", []):
        if content is None:
            changes.append(FieldChange(name, _title(kind, name), ERASED, ERASED))
        else:
            changes.append(change(name, *(content.get(when, {}).get(name) for when in ("before", "after"))))
    details = {key: value for key, value in entry.data.items() if key not in ("before", "after", "texts")}
    if "texts" not in entry.data and entry.payload_digest is not None:
        details |= content if content is not None else {"text": ERASED}
    elif details.get("reason") is True:
        details["reason"] = content.get("reason", "") if content is not None else ERASED
    for name, entity in DETAILS.items():
        if name in details:
            details[name] = labels.get((entity, str(details[name])), HIDDEN)
    actor = labels.get(("person", str(entry.actor_id)), "") if entry.actor_id else ""
    behalf = labels.get(("person", str(details.pop("on_behalf_of", ""))), "")
    return Event(
        entry.at, entry.event, actor, entry.element, entry.case_id, changes, details, behalf, entry.position
    )  # fmt: skip


def _title(kind: Kind, name: str) -> str:
    attribute = kind.attributes.get(name)
    return attribute.title if attribute else name.replace("_", " ").capitalize()


def _shown(kind: Kind, name: str, value: Any, labels: Labels, entity: "str | Entities") -> str:
    return kind.status_title(str(value)) if name == "status" and value is not None else _text(value, labels, entity)


def _text(value: Any, labels: Labels, entity: "str | Entities") -> str:
    if value is None:
        return ""
    if entity and isinstance(entity, str):
        return ", ".join(labels.get((entity, one), HIDDEN) for one in _ids(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if rows := _rows(value, labels, entity):
        return written(rows)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _rows(value: Any, labels: Labels, entity: "str | Entities") -> tuple[Row, ...]:
    of: Entities = {} if isinstance(entity, str) else entity
    return tuple(
        tuple((name, _text(inner, labels, of.get(name, ""))) for name, inner in in_order(row, of))
        for row in rows_in(value)
    )


def written(rows: Iterable[Row]) -> str:
    """Write rows as text, one in a line."""
    return "\n".join(" · ".join(text for _, text in row if text) for row in rows)
