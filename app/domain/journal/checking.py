"""Reading the journal again from its beginning: every chain, then every anchor, whatever their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, select, text
from sqlalchemy.orm import Session

from app.domain.journal import anchors, erasure, system
from app.domain.journal.chains import LINE, SAME, fault_in
from app.domain.journal.digests import Tree
from app.domain.journal.records import JournalAnchor, JournalAnchorHead, JournalEntry, JournalPayload
from app.errors import Message

# Rows that the database hands over at once; so many are held in memory, however long the journal is.
AT_ONCE = 1000
ANCHORS = "anchors"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is broken: in which chain, at which line, and why; `chain` is `anchors` for an anchor itself."""

    chain: str
    position: int
    reason: str


@dataclass(slots=True)
class Checked:
    """A chain that was read: how long it is and how it ends, what was erased, its first fault.

    `vouched` are the lines that vouch for evidence, each with what it says of it.
    """

    chain: str
    length: int = 0
    head: bytes | None = None
    fault: Fault | None = None
    erased: list[int] = field(default_factory=list)
    vouched: list[tuple[int, Any]] = field(default_factory=list)


def chains(session: Session, *, since: datetime | None = None) -> Iterator[Checked]:
    """Read every chain and check each of its hashes; with `since` those alone that have grown from then on."""
    lines: Select[Any] = select(JournalEntry.chain, *LINE).outerjoin(JournalPayload, SAME)
    if since is not None:
        lines = lines.where(JournalEntry.chain.in_(select(JournalEntry.chain).where(JournalEntry.at >= since)))
    rows = session.execute(
        lines.order_by(JournalEntry.chain, JournalEntry.position).execution_options(yield_per=AT_ONCE)
    )
    with rows:
        for chain, group in groupby(rows, key=lambda row: str(row.chain)):
            yield _read(chain, group)


def silently_erased(session: Session, checked: Checked) -> Fault | None:
    """Return a fault where a payload is missing that no line of the journal says was erased."""
    if not checked.erased:
        return None
    noted = text("""
        SELECT DISTINCT CAST(listed.position AS bigint) FROM journal_entry line,
            jsonb_array_elements_text(line.data -> 'erased' -> :chain) AS listed(position)
        WHERE line.chain = :own AND line.event = :event AND line.data -> 'erased' ? :chain
    """)
    own = system.chain_of(erasure.SUBJECT)
    known = set(session.scalars(noted, {"chain": checked.chain, "own": own, "event": erasure.ERASED}))
    missing = next((position for position in checked.erased if position not in known), None)
    return Fault(checked.chain, missing, Message("its payload is gone and no erasure is noted")) if missing else None


def anchored(session: Session, kept: Sequence[anchors.Line] = ()) -> Iterator[tuple[int, list[Fault]]]:
    """Check every anchor: that it hangs on the one before, and that the chains still hold what it saw.

    Args:
        kept: lines of anchors that were kept elsewhere.

    Yields:
        The position of each anchor with its faults; a position that has no anchor has a fault.
    """
    expected = {line.position: line.hash for line in kept}
    heads = _Heads(session)
    query = select(*JournalAnchor.__table__.columns).order_by(JournalAnchor.position)
    remembered = _Remembered(session)
    previous: bytes | None = None
    last = 0
    with heads.rows, session.execute(query.execution_options(yield_per=AT_ONCE)) as rows:
        for row in rows:
            for missing in range(last + 1, row.position):
                expected.pop(missing, None)
                yield missing, [_anchor_fault(missing, Message("this anchor is missing"))]
            faults, root = heads.check(row.position)
            anchor = JournalAnchor(**{**row._mapping, "root": root})
            wanted = expected.pop(row.position, None)
            if row.previous != previous and row.position == last + 1:
                faults.append(_anchor_fault(row.position, Message("it does not follow the anchor before")))
            elif root != row.root or anchors.anchor_hash(anchor) != row.hash:
                faults.append(_anchor_fault(row.position, Message("this anchor was changed")))
            elif remembered.hash_of(row.position) != row.hash.hex():
                faults.append(_anchor_fault(row.position, Message("the line about this anchor says something else")))
            if wanted is not None and wanted != row.hash:
                faults.append(_anchor_fault(row.position, Message("it is not the anchor that was kept elsewhere")))
            yield row.position, faults
            previous, last = row.hash, row.position
    for position in sorted({*remembered.after(last), *expected}):
        yield position, [_anchor_fault(position, Message("this anchor is missing"))]


class _Remembered:
    """The anchors as the lines about them have it; read once, in order."""

    def __init__(self, session: Session) -> None:
        self._lines = anchors.remembered(session)
        self._next = next(self._lines, None)

    def hash_of(self, anchor: int) -> str | None:
        """Return the hash that an anchor had when it was made."""
        while self._next is not None and self._next[0] < anchor:
            self._next = next(self._lines, None)
        return self._next[1] if self._next is not None and self._next[0] == anchor else None

    def after(self, last: int) -> list[int]:
        """Return the anchors that were made after this one."""
        self.hash_of(last + 1)
        rest = [self._next[0]] if self._next is not None else []
        return rest + [anchor for anchor, _hash in self._lines]


class _Heads:
    """The ends of chains as the anchors saw them, beside the lines that stand there now; read once, in order."""

    def __init__(self, session: Session) -> None:
        lines = (JournalEntry.chain == JournalAnchorHead.chain) & (JournalEntry.position == JournalAnchorHead.position)
        head = JournalAnchorHead
        query = (
            select(head.anchor, head.chain, head.position, head.hash, JournalEntry.hash.label("now"))
            .outerjoin(JournalEntry, lines)
            .order_by(head.anchor, head.chain.collate("C"))
        )
        self.rows = session.execute(query.execution_options(yield_per=AT_ONCE))
        self._next: Any = self.rows.fetchone()

    def check(self, anchor: int) -> tuple[list[Fault], bytes]:
        """Return what does not fit any more of what an anchor saw, and the digest over it."""
        faults, tree = [], Tree()
        while (head := self._next) is not None and head.anchor <= anchor:
            if head.anchor == anchor:
                tree.add(head.chain, head.position, head.hash)
                if head.now != head.hash:
                    faults.append(
                        Fault(head.chain, head.position, Message("it is not what anchor {anchor} saw", anchor=anchor))
                    )
            self._next = self.rows.fetchone()
        return faults, tree.root()


def _read(chain: str, rows: Iterator[Row[Any]]) -> Checked:
    checked = Checked(chain)
    for row in rows:
        if checked.fault is not None:
            continue  # what follows a fault says nothing more
        reason = fault_in(chain, row, checked.length + 1, checked.head)
        if reason:
            checked.fault = Fault(chain, checked.length + 1, reason)
            continue
        checked.length, checked.head = row.position, row.hash
        if row.payload_digest is not None and row.salt is None:
            checked.erased.append(row.position)
        if "evidence" in row.data:
            checked.vouched.append((row.position, row.data["evidence"]))
    return checked


def _anchor_fault(position: int, reason: str) -> Fault:
    return Fault(ANCHORS, position, reason)
