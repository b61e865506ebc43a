"""JSON as it is stored and hashed: without what PostgreSQL cannot keep, and written down in one way only."""

from typing import Any

import orjson

from app.errors import Message

NULL_CHARACTER = rb"\u0000"

# PostgreSQL gives 1.0 back as 1.0 but 1e3 as 1000. Within what JSON readers take for whole numbers we write them so.
WHOLE = (-(2.0**63), 2.0**64)


def clean(text: str) -> str:
    """Remove what PostgreSQL cannot store: null characters and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def clean_json(value: Any) -> Any:
    """Clean every text in a JSON value.

    Raises:
        ValueError: it is not JSON, or too deep.
    """
    # Almost everything is clean; orjson tells so much faster than we can: it refuses halves of surrogate pairs and
    # keys that are no text, and writes null characters in one way only.
    try:
        written = orjson.dumps(value)
        if NULL_CHARACTER not in written:
            return orjson.loads(written)
    except TypeError:
        pass
    try:
        return _clean_all(orjson.loads(orjson.dumps(_clean_all(value))))
    except (TypeError, RecursionError, orjson.JSONDecodeError) as error:
        raise ValueError(Message("This cannot be stored.")) from error


def storable(value: Any) -> Any:
    """Return a JSON value in the shape in which PostgreSQL will give it back, so that hashes can be checked."""
    return _whole_numbers(clean_json(value))


def canonical(value: Any) -> bytes:
    """Return the one way to write a JSON value down: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(_whole_numbers(value), option=orjson.OPT_SORT_KEYS)


def _clean_all(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _clean_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_all(item) for item in value]
    return value


def _whole_numbers(value: Any) -> Any:
    # Texts and whole numbers, which is nearly everything, are not worth a call each.
    if isinstance(value, dict):
        return {key: item if type(item) in _AS_THEY_ARE else _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in _AS_THEY_ARE else _whole_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and WHOLE[0] <= value < WHOLE[1]:
        return int(value)
    return value


_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
