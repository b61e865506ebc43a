"""Working time as people write it: `30m`, `4h`, `1h 30m`."""

import re

from app.errors import Message

_PARTS = re.compile(r"(?:(\d{1,6})\s*h(?:ours?)?)?\s*(?:(\d{1,6})\s*m(?:in(?:utes?)?)?)?", re.IGNORECASE | re.ASCII)
_DAYS = re.compile(r"\d\s*(d|days?|t|tage?|w|weeks?|wochen?)\b", re.IGNORECASE | re.ASCII)


class NotTime(ValueError):
    """A text that says no working time; `message` says what would."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def minutes_of(text: str) -> int:
    """Read working time.

    Raises:
        NotTime: it cannot be understood, or speaks of days: how long those are depends on the calendar.
    """
    text = text.strip()
    if _DAYS.search(text):
        raise NotTime(Message("Days differ from calendar to calendar; give hours of work instead, like 16h."))
    found = _PARTS.fullmatch(text)
    if not text or found is None:
        raise NotTime(Message("Give working time, like 30m, 4h or 1h 30m."))
    hours, minutes = (int(part or 0) for part in found.groups())
    return hours * 60 + minutes


def written(minutes: int) -> str:
    """Write working time as it can be read again."""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours}h" if hours else "", f"{rest}m" if rest or not hours else "") if part)
