"""Agreements as people write them down: checked all at once, put in force, ended."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.calendars.records import Calendar
from app.domain.people.records import Organisation, Team
from app.domain.records.kinds import Kinds
from app.domain.records.records import Record
from app.domain.records.writer import Records, Trace
from app.domain.service_levels.kind import AGREEMENT
from app.domain.service_levels.records import Agreement, Target, TargetClock
from app.domain.service_levels.words import LEVELS, METRICS, PRIORITIES, TYPES
from app.errors import BusinessError, Conflict, Invalid, Message
from app.expressions import CalendarDuration

MOST_TARGETS = 60
LONGEST_TITLE = 300
MOST_MINUTES = 60 * 24 * 366
MOST_MONTHS = 60
records = Records(Kinds([AGREEMENT]))


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One promise: `priority` empty for all others, `minutes` of working time, a calendar of its own or none."""

    metric: str
    priority: str
    minutes: int
    warn_percent: int = 80
    calendar_id: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What an agreement says. Ids are those of records, organisations, teams and calendars."""

    type: str
    title: str
    description: str = ""
    service_id: int | None = None
    organisation_id: int | None = None
    team_id: int | None = None
    owner_id: int | None = None
    calendar_id: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    review_months: int = 12
    targets: tuple[TargetLine, ...] = ()


def targets_of(session: Session, agreement_id: int) -> list[Target]:
    """Return the targets of an agreement, by metric and priority."""
    query = select(Target).where(Target.agreement_id == agreement_id)
    return list(session.scalars(query.order_by(Target.metric, Target.priority)))


def add(session: Session, written: Written, trace: Trace) -> Agreement:
    """Store a new agreement as a draft, which applies to nothing yet.

    Raises:
        Invalid: everything that does not fit, by field; those of targets as `targets.0.minutes`.
    """
    _check(session, written)
    values = _attributes(written)
    identity, _ = records.create(
        session, "agreement", title=written.title.strip(), requester_id=None, owner_id=written.owner_id, values=values,
        actor_id=trace.actor_id, case_id=trace.case_id, element=trace.element or "", by_operation=True,
    )  # fmt: skip
    agreement: Agreement = records.locked(session, "agreement", identity)
    _set_terms(session, agreement, written, trace)
    return agreement


def change(session: Session, agreement_id: int, written: Written, trace: Trace, *, seen: datetime | None) -> Agreement:
    """Store what is different of an agreement; clocks that run by it are counted anew, pauses kept.

    Args:
        seen: when it had last changed as it was shown; another moment now is a conflict.

    Raises:
        NotFound, Conflict: there is no such agreement, it has ended, or somebody else has changed it since.
        Invalid: as for `add`.
    """
    agreement: Agreement = records.locked(session, "agreement", agreement_id)
    if seen is not None and agreement.updated_at != seen:
        raise Conflict(Message("Somebody else changed this agreement at the same moment. Load the page again."))
    if agreement.status == "ended":
        raise Conflict(Message("{number} has ended; nothing in it can be changed any more.", number=agreement.number))
    _check(session, written)
    if written.type != agreement.type:
        raise Invalid({"type": [Message("The kind of an agreement cannot be changed; end it and make another one.")]})
    own = {"title": written.title.strip(), "owner": written.owner_id}
    before = _about(agreement)
    records.change(session, agreement, own | _attributes(written), trace, event="agreement.changed")
    _set_terms(session, agreement, written, trace)
    if agreement.status == "active" and _about(agreement) != before:
        # It may apply now to what ran by another one; what runs by it is told of other targets by the database.
        _tell_clocks(session, agreement)
    return agreement


def _about(agreement: Agreement) -> tuple[Any, ...]:
    """Return what decides which records an agreement applies to."""
    parties = agreement.service_id, agreement.organisation_id, agreement.team_id
    return *parties, agreement.valid_from, agreement.valid_until


def activate(session: Session, agreement_id: int, trace: Trace, *, now: datetime) -> None:
    """Put a draft in force. Clocks that another agreement applied to until now are counted by it from then on.

    Raises:
        BusinessError: `agreement.wrong_status` or `agreement.no_targets`.
    """
    agreement: Agreement = records.locked(session, "agreement", agreement_id)
    if agreement.status != "draft":
        raise BusinessError(
            "agreement.wrong_status", Message("{number} is not a draft any more.", number=agreement.number)
        )
    if not targets_of(session, agreement.id):
        raise BusinessError("agreement.no_targets", Message("{number} promises nothing yet.", number=agreement.number))
    review = now + CalendarDuration(agreement.review_months)
    records.change(
        session, agreement, {"status": "active", "review_due_at": review}, trace, event="agreement.activated"
    )
    _tell_clocks(session, agreement)


def end(session: Session, agreement_id: int, trace: Trace, *, reason: str, now: datetime) -> None:
    """End an agreement; what ran by it is counted by whichever applies now.

    Raises:
        BusinessError: `agreement.wrong_status`.
        Invalid: there is no reason.
    """
    agreement: Agreement = records.locked(session, "agreement", agreement_id)
    if agreement.status == "ended":
        raise BusinessError("agreement.wrong_status", Message("{number} has ended.", number=agreement.number))
    if not reason.strip():
        raise Invalid({"reason": [Message("Please write down why.")]})
    values = {"status": "ended", "closed_at": now, "review_due_at": None}
    records.change(session, agreement, values, trace, event="agreement.ended")
    records.note(session, agreement, "agreement.reason", trace, {}, {"reason": reason.strip()[:2000]})
    _tell_clocks(session, agreement)


def reviewed(session: Session, agreement_id: int, trace: Trace, *, now: datetime) -> datetime:
    """Keep that an agreement was reviewed; returns when the next review is due, by its own interval."""
    agreement: Agreement = records.locked(session, "agreement", agreement_id)
    due = now + CalendarDuration(agreement.review_months)
    assert isinstance(due, datetime)
    records.change(session, agreement, {"review_due_at": due}, trace, event="agreement.reviewed", always=True)
    return due


def due_for_review(session: Session, by: datetime) -> list[Agreement]:
    """Return the agreements in force whose review is due by a moment, the oldest first."""
    query = select(Agreement).where(Agreement.status == "active", Agreement.review_due_at <= by)
    return list(session.scalars(query.order_by(Agreement.review_due_at, Agreement.id)))


def _attributes(written: Written) -> dict[str, Any]:
    return {
        "type": written.type, "description": written.description.strip() or None, "service": written.service_id,
        "team": written.team_id if written.type in ("ola", "ua") else None, "valid_from": written.valid_from,
        "valid_until": written.valid_until, "review_months": written.review_months,
    }  # fmt: skip


def _set_terms(session: Session, agreement: Agreement, written: Written, trace: Trace) -> None:
    """Set what is no attribute of a record: the parties, the calendar and the targets; noted where they differ."""
    customer = written.organisation_id if written.type in ("sla", "ua") else None
    before = _terms(session, agreement)
    agreement.organisation_id, agreement.calendar_id = customer, written.calendar_id
    kept = {(line.metric, line.priority): line for line in written.targets}
    there = {(target.metric, target.priority): target for target in targets_of(session, agreement.id)}
    for place, target in there.items():
        if place not in kept:
            session.execute(delete(Target).where(Target.id == target.id))
            session.expunge(target)
    for place, line in kept.items():
        values = asdict(line)
        if place in there:
            for name, value in values.items():
                setattr(there[place], name, value)
        else:
            session.add(Target(agreement_id=agreement.id, **values))
    session.flush()
    after = _terms(session, agreement)
    if after != before:
        # Who has loaded a page before this must not overwrite it.
        agreement.updated_at = clock.now()
        records.note(session, agreement, "agreement.terms", trace, {"before": before, "after": after})


def _terms(session: Session, agreement: Agreement) -> dict[str, Any]:
    lines = {
        f"{target.metric} {target.priority}".strip(): [target.minutes, target.warn_percent, target.calendar_id]
        for target in targets_of(session, agreement.id)
    }
    return {"organisation": agreement.organisation_id, "calendar": agreement.calendar_id, "targets": lines}


def running_by(session: Session, agreement_id: int) -> int:
    """Count the clocks that run, or are paused, by what an agreement promises."""
    query = select(func.count()).select_from(TargetClock).where(TargetClock.agreement_id == agreement_id)
    return session.scalar(query.where(TargetClock.state != "stopped")) or 0


def concerned(session: Session, agreement: Agreement) -> int:
    """Count the clocks that are counted anew when an agreement comes into force or ends."""
    return session.scalar(select(func.count()).select_from(TargetClock).where(*_concerned(agreement))) or 0


def _tell_clocks(session: Session, agreement: Agreement) -> None:
    """Have clocks counted anew to which an agreement applies by now, or does no longer."""
    session.execute(
        update(TargetClock).where(~TargetClock.stale, *_concerned(agreement)).values(stale=True),
        execution_options={"synchronize_session": False},
    )


def _concerned(agreement: Agreement) -> list[ColumnElement[bool]]:
    level = LEVELS[agreement.type]
    levels = [level] if level == "sla" else ["ola", "ua"]
    about = [Record.service_id == agreement.service_id] if agreement.service_id is not None else []
    of_record = select(Record.id).where(Record.closed_at.is_(None), *about)
    theirs = or_(TargetClock.agreement_id == agreement.id, TargetClock.record_id.in_(of_record))
    return [TargetClock.level.in_(levels), TargetClock.state != "stopped", theirs]


def _check(session: Session, written: Written) -> None:
    wrong: dict[str, list[str]] = {}
    missing = Message("This no longer exists. Please choose again.")
    if written.type not in TYPES:
        wrong["type"] = [Message("Choose one of the kinds that are offered.")]
    if not written.title.strip() or len(written.title) > LONGEST_TITLE:
        wrong["title"] = [Message("Please give a name of at most {most} characters.", most=LONGEST_TITLE)]
    if not 1 <= written.review_months <= MOST_MONTHS:
        wrong["review_months"] = [Message("Choose from 1 to {most} months.", most=MOST_MONTHS)]
    if written.valid_from and written.valid_until and written.valid_from >= written.valid_until:
        wrong["valid_until"] = [Message("It ends before it begins.")]
    needed = {"sla": ("organisation_id",), "ua": ("organisation_id", "team_id"), "ola": ("team_id",)}
    for name in needed.get(written.type, ()):
        if getattr(written, name) is None:
            wrong[name] = [Message("Please choose with whom it is agreed.")]
    if written.calendar_id is None:
        wrong["calendar_id"] = [Message("Please choose the calendar that working time is counted by.")]
    for name, table in (("organisation_id", Organisation), ("team_id", Team), ("calendar_id", Calendar)):
        identity = getattr(written, name)
        if identity is not None and session.get(table, identity) is None:
            wrong[name] = [missing]
    if written.service_id is not None:
        kind = session.scalar(select(Record.kind).where(Record.id == written.service_id))
        if kind != "service":
            wrong["service_id"] = [missing]
    wrong |= _wrong_targets(session, written.targets)
    if wrong:
        raise Invalid(wrong)


def _wrong_targets(session: Session, lines: Sequence[TargetLine]) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if len(lines) > MOST_TARGETS:
        return {"targets": [Message("At most {most} targets can be kept.", most=MOST_TARGETS)]}
    seen: set[tuple[str, str]] = set()
    for place, line in enumerate(lines):
        if line.metric not in METRICS:
            wrong[f"targets.{place}.metric"] = [Message("Choose one of the targets that are offered.")]
        if line.priority not in ("", *PRIORITIES):
            wrong[f"targets.{place}.priority"] = [Message("Choose one of the priorities that are offered.")]
        if (line.metric, line.priority) in seen:
            wrong[f"targets.{place}.priority"] = [Message("There is a line for this target and priority already.")]
        seen.add((line.metric, line.priority))
        if not 1 <= line.minutes <= MOST_MINUTES:
            wrong[f"targets.{place}.minutes"] = [Message("Give working time, like 30m, 4h or 1h 30m.")]
        if not 1 <= line.warn_percent <= 100:
            wrong[f"targets.{place}.warn_percent"] = [Message("Choose from 1 to 100 percent.")]
        if line.calendar_id is not None and session.get(Calendar, line.calendar_id) is None:
            wrong[f"targets.{place}.calendar_id"] = [Message("This no longer exists. Please choose again.")]
    return wrong
