"""A line of the journal before it is chained and stored, and how a statement stores lines beside what it does."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Function, cast, func
from sqlalchemy.dialects.postgresql import JSONB


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


def writing(lines: BindParameter[Any]) -> Function[Any]:
    """Return the part of a statement that writes lines of the journal, given as the text of a JSON list.

    Nothing is written when the list is NULL, or when the rows that the statement changes are none.
    """
    return func.write_journal(cast(lines, JSONB))
