"""What diagrams can do with agreed times: clocks that start, pause, go on and stop, and violations."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from app.domain.records.kinds import Kinds
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.records import Record, RecordLink
from app.domain.records.writer import Records, Trace
from app.domain.service_levels import clocks
from app.domain.service_levels.kind import AGREEMENT, VIOLATION
from app.domain.service_levels.records import Agreement, TargetClock, Violation
from app.domain.service_levels.words import METRICS, Metric
from app.errors import BusinessError, Message
from app.operations import OperationContext, OperationGroup

clock = OperationGroup("clock")
violation = OperationGroup("violation")
records = Records(Kinds([AGREEMENT, VIOLATION]))

Reason = Annotated[str, Field(max_length=300, description="Why; stands on the page that explains the clock.")]
Which = Annotated[
    Metric | None, Field(description="response, resolution or fulfilment; without it all that are promised.")
]


@clock.operation("start", title="Start the agreed times")
def start(
    context: OperationContext,
    metric: Which = None,
    since_opened: Annotated[bool, Field(description="Whether time since the record was opened counts.")] = True,
) -> int:
    """Start the clocks of what the agreement that applies promises for this record; returns how many. Where one runs
    already, or nothing is promised, nothing happens."""
    record = locked(context)
    since = record.opened_at if since_opened else None
    metrics = [metric] if metric else None
    return len(clocks.start(context.session, records, record, trace(context), metrics=metrics, since=since))


@clock.operation("pause", title="Pause the agreed times")
def pause(context: OperationContext, reason: Reason) -> None:
    """Stop counting until something outside our hands has happened; the reason is shown wherever the clock is."""
    clocks.pause(context.session, records, locked(context), reason, trace(context))


@clock.operation("resume", title="Let the agreed times go on")
def resume(context: OperationContext, reason: Reason = "") -> None:
    """Count on after a pause."""
    clocks.resume(context.session, records, locked(context), trace(context), reason)


@clock.operation("stop", title="Stop the agreed times")
def stop(context: OperationContext, metric: Which = None, reason: Reason = "") -> None:
    """Stop the clock: what was promised has happened."""
    metrics = [metric] if metric else None
    clocks.stop(context.session, records, locked(context), trace(context), metrics=metrics, reason=reason)


@violation.operation("register", title="Register a violation")
def register(
    context: OperationContext,
    clock_id: Annotated[int, Field(description="The clock that was breached, as its message names it.")],
) -> str:
    """Keep that a promise was broken: agreement, target and moment, linked with the record. Returns the number; a
    clock has one violation at most."""
    missed = context.session.get(TargetClock, clock_id)
    if missed is None or missed.breached_at is None or missed.minutes is None:
        raise BusinessError("violation.no_breach", "This clock has not been breached.")
    there = context.session.scalar(select(Violation.number).where(Violation.clock_id == clock_id))
    if there is not None:
        return there
    about = records.locked_of_any_kind(context.session, missed.record_id)
    agreement = context.session.get(Agreement, missed.agreement_id) if missed.agreement_id is not None else None
    values = {
        "agreement": missed.agreement_id, "metric": missed.metric, "target_minutes": missed.minutes,
        "missed_at": missed.breached_at, "service": about.service_id,
    }  # fmt: skip
    title = Message("{target} of {number} was missed", target=METRICS[missed.metric], number=about.number)
    identity, number = records.create(
        context.session, "violation", title=str(title), requester_id=None,
        owner_id=agreement.owner_id if agreement else None, values=values, actor_id=context.actor_id,
        case_id=context.case_id, element=context.element, by_operation=True,
    )  # fmt: skip
    context.session.get_one(Violation, identity).clock_id = clock_id
    link = RecordLink(
        source_id=identity, target_id=about.id, type=LINK_TYPES["caused_by"].key, added_by_id=context.actor_id,
        at=context.now,
    )  # fmt: skip
    context.session.add(link)
    context.session.flush()
    return number


def trace(context: OperationContext) -> Trace:
    """Return who works on which case and element, for the journal."""
    return Trace(context.actor_id, context.case_id, context.element)


def locked(context: OperationContext) -> Record:
    """Return the case's record, locked until the step ends.

    Raises:
        BusinessError: `clock.no_record`.
    """
    if context.record_id is None:
        raise BusinessError("clock.no_record", "This case is not about a record.")
    return records.locked_of_any_kind(context.session, context.record_id)
