"""Several people at once: pages that somebody else's change made stale, and writers that take turns."""

from collections.abc import Iterable
from typing import Literal, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Conflict

# Nobody else's advisory locks have this first number.
LOCK = 0x5F_4A0D
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:what))")
# In one order for all, so that no two wait for each other.
_HOLD = text(
    "SELECT pg_advisory_xact_lock(:lock, held.one) FROM ("
    "SELECT DISTINCT hashtext('rights:' || who) AS one FROM unnest(CAST(:people AS bigint[])) who ORDER BY one) held"
)
_COUNT_ON = text("SELECT pg_try_advisory_xact_lock_shared(:lock, hashtext('rights:' || CAST(:person AS bigint)))")


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


def take_turns(session: Session, *what: Literal["people", "organisations", "roles", "teams"]) -> None:
    """Let nobody else change the same until this transaction ends, so that what is looked up before stays true.

    Whoever needs several turns takes them in this order, then rights by `hold_rights`, then locks cases.
    """
    for one in what:
        session.execute(_TAKE_TURNS, {"lock": LOCK, "what": one})


def hold_rights(session: Session, person_ids: Iterable[int]) -> None:
    """Wait for those who take tasks by what these people hold, and let nobody take one until this transaction ends."""
    wanted = sorted(set(person_ids))
    if wanted:
        session.execute(_HOLD, {"lock": LOCK, "people": wanted})


def count_on_rights(session: Session, person_id: int) -> None:
    """Let nobody change what a person holds until this transaction ends, so that a task may be taken by it.

    It never waits, because the case of the task is locked by then.

    Raises:
        Conflict: somebody is changing it.
    """
    if not session.scalar(_COUNT_ON, {"lock": LOCK, "person": person_id}):
        raise Conflict("What this person may do is being changed at this moment. Please try again.")
