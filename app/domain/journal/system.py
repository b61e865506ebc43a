"""What happens beside cases and records: sign-ins, roles, settings, exports; one chain per subject.

A subject is what the line is about: `person:17`, `role:incidents.process_manager`, `settings`, `export`.
"""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.domain.journal.chains import Journal
from app.domain.journal.records import JournalEntry

PREFIX = "system:"
LONGEST_SUBJECT = 200
# Nobody else's advisory locks have this first number.
LOCK = 0x5F_4A0C

_JOURNAL = Journal()
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:chain))")


def chain_of(subject: str) -> str:
    """Return the chain in which the lines about a subject stand."""
    return PREFIX + subject


def take_turns(session: Session, chain: str) -> None:
    """Wait until no other transaction writes to this chain; others wait until this one has ended."""
    session.execute(_TAKE_TURNS, {"lock": LOCK, "chain": chain})


def note(
    session: Session,
    event: str,
    *,
    subject: str,
    actor_id: int | None = None,
    data: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Add one line to the system's journal; it is stored when the caller's transaction commits, or not at all.

    Nothing remembers the end of such a chain, so its writers take turns until they commit.

    Args:
        event: what happened, like `person.signed_in`.
        subject: what it happened to; each subject has a chain of its own.
        actor_id: the person who did it, if any.
        data: ids and facts, which stay for ever; never names, addresses or anything that somebody typed.
        payload: whatever may name a person; it can be erased without breaking the chain.

    Raises:
        ValueError: the subject is empty or too long, or the values are not JSON.
    """
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise ValueError(f"not a subject of the journal: {subject[:LONGEST_SUBJECT]!r}")
    chain = chain_of(subject)
    take_turns(session, chain)
    # A statement of its own: one that began before the lock was ours would not see the line that was just added.
    last = session.execute(
        select(JournalEntry.hash, JournalEntry.position)
        .where(JournalEntry.chain == chain)
        .order_by(JournalEntry.position.desc())
        .limit(1)
    ).first()
    entry = Entry(event, clock.now(), actor_id, None, data or {}, payload)
    _JOURNAL.write(session, chain, last.hash if last else None, last.position if last else 0, [entry])
