"""Anchors: now and then one digest over the ends of all chains that grew, so that no chain can be written anew unseen.

An anchor hangs on the one before. Its line of text, printed or mailed elsewhere, proves later what the journal held.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.journal.digests import Tree
from app.domain.journal.records import JournalAnchor
from app.domain.journal.values import canonical

log = logging.getLogger(__name__)

SUBJECT = "anchors"
ANCHORED = "journal.anchored"
WORDS = ("stellwerk", "anchor")
# Lines get their ids before they can be seen. No transaction lives as long as this, so that looking again at what is
# younger finds every line; finding one twice does no harm.
OVERLAP = timedelta(hours=1)

_ADD_HEADS = text("""
    WITH grown AS (
        SELECT chain, max(position) AS position FROM journal_entry
        WHERE id > :after AND chain <> :own GROUP BY chain
    )
    INSERT INTO journal_anchor_head (anchor, chain, position, hash)
    SELECT :anchor, chain, grown.position, line.hash
    FROM grown JOIN journal_entry line USING (chain, position)
    WHERE grown.position > coalesce((
        SELECT known.position FROM journal_anchor_head known
        WHERE known.chain = grown.chain ORDER BY known.anchor DESC LIMIT 1), 0)
    RETURNING chain, position, hash
""")


@dataclass(frozen=True, slots=True)
class Line:
    """What an anchor's line of text says."""

    position: int
    at: datetime
    chains: int
    hash: bytes

    def __str__(self) -> str:
        return f"{' '.join(WORDS)} {self.position} {stamp(self.at)} {self.chains} {self.hash.hex()}"


def write(session: Session) -> int:
    """Anchor the chains that grew since the last time; returns how many. Nothing new makes no anchor."""
    own = system.chain_of(SUBJECT)
    system.take_turns(session, own)
    last = newest(session)
    position = last.position + 1 if last else 1
    # What one that is being written has not seen is seen by the next.
    seen = session.scalar(text("SELECT coalesce(max(id), 0) FROM journal_entry"))
    heads = session.execute(_ADD_HEADS, {"after": _looked_through(session), "own": own, "anchor": position}).all()
    if not heads:
        return 0
    tree = Tree()
    for head in sorted(heads, key=lambda head: str(head.chain)):
        tree.add(head.chain, head.position, head.hash)
    anchor = JournalAnchor(
        position=position, at=clock.now(), chains=len(heads), seen=seen, root=tree.root(),
        previous=last.hash if last else None,
    )  # fmt: skip
    anchor.hash = anchor_hash(anchor)
    session.add(anchor)
    session.flush()
    # A line of its own chain remembers it, so that the newest anchor cannot simply be taken away.
    system.note(session, ANCHORED, subject=SUBJECT, data={"anchor": position, "hash": anchor.hash.hex()})
    # The first one binds what setting up has written; nobody who has just started Stellwerk waits for that line.
    log.log(logging.INFO if last else logging.DEBUG, "%s", line_of(anchor))
    return len(heads)


def anchor_hash(anchor: JournalAnchor) -> bytes:
    """Return the hash of an anchor: over its facts and the hash of the one before."""
    facts = {
        "position": anchor.position,
        "at": stamp(anchor.at),
        "chains": anchor.chains,
        "root": anchor.root.hex(),
    }
    return hashlib.sha256((anchor.previous or b"") + canonical(facts)).digest()


def newest(session: Session) -> JournalAnchor | None:
    """Return the last anchor."""
    return session.scalars(select(JournalAnchor).order_by(JournalAnchor.position.desc()).limit(1)).first()


def listed(session: Session, limit: int, *, before: int | None = None) -> list[JournalAnchor]:
    """Return anchors, newest first."""
    query = select(JournalAnchor).order_by(JournalAnchor.position.desc()).limit(limit)
    return list(session.scalars(query.where(JournalAnchor.position < before) if before else query))


def line_of(anchor: JournalAnchor) -> Line:
    """Return what is printed or mailed elsewhere: one line of text that proves what the journal held."""
    return Line(anchor.position, anchor.at, anchor.chains, anchor.hash)


def read_line(given: str) -> Line:
    """Read a line that was kept elsewhere.

    Raises:
        ValueError: it is none of ours.
    """
    words = given.split()
    try:
        first, second, position, at, chains, digest = words
        line = Line(int(position), datetime.fromisoformat(at), int(chains), bytes.fromhex(digest))
    except ValueError:
        raise ValueError(f"not the line of an anchor: {given[:200]}") from None
    if (first, second) != WORDS or line.at.tzinfo is None or len(line.hash) != hashlib.sha256().digest_size:
        raise ValueError(f"not the line of an anchor: {given[:200]}")
    return line


def stamp(at: datetime) -> str:
    """Write a moment down, always alike."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def remembered(session: Session) -> Iterator[tuple[int, str]]:
    """Yield the anchors and their hashes as the lines about them have it."""
    lines = text("""
        SELECT CAST(data ->> 'anchor' AS bigint) AS anchor, data ->> 'hash' AS hash FROM journal_entry
        WHERE chain = :own AND event = :event ORDER BY position
    """)
    values = {"own": system.chain_of(SUBJECT), "event": ANCHORED}
    with session.execute(lines, values, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            yield row.anchor, row.hash


def _looked_through(session: Session) -> int:
    old = JournalAnchor.stored_at < func.now() - OVERLAP
    return session.scalar(select(func.max(JournalAnchor.seen)).where(old)) or 0
