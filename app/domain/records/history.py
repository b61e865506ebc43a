"""What happened to a record, readable: who changed what, from what to what, when and in which step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

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
LONGEST_ID = 18
Labels = dict[tuple[str, str], str]
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
    """One attribute or custom value before and after, as people read it; empty text where there was nothing."""

    name: str
    title: str
    before: str
    after: str


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
    fields: Mapping[str, str] | None = None,
    files: ColumnElement[bool] | None = None,
) -> list[Event]:
    """Return the newest lines of a record's history, newest first.

    Args:
        visible: what of other records the person may know of.
        before: only the lines before this position.
        part: one of `PARTS`, or everything.
        fields: custom fields that name something by id, with what it is: `person`, `service`, `file`, …
        files: which files the person may have.
    """
    known = {name: attribute.entity for name, attribute in kind.attributes.items() if attribute.entity}
    entities = {**(fields or {}), **known}
    only = PARTS[part]() if part else None
    own = newest_of(session, f"record:{record_id}", limit, before=before, only=only)
    wanted: dict[str, set[str]] = {"person": {str(entry.actor_id) for entry, _ in own if entry.actor_id}}
    for entry, content in own:
        if entry.data.get("on_behalf_of"):
            wanted["person"].add(str(entry.data["on_behalf_of"]))
        for name, value in _values(entry, content):
            if name in entities and value:
                wanted.setdefault(entities[name], set()).update(_ids(value))
        for name, entity in DETAILS.items():
            if entry.data.get(name):
                wanted.setdefault(entity, set()).add(str(entry.data[name]))
    named = wanted.pop(FILE, set())
    labels = queries.labels(session, wanted, visible=visible)
    ids = {int(one) for one in named if one.isascii() and one.isdecimal() and len(one) <= LONGEST_ID}
    if ids and files is not None:
        rows = session.execute(select(StoredFile.id, StoredFile.name).where(StoredFile.id.in_(ids), files))
        labels |= {(FILE, str(row.id)): row.name for row in rows}
    return [_event(kind, entry, content, labels, entities) for entry, content in own]


def _ids(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _values(entry: JournalEntry, content: dict[str, Any] | None) -> list[tuple[str, Any]]:
    kept = content if content is not None and "texts" in entry.data else {}
    parts = [part.get(when) or {} for part in (entry.data, kept) for when in ("before", "after")]
    return [pair for part in parts for pair in part.items()]


def _event(
    kind: Kind,
    entry: JournalEntry,
    content: dict[str, Any] | None,
    labels: Labels,
    entities: Mapping[str, str],
) -> Event:
    changes = [
        FieldChange(
            name,
            _title(kind, name),
            _shown(kind, name, entry.data.get("before", {}).get(name), labels, entities),
            _shown(kind, name, after, labels, entities),
        )
        for name, after in entry.data.get("after", {}).items()
    ]
    for name in entry.data.get("texts", []):
        before, after = (
            (_shown(kind, name, content.get(when, {}).get(name), labels, entities) for when in ("before", "after"))
            if content is not None
            else (ERASED, ERASED)
        )
        changes.append(FieldChange(name, _title(kind, name), before, after))
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


def _shown(kind: Kind, name: str, value: Any, labels: Labels, entities: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if name in entities:
        return ", ".join(labels.get((entities[name], one), HIDDEN) for one in _ids(value))
    if name == "status":
        return kind.status_title(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
