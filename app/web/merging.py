"""Merging records for pages and API: the cases are ended first, then the record, and whoever asked is told."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import Parts
from app.domain.people.identity import Identity
from app.domain.records import merging
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.engine import repair
from app.engine.records import Case
from app.errors import Forbidden
from app.insight import record_view
from app.insight.access import Viewer
from app.insight.watching import may_know


def merge(parts: Parts, session: Session, actor: Identity, duplicate: Record, into: Record, reason: str) -> None:
    """Merge a record into another one; the person works with both.

    Raises:
        Forbidden: they work with one of them alone.
        Invalid, Conflict: as `merging.merge`.
    """
    viewer = Viewer.of(actor)
    for record in (duplicate, into):
        standing = record_view.standing_of(session, viewer, record.id)
        if not (standing.inside and standing.writes):
            raise Forbidden("Only who works with both records may merge them.")
    running = select(Case.id).where(Case.record_id == duplicate.id, Case.ended_at.is_(None)).order_by(Case.id)
    # Cases before records, as a step locks them.
    for case_id in session.scalars(running).all():
        repair.withdraw(parts.engine, session, case_id, actor, f"{duplicate.number} → {into.number}: {reason}")
    closed = merging.merge(session, parts.records, duplicate.id, into.id, reason, Trace(actor.person_id))
    if closed.requester_id is not None and closed.requester_id != actor.person_id:
        # Who reported the second one is not thereby told of the first.
        number = into.number if may_know(session, closed.requester_id, into.id) else ""
        parts.watchers.tell_of_merge(session, closed, reason, number)
