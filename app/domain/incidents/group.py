"""The operations on incidents as a group, and what all of them do first and last."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from app.domain.incidents import rules
from app.domain.incidents.kind import INCIDENT
from app.domain.incidents.records import Incident
from app.domain.people.records import Person
from app.domain.problems.kind import KNOWN_ERROR
from app.domain.records.comments import add_comment
from app.domain.records.kinds import Kinds
from app.domain.records.writer import Records, Trace
from app.domain.requests.kind import SERVICE_REQUEST
from app.errors import BusinessError
from app.operations import OperationContext, OperationGroup

incident = OperationGroup("incident")
records = Records(Kinds([INCIDENT, KNOWN_ERROR, SERVICE_REQUEST]))

Text = Annotated[str, Field(max_length=8000)]


def trace(context: OperationContext) -> Trace:
    """Return who works on which case and element, for the journal."""
    return Trace(context.actor_id, context.case_id, context.element)


def incident_id(context: OperationContext) -> int:
    """Return the id of the case's incident.

    Raises:
        BusinessError: `incident.no_record`.
    """
    if context.record_id is None:
        raise BusinessError("incident.no_record", "This case is not about an incident.")
    return context.record_id


def locked(context: OperationContext) -> Incident:
    """Return the case's incident, locked until the step ends."""
    found: Incident = records.locked(context.session, "incident", incident_id(context))
    return found


def unfinished(context: OperationContext) -> Incident:
    """Return the case's incident, locked, if work on it still goes on.

    Raises:
        BusinessError: `incident.already_resolved` or `incident.already_closed`.
    """
    found = locked(context)
    rules.check_unfinished(found.number, found.status)
    return found


def read(context: OperationContext) -> Incident:
    """Return the case's incident without a lock."""
    found = context.session.get(Incident, incident_id(context))
    if found is None:
        raise BusinessError("incident.no_record", "This case is not about an incident.")
    return found


def change(context: OperationContext, found: Incident, values: dict[str, Any], event: str) -> None:
    """Change a locked incident and note in its journal what for."""
    records.change(context.session, found, values, trace(context), event=event, always=True)


def write_note(context: OperationContext, found: Incident, text: str, *, public: bool) -> None:
    """Add a comment to a locked incident."""
    add_comment(context.session, records, found, text, trace=trace(context), public=public)


def is_active(context: OperationContext, person_id: int) -> bool:
    """Tell whether a person exists and may sign in."""
    return context.session.scalar(select(Person.active).where(Person.id == person_id)) is True
