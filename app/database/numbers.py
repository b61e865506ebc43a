"""Numbers of records: one sequence per prefix (`INC-2026-0042`); gaps are allowed."""

import re

from sqlalchemy import text
from sqlalchemy.orm import Session

PREFIX = re.compile(r"[A-Z]{2,5}", re.ASCII)


def sequence_of(prefix: str) -> str:
    """Return the name of the sequence that numbers with this prefix come from."""
    return f"record_number_{prefix.lower()}_seq"


def make_sequence(session: Session, prefix: str) -> None:
    """Make sure that numbers with this prefix can be drawn; asked again, it changes nothing.

    Raises:
        ValueError: this is no prefix.
    """
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix: it takes 2 to 5 capital letters")
    session.execute(text(f"CREATE SEQUENCE IF NOT EXISTS {sequence_of(prefix)}"))
