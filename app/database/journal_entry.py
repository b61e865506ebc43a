"""A line of the journal before it is chained and stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Entry:
    """What happened: `data` holds ids and facts, `payload` whatever may name a person (erasable later)."""

    event: str
    at: datetime
    actor_id: int | None = None
    element: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] | None = None
    case_id: int | None = None
    record_id: int | None = None
