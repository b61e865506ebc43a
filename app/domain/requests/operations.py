"""What diagrams can do with service requests; each works on the request of its case, inside the step."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import select

from app.domain.catalogue import queries as catalogue
from app.domain.catalogue import rules as ordering
from app.domain.catalogue.kind import CATALOGUE_ITEM
from app.domain.people.records import Team
from app.domain.portfolio.queries import service_of
from app.domain.records.comments import add_comment
from app.domain.records.kinds import Kinds
from app.domain.records.writer import Records, Trace
from app.domain.requests import rules
from app.domain.requests.kind import SERVICE_REQUEST
from app.domain.requests.records import ServiceRequest
from app.errors import BusinessError, Message
from app.operations import OperationContext, OperationGroup

request = OperationGroup("request")
records = Records(Kinds([SERVICE_REQUEST, CATALOGUE_ITEM]))

Text = Annotated[str, Field(max_length=8000)]
ClosureCode = Annotated[str, Field(min_length=1, max_length=50, description="fulfilled, withdrawn, rejected, …")]


class Facts(BaseModel):
    """What the rule about a request may go by, and whom it may have asked."""

    entitled: bool
    approval: str
    critical_service: bool
    approvers: list[str]


@request.operation("register", title="Take the order in")
def register(context: OperationContext) -> int:
    """Take over from the catalogue what is ordered: title, service, fulfilling team and time to fulfil it. An item
    that is not offered is refused. Returns the working hours that fulfilling it may take."""
    found = _locked(context)
    item = catalogue.item_of(context.session, found.catalogue_item_id)
    if item is None or item.closed_at is not None or item.phase != "live":
        raise BusinessError("request.not_offered", "This is not offered at the moment. Please choose something else.")
    service = service_of(context.session, item.service_id)
    values: dict[str, Any] = {"title": item.title, "target_hours": item.target_hours, "service": item.service_id}
    if (team := item.team_id or (service.team_id if service else None)) is not None:
        values["team"] = team
    if instructions := item.custom.get("instructions"):
        values["instructions"] = instructions
    _change(context, found, values, "request.registered")
    return item.target_hours


@request.operation("facts", title="Collect facts about the order")
def facts(context: OperationContext) -> Facts:
    """Return what a rule about orders looks at: whether the requester may order this item, which approval it asks
    for, whether its service is critical, and who would approve."""
    found = _read(context)
    item = catalogue.item_of(context.session, found.catalogue_item_id)
    if item is None:
        return Facts(entitled=False, approval="none", critical_service=False, approvers=[])
    orderer = catalogue.orderer_of(context.session, found.requester_id)
    service = service_of(context.session, item.service_id)
    return Facts(
        entitled=ordering.may_order(orderer, item.audience, item.audience_names),
        approval=item.approval,
        critical_service=bool(service and service.critical),
        approvers=catalogue.approvers_of(context.session, item),
    )


@request.operation("ask_approval", title="Wait for the approval")
def ask_approval(
    context: OperationContext,
    priority: Annotated[rules.Priority, Field(description="What the rule about orders says: P1 (highest) to P6.")],
) -> None:
    """Note that the request waits for an approval, and its priority."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "approval")
    _change(context, found, {"status": "approval", "priority": priority}, "request.approval_asked")


@request.operation("accept", title="Accept the order")
def accept(
    context: OperationContext,
    priority: Annotated[rules.Priority, Field(description="What the rule about orders says: P1 (highest) to P6.")],
) -> None:
    """Note that the request will be fulfilled, and its priority; one that waited for an approval has it now."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "in_progress")
    values: dict[str, Any] = {"status": "in_progress", "priority": priority}
    if found.status == "approval":
        values["approved_at"] = context.now
    _change(context, found, values, "request.accepted")


@request.operation("assign_team", title="Put a team in charge")
def assign_team(context: OperationContext) -> None:
    """Leave the request to the team that it has from the catalogue; one without goes to the lowest support level."""
    found = _unfinished(context)
    values: dict[str, Any] = {"status": "in_progress"}
    if found.team_id is None:
        lowest = select(Team).where(Team.level.is_not(None)).order_by(Team.level, Team.id).limit(1)
        team = context.session.scalars(lowest).first()
        if team is None:
            raise BusinessError("request.no_team", "There is no team that could fulfil this.")
        values |= {"team": team.id, "level": team.level}
    else:
        team = context.session.get_one(Team, found.team_id)
        values["level"] = team.level or found.level
    _change(context, found, values, "request.assigned")


@request.operation("take", title="Become the owner")
def take(context: OperationContext) -> None:
    """Make whoever completed the step the owner, unless somebody is: the one who keeps the request moving."""
    found = _unfinished(context)
    if found.owner_id is None and context.actor_id is not None:
        _change(context, found, {"owner": context.actor_id}, "request.taken")


@request.operation("fulfil", title="Record the fulfilment")
def fulfil(context: OperationContext, fulfilment: Text) -> None:
    """Note what was delivered. The user can now confirm, or the request is reopened."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "fulfilled")
    if not fulfilment.strip():
        raise BusinessError("request.no_fulfilment", "Please write down what was delivered.")
    values = {"status": "fulfilled", "fulfilment": fulfilment, "fulfilled_at": context.now}
    _change(context, found, values, "request.fulfilled")


@request.operation("reopen", title="Reopen")
def reopen(context: OperationContext, reason: Text = "") -> int:
    """Go back to work on a fulfilled request and count how often that happened; returns the count."""
    found = _locked(context)
    if found.status != "fulfilled":
        rules.check_unfinished(found.number, found.status)
        raise BusinessError("request.not_fulfilled", Message("{number} is still being worked on.", number=found.number))
    if reason.strip():
        _comment(context, found, reason)
    values = {"status": "in_progress", "reopened": found.reopened + 1, "fulfilled_at": None}
    _change(context, found, values, "request.reopened")
    return found.reopened


@request.operation("close", title="Close")
def close(context: OperationContext, closure_code: ClosureCode = "fulfilled", reason: Text | None = None) -> None:
    """Close the request for good with a closure code, and where there is one with a reason that the user reads. What
    was not fulfilled ends as not_entitled, rejected, withdrawn, not_possible or incident only."""
    found = _locked(context)
    rules.check_closure(found.number, found.status, closure_code)
    if reason and reason.strip():
        _comment(context, found, reason)
    values = {"status": "closed", "closed_at": context.now, "closure_code": closure_code}
    _change(context, found, values, "request.closed")


def _locked(context: OperationContext) -> ServiceRequest:
    found: ServiceRequest = records.locked(context.session, "service_request", _id(context))
    return found


def _unfinished(context: OperationContext) -> ServiceRequest:
    found = _locked(context)
    rules.check_unfinished(found.number, found.status)
    return found


def _read(context: OperationContext) -> ServiceRequest:
    found = context.session.get(ServiceRequest, _id(context))
    if found is None:
        raise BusinessError("request.no_record", "This case is not about a service request.")
    return found


def _id(context: OperationContext) -> int:
    if context.record_id is None:
        raise BusinessError("request.no_record", "This case is not about a service request.")
    return context.record_id


def _change(context: OperationContext, found: ServiceRequest, values: dict[str, Any], event: str) -> None:
    records.change(context.session, found, values, _trace(context), event=event, always=True)


def _comment(context: OperationContext, found: ServiceRequest, text: str) -> None:
    add_comment(context.session, records, found, text, trace=_trace(context), public=True)


def _trace(context: OperationContext) -> Trace:
    return Trace(context.actor_id, context.case_id, context.element)
