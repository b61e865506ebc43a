"""Tags: free words on records, written one way only, renamed and merged by an administrator."""

import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.journal.values import clean
from app.domain.records.records import Record, RecordTag, Tag
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, Message, NotFound

LONGEST = 50
MOST = 30
SUGGESTED = 200


def normalise(text: str) -> str:
    """Return the one way in which a tag is written: small letters, single spaces, no commas or control characters."""
    text = unicodedata.normalize("NFC", clean(text)).casefold().lstrip("#")
    text = "".join(" " if unicodedata.category(sign)[0] == "C" or sign == "," else sign for sign in text)
    return " ".join(text.split())


def add_tag(session: Session, records: Records, record: Record, text: str, trace: Trace) -> str:
    """Put a tag on a locked record and return it as it is written; one that is there already stays.

    Raises:
        Invalid: it is empty or too long, or the record has too many.
    """
    name = _checked(text)
    tag_id = session.scalar(insert(Tag).values(name=name).on_conflict_do_nothing().returning(Tag.id))
    if tag_id is None:
        tag_id = session.scalars(select(Tag.id).where(Tag.name == name)).one()
    if len(tags_of(session, record.id)) >= MOST:
        raise Invalid({"tag": [Message("A record has at most {most} tags.", most=MOST)]})
    row = insert(RecordTag).values(record_id=record.id, tag_id=tag_id, added_by_id=trace.actor_id, at=clock.now())
    if session.scalar(row.on_conflict_do_nothing().returning(RecordTag.tag_id)) is not None:
        records.note(session, record, "tag.added", trace, {"tag": tag_id}, {"name": name})
    return name


def remove_tag(session: Session, records: Records, record: Record, text: str, trace: Trace) -> None:
    """Take a tag off a locked record; one that is not there is no error."""
    name = normalise(text)
    tag_id = session.scalar(select(Tag.id).where(Tag.name == name))
    row = delete(RecordTag).where(RecordTag.record_id == record.id, RecordTag.tag_id == tag_id)
    if tag_id is not None and session.scalar(row.returning(RecordTag.tag_id)) is not None:
        records.note(session, record, "tag.removed", trace, {"tag": tag_id}, {"name": name})


def tags_of(session: Session, record_id: int) -> list[str]:
    """Return the tags of a record by name."""
    query = select(Tag.name).join(RecordTag, RecordTag.tag_id == Tag.id).where(RecordTag.record_id == record_id)
    return list(session.scalars(query.order_by(Tag.name)))


def suggestions(session: Session, known: ColumnElement[bool], beginning: str = "") -> list[str]:
    """Return tags that may be meant, the most used first.

    Args:
        known: the records whose tags the person may read; what stands on others alone is not suggested.
        beginning: what was typed so far.
    """
    query = (
        select(Tag.name)
        .join(RecordTag, RecordTag.tag_id == Tag.id)
        .join(Record, Record.id == RecordTag.record_id)
        .where(known, Tag.name.startswith(normalise(beginning), autoescape=True))
        .group_by(Tag.name)
    )
    return list(session.scalars(query.order_by(func.count().desc(), Tag.name).limit(SUGGESTED)))


def listed(session: Session) -> Sequence[tuple[Tag, int]]:
    """Return all tags with the number of records that have them, by name; for administrators."""
    counted = select(func.count()).where(RecordTag.tag_id == Tag.id).scalar_subquery()
    return [(row[0], row[1]) for row in session.execute(select(Tag, counted).order_by(Tag.name))]


def rename(session: Session, tag_id: int, text: str, *, actor_id: int | None) -> bool:
    """Write a tag in another way; where there is one like that already, both become one.

    Returns:
        Whether two became one.

    Raises:
        NotFound: it is gone.
        Invalid: the new name is empty or too long.
    """
    name = _checked(text)
    # Whoever renames the other way round at the same moment waits here.
    rows = {
        row.id: row
        for row in session.scalars(
            select(Tag).where((Tag.id == tag_id) | (Tag.name == name)).order_by(Tag.id).with_for_update(**LOCKED)
        )
    }
    tag = rows.pop(tag_id, None)
    if tag is None:
        raise NotFound
    if tag.name == name:
        return False
    other = next(iter(rows.values()), None)
    words = {"before": tag.name, "after": name}
    if other is None:
        tag.name = name
        session.flush()
        system.note(session, "tag.renamed", subject="tags", actor_id=actor_id, data={"tag": tag.id}, payload=words)
        return False
    there = aliased(RecordTag)
    both = exists().where(there.record_id == RecordTag.record_id, there.tag_id == other.id)
    moved = update(RecordTag).where(RecordTag.tag_id == tag.id, ~both).values(tag_id=other.id)
    session.execute(moved, execution_options={"synchronize_session": False})
    gone = delete(RecordTag).where(RecordTag.tag_id == tag.id)
    session.execute(gone, execution_options={"synchronize_session": False})
    facts = {"tag": tag.id, "into": other.id}
    session.delete(tag)
    session.flush()
    system.note(session, "tag.merged", subject="tags", actor_id=actor_id, data=facts, payload=words)
    return True


def _checked(text: str) -> str:
    name = normalise(text)
    if not name:
        raise Invalid({"tag": ["Please write a word."]})
    if len(name) > LONGEST:
        raise Invalid({"tag": [Message("Please use at most {limit} characters.", limit=LONGEST)]})
    return name
