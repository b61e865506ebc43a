"""What diagrams can do with agreed times: clocks that start, pause, go on and stop, and violations."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.records.kinds import Kinds
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.records import Record, RecordLink
from app.domain.records.writer import Records, Trace
from app.domain.service_levels import clocks, editing
from app.domain.service_levels.kind import AGREEMENT, VIOLATION
from app.domain.service_levels.records import Agreement, TargetClock, Violation
from app.domain.service_levels.words import METRICS, Metric
from app.errors import BusinessError, Message
from app.expressions import CalendarDuration
from app.operations import OperationContext, OperationGroup, Subject, SubjectGroup

agreement = OperationGroup("agreement")
clock = OperationGroup("clock")
subjects = SubjectGroup("agreement")
violation = OperationGroup("violation")
records = Records(Kinds([AGREEMENT, VIOLATION]))

Reason = Annotated[str, Field(max_length=300, description="Why; stands on the page that explains the clock.")]
Findings = Annotated[str, Field(min_length=1, max_length=4000, description="What the review showed.")]
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


@agreement.operation("collect_results", title="Collect how targets were kept")
def collect_results(context: OperationContext) -> None:
    """Note with the agreement how many clocks ran by it since its last review, how many of them missed their target,
    and how many violations of it are open; forms show them as targets_run, targets_missed and open_violations."""
    found = _agreement(context)
    since = context.now + CalendarDuration(-found.review_months)
    missed = TargetClock.breached_at.is_not(None)
    ran = select(func.count(), func.count().filter(missed)).select_from(TargetClock)
    all_, late = context.session.execute(
        ran.where(TargetClock.agreement_id == found.id, TargetClock.started_at >= since)
    ).one()
    still = (Violation.agreement_id == found.id, Violation.closed_at.is_(None))
    broken = context.session.scalar(select(func.count()).select_from(Violation).where(*still))
    values = {"targets_run": all_, "targets_missed": late, "open_violations": broken}
    records.change(context.session, found, values, trace(context), event="agreement.results")


@agreement.operation("note_review", title="Note the review")
def note_review(context: OperationContext, findings: Findings) -> str:
    """Keep that the agreement was reviewed, and with what; returns when the next review is due, by its own interval."""
    found = _agreement(context)
    records.note(context.session, found, "agreement.findings", trace(context), {}, {"reason": findings})
    return editing.reviewed(context.session, found.id, trace(context), now=context.now).isoformat()


@agreement.operation("end", title="End the agreement")
def end(context: OperationContext, reason: Findings) -> None:
    """End the agreement; what ran by it is counted by whichever applies now. One that has ended stays as it is."""
    found = _agreement(context)
    if found.status != "ended":
        editing.end(context.session, found.id, trace(context), reason=reason, now=context.now)


@subjects.subjects("due_for_review", title="Agreements that are due for review", dated=True)
def due_for_review(session: Session, moment: datetime) -> Iterator[Subject]:
    """Agreements in force whose next review is due, each by its own interval; each comes once for each of its dates."""
    for found in editing.due_for_review(session, moment):
        yield Subject.of_record(found.id, found.review_due_at)


def _agreement(context: OperationContext) -> Agreement:
    found = locked(context)
    if not isinstance(found, Agreement):
        raise BusinessError("agreement.no_agreement", "This case is not about an agreement.")
    return found


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
