"""JSON Schema 2020-12 of a form's sections, and the validators compiled from it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from app.forms.fields import Field, Section
from app.forms.patterns import compiled

ID_LENGTH = 64

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z0-9-]{2,63}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{2,30}")

FORMATS = FormatChecker(formats=())


def _format(name: str, shape: re.Pattern[str], read: Callable[[str], object] = len) -> None:
    def check(value: object) -> bool:
        if not isinstance(value, str):
            return True
        return len(value) <= 300 and shape.fullmatch(value) is not None and read(value) is not None

    FORMATS.checks(name, raises=(ValueError, OverflowError))(check)


_format("date", _DATE, date.fromisoformat)
_format("local-time", _TIME, time.fromisoformat)
_format("date-time", _MOMENT, lambda text: datetime.fromisoformat(text).astimezone(UTC))
_format("email", _EMAIL)
_format("phone", _PHONE)


def _pattern(_: object, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compiled(pattern).search(value):
        yield ValidationError("no match")


def _multiple_of(_: object, step: float, value: object, __: object) -> Iterator[ValidationError]:
    """Decimal arithmetic: in binary 0.07 is no multiple of 0.01."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    try:
        fits = Decimal(str(value)) % Decimal(str(step)) == 0
    except InvalidOperation:
        fits = False
    if not fits:
        yield ValidationError("not a multiple")


_extend: Callable[..., Any] = extend
Checker = _extend(Draft202012Validator, {"pattern": _pattern, "multipleOf": _multiple_of})


@lru_cache(maxsize=1024)
def validator(section: Section, hidden: frozenset[str], partial: bool) -> Any:
    """Return the compiled validator of a section with some fields hidden, kept for the next submission."""
    schema = section_schema(section, hidden, public=False)
    if partial:
        schema["required"] = []
    return Checker(schema, format_checker=FORMATS)


def section_schema(section: Section, hidden: frozenset[str], *, public: bool) -> dict[str, Any]:
    """Return the schema of a section's object.

    `public` is what the API shows: with titles, and null for “no answer”. Without it stands what `check` validates:
    empty answers taken out before, rows checked one by one.
    """
    inputs = [field for key, field in section.inputs.items() if key not in hidden and not field.readonly]
    return {
        "type": "object",
        "properties": {field.key: _public(field) if public else _bare(field) for field in inputs},
        "required": [field.key for field in inputs if field.required],
        "additionalProperties": False,
    }


def accepts_default(field: Field) -> bool:
    """Tell whether a field's default value is an answer that it accepts."""
    return bool(Checker(_bare(field), format_checker=FORMATS).is_valid(field.default))


def _public(field: Field) -> dict[str, Any]:
    schema = _bare(field)
    if not field.required:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    if field.section:
        conditional = {key for key, _ in field.section.conditional}
        items = section_schema(field.section, frozenset(), public=True)
        items["required"] = [key for key in items["required"] if key not in conditional]
        schema["items"] = items
    if field.options:
        schema["x-options"] = [{"value": option.value, "label": option.label} for option in field.options]
    extras = {
        "title": field.label,
        "description": field.description,
        "default": field.default,
        "x-kind": field.kind,
        "x-entity": field.entity,
        "x-variable": field.variable,
    }
    return schema | {name: value for name, value in extras.items() if value not in (None, "")}


def _bare(field: Field) -> dict[str, Any]:
    return _SCHEMAS[field.kind](field)


def _text(field: Field) -> dict[str, Any]:
    limits = field.limits
    schema: dict[str, Any] = {"type": "string", "maxLength": limits.max_length}
    if limits.min_length:
        schema["minLength"] = limits.min_length
    if limits.pattern:
        schema["pattern"] = limits.pattern
    if limits.format:
        schema["format"] = limits.format
    return schema


def _number(field: Field) -> dict[str, Any]:
    limits = field.limits
    schema: dict[str, Any] = {"type": "number", "minimum": limits.minimum, "maximum": limits.maximum}
    if limits.step == 1:
        schema["type"] = "integer"
    elif limits.step:
        schema["multipleOf"] = limits.step
    return schema


def _choice(field: Field) -> dict[str, Any]:
    return {"type": "string", "enum": [option.value for option in field.options]}


def _choices(field: Field) -> dict[str, Any]:
    return {"type": "array", "items": _choice(field), "uniqueItems": True} | _least(field)


def _tick(field: Field) -> dict[str, Any]:
    return {"type": "boolean"} | ({"const": True} if field.required else {})


def _moment(name: str) -> Callable[[Field], dict[str, Any]]:
    return lambda field: {"type": "string", "format": name}


def _reference(_: Field) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": ID_LENGTH}


def _files(field: Field) -> dict[str, Any]:
    schema = {"type": "array", "items": _reference(field), "uniqueItems": True, "maxItems": field.limits.max_items}
    return schema | _least(field)


def _rows(field: Field) -> dict[str, Any]:
    return {"type": "array", "maxItems": field.limits.max_items, "items": {"type": "object"}} | _least(field)


def _least(field: Field) -> dict[str, Any]:
    return {"minItems": 1} if field.required else {}


_SCHEMAS: dict[str, Callable[[Field], dict[str, Any]]] = {
    "text": _text,
    "textarea": _text,
    "number": _number,
    "select": _choice,
    "radio": _choice,
    "checkbox": _tick,
    "checklist": _choices,
    "taglist": _choices,
    "date": _moment("date"),
    "time": _moment("local-time"),
    "datetime": _moment("date-time"),
    "reference": _reference,
    "file": _files,
    "repeat": _rows,
}
