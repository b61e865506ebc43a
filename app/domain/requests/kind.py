"""What the rest of the product knows about service requests as a kind of record."""

from app.domain.records.kinds import Kind
from app.domain.requests.records import ServiceRequest
from app.domain.requests.rules import CLOSURE_CODES, STATUSES

SERVICE_REQUEST = Kind(
    key="service_request",
    prefix="REQ",
    model=ServiceRequest,
    area="incidents",
    title="Service request",
    plural="Service requests",
    columns=("number", "title", "status", "priority", "service", "team", "owner", "requester", "updated_at"),
    keys=frozenset({"closure_code"}),
    protected=frozenset({"level", "target_hours", "reopened", "approved_at", "fulfilled_at"}),
    statuses=STATUSES,
    words={"closure_code": CLOSURE_CODES},
    titles={
        "catalogue_item": "Ordered",
        "description": "What exactly",
        "level": "Support level",
        "target_hours": "Working hours to fulfil it",
        "fulfilment": "What was delivered",
        "closure_code": "Closure code",
        "reopened": "Times reopened",
        "approved_at": "Approved",
        "fulfilled_at": "Fulfilled",
    },
    importable=False,
)
