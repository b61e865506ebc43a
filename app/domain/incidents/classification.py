"""What diagrams can do to classify incidents: callers, similar ones, priority, major incidents, known errors."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.domain.incidents import queries, rules
from app.domain.incidents.group import change, incident, is_active, locked, read, records, trace, unfinished
from app.domain.portfolio.queries import service_of
from app.domain.portfolio.records import Service
from app.domain.problems.queries import Candidate
from app.domain.problems.records import KnownError
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.links import add_link, is_linked
from app.domain.requests.records import ServiceRequest
from app.errors import BusinessError
from app.operations import OperationContext

PersonId = Annotated[int | None, Field(description="A person, as a reference field gives it.")]


class SimilarIncident(BaseModel):
    """An open incident that may be about the same disruption."""

    id: str
    number: str
    title: str


class MajorFacts(BaseModel):
    """What a decision about a major incident may go by."""

    priority: str | None
    impact: str | None
    critical_service: bool
    similar_open: int


@incident.operation("register_caller", title="Note who has the problem")
def register_caller(
    context: OperationContext,
    known: Annotated[bool, Field(description="Whether the caller was picked from the directory.")],
) -> None:
    """Make the caller the requester. A caller whom the directory does not know has a name and contact only, and then
    nobody is the requester: not the person at the desk who wrote the report down."""
    found = locked(context)
    values: dict[str, Any] = {"caller_name": None, "caller_contact": None} if known else {"requester": None}
    if not known and not found.caller_name:
        raise BusinessError("incident.no_caller", "Please write down who has the problem.")
    change(context, found, values, "incident.caller_registered")


@incident.operation("take_over_request", title="Take over from an order")
def take_over_request(
    context: OperationContext,
    request: Annotated[int, Field(description="The service request that turned out to be an incident.")],
) -> None:
    """Write to the incident what is known from an order that is one: who asked, what they wrote, the service. The two
    are linked, so that neither loses its history; files stay with the order."""
    found, order = locked(context), context.session.get(ServiceRequest, request)
    if order is None:
        raise BusinessError("incident.no_request", "This service request does not exist.")
    values = {
        "title": order.title,
        "description": order.description,
        "requester": order.requester_id,
        "service": order.service_id,
        "channel": "portal",
    }
    change(context, found, values, "incident.taken_over")
    if not is_linked(context.session, LINK_TYPES["related_to"], found.id, order.id):
        add_link(context.session, records, LINK_TYPES["related_to"], found.id, order.id, trace(context))


@incident.operation("correlate", title="Find similar open incidents")
def correlate(context: OperationContext) -> list[SimilarIncident]:
    """Return up to five open incidents that share words with this one, those of the same service first."""
    similar = queries.similar_incidents(context.session, read(context))
    return [SimilarIncident(id=str(one.id), number=one.number, title=one.title) for one in similar]


@incident.operation("set_priority", title="Record the priority")
def set_priority(
    context: OperationContext,
    priority: Annotated[rules.Priority, Field(description="What the priority decision says: P1 (highest) to P6.")],
    only_unfinished: Annotated[bool, Field(description="Leave an incident alone that is resolved or closed.")] = False,
) -> None:
    """Give the incident the priority that a decision found from impact and urgency. A major incident stays P1."""
    if only_unfinished and locked(context).status not in rules.UNFINISHED:
        return
    found = unfinished(context)
    change(context, found, {"priority": "P1" if found.major else priority}, "incident.prioritised")


@incident.operation("major_facts", title="Collect facts about a major incident")
def major_facts(context: OperationContext) -> MajorFacts:
    """Return what criteria of a major incident look at: priority, impact, whether the service is critical, and how
    many similar incidents are open."""
    found = read(context)
    service = service_of(context.session, found.service_id)
    return MajorFacts(
        priority=found.priority,
        impact=found.impact,
        critical_service=bool(service and service.critical),
        similar_open=len(queries.similar_incidents(context.session, found, limit=50)),
    )


@incident.operation("mark_major", title="Mark as major incident")
def mark_major(context: OperationContext, coordinator: PersonId = None) -> bool:
    """Make it a major incident: highest priority, with a coordinator who keeps all threads together."""
    found = unfinished(context)
    if coordinator is not None and not is_active(context, coordinator):
        raise BusinessError("incident.no_coordinator", "Please name a coordinator who can sign in.")
    values: dict[str, Any] = {"major": True, "priority": "P1"}
    if coordinator is not None:
        values["coordinator"] = coordinator
    change(context, found, values, "incident.major")
    return True


@incident.operation("match_known_error", title="Look up known errors")
def match_known_error(context: OperationContext) -> str | None:
    """Note the known error that fits best, with its workaround and why it fits, and return its id; nothing when none
    fits well. One that did not last is not offered again after reopening."""
    found = unfinished(context)
    tried = found.known_error_id if found.reopened else None
    match = queries.matching_known_error(context.session, found, without=tried)
    service = service_of(context.session, match.service_id) if match and match.service_id == found.service_id else None
    values = {
        "known_error": match.id if match else None,
        "workaround": match.workaround if match else None,
        "shared": _shared(match, service) if match else None,
    }
    change(context, found, values, "incident.known_error_matched")
    return str(match.id) if match else None


@incident.operation("apply_known_error", title="Choose a known error")
def apply_known_error(
    context: OperationContext,
    known_error: Annotated[int, Field(description="The known error, as a reference field gives it.")],
) -> str:
    """Tie a known error that somebody chose to the incident, and return its workaround."""
    chosen = context.session.get(KnownError, known_error)
    if chosen is None or chosen.status != "active":
        raise BusinessError("incident.no_known_error", "This known error does not exist or is obsolete.")
    values = {"known_error": chosen.id, "workaround": chosen.workaround, "shared": None}
    change(context, unfinished(context), values, "incident.known_error_chosen")
    return chosen.workaround or ""


def _shared(match: Candidate, service: Service | None) -> str:
    """Say without words of ours, since readers have different languages, what speaks for a match."""
    words = ", ".join((*match.in_title, *match.in_symptoms))
    return f"{service.title}: {words}" if service is not None else words
