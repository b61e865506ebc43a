"""What diagrams can do with follow-up actions; each works on the action of its case, inside the step."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from app.domain.actions import rules
from app.domain.actions.kind import ACTION
from app.domain.actions.records import Action
from app.domain.people.directory import Directory
from app.domain.people.records import Person
from app.domain.records.comments import add_comment
from app.domain.records.kinds import Kinds
from app.domain.records.writer import Records, Trace
from app.errors import BusinessError
from app.operations import OperationContext, OperationGroup

action = OperationGroup("action")
records = Records(Kinds([ACTION]))
directory = Directory()
MANAGER = "improvement.process_manager"

Text = Annotated[str, Field(max_length=8000)]
PersonId = Annotated[int | None, Field(description="A person, as a reference field gives it.")]


@action.operation("register", title="Note what a message asks for")
def register(
    context: OperationContext,
    title: Annotated[str | None, Field(max_length=300, description="What is to be done, in one line.")] = None,
    reason: Text | None = None,
    owner: PersonId = None,
    requester: PersonId = None,
    due_at: Annotated[datetime | None, Field(description="Until when it shall be done.")] = None,
) -> None:
    """Write to the action what another diagram said of it; what is not given stays, and who has left is not
    named."""
    found = _locked(context)
    people = {"owner": owner, "requester": requester}
    values: dict[str, Any] = {name: who for name, who in people.items() if who is not None and _is_active(context, who)}
    given = {"title": title, "reason": reason, "due_at": due_at}
    values |= {name: value for name, value in given.items() if value is not None}
    _change(context, found, values, "action.registered")


@action.operation("begin", title="Begin the work")
def begin(context: OperationContext) -> None:
    """Note who has taken the action on, and that work begins; it needs a date that is still to come."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "in_progress")
    rules.check_date(found.due_at, context.now)
    if context.actor_id is None:
        raise BusinessError("action.no_owner", "Only a person can take an action on; here the clock acts.")
    values: dict[str, Any] = {"status": "in_progress", "taken_on_by": context.actor_id, "owner": context.actor_id}
    _change(context, found, values, "action.begun")


@action.operation("report", title="Report progress")
def report(context: OperationContext, text: Text) -> None:
    """Write a word on progress where whoever asked for the action reads it."""
    if not text.strip():
        raise BusinessError("action.no_report", "Please write how far it has come.")
    _comment(context, _locked(context), text)


@action.operation("overdue", title="Note that it is overdue")
def overdue(context: OperationContext) -> int:
    """Count how often the action was not done in time; returns the count."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "in_progress")
    _change(context, found, {"escalated": found.escalated + 1}, "action.overdue")
    return found.escalated


@action.operation("go_on", title="Go back to work")
def go_on(context: OperationContext, comment: Text = "") -> None:
    """Note that the action has not had its effect, and what was found; its owner takes it on once more."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "in_progress")
    rules.check_verifier(context.actor_id, found.owner_id)
    if comment.strip():
        _comment(context, found, comment)
    _change(context, found, {"status": "in_progress", "effect": "not_effective"}, "action.went_on")


@action.operation("hand_in", title="Hand the result in")
def hand_in(context: OperationContext, result: Text) -> str:
    """Note the result, and who finds out whether it helped: who was named, else who asked for it, else the process
    manager or whoever stands above; never its owner. Returns that person's id."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "done")
    if not result.strip():
        raise BusinessError("action.no_result", "Please write down what was done.")
    barred = [found.owner_id] if found.owner_id is not None else []
    managers = directory.responsible(context.session, MANAGER, without=barred)[1]
    named = [found.verifier_id, found.requester_id, *(one.person_id for one in managers)]
    active = [one for one in named if one is not None and _is_active(context, one)]
    verifier = rules.first_other(active, found.owner_id)
    if verifier is None:
        raise BusinessError("action.no_verifier", "Nobody is left who may check the effect. Please name somebody.")
    _change(context, found, {"status": "done", "result": result, "verifier": verifier}, "action.handed_in")
    return str(verifier)


@action.operation("close", title="Close")
def close(context: OperationContext, comment: Text = "") -> None:
    """Close the action because it helped. Whoever finds that must not be its owner, nor who has taken it on."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "closed")
    rules.check_verifier(context.actor_id, found.owner_id)
    rules.check_verifier(context.actor_id, found.taken_on_by_id)
    if comment.strip():
        _comment(context, found, comment)
    values = {"status": "closed", "closed_at": context.now, "effect": "effective"}
    _change(context, found, values, "action.closed")


@action.operation("cancel", title="Cancel")
def cancel(context: OperationContext, reason: Text) -> None:
    """End the action without a result, with the reason."""
    found = _locked(context)
    rules.check_move(found.number, found.status, "cancelled")
    if not reason.strip():
        raise BusinessError("action.no_reason", "Please say why it is given up.")
    _comment(context, found, reason)
    _change(context, found, {"status": "cancelled", "closed_at": context.now}, "action.cancelled")


def _locked(context: OperationContext) -> Action:
    if context.record_id is None:
        raise BusinessError("action.no_record", "This case is not about an action.")
    found: Action = records.locked(context.session, "action", context.record_id)
    return found


def _change(context: OperationContext, found: Action, values: dict[str, Any], event: str) -> None:
    records.change(context.session, found, values, _trace(context), event=event, always=True)


def _comment(context: OperationContext, found: Action, text: str) -> None:
    add_comment(context.session, records, found, text, trace=_trace(context), public=True)


def _trace(context: OperationContext) -> Trace:
    return Trace(context.actor_id, context.case_id, context.element)


def _is_active(context: OperationContext, person_id: int) -> bool:
    return context.session.scalar(select(Person.active).where(Person.id == person_id)) is True
