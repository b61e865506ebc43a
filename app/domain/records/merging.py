"""Merging: a record that is about the same thing as another is closed, and what hung on it goes on there."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal.values import clean
from app.domain.records.comments import add_comment
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.links import add_link, is_linked
from app.domain.records.records import Record, RecordLink, Watcher
from app.domain.records.watching import watch
from app.domain.records.writer import Records, Trace
from app.errors import Conflict, Invalid, Message

DUPLICATE_OF = LINK_TYPES["duplicate_of"]
LONGEST_REASON = 2000
CLOSURE = "closure_code"


def merge(session: Session, records: Records, duplicate_id: int, into_id: int, reason: str, trace: Trace) -> Record:
    """Close a record as a duplicate of another one of its kind; links and watchers go over, comments are read on both.

    Its cases are ended by the caller.

    Returns:
        The record that was closed.

    Raises:
        Invalid: no reason, another kind, itself, or it would make a circle of duplicates.
        Conflict: it is closed already.
    """
    reason = clean(reason).strip()
    if not reason:
        raise Invalid({"reason": ["Please say why; whoever asked reads it."]})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [Message("Please use at most {limit} characters.", limit=LONGEST_REASON)]})
    if duplicate_id == into_id:
        raise Invalid({"into": ["A record cannot be merged with itself."]})
    locked = {
        one: records.locked(session, records.kind_of(session, one), one) for one in sorted((duplicate_id, into_id))
    }
    duplicate: Record = locked[duplicate_id]
    into: Record = locked[into_id]
    kind = records.catalogue.get(duplicate.kind)
    if into.kind != duplicate.kind:
        raise Invalid({"into": ["Only records of one kind can be merged."]})
    if duplicate.status in kind.closed:
        raise Conflict(Message("{number} is closed already.", number=duplicate.number))
    _hand_links_over(session, records, duplicate.id, into.id, trace)
    if not is_linked(session, DUPLICATE_OF, duplicate.id, into.id):
        try:
            add_link(session, records, DUPLICATE_OF, duplicate.id, into.id, trace)
        except Invalid as refusal:
            raise Invalid({"into": refusal.fields["to"]}) from refusal
    for person_id in session.scalars(select(Watcher.person_id).where(Watcher.record_id == duplicate.id)).all():
        watch(session, records, into, person_id, trace)
    add_comment(session, records, duplicate, reason, trace=trace, public=True)
    values: dict[str, object] = {"status": min(kind.closed), "closed_at": clock.now()}
    if CLOSURE in kind.attributes:
        values[CLOSURE] = "duplicate"
    records.change(session, duplicate, values, trace, event="record.merged")
    records.note(session, into, "record.absorbed", trace, {"record": duplicate.id})
    return duplicate


def _hand_links_over(session: Session, records: Records, duplicate_id: int, into_id: int, trace: Trace) -> None:
    """Link the record that stays with what the other one is linked with, where that makes sense there, too."""
    of_it = or_(RecordLink.source_id == duplicate_id, RecordLink.target_id == duplicate_id)
    for old in session.scalars(select(RecordLink).where(of_it).order_by(RecordLink.id)).all():
        outward = old.source_id == duplicate_id
        other = old.target_id if outward else old.source_id
        ends = (into_id, other) if outward else (other, into_id)
        link = LINK_TYPES.get(old.type)
        if link is None or other == into_id or is_linked(session, link, *ends):
            continue
        try:
            add_link(session, records, link, *ends, trace)
        except Invalid:
            # It would make a circle; it stays with the record that is closed.
            continue
