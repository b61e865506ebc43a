"""From what a form, an expression or a program gives to what a column takes, and back to JSON."""

from datetime import UTC, datetime
from typing import Any

from app.domain.journal.values import clean
from app.domain.records.kinds import Attribute
from app.errors import Message

LONGEST_TITLE = 300
# In characters. PostgreSQL indexes at most 1 MB of words per text.
LONGEST_TEXT = 100_000
# All custom values of a record together, in bytes of JSON.
LARGEST_CUSTOM = 250_000
LARGEST_NUMBER = 2**63 - 1


def convert(attribute: Attribute, value: Any) -> Any:
    """Turn a given value into what the attribute's column takes; nothing and empty text become `None`.

    Raises:
        ValueError: says in plain words what is expected.
    """
    if isinstance(value, str):
        value = clean(value)
        if attribute.type != "text" or not value.strip():
            value = value.strip() or None
    if value is None:
        if attribute.type == "flag":
            return False
        if attribute.required:
            raise ValueError(Message("Please fill this in."))
        return None
    return _CONVERSIONS[attribute.type](attribute, value)


def shown(attribute: Attribute, value: Any) -> Any:
    """Return a column's value as JSON: references as text, times in ISO 8601 UTC."""
    if value is None:
        return None
    if attribute.type == "reference" or attribute.name == "id":
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value


def _text(attribute: Attribute, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(Message("Please give a text."))
    longest = LONGEST_TITLE if attribute.name == "title" else LONGEST_TEXT
    text = str(value)
    if len(text) > longest:
        raise ValueError(Message("Please use at most {limit} characters.", limit=longest))
    return " ".join(text.split()) if attribute.name == "title" else text


def _key(attribute: Attribute, value: Any) -> str:
    text = _text(attribute, value)
    if len(text) > 100:
        raise ValueError(Message("Please choose one of the given values."))
    return text


def _number(attribute: Attribute, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(Message("Please give a whole number.")) from None
    if isinstance(value, bool) or (isinstance(value, float) and value != number):
        raise ValueError(Message("Please give a whole number."))
    if abs(number) > LARGEST_NUMBER:
        raise ValueError(Message("This number is too large."))
    return number


def _flag(attribute: Attribute, value: Any) -> bool:
    words = {"true": True, "false": False, "yes": True, "no": False, "on": True}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError(Message("Please answer yes or no."))


def _time(attribute: Attribute, value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(Message("Please give a date and time, like 2026-03-06T16:50+01:00.")) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _reference(attribute: Attribute, value: Any) -> int:
    if not isinstance(value, bool) and isinstance(value, str | int):
        text = str(value)
        if text.isdecimal() and text.isascii() and int(text) <= LARGEST_NUMBER:
            return int(text)
    raise ValueError(Message("Please choose from the list."))


_CONVERSIONS = {
    "text": _text,
    "key": _key,
    "number": _number,
    "flag": _flag,
    "time": _time,
    "reference": _reference,
}
