"""Whether a person may know of a record, asked for somebody who is not here: a watcher, somebody who was named."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.people import identity
from app.domain.records.records import Record
from app.insight.access import Viewer, visible_records


def may_know(session: Session, person_id: int, record_id: int) -> bool:
    """Tell whether a person may know of a record with the roles that they hold now; who has left may not."""
    who = identity.of_person(session, person_id)
    if who is None:
        return False
    query = select(Record.id).where(Record.id == record_id, visible_records(Viewer.of(who)))
    return session.scalar(query) is not None
