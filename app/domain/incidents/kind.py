"""What the rest of the product knows about incidents as a kind of record."""

from app.domain.incidents.records import Incident
from app.domain.incidents.rules import STATUSES
from app.domain.records.kinds import Kind

INCIDENT = Kind(
    key="incident",
    prefix="INC",
    model=Incident,
    area="incidents",
    title="Incident",
    plural="Incidents",
    columns=("number", "title", "status", "priority", "service", "team", "owner", "requester", "updated_at"),
    keys=frozenset({"channel", "category", "impact", "urgency", "closure_code"}),
    protected=frozenset({"level", "reopened", "resolved_at"}),
    statuses=STATUSES,
    titles={
        "requester": "Caller",
        "channel": "Reported by",
        "caller_name": "Caller's name",
        "caller_contact": "Caller's contact",
        "major": "Major incident",
        "coordinator": "Major incident coordinator",
        "level": "Support level",
        "closure_code": "Closure code",
        "reopened": "Times reopened",
        "resolved_at": "Resolved",
    },
)
