"""What a failed check means in plain words, for each kind of field."""

from typing import Any

from jsonschema import ValidationError

from app.forms import messages
from app.forms.fields import LISTS, Field
from app.forms.messages import Message

_TYPES = {
    "number": messages.NOT_NUMBER,
    "checkbox": messages.NOT_CHOICE,
    "checklist": messages.NOT_LIST,
    "taglist": messages.NOT_LIST,
    "file": messages.NOT_LIST,
    "repeat": messages.NOT_ROWS,
    "date": messages.NOT_DATE,
    "time": messages.NOT_TIME,
    "datetime": messages.NOT_MOMENT,
    "select": messages.NOT_AN_OPTION,
    "radio": messages.NOT_AN_OPTION,
}
_MISSING = {
    "select": messages.REQUIRED_CHOICE,
    "radio": messages.REQUIRED_CHOICE,
    "reference": messages.REQUIRED_CHOICE,
    "checkbox": messages.REQUIRED_TICK,
    "checklist": messages.REQUIRED_CHOICES,
    "taglist": messages.REQUIRED_CHOICES,
    "file": messages.REQUIRED_FILES,
    "repeat": messages.REQUIRED_ROWS,
}
_FORMATS = {
    "date": messages.NOT_DATE,
    "local-time": messages.NOT_TIME,
    "date-time": messages.NOT_MOMENT,
    "email": messages.NOT_EMAIL,
    "phone": messages.NOT_PHONE,
}


def type_message(field: Field) -> Message:
    """Say what type of answer a field takes."""
    return Message(_TYPES.get(field.kind, messages.NOT_TEXT))


def missing_message(field: Field) -> Message:
    """Say that a required answer is missing."""
    return Message(_MISSING.get(field.kind, messages.REQUIRED))


def schema_message(field: Field, error: ValidationError) -> Message:
    """Say what a JSON Schema error about `field` means."""
    rule, limit = str(error.validator), error.validator_value
    value: Any = error.instance
    if rule in ("minLength", "maxLength"):
        template = messages.TOO_SHORT if rule == "minLength" else messages.TOO_LONG
        return Message(template, limit=limit, length=len(str(value)))
    if rule in ("minimum", "maximum"):
        return Message(messages.TOO_SMALL if rule == "minimum" else messages.TOO_LARGE, limit=limit)
    if rule == "multipleOf":
        digits = f"{limit:.6f}".rstrip("0").partition(".")[2]
        if float(f"1e-{len(digits)}") == limit:
            return Message(messages.TOO_PRECISE, digits=len(digits))
        return Message(messages.NOT_A_STEP, step=limit)
    if rule == "type" and field.kind == "number" and isinstance(value, float):
        return Message(messages.NOT_WHOLE)
    if rule == "pattern":
        own = field.limits.pattern_message
        return Message(own or messages.NO_MATCH)
    if rule == "format":
        return Message(_FORMATS.get(str(limit), messages.NO_MATCH))
    if rule == "maxItems":
        return Message(messages.TOO_MANY, limit=limit, length=len(value))
    if rule == "uniqueItems":
        return Message(messages.TWICE)
    if rule == "enum":
        return Message(messages.NOT_AN_OPTION)
    if rule in ("minItems", "const"):
        return missing_message(field)
    return type_message(field) if field.kind not in LISTS else Message(messages.NOT_AN_OPTION)
