"""Answers to a form: checked against its schema and conditions, and cleaned for the records and the case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jsonschema import ValidationError

from app import clock
from app.errors import Invalid
from app.forms import messages
from app.forms.definition import Form
from app.forms.fields import FILE_ENTITY, LISTS, Field, Section
from app.forms.messages import Message
from app.forms.names import Path, join
from app.forms.schema import ID_LENGTH, validator
from app.forms.visibility import scope_of
from app.forms.wording import missing_message, schema_message, type_message

ReferenceCheck = Callable[[str, str], bool]
"""(entity, id) → whether it exists and may be chosen; stored files are asked for as the entity `file`."""

MAX_UNDECLARED = 20
FARTHEST_WEST = timedelta(hours=12)

_WRONG = object()


def check(
    form: Form,
    values: Mapping[str, Any],
    *,
    references: ReferenceCheck,
    partial: bool = False,
    prefilled: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the cleaned answers of a submission.

    Cleaned means: text without spaces around it and with plain line ends, integral numbers as int, points in time as
    ISO 8601 in UTC, `None` (or an empty list) where an answer was taken back. What is hidden by a condition or is
    readonly is left out, and so are rows without any answer. A key that was not given is not in the result.

    Args:
        form: The form.
        values: The answers by key, as JSON.
        references: Tells whether what a reference or file field names exists.
        partial: Do not ask for required answers (drafts).
        prefilled: What readonly fields show; conditions see these values, never what was sent for them.

    Raises:
        Invalid: with the messages of every field by its input's name (`rows[0].name`); nothing is half accepted.
    """
    if not isinstance(values, Mapping):
        raise Invalid({"": [Message(messages.NOT_AN_OBJECT)]})
    work = _Check(references, partial)
    cleaned = work.section(form.section, values, (), {}, prefilled or {})
    if work.errors:
        raise Invalid(work.errors)
    return cleaned


@dataclass(slots=True)
class _Check:
    references: ReferenceCheck
    partial: bool
    errors: dict[str, list[str]] = field(default_factory=dict)
    known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def section(
        self,
        section: Section,
        values: Mapping[str, Any],
        place: Path,
        outer: Mapping[str, Any],
        prefilled: Mapping[str, Any],
    ) -> dict[str, Any]:
        self.undeclared(section, values, place)
        shown: dict[str, Any] = {}
        given: dict[str, Any] = {}
        wrong: dict[str, Message] = {}
        for key, question in section.inputs.items():
            if question.readonly:
                shown[key] = prefilled.get(key)
            elif key in values:
                value = given[key] = clean(question, values[key])
                if value is _WRONG:
                    wrong[key] = type_message(question)
                elif isinstance(value, Message):
                    wrong[key] = value
                else:
                    shown[key] = value
        scope, hidden = scope_of(section, shown, outer)
        visible = {key: value for key, value in given.items() if key not in hidden}
        complaints = self.complaints(section, hidden, {k: v for k, v in visible.items() if k not in wrong})
        cleaned: dict[str, Any] = {}
        for key, question in section.inputs.items():
            if key in hidden or question.readonly:
                continue
            path = (*place, key)
            if key in wrong and key in visible:
                self.errors[join(path)] = [wrong[key]]
            elif key in complaints:
                self.errors[join(path)] = [complaints[key]]
            elif key in visible:
                cleaned[key] = self.finished(question, visible[key], path, scope)
        return cleaned

    def undeclared(self, section: Section, values: Mapping[str, Any], place: Path) -> None:
        unknown = [key for key in values if key not in section.inputs]
        for key in unknown[:MAX_UNDECLARED]:
            self.errors[join((*place, str(key)[:60]))] = [Message(messages.UNDECLARED)]

    def complaints(self, section: Section, hidden: frozenset[str], values: Mapping[str, Any]) -> dict[str, Message]:
        """Ask the section's JSON Schema; the first complaint about each field counts."""
        instance = {key: value for key, value in values.items() if value is not None and value != []}
        found: dict[str, Message] = {}
        error: ValidationError
        for error in validator(section, hidden, self.partial).iter_errors(instance):
            if error.validator == "required":
                for key in section.inputs:
                    if section.inputs[key].required and key not in instance:
                        found.setdefault(key, missing_message(section.inputs[key]))
            else:
                key = str(error.absolute_path[0])
                found.setdefault(key, schema_message(section.inputs[key], error))
        if self.partial:
            return {key: message for key, message in found.items() if instance.get(key) is not False}
        return found

    def finished(self, question: Field, value: Any, path: Path, scope: Mapping[str, Any]) -> Any:
        """Do what a schema cannot: rows, references, points in time."""
        if value is None:
            return None
        if question.section is not None:
            return [
                self.section(question.section, row, (*path, index), scope, {})
                for index, row in enumerate(value)
                if not is_blank(row)
            ]
        entity = {"reference": question.entity, "file": FILE_ENTITY}.get(question.kind)
        named = [value] if question.kind == "reference" else value
        if entity and not all(self.exists(entity, identifier) for identifier in named):
            self.errors[join(path)] = [Message(messages.UNKNOWN_REFERENCE)]
        elif question.limits.not_past and is_past(question, value):
            self.errors[join(path)] = [Message(messages.PAST)]
        return value

    def exists(self, entity: str, identifier: str) -> bool:
        """Ask once for each reference of a submission, however often it is named."""
        if (entity, identifier) not in self.known:
            self.known[entity, identifier] = self.references(entity, identifier)
        return self.known[entity, identifier]


