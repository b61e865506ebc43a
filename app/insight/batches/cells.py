"""From what stands in a cell to a value, and back to tell whether a cell says what is there already."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.records import tags
from app.domain.records.values import LARGEST_NUMBER
from app.errors import Message
from app.insight.batches.fields import Target
from app.insight.lists import tables

YES = frozenset({"yes", "ja", "true", "wahr", "on", "x", "1", "y", "j"})
NO = frozenset({"no", "nein", "false", "falsch", "off", "0", "n"})
FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d.%m.%y %H:%M", "%d.%m.%y")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?(?:[eE][+-]?\d{1,3})?")
LONGEST_SHOWN = 60


def read(target: Target, text: str, zone: tzinfo) -> Any:
    """Return the value that a cell means, as JSON; references stay what is written, empty cells are nothing.

    Raises:
        ValueError: says in plain words what is expected.
    """
    if not text.strip():
        return None
    return _READ.get(target.type, _text)(target, text, zone)


def retired(target: Target, value: Any, current: Any) -> Message | None:
    """Tell what is wrong with an answer that nobody gives any more; a record that has it keeps it."""
    held = current if isinstance(current, list) else [current]
    for key in value if isinstance(value, list) else [value]:
        if key in target.retired and key not in held:
            name, instead = target.shown.get(key, key), target.retired[key]
            if instead:
                better = target.shown.get(instead, instead)
                return Message("“{value}” is retired; use “{instead}”.", value=name, instead=better)
            return Message("“{value}” is retired and given to no record any more.", value=name)
    return None


def says(target: Target, text: str, value: Any, zone: tzinfo) -> bool:
    """Tell whether a cell is what an export writes for this value, so that reading it back changes nothing.

    A time is written to the minute and in a zone; a workbook cannot hold every character.
    """
    if value is None:
        return not text.strip()
    if target.type == "date":
        with suppress(ValueError):
            return bool(_moment(text).date().isoformat() == value)
        return False
    if target.type == "time":
        with suppress(ValueError, TypeError):
            there = datetime.fromisoformat(value).astimezone(zone).replace(tzinfo=None, microsecond=0)
            meant = _moment(text)
            return meant.tzinfo is None and (meant == there or meant == there.replace(second=0))
        return False
    if isinstance(value, bool):
        return target.type == "text" and text.strip().casefold() == str(value).casefold()
    if target.entity:
        return False
    if isinstance(value, str):
        return _lines(text) in (_lines(value), _lines(tables.in_workbook(value)))
    if isinstance(value, int | float) and target.type == "text":
        return text.strip() == str(value)
    return False


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(_target: Target, text: str, _zone: tzinfo) -> str:
    return text


def _key(target: Target, text: str, _zone: tzinfo) -> str:
    said = " ".join(text.split())
    if not target.words:
        return said
    found = target.words.get(said.casefold())
    if found is None:
        raise ValueError(_unknown(target, said))
    return found


def _keys(target: Target, text: str, _zone: tzinfo) -> list[str]:
    said = " ".join(text.split())
    if said.casefold() in target.words:
        return [target.words[said.casefold()]]
    parts = [part.strip() for part in said.split(",") if part.strip()]
    if not target.words:
        return parts
    for part in parts:
        if part.casefold() not in target.words:
            raise ValueError(_unknown(target, part))
    return list(dict.fromkeys(target.words[part.casefold()] for part in parts))


def _unknown(target: Target, said: str) -> Message:
    known = [word for key, word in target.shown.items() if key not in target.retired] or list(
        dict.fromkeys(target.words.values())
    )
    told = Message("“{value}” is none of the answers here: {known}.")
    return Message(told, value=cut(said), known=", ".join(known[:12]) + (" …" if len(known) > 12 else ""))


def _flag(target: Target, text: str, _zone: tzinfo) -> bool:
    said = text.strip().casefold()
    if said in YES or said in NO:
        return said in YES
    raise ValueError(Message("Please answer yes or no."))


def _number(target: Target, text: str, _zone: tzinfo) -> int | float:
    said = text.strip()
    if not _NUMBER.fullmatch(said):
        raise ValueError(Message("“{value}” is no number.", value=cut(said)))
    try:
        number = Decimal(said.replace(",", "."))
    except InvalidOperation:
        raise ValueError(Message("“{value}” is no number.", value=cut(said))) from None
    if abs(number) > LARGEST_NUMBER:
        raise ValueError(Message("This number is too large."))
    if number == number.to_integral_value():
        return int(number)
    if not target.custom:
        raise ValueError(Message("Please give a whole number."))
    return float(number)


def _date(_target: Target, text: str, _zone: tzinfo) -> str:
    try:
        return _moment(text).date().isoformat()
    except ValueError:
        raise ValueError(Message("“{value}” is no date. Write it like 2026-03-06.", value=cut(text.strip()))) from None


def _time(_target: Target, text: str, zone: tzinfo) -> str:
    try:
        moment = _moment(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(
            Message("“{value}” is no date with time. Write it like 2026-03-06 16:50.", value=cut(text.strip()))
        ) from None


def _moment(text: str) -> datetime:
    said = " ".join(text.split())
    with suppress(ValueError):
        return datetime.fromisoformat(said)
    for written in FORMATS:
        with suppress(ValueError):
            return datetime.strptime(said, written)  # noqa: DTZ007
    raise ValueError(said)


def _tags(_target: Target, text: str, _zone: tzinfo) -> list[str]:
    found = [tags.normalise(part) for part in text.replace(";", ",").split(",")]
    for name in found:
        if len(name) > tags.LONGEST:
            raise ValueError(Message("Please use at most {limit} characters.", limit=tags.LONGEST))
    return sorted({name for name in found if name})


def cut(text: str) -> str:
    """Return the beginning of what somebody wrote, as complaints quote it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


_READ: dict[str, Callable[[Target, str, tzinfo], Any]] = {
    "text": _text, "key": _key, "keys": _keys, "flag": _flag, "number": _number, "date": _date, "time": _time,
    "reference": _text, "tags": _tags,
}  # fmt: skip
