"""Several people at once: pages that somebody else's change made stale, and writers that take turns."""

from typing import Literal, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Conflict

# Nobody else's advisory locks have this first number.
LOCK = 0x5F_4A0D
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:what))")


class Versioned(Protocol):
    """A row that counts its changes."""

    version: int


def refuse_stale(row: Versioned, seen: int | None) -> None:
    """Refuse to change a row that is no longer as it was seen, and count the change otherwise.

    `seen` is the version that the page showed; None checks nothing, for whoever shows no page.

    Raises:
        Conflict: somebody else has changed it meanwhile.
    """
    if seen is not None and seen != row.version:
        raise Conflict("Somebody changed this after you opened it. What you typed is still here; look and save again.")
    row.version += 1


def take_turns(session: Session, what: Literal["people", "organisations", "teams", "roles"]) -> None:
    """Let nobody else change the same until this transaction ends, so that what is looked up before stays true."""
    session.execute(_TAKE_TURNS, {"lock": LOCK, "what": what})