def clean(question: Field, value: Any) -> Any:
    """Return a value in the form in which it is stored; `_WRONG` for another type, a `Message` for what is refused."""
    if value is None:
        return None
    kind = question.kind
    if kind == "checkbox":
        return value if isinstance(value, bool) else _WRONG
    if kind == "number":
        return _number(value)
    if kind == "repeat" or kind in LISTS:
        return _list(question, value)
    if not isinstance(value, str):
        return _WRONG
    return _text(question, value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None if isinstance(value, str) and not value.strip() else _WRONG
    if isinstance(value, float) and not abs(value) < float("inf"):
        return _WRONG
    return int(value) if value == int(value) else value


def _list(question: Field, value: Any) -> Any:
    if not isinstance(value, list):
        return _WRONG
    if len(value) > question.limits.max_items:
        return Message(messages.TOO_MANY, limit=question.limits.max_items, length=len(value))
    kind: type = Mapping if question.section else str
    if not all(isinstance(entry, kind) for entry in value):
        return _WRONG
    if question.section and question.required and all(is_blank(row) for row in value):
        return []
    if question.options:  # several answers are a set; kept in the order in which they are offered
        places = {option.value: place for place, option in enumerate(question.options)}
        return sorted(value, key=lambda entry: places.get(entry, len(places)))
    return value


def _text(question: Field, value: str) -> Any:
    longest = question.limits.max_length or ID_LENGTH
    if len(value) > longest and len(value.strip()) > longest:
        return Message(messages.TOO_LONG, limit=longest, length=len(value.strip()))
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not value:
        return None
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        return Message(messages.CHARACTER)
    if question.kind == "text" and "\n" in value:
        return Message(messages.ONE_LINE)
    if question.kind == "datetime":
        return _utc(value)
    return value


def _utc(value: str) -> str:
    """Turn a point in time with an offset to UTC; anything else is left for the schema to complain about."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).isoformat() if moment.tzinfo else value
    except (ValueError, OverflowError):
        return value


def is_blank(row: Mapping[str, Any]) -> bool:
    """Tell whether a row holds no answer at all; an unticked box is none."""
    return all(value is None or value is False or value in ("", []) for value in row.values())


def is_past(question: Field, value: str) -> bool:
    """Tell whether a date is past everywhere on earth, or a point in time is past."""
    now = clock.now()
    if question.kind == "date":
        return value < (now - FARTHEST_WEST).date().isoformat()
    return datetime.fromisoformat(value) < now
