"""What a write changes in a record: values converted, checked and compared with what was there before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app import clock
from app.database.journal_entry import Entry
from app.domain.journal.values import clean_json
from app.domain.people.records import Person, Team
from app.domain.records import values as conversion
from app.domain.records.kinds import PROTECTED, Attribute, Kind
from app.domain.records.records import Record
from app.errors import Invalid, Message


@dataclass(frozen=True, slots=True)
class Trace:
    """Who wrote (and for whom, when as a substitute), in which case and at which element, as the journal keeps it."""

    actor_id: int | None = None
    case_id: int | None = None
    element: str | None = None
    on_behalf_of: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Attributes and custom values before and after; only what really changed."""

    before: dict[str, Any]
    after: dict[str, Any]

    def entry(
        self, kind: Kind, record_id: int, event: str, trace: Trace, *, reason: str = "", batch_id: int | None = None
    ) -> Entry:
        """Make the journal line: facts stay for ever, what people wrote can be erased."""
        names = list(self.after)
        facts = [name for name in names if name in kind.attributes and kind.attributes[name].type != "text"]
        texts = [name for name in names if name not in facts]
        parts = {"before": self.before, "after": self.after}
        data: dict[str, Any] = {when: {name: part[name] for name in facts} for when, part in parts.items()}
        payload: dict[str, Any] | None = None
        if texts:
            payload = {when: {name: part[name] for name in texts} for when, part in parts.items()}
        data["texts"] = texts
        if reason:
            # People write it; that there is one is a fact.
            payload = {**(payload or {"before": {}, "after": {}}), "reason": reason}
            data["reason"] = True
        if batch_id is not None:
            data["batch"] = batch_id
        if trace.on_behalf_of is not None:
            data["on_behalf_of"] = trace.on_behalf_of
        return Entry(event, clock.now(), trace.actor_id, trace.element, data, payload, trace.case_id, record_id)


def apply(
    session: Session,
    kind: Kind,
    record: Record,
    values: Mapping[str, Any],
    *,
    allowed: frozenset[str] | None,
) -> Changes:
    """Convert and check all values, then set those that differ; nothing is set when one of them does not fit.

    Args:
        kind: the kind of the record.
        values: attribute names or custom keys with their new values.
        allowed: attributes that may be written; without it all.

    Raises:
        Invalid: names each value that does not fit, is protected, or points to nothing.
    """
    draft = work_out(kind, record, values, allowed=allowed)
    for name in _missing(session, draft.columns):
        draft.wrong.setdefault(name, []).append(Message("This no longer exists. Please choose again."))
    if draft.wrong:
        raise Invalid(draft.wrong)
    return put_in(record, draft)


@dataclass(slots=True)
class Draft:
    """What a write would change: columns and custom values that differ, and what is wrong with the others."""

    columns: list[tuple[Attribute, Any]]
    custom: dict[str, Any]
    wrong: dict[str, list[str]]


def work_out(kind: Kind, record: Record, values: Mapping[str, Any], *, allowed: frozenset[str] | None) -> Draft:
    """Convert and check values as for `apply`; nothing is set, and where references lead is not looked at.

    Raises:
        Invalid: all custom values together are too long.
    """
    custom = dict(record.custom)
    wrong: dict[str, list[str]] = {}
    pending: list[tuple[Attribute, Any]] = []
    for name, value in values.items():
        attribute = kind.attributes.get(name)
        try:
            if attribute is None:
                _put_custom(custom, name, value, protected=PROTECTED)
            elif allowed is not None and name not in allowed:
                raise ValueError(
                    Message(
                        "“{name}” is set by the process and cannot be written by a form.", name=Message(attribute.title)
                    )
                )
            else:
                pending.append((attribute, conversion.convert(attribute, value)))
        except ValueError as error:
            wrong.setdefault(name, []).append(error.args[0])
    if len(orjson.dumps(custom)) > conversion.LARGEST_CUSTOM:
        raise Invalid(dict.fromkeys(values, [Message("All answers together are too long to be stored.")]))
    changed = [(attribute, new) for attribute, new in pending if getattr(record, attribute.column) != new]
    return Draft(changed, custom, wrong)


def put_in(record: Record, draft: Draft) -> Changes:
    """Set what was worked out and return it with what was there before."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for attribute, new in draft.columns:
        before[attribute.name] = conversion.shown(attribute, getattr(record, attribute.column))
        after[attribute.name] = conversion.shown(attribute, new)
        setattr(record, attribute.column, new)
    for name in sorted(draft.custom.keys() | record.custom.keys()):
        if draft.custom.get(name) != record.custom.get(name):
            before[name], after[name] = record.custom.get(name), draft.custom.get(name)
    if draft.custom != record.custom:
        record.custom = draft.custom
        flag_modified(record, "custom")
    return Changes(before, after)


def snapshot(kind: Kind, record: Record) -> dict[str, Any]:
    """Return a record's attributes as JSON."""
    return {
        name: conversion.shown(attribute, getattr(record, attribute.column))
        for name, attribute in kind.attributes.items()
    }


def _put_custom(custom: dict[str, Any], name: str, value: Any, *, protected: frozenset[str]) -> None:
    if name in protected:
        raise ValueError(f"“{name}” is a name that the record keeps for itself.")
    stored = clean_json(value)
    if stored is None:
        custom.pop(name, None)
    else:
        custom[name] = stored


def _missing(session: Session, changed: list[tuple[Attribute, Any]]) -> list[str]:
    """Return the names of references that lead nowhere; one statement for all of them."""
    checks: list[tuple[str, ColumnElement[bool]]] = []
    for attribute, value in changed:
        if attribute.type != "reference" or value is None:
            continue
        found = {
            "person": exists().where(Person.id == value),
            "team": exists().where(Team.id == value),
        }.get(attribute.entity, exists().where(Record.id == value, Record.kind == attribute.entity))
        checks.append((attribute.name, found))
    if not checks:
        return []
    answers = session.execute(select(*(check for _, check in checks))).one()
    return [name for (name, _), answer in zip(checks, answers, strict=True) if not answer]
