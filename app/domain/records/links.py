"""Links between records: added, removed and kept free of circles, with a line in the journal of both ends."""

from sqlalchemy import BigInteger, literal, select, text, tuple_
from sqlalchemy.orm import Session

from app import clock
from app.domain.records.link_types import LinkType
from app.domain.records.records import Record, RecordLink
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, Message, NotFound

_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended('record_link:' || :type, 0))")


def add_link(
    session: Session, records: Records, link: LinkType, source_id: int, target_id: int, trace: Trace
) -> RecordLink:
    """Link two records; both may be known to whoever does it, which the caller has checked.

    Raises:
        Invalid: a record cannot be linked with itself, they are linked so already, or it would make a circle.
        NotFound: one of them does not exist.
    """
    if source_id == target_id:
        raise Invalid({"to": [Message("A record cannot be linked with itself.")]})
    source, target = _both(session, records, source_id, target_id)
    if link.ordered:
        # Two links that make a circle together may have no record in common.
        session.execute(_TAKE_TURNS, {"type": link.key})
    if is_linked(session, link, source_id, target_id):
        raise Invalid({"to": [Message("{number} is linked so already.", number=target.number)]})
    if link.ordered and _leads_to(session, link, target_id, source_id):
        raise Invalid({"to": [Message("This would make a circle: {number} leads here.", number=target.number)]})
    added = RecordLink(
        source_id=source_id, target_id=target_id, type=link.key, added_by_id=trace.actor_id, at=clock.now()
    )
    session.add(added)
    session.flush()
    _note(session, records, "link.added", link.key, source, target, trace)
    return added


def remove_link(session: Session, records: Records, link: RecordLink, trace: Trace) -> None:
    """Take a link away again; that it was there stays in the journal of both ends."""
    source, target = _both(session, records, link.source_id, link.target_id)
    # Somebody else may have removed it while this one waited for the records.
    if session.get(RecordLink, link.id, populate_existing=True) is None:
        return
    session.delete(link)
    session.flush()
    _note(session, records, "link.removed", link.type, source, target, trace)


def _both(session: Session, records: Records, source_id: int, target_id: int) -> tuple[Record, Record]:
    """Lock both records, always in the same order, so that two who link the same ones do not wait for each other."""
    kinds = {
        row.id: row.kind
        for row in session.execute(select(Record.id, Record.kind).where(Record.id.in_([source_id, target_id])))
    }
    if len(kinds) < 2:
        raise NotFound
    locked = {one: records.locked(session, kinds[one], one) for one in sorted(kinds)}
    return locked[source_id], locked[target_id]


def is_linked(session: Session, link: LinkType, source_id: int, target_id: int) -> bool:
    """Tell whether two records are linked so already."""
    ends = [(source_id, target_id), (target_id, source_id)] if link.symmetric else [(source_id, target_id)]
    pairs = tuple_(RecordLink.source_id, RecordLink.target_id).in_(ends)
    return session.scalar(select(RecordLink.id).where(RecordLink.type == link.key, pairs).limit(1)) is not None


def _leads_to(session: Session, link: LinkType, start_id: int, end_id: int) -> bool:
    """Tell whether links of this type lead from one record to another, by way of however many."""
    reached = select(literal(start_id, BigInteger).label("id")).cte("reached", recursive=True)
    onward = select(RecordLink.target_id).join(reached, RecordLink.source_id == reached.c.id)
    reached = reached.union(onward.where(RecordLink.type == link.key))
    return session.scalar(select(reached.c.id).where(reached.c.id == end_id)) is not None


def _note(
    session: Session, records: Records, event: str, key: str, source: Record, target: Record, trace: Trace
) -> None:
    for here, there, outward in ((source, target, True), (target, source, False)):
        records.note(session, here, event, trace, {"link": key, "outward": outward, "record": there.id})
