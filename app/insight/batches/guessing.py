"""Guesses which field a column of a table is meant for: by its heading in any language, and by what was last."""

import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

ZONE = re.compile(r"\s*\(([A-Za-z][\w+\-]*(?:/[\w+\-]+)*)\)\s*$")


def heading(text: str) -> str:
    """Return a heading as it is compared: small letters and digits, without the zone that an export writes after it."""
    return "".join(sign for sign in ZONE.sub("", text).casefold() if sign.isalnum())


def guess(head: Sequence[str], names: Mapping[str, str], kept: Mapping[str, str]) -> list[str]:
    """Return the field for each column, empty where none fits; no field twice.

    Args:
        head: the headings of the table.
        names: fields by all that they are called, as `heading` writes it.
        kept: fields by heading, as the last table of the kind was taken; empty ones were left out on purpose.
    """
    found: list[str] = []
    for text in head:
        plain = heading(text)
        field = kept.get(plain)
        if field is None or (field and field not in names.values()):
            field = names.get(plain, "")
        found.append("" if field in found else field)
    return found


def zone_of(head: Sequence[str]) -> str:
    """Return the time zone that a heading names, as an export writes it; empty when none does."""
    for text in head:
        named = ZONE.search(text)
        if named is not None:
            try:
                return ZoneInfo(named[1]).key
            except (ValueError, OSError, KeyError):
                continue
    return ""
