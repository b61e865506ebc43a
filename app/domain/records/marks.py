"""Tags and watchers of many records: read with one statement each, and brought in line with what is wanted."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from app.database.journal_entry import Entry
from app.domain.records import bulk_rows
from app.domain.records.records import RecordTag, Tag, Watcher

if TYPE_CHECKING:
    from app.domain.records.many import Occasion, Write


def tags_of(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the tags of records by name."""
    found: dict[int, list[str]] = {}
    query = select(RecordTag.record_id, Tag.name).join(Tag, Tag.id == RecordTag.tag_id)
    query = query.where(RecordTag.record_id == func.any(cast(list(ids), ARRAY(BigInteger))))
    for row in session.execute(query.order_by(RecordTag.record_id, Tag.name)):
        found.setdefault(row.record_id, []).append(row.name)
    return found


def watchers_of(session: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the ids of those who watch records."""
    found: dict[int, list[int]] = {}
    query = select(Watcher.record_id, Watcher.person_id)
    query = query.where(Watcher.record_id == func.any(cast(list(ids), ARRAY(BigInteger))))
    for row in session.execute(query.order_by(Watcher.record_id, Watcher.person_id)):
        found.setdefault(row.record_id, []).append(row.person_id)
    return found


def apply(session: Session, writes: Sequence["Write"], occasion: "Occasion") -> dict[int, list[Entry]]:
    """Put tags on and take them off, let people watch and not, and return the lines of history by record.

    What is there already, or not there, is left as the caller has looked it up.
    """
    lines: dict[int, list[Entry]] = {}
    tags = _tag_ids(session, {name for write in writes for name in (*write.tags_added, *write.tags_removed)})
    actor, at = occasion.trace.actor_id, occasion.at
    put_on, taken_off, coming, going = [], [], [], []
    for write in writes:
        record = write.record
        for name in write.tags_added:
            put_on.append({"record_id": record.id, "tag_id": tags[name], "added_by_id": actor, "at": at})
        taken_off += [(record.id, tags[name]) for name in write.tags_removed]
        for person in write.watched_by:
            told = record.journal_length
            coming.append({"record_id": record.id, "person_id": person, "added_by_id": actor, "at": at, "told": told})
        going += [(record.id, person) for person in write.unwatched_by]
        for event, names in (("tag.added", write.tags_added), ("tag.removed", write.tags_removed)):
            lines.setdefault(record.id, []).extend(
                _line(event, record.id, {"tag": tags[name]}, {"name": name}, occasion) for name in names
            )
        for event, people in (("watcher.added", write.watched_by), ("watcher.removed", write.unwatched_by)):
            lines.setdefault(record.id, []).extend(
                _line(event, record.id, {"person": person}, {}, occasion) for person in people
            )
    bulk_rows.insert(session, RecordTag.__table__, put_on)
    bulk_rows.insert(session, Watcher.__table__, coming)
    if taken_off:
        session.execute(delete(RecordTag).where(tuple_(RecordTag.record_id, RecordTag.tag_id).in_(taken_off)), **_PLAIN)
    if going:
        session.execute(delete(Watcher).where(tuple_(Watcher.record_id, Watcher.person_id).in_(going)), **_PLAIN)
    return lines


_PLAIN = {"execution_options": {"synchronize_session": False}}


def _line(event: str, record_id: int, data: dict[str, int], payload: dict[str, str], occasion: "Occasion") -> Entry:
    trace = occasion.trace
    facts = {**data, **({"batch": occasion.batch_id} if occasion.batch_id is not None else {})}
    if occasion.reason:
        payload = {**payload, "reason": occasion.reason}
    return Entry(event, occasion.at, trace.actor_id, trace.element, facts, payload or None, trace.case_id, record_id)


def _tag_ids(session: Session, names: Iterable[str]) -> dict[str, int]:
    wanted = sorted(set(names))
    if not wanted:
        return {}
    session.execute(insert(Tag).on_conflict_do_nothing(), [{"name": name} for name in wanted])
    return {row.name: row.id for row in session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(wanted)))}
