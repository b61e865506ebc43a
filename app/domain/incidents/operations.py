"""What diagrams can do with incidents from work to closure; each works on the incident of its case, inside the step."""

from typing import Annotated, Any

from pydantic import Field

from app.domain.incidents import classification, quality, responsibility, rules
from app.domain.incidents.group import Text, change, incident, locked, records, trace, write_note
from app.domain.service_levels import clocks
from app.errors import BusinessError
from app.operations import OperationContext

__all__ = ["classification", "incident", "quality", "responsibility"]

ClosureCode = Annotated[str, Field(min_length=1, max_length=50, description="solved, workaround, no_fault, …")]


@incident.operation("pause_for_user", title="Wait for the user")
def pause_for_user(context: OperationContext, reason: Text = "") -> None:
    """Note that work waits for the user; agreed times wait, too."""
    found = locked(context)
    rules.check_move(found.number, found.status, "waiting")
    if reason.strip():
        write_note(context, found, reason, public=True)
    change(context, found, {"status": "waiting"}, "incident.paused")
    clocks.pause(context.session, records, found, rules.WAITS_FOR_CALLER, trace(context))


@incident.operation("resume", title="Go on after waiting")
def resume(context: OperationContext) -> None:
    """Note that work goes on, and with it the agreed times; an incident that does not wait stays as it is."""
    found = locked(context)
    if found.status == "waiting":
        change(context, found, {"status": "in_progress"}, "incident.resumed")
        clocks.resume(context.session, records, found, trace(context))


@incident.operation("note", title="Add a note")
def note(
    context: OperationContext,
    text: Text,
    public: Annotated[bool, Field(description="Whether the caller sees it.")] = False,
) -> None:
    """Add a note to the incident: for staff, or as a word on progress for the caller."""
    write_note(context, locked(context), text, public=public)


@incident.operation("resolve", title="Record the solution")
def resolve(context: OperationContext, resolution: Text, cause: Text = "") -> None:
    """Note what restored the service. The caller can now confirm, or the incident is reopened."""
    found = locked(context)
    rules.check_move(found.number, found.status, "resolved")
    if not resolution.strip():
        raise BusinessError("incident.no_solution", "Please write down what restored the service.")
    values: dict[str, Any] = {"status": "resolved", "resolution": resolution, "resolved_at": context.now}
    change(context, found, values | ({"cause": cause} if cause.strip() else {}), "incident.resolved")
    clocks.stop(context.session, records, found, trace(context), reason=rules.RESOLVED)


@incident.operation("confirm", title="Note that the caller confirms")
def confirm(context: OperationContext, comment: Text = "") -> None:
    """Note that the caller says it works again, with what they said."""
    found = locked(context)
    rules.check_move(found.number, found.status, "closed")
    if comment.strip():
        write_note(context, found, comment, public=True)
    records.note(context.session, found, "incident.confirmed", trace(context))


@incident.operation("reopen", title="Reopen")
def reopen(context: OperationContext, reason: Text = "") -> int:
    """Go back to work on a resolved incident and count how often that happened; returns the count."""
    found = locked(context)
    rules.check_reopen(found.number, found.status)
    if reason.strip():
        write_note(context, found, reason, public=True)
    values = {"status": "in_progress", "reopened": found.reopened + 1, "resolved_at": None}
    change(context, found, values, "incident.reopened")
    clocks.go_on(context.session, records, found, trace(context), metrics=["resolution"], reason=rules.REOPENED)
    return found.reopened


@incident.operation("close", title="Close")
def close(context: OperationContext, closure_code: ClosureCode = "solved", cause: Text = "") -> None:
    """Close the incident for good with a closure code. Closing as “workaround” counts as a use of its known error.
    Without a solution only withdrawn, duplicate and no_fault are possible."""
    found = locked(context)
    rules.check_closure(found.number, found.status, closure_code, found.resolution)
    values: dict[str, Any] = {"status": "closed", "closed_at": context.now, "closure_code": closure_code}
    change(context, found, values | ({"cause": cause} if cause.strip() else {}), "incident.closed")
    clocks.stop(context.session, records, found, trace(context), reason=rules.CLOSED)
    if closure_code == rules.BY_WORKAROUND and found.known_error_id is not None:
        used = records.locked(context.session, "known_error", found.known_error_id)
        records.change(context.session, used, {"used": used.used + 1}, trace(context), event="known_error.used")
