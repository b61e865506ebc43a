"""Ids of rows as they come from outside, or stand in JSON: texts."""

# In digits; what is longer is no number of ours, and far longer ones Python would not even read.
LONGEST = 18


def number(value: str) -> int | None:
    """Read an id or a version; None when the text is empty or cannot be one."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= LONGEST else None
