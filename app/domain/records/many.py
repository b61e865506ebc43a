"""Many records at once: created and changed with a few statements whatever their number, each with its own history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, make_transient

from app.database.journal_entry import Entry
from app.database.transaction import LOCKED
from app.domain.journal.chains import Journal
from app.domain.records import bulk_rows, marks
from app.domain.records.changes import Changes, Trace, put_in, snapshot, work_out
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.errors import Invalid

AT_ONCE = 1000
"""Records that one statement creates or changes."""


@dataclass(slots=True)
class Write:
    """What is to become of one record: attributes and custom values, tags and watchers that come and go."""

    record: Record
    values: Mapping[str, Any] = field(default_factory=dict)
    tags_added: Sequence[str] = ()
    tags_removed: Sequence[str] = ()
    watched_by: Sequence[int] = ()
    unwatched_by: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who writes many records, when and why; `batch_id` names what was planned."""

    trace: Trace
    at: datetime
    reason: str = ""
    batch_id: int | None = None


def blank(kind: Kind, now: datetime) -> Record:
    """Return a record that is not stored, for values to be put into."""
    return kind.model(
        kind=kind.key, title="", status=kind.opening, opened_at=now, updated_at=now, custom={}, journal_length=0,
        journal_head=None,
    )  # fmt: skip


def load(session: Session, kind: Kind, ids: Sequence[int], *, locked: bool = False) -> dict[int, Record]:
    """Return records of a kind by id, apart from the session: what is set on them is stored by this module alone.

    Locked rows are taken in the order of their ids, so that two who want the same do not wait for each other.
    """
    found: dict[int, Record] = {}
    wanted = sorted(set(ids))
    for part in _parts(wanted):
        query = select(kind.model).where(kind.model.id == func.any(cast(part, ARRAY(BigInteger)))).order_by(Record.id)
        if locked:
            query = query.with_for_update(of=Record.__table__, **LOCKED)
        for record in session.scalars(query.execution_options(populate_existing=True)).all():
            make_transient(record)
            found[record.id] = record
    return found


def create(
    session: Session, journal: Journal, kind: Kind, rows: Sequence[Mapping[str, Any]], occasion: Occasion
) -> list[Record]:
    """Store new records under the next numbers of their kind; references are known to lead somewhere.

    `rows` are attributes, protected ones too, and custom values.

    Raises:
        Invalid: a value does not fit; nothing is stored then.
    """
    made: list[Record] = []
    drawn = text(
        "SELECT nextval('record_id_seq') AS id, nextval(CAST(:sequence AS regclass)) AS number"
        " FROM generate_series(1, :many)"
    )
    for part in _parts(rows):
        numbers = session.execute(drawn, {"sequence": kind.sequence, "many": len(part)}).all()
        lines: list[tuple[Record, list[Entry]]] = []
        for values, drawn_now in zip(part, sorted(numbers), strict=True):
            record = blank(kind, occasion.at)
            record.id, record.number = drawn_now.id, f"{kind.prefix}-{occasion.at:%Y}-{drawn_now.number:04d}"
            draft = work_out(kind, record, values, allowed=None)
            if draft.wrong:
                raise Invalid(draft.wrong)
            put_in(record, draft)
            started = {name: value for name, value in snapshot(kind, record).items() if value not in (None, "", False)}
            started |= record.custom
            entry = Changes(dict.fromkeys(started), started).entry(
                kind, record.id, "record.imported", occasion.trace, reason=occasion.reason, batch_id=occasion.batch_id
            )
            lines.append((record, [entry]))
        journal.append_to_records(session, lines)
        created = [record for record, _ in lines]
        for table in (Record.__table__, kind.model.__table__):
            bulk_rows.insert(session, table, [bulk_rows.row_of(table, record) for record in created])
        made += created
    return made


def change(session: Session, journal: Journal, kind: Kind, writes: Iterable[Write], occasion: Occasion) -> int:
    """Change records that `load` has locked, each with one line of history for its values and one for each mark.

    Returns:
        How many were really changed.

    Raises:
        Invalid: a value does not fit; nothing is stored then.
    """
    changed = 0
    for part in _parts(list(writes)):
        columns: set[str] = set()
        entries: dict[int, list[Entry]] = {}
        for write in part:
            draft = work_out(kind, write.record, write.values, allowed=None)
            if draft.wrong:
                raise Invalid(draft.wrong)
            changes = put_in(write.record, draft)
            entries[write.record.id] = []
            if changes.after:
                columns |= {attribute.column for attribute, _ in draft.columns}
                entry = changes.entry(
                    kind, write.record.id, "record.changed", occasion.trace, reason=occasion.reason,
                    batch_id=occasion.batch_id,
                )  # fmt: skip
                entries[write.record.id].append(entry)
        for record_id, lines in marks.apply(session, part, occasion).items():
            entries[record_id] += lines
        touched = [write.record for write in part if entries[write.record.id]]
        for record in touched:
            record.updated_at = occasion.at
        journal.append_to_records(session, [(record, entries[record.id]) for record in touched])
        _store(session, kind, touched, columns)
        changed += len(touched)
    return changed


def _store(session: Session, kind: Kind, records: Sequence[Record], columns: set[str]) -> None:
    own = set(kind.model.__table__.c.keys()) & columns
    base = (columns - own) | {"custom", "updated_at", "journal_head", "journal_length"}
    for table, names, key in ((Record.__table__, base, "id"), (kind.model.__table__, own, "record_id")):
        if names and records:
            rows = [bulk_rows.row_of(table, record, {key, *names}) for record in records]
            bulk_rows.update(session, table, key, rows)


def _parts(whole: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (whole[start : start + AT_ONCE] for start in range(0, len(whole), AT_ONCE))
