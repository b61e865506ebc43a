"""What happened to a record, readable: who changed what, from what to what, when and in which step."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.domain.journal.chains import newest_of
from app.domain.journal.records import JournalEntry
from app.domain.records import queries
from app.domain.records.kinds import Kind
from app.errors import Message

# Lines on one page.
MOST = 200
ERASED = Message("(erased)")
HIDDEN = Message("(not for you to know)")


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


def history_of(
    session: Session, kind: Kind, record_id: int, *, visible: ColumnElement[bool] | None = None
) -> list[Event]:
    """Return the newest lines of a record's history, newest first; `visible` is what the person may know of."""
    own = newest_of(session, f"record:{record_id}", MOST)
    wanted: dict[str, set[str]] = {"person": {str(entry.actor_id) for entry, _ in own if entry.actor_id}}
    for entry, _ in own:
        if entry.data.get("on_behalf_of"):
            wanted["person"].add(str(entry.data["on_behalf_of"]))
        for name, value in _values(entry):
            attribute = kind.attributes.get(name)
            if attribute is not None and attribute.entity and value:
                wanted.setdefault(attribute.entity, set()).add(str(value))
        for name, entity in DETAILS.items():
            if entry.data.get(name):
                wanted.setdefault(entity, set()).add(str(entry.data[name]))
    labels = queries.labels(session, wanted, visible=visible)
    return [_event(kind, entry, content, labels) for entry, content in own]


def _values(entry: JournalEntry) -> list[tuple[str, Any]]:
    return [pair for when in ("before", "after") for pair in entry.data.get(when, {}).items()]


def _event(
    kind: Kind, entry: JournalEntry, content: dict[str, Any] | None, labels: dict[tuple[str, str], str]
) -> Event:
    changes = [
        FieldChange(
            name,
            _title(kind, name),
            _shown(kind, name, entry.data.get("before", {}).get(name), labels),
            _shown(kind, name, after, labels),
        )
        for name, after in entry.data.get("after", {}).items()
    ]
    for name in entry.data.get("texts", []):
        before, after = (
            (_shown(kind, name, content.get(when, {}).get(name), labels) for when in ("before", "after"))
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
    return Event(entry.at, entry.event, actor, entry.element, entry.case_id, changes, details, behalf)


def _title(kind: Kind, name: str) -> str:
    attribute = kind.attributes.get(name)
    return attribute.title if attribute else name.replace("_", " ").capitalize()


def _shown(kind: Kind, name: str, value: Any, labels: dict[tuple[str, str], str]) -> str:
    attribute = kind.attributes.get(name)
    if value is None:
        return ""
    if attribute is not None and attribute.entity:
        return labels.get((attribute.entity, str(value)), HIDDEN)
    if name == "status":
        return kind.status_title(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
