"""The check of the queue: incidents that nobody owns, that stand still, take too long or are classed doubtfully."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.incidents import rules
from app.domain.incidents.group import incident, read
from app.domain.incidents.records import Incident
from app.operations import OperationContext, Subject, SubjectGroup

subjects = SubjectGroup("incident")
# Of those that are only classed doubtfully a sample is enough to see whether it happens often.
SAMPLE = 5


@incident.operation("find_faults", title="Find what is wrong with an incident")
def find_faults(context: OperationContext) -> list[rules.Fault]:
    """Return what is wrong with how the incident is worked on: unowned, stale, overdue, doubtful; nothing when it is
    in order or finished."""
    return sorted(_faults(read(context), context.now))


@subjects.subjects("neglected", title="Neglected incidents")
def neglected(session: Session, moment: datetime) -> Iterator[Subject]:
    """Incidents that nobody owns after a day, in which nothing has happened for five, that take longer than their
    priority allows, and a sample of those without a telling category or a priority. One that stays as it is comes
    once; after a change it may come again."""
    open_ones = select(Incident).where(Incident.closed_at.is_(None), Incident.status.in_(sorted(rules.UNFINISHED)))
    sampled = 0
    for found in session.scalars(open_ones.order_by(Incident.id)):
        faults = _faults(found, moment)
        if not faults:
            continue
        if faults.keys() == {"doubtful"}:
            sampled += 1
            if sampled > SAMPLE:
                continue
        yield Subject.of_record(found.id, min(faults.values()))


def _faults(found: Incident, moment: datetime) -> dict[rules.Fault, datetime]:
    return rules.faults(
        status=found.status, priority=found.priority, category=found.category, owned=found.owner_id is not None,
        opened_at=found.opened_at, updated_at=found.updated_at, now=moment,
    )  # fmt: skip
