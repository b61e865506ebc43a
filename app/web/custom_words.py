"""Custom values as people read them: references and files by name, as far as they may; days and moments as such."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.domain.records import queries
from app.domain.records.history import FILE, HIDDEN, Entities, Event, in_order, rows_in
from app.domain.records.records import Record, StoredFile
from app.engine.records import Case
from app.insight.access import visible_cases, visible_records
from app.insight.lists.columns import CustomField
from app.insight.record_view import Fact
from app.web import formats
from app.web.dependencies import number
from app.web.downloads import may_have
from app.web.i18n import gettext as _
from app.web.lists import Asking


def file_names(it: Asking, values: Iterable[Any]) -> dict[str, str]:
    """Return the names of the files that some values name by id, as far as the person may have them."""
    ids = {int(one) for value in values for one in _ids(value)}
    if not ids:
        return {}
    rows = it.session.execute(select(StoredFile.id, StoredFile.name).where(StoredFile.id.in_(ids), may_have(it.viewer)))
    return {str(row.id): row.name for row in rows}


def files_in(value: Any, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return ids and names of the files in a value; those that are gone or not for the person are left out."""
    return [(one, names[one]) for one in _ids(value) if one in names]


def with_file_names(it: Asking, told: Sequence[Any], fields: Mapping[str, CustomField]) -> list[Any]:
    """Return answers in lines of a journal with names in place of the files' ids; one statement for all of them."""
    names = file_names(it, [value for one in told for value in _held(one, fields)])
    return [_named(one, fields, names) for one in told]


def moment_in_words(type_of: str, value: str) -> str:
    """Write a day or a moment as the pages do, anything else as it is."""
    if not is_moment(type_of, value):
        return value
    return formats.day(date.fromisoformat(value)) if type_of == "date" else formats.full(datetime.fromisoformat(value))


def is_moment(type_of: str, value: Any) -> bool:
    """Tell whether a text is the day or moment that it looks like; there never was a 30th of February."""
    read = {"date": date.fromisoformat, "time": datetime.fromisoformat}.get(type_of)
    if read is not None and isinstance(value, str):
        with suppress(ValueError):
            return read(value) is not None
    return False


def facts_of(it: Asking, record: Record, fields: Mapping[str, CustomField]) -> list[Fact]:
    """Return the custom values of a record; `fields` are what forms declare of them."""
    known = [
        (fields.get(name) or CustomField(name, name.replace("_", " ").capitalize()), value)
        for name, value in record.custom.items()
    ]
    wanted, files = asked_by(known)
    labels = queries.labels(it.session, wanted, visible=visible_records(it.viewer))
    numbers = numbers_of(it, labels)
    names = file_names(it, files)
    return [fact_of(field, value, labels, numbers, names) for field, value in known]


def asked_by(known: Iterable[tuple[CustomField, Any]]) -> tuple[dict[str, set[str]], list[Any]]:
    """Return what values name, those in rows too: ids by entity, and values that name files."""
    wanted: dict[str, set[str]] = {}
    files: list[Any] = []
    for field, value in (pair for one, whole in known for pair in _asked(one, whole)):
        if field.type == "file":
            files.append(value)
        elif field.type == "reference" and field.entity and isinstance(value, str | int):
            wanted.setdefault(field.entity, set()).add(str(value))
    return wanted, files


def numbers_of(it: Asking, labels: Mapping[tuple[str, str], str]) -> dict[str, tuple[str, str]]:
    """Return kind and number of the records among labels, by id; persons and teams have ids of their own."""
    ids = {int(identity) for entity, identity in labels if entity not in ("person", "team")}
    if not ids:
        return {}
    rows = it.session.execute(select(Record.id, Record.kind, Record.number).where(Record.id.in_(ids)))
    return {str(row.id): (row.kind, row.number) for row in rows}


def referring(fields: Mapping[str, CustomField]) -> Entities:
    """Return what custom fields name by id, those in rows too."""
    return {
        name: referring(field.fields) if field.fields else FILE if field.type == "file" else field.entity
        for name, field in fields.items()
    }


def cases_of(it: Asking, events: Sequence[Event]) -> dict[int, str]:
    """Return the numbers of the cases in which something happened, as far as the person may know of them."""
    ids = {event.case_id for event in events if event.case_id is not None}
    known = select(Case.id, Case.number).where(Case.id.in_(ids), visible_cases(it.viewer))
    return {row.id: row.number for row in it.session.execute(known)} if ids else {}


def fact_of(
    field: CustomField,
    value: Any,
    labels: Mapping[tuple[str, str], str],
    numbers: Mapping[str, tuple[str, str]],
    names: Mapping[str, str],
) -> Fact:
    """Return a custom value for a page, with what was looked up: labels, kinds and numbers of records, files."""
    if field.type == "file":
        found = files_in(value, names)
        return Fact(field.name, field.title, "file", found, ", ".join(name for _id, name in found))
    if field.type == "reference" and field.entity:
        shown = labels.get((field.entity, str(value)), "")
        kind, number = (
            numbers.get(str(value), ("", "")) if field.entity not in ("person", "team") and shown else ("", "")
        )
        return Fact(field.name, field.title, "reference", value if shown else None, shown, kind, number)
    if field.fields and rows_in(value):
        rows = [
            [
                fact_of(field.fields.get(name) or CustomField(name, name), inner, labels, numbers, names)
                for name, inner in in_order(row, field.fields)
            ]
            for row in rows_in(value)
        ]
        return Fact(field.name, field.title, "rows", [[one for one in row if not one.empty] for row in rows])
    if is_moment(field.type, value):
        return Fact(field.name, field.title, field.type, value)
    entries = value if isinstance(value, list) else [value]
    shown = ""
    if field.options and all(isinstance(entry, str) for entry in entries):
        shown = ", ".join(field.options.get(entry, entry) for entry in entries)
    return Fact(field.name, field.title, "custom", value, shown)


def _asked(field: CustomField, value: Any) -> Iterator[tuple[CustomField, Any]]:
    """Yield a field with its value, and those in the rows of a list."""
    yield field, value
    for row in rows_in(value) if field.fields else ():
        for name, inner in row.items():
            if name in field.fields:
                yield from _asked(field.fields[name], inner)


def _held(told: Any, fields: Mapping[str, CustomField]) -> Iterator[Any]:
    if isinstance(told, dict):
        for name, value in told.items():
            field = fields.get(name)
            if field is None:
                yield from _held(value, fields)
            else:
                yield from (held for one, held in _asked(field, value) if one.type == "file")


def _named(told: Any, fields: Mapping[str, CustomField], names: Mapping[str, str]) -> Any:
    if not isinstance(told, dict):
        return told
    return {name: _answer(value, fields, fields.get(name), names) for name, value in told.items()}


def _answer(value: Any, fields: Mapping[str, CustomField], field: CustomField | None, names: Mapping[str, str]) -> Any:
    if field is not None and field.type == "file":
        return [names.get(one, _(HIDDEN)) for one in _ids(value)]
    if field is not None and field.fields and isinstance(value, list):
        return [
            {
                name: _answer(inner, field.fields, field.fields.get(name), names)
                for name, inner in in_order(row, field.fields)
            }
            for row in rows_in(value)
        ]
    return _named(value, fields, names)


def _ids(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [str(one) for one in found if number(str(one)) is not None]
