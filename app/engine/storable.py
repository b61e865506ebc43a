"""What may become data of a case: plain values that survive being stored and read again unchanged."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.engine.work import ElementError
from app.expressions import CalendarDuration

MAX_DEPTH = 60
_PLAIN = frozenset(
    [str, int, float, bool, type(None), datetime, date, time, timedelta, Decimal, UUID, CalendarDuration]
)


def storable(value: Any, name: str, depth: int = 0) -> Any:
    """Return a value as it will be read back: texts, numbers, times, lists and maps with texts as keys.

    Args:
        name: what the value is called, for the message.

    Raises:
        ElementError: something in it cannot be stored.
    """
    if type(value) in _PLAIN:
        return value
    if depth > MAX_DEPTH:
        raise ElementError(f"The value of '{name}' is nested too deep to be kept.")
    if isinstance(value, Mapping):
        return {_key(key, name): storable(item, name, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item, name, depth + 1) for item in value]
    if isinstance(value, str):
        return str.__str__(value)  # an enumeration's member becomes its text
    if isinstance(value, int):
        return int(value)
    kept = "a case keeps texts, numbers, times, lists and maps"
    raise ElementError(f"The value of '{name}' is a {type(value).__name__}; {kept}.")


def storables(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by their names, each as it will be read back.

    Raises:
        ElementError: something in them cannot be stored.
    """
    return {_key(name, name): storable(value, name) for name, value in values.items()}


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str):
        raise ElementError(f"In '{name}' a key is a {type(key).__name__}; keys are texts.")
    return str.__str__(key)
