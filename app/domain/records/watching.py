"""Who watches a record: people who want to know how it goes on, and how far they have been told."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.domain.people.records import Person
from app.domain.records.records import Record, Watcher
from app.domain.records.writer import Records, Trace


def watch(session: Session, records: Records, record: Record, person_id: int, trace: Trace) -> None:
    """Let a person watch a locked record from now on; whether they may know of it the caller has checked."""
    row = insert(Watcher).values(
        record_id=record.id, person_id=person_id, added_by_id=trace.actor_id, at=clock.now(), told=record.journal_length
    )
    if session.scalar(row.on_conflict_do_nothing().returning(Watcher.person_id)) is not None:
        records.note(session, record, "watcher.added", trace, {"person": person_id})


def unwatch(session: Session, records: Records, record: Record, person_id: int, trace: Trace) -> None:
    """Let a person watch a locked record no longer; who does not watch it is no error."""
    row = delete(Watcher).where(Watcher.record_id == record.id, Watcher.person_id == person_id)
    if session.scalar(row.returning(Watcher.person_id)) is not None:
        records.note(session, record, "watcher.removed", trace, {"person": person_id})


def watchers_of(session: Session, record_id: int) -> list[Person]:
    """Return the people who watch a record, by name."""
    query = select(Person).join(Watcher, Watcher.person_id == Person.id).where(Watcher.record_id == record_id)
    return list(session.scalars(query.order_by(Person.name, Person.id)))
