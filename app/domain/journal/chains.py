"""The journal: one hash chain per case and record, written in one statement, checked by reading it again."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import ColumnElement, Row, bindparam, select
from sqlalchemy.orm import Session

from app.database.direct import Direct
from app.database.journal_entry import Entry, writing
from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.journal.values import canonical, storable
from app.errors import Message

SAME = (JournalPayload.chain == JournalEntry.chain) & (JournalPayload.position == JournalEntry.position)
LINE = (
    JournalEntry.position, JournalEntry.case_id, JournalEntry.record_id, JournalEntry.at, JournalEntry.actor_id,
    JournalEntry.event, JournalEntry.element, JournalEntry.data, JournalEntry.payload_digest, JournalEntry.previous,
    JournalEntry.hash, JournalPayload.salt, JournalPayload.content,
)  # fmt: skip

_WRITE = Direct(select(writing(bindparam("lines"))))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a chain found; `position` is that of the first line that does not fit."""

    chain: str
    length: int
    sound: bool
    position: int | None = None
    reason: str = ""
    erased: int = 0


class Chained(Protocol):
    """What remembers the end of a chain of its own: a record."""

    id: int
    journal_head: bytes | None
    journal_length: int


class Journal:
    """Writes and checks chains; whoever writes holds a lock on what the chain is about."""

    def write(
        self, session: Session, chain: str, head: bytes | None, length: int, entries: list[Entry]
    ) -> tuple[bytes | None, int]:
        """Append entries to a chain in one statement.

        Args:
            chain: `case:17` or `record:42`.
            head: hash of the chain's last line, `None` for an empty chain.
            length: number of lines so far.
            entries: what happened, in order.

        Returns:
            The new head and length, for the caller to store with the case or record.
        """
        lines, head, length = self.chained(chain, head, length, entries)
        if lines is not None:
            _WRITE.run(session, {"lines": lines})
        return head, length

    def chained(
        self, chain: str, head: bytes | None, length: int, entries: list[Entry]
    ) -> tuple[str | None, bytes | None, int]:
        """Return the lines that follow on a chain's end, for a statement that `writing` is part of, and the new end.

        Args and what else is returned: as of `write`. Without entries there are no lines.
        """
        if not entries:
            return None, head, length
        lines, head, length = _chained(chain, head, length, entries)
        return orjson.dumps(lines).decode(), head, length

    def append_to_record(self, session: Session, record: Chained, entries: list[Entry]) -> None:
        """Append to the chain of a record whose row the caller has locked; its new head is stored at the flush."""
        record.journal_head, record.journal_length = self.write(
            session, f"record:{record.id}", record.journal_head, record.journal_length, entries
        )

    def append_to_records(self, session: Session, records: Iterable[tuple[Chained, list[Entry]]]) -> None:
        """Append to the chains of several locked records in one statement; the caller stores their new heads."""
        found: list[dict[str, Any]] = []
        for record, entries in records:
            lines, record.journal_head, record.journal_length = _chained(
                f"record:{record.id}", record.journal_head, record.journal_length, entries
            )
            found += lines
        if found:
            _WRITE.run(session, {"lines": orjson.dumps(found).decode()})

    def verify(self, session: Session, chain: str, *, head: bytes | None = None) -> Verdict:
        """Read a chain from its beginning and check every hash.

        Args:
            head: the hash that case or record remember; a chain whose end was cut off does not reach it.
        """
        previous: bytes | None = None
        position, erased = 0, 0
        # Columns, not objects: what this session remembers of a line is no proof of what stands in the database.
        lines = select(*LINE).outerjoin(JournalPayload, SAME).where(JournalEntry.chain == chain)
        rows = session.execute(lines.order_by(JournalEntry.position).execution_options(yield_per=500))
        with rows:
            for row in rows:
                position += 1
                reason = fault_in(chain, row, position, previous)
                if reason:
                    return Verdict(chain, position, False, position, reason, erased)
                erased += row.payload_digest is not None and row.salt is None
                previous = row.hash
        if head is not None and head != previous:
            return Verdict(chain, position, False, position + 1, Message("the end is missing"), erased)
        return Verdict(chain, position, True, erased=erased)


def payload_digest(salt: bytes, content: dict[str, Any]) -> bytes:
    """Return the digest of an erasable payload; the salt keeps short contents from being guessed."""
    return hashlib.sha256(salt + canonical(content)).digest()


def line_hash(chain: str, line: Mapping[str, Any], previous: bytes | None) -> bytes:
    """Return the hash of a line: over its facts and the hash of the line before."""
    names = ("position", "case_id", "record_id", "at", "actor_id", "event", "element", "data", "payload_digest")
    facts = {"chain": chain, **{name: line.get(name) for name in names}}
    return hashlib.sha256((previous or b"") + canonical(facts)).digest()


def _chained(
    chain: str, head: bytes | None, length: int, entries: list[Entry]
) -> tuple[list[dict[str, Any]], bytes | None, int]:
    """Return the lines that follow on a chain's end, and its new end."""
    lines: list[dict[str, Any]] = []
    for entry in entries:
        length += 1
        line = _line(entry, length)
        line["chain"] = chain
        if entry.payload is not None:
            salt = secrets.token_bytes(16)
            line["salt"], line["content"] = salt.hex(), storable(entry.payload)
            line["payload_digest"] = payload_digest(salt, line["content"]).hex()
        line["previous"] = head.hex() if head else None
        head = line_hash(chain, line, head)
        line["hash"] = head.hex()
        lines.append(line)
    return lines, head, length


def _line(entry: Entry, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "case_id": entry.case_id,
        "record_id": entry.record_id,
        "at": _moment(entry.at),
        "actor_id": entry.actor_id,
        "event": entry.event,
        "element": entry.element,
        "data": storable(entry.data),
        "payload_digest": None,
    }


def fault_in(chain: str, row: Row[Any], position: int, previous: bytes | None) -> str:
    """Say why a line does not stand where it should, or is not what it was; empty when it is and does.

    Args:
        row: the line with its payload, as `LINE` lists them.
        position: where it should stand.
        previous: the hash of the line before.
    """
    if row.position != position:
        return Message("this line is missing")
    if row.previous != previous:
        return Message("it does not follow the line before")
    if row.salt is not None and payload_digest(row.salt, row.content) != row.payload_digest:
        return Message("its payload was changed")
    line = {
        **row._mapping,
        "at": _moment(row.at),
        "payload_digest": row.payload_digest.hex() if row.payload_digest is not None else None,
    }
    return "" if line_hash(chain, line, previous) == row.hash else Message("it was changed")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def newest_of(
    session: Session,
    chain: str,
    limit: int,
    *,
    before: int | None = None,
    only: ColumnElement[bool] | None = None,
) -> list[tuple[JournalEntry, dict[str, Any] | None]]:
    """Return the newest lines of a chain with their payloads (where not erased), newest first.

    Args:
        before: only what stands before this place in the chain.
        only: a condition on `JournalEntry`.
    """
    narrowed = [only] if only is not None else []
    if before is not None:
        narrowed.append(JournalEntry.position < before)
    rows = session.execute(
        select(JournalEntry, JournalPayload.content)
        .outerjoin(JournalPayload, SAME)
        .where(JournalEntry.chain == chain, *narrowed)
        .order_by(JournalEntry.position.desc())
        .limit(limit)
    )
    return [(entry, content) for entry, content in rows]
