"""Agreements over the API: their terms, made, changed, put in force and ended; which of them applies to what."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select

from app import clock
from app.domain.calendars.records import Calendar
from app.domain.people.records import Person
from app.domain.records.writer import Trace
from app.domain.service_levels import editing
from app.domain.service_levels.applying import Promise, Subject
from app.domain.service_levels.editing import LONGEST_TITLE, MOST_TARGETS, TargetLine, Written
from app.domain.service_levels.records import Agreement, Target
from app.errors import BusinessError, Conflict, Forbidden, Invalid, Message
from app.insight import agreement_view
from app.insight.agreement_view import Answer
from app.web.api.call import Call, bearer, call, problems
from app.web.api.record_times import ConsideredOut
from app.web.api.routing import BASE
from app.web.api.shapes import Body, ReasonBody
from app.web.api.values import Text
from app.web.dependencies import number as read_number

router = APIRouter(prefix=f"{BASE}/agreements", tags=["agreements"], dependencies=[Depends(bearer)])
Id = Annotated[Text, Field(max_length=19, description="An id.")]
# The id of nothing that exists, for what is no id at all.
NOTHING = -1
Key = Annotated[Text, Field(max_length=64)]


class TargetBody(Body):
    """One promise: minutes of working time until something has happened."""

    metric: Text = Field(max_length=20, description="`response`, `resolution` or `fulfilment`.")
    priority: Text = Field("", max_length=2, description="`P1` to `P6`; empty for all without a target of their own.")
    minutes: int = Field(ge=1, le=editing.MOST_MINUTES)
    warn_percent: int = Field(80, ge=1, le=100)
    calendar: Key | None = Field(None, description="Key of a calendar of its own.")


class AgreementBody(Body):
    """What an agreement says."""

    type: Text = Field(max_length=20, description="`default`, `sla`, `ola` or `ua`.")
    title: Text = Field(max_length=LONGEST_TITLE)
    description: Text = Field("", max_length=100_000)
    service: Id | None = Field(None, description="Id of the service's record; null: all services.")
    organisation: Id | None = Field(None, description="The customer of an SLA, the supplier of a UA.")
    team: Id | None = Field(None, description="Whose promise an OLA is; behind which team the supplier of a UA stands.")
    owner: Id | None = Field(None, description="A person.")
    calendar: Key = Field(description="Key of the calendar that working time is counted by.")
    valid_from: AwareDatetime | None = Field(None, strict=False)
    valid_until: AwareDatetime | None = Field(None, strict=False)
    review_months: int = Field(12, ge=1, le=editing.MOST_MONTHS)
    targets: list[TargetBody] = Field(default_factory=list, max_length=MOST_TARGETS)


class ChangedAgreementBody(AgreementBody):
    """What has become of an agreement, and when it had last changed as you read it."""

    updated_at: AwareDatetime = Field(strict=False, description="As you read it; another moment now is a conflict.")


class TargetOut(BaseModel):
    """One promise of an agreement."""

    metric: str
    priority: str
    minutes: int
    warn_percent: int
    calendar: str | None

    @classmethod
    def of(cls, one: Target, own: Calendar | None) -> "TargetOut":
        """Show a target and its own calendar."""
        return cls(
            metric=one.metric, priority=one.priority, minutes=one.minutes, warn_percent=one.warn_percent,
            calendar=own.key if own is not None else None,
        )  # fmt: skip


class AgreementOut(BaseModel):
    """An agreement with its terms."""

    id: str
    number: str
    type: str
    title: str
    description: str
    status: str = Field(description="`draft`, `active` or `ended`.")
    service: str | None
    organisation: str | None
    team: str | None
    owner: str | None
    calendar: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    review_months: int
    review_due_at: datetime | None
    updated_at: datetime
    targets: list[TargetOut]
    running_clocks: int = Field(description="Clocks that run or are paused by it, on records that you may know of.")

    @classmethod
    def of(cls, it: Call, one: Agreement) -> "AgreementOut":
        """Show an agreement."""
        sheet = agreement_view.sheet(it.session, it.viewer, one)
        return cls(
            id=str(one.id), number=one.number, type=one.type, title=one.title, description=one.description or "",
            status=one.status, service=_text(one.service_id), organisation=_text(one.organisation_id),
            team=_text(one.team_id), owner=_text(one.owner_id), calendar=sheet.calendar.key if sheet.calendar else None,
            valid_from=one.valid_from, valid_until=one.valid_until, review_months=one.review_months,
            review_due_at=one.review_due_at, updated_at=one.updated_at,
            targets=[TargetOut.of(target, own) for target, own in sheet.targets], running_clocks=sheet.running,
        )  # fmt: skip


class PromiseOut(BaseModel):
    """What is promised for something."""

    metric: str
    minutes: int
    warn_percent: int
    calendar: str | None

    @classmethod
    def of(cls, it: Call, one: Promise) -> "PromiseOut":
        """Show a promise."""
        target, calendar = one.target, it.session.get(Calendar, one.calendar_id) if one.calendar_id else None
        return cls(
            metric=target.metric, minutes=target.minutes, warn_percent=target.warn_percent,
            calendar=calendar.key if calendar is not None else None,
        )  # fmt: skip


class ApplyingOut(BaseModel):
    """Which agreement of a level applies, what was looked at, and what is promised."""

    level: str = Field(description="`sla`, or `ola` for what a team or its supplier has promised.")
    considered: list[ConsideredOut] = Field(description="The best come first; one applies at most.")
    promises: list[PromiseOut]

    @classmethod
    def of(cls, it: Call, one: Answer) -> "ApplyingOut":
        """Show an answer."""
        return cls(
            level=one.level, considered=[ConsideredOut.of(found) for found in one.considered],
            promises=[PromiseOut.of(it, promise) for _metric, promise in sorted(one.promises.items())],
        )  # fmt: skip


class AnswersOut(BaseModel):
    """Which agreements apply."""

    items: list[ApplyingOut]


@router.get("/applying", responses=problems())
def read_applying(
    request: Request,
    service: Annotated[str, Query(max_length=19, description="Id of the service's record.")] = "",
    organisation: Annotated[str, Query(max_length=19, description="Id of the customer.")] = "",
    priority: Annotated[str, Query(max_length=2)] = "",
    team: Annotated[str, Query(max_length=19, description="Id of a team, to see what it has promised.")] = "",
) -> AnswersOut:
    """Say which agreement applies to a service, a customer, a priority and a team, and why; for staff."""
    with call(request) as it:
        subject = Subject(read_number(service), read_number(organisation), priority, read_number(team))
        found = agreement_view.applying_to(it.session, it.viewer, subject)
        return AnswersOut(items=[ApplyingOut.of(it, one) for one in found])


@router.post("", status_code=201, responses=problems(409, 413))
def add_agreement(request: Request, body: AgreementBody) -> AgreementOut:
    """Store a new agreement as a draft, which applies to nothing yet."""
    with call(request) as it:
        if not agreement_view.may_change(it.viewer):
            raise Forbidden(agreement_view.NOT_YOURS)
        return AgreementOut.of(it, editing.add(it.session, _written(it, body), Trace(it.actor.person_id)))


@router.get("/{number}", responses=problems(404))
def read_agreement(request: Request, number: str) -> AgreementOut:
    """Read an agreement that you may know of, with its terms."""
    with call(request) as it:
        return AgreementOut.of(it, agreement_view.find(it.session, it.viewer, number))


@router.put("/{number}", responses=problems(404, 409, 413))
def change_agreement(request: Request, number: str, body: ChangedAgreementBody) -> AgreementOut:
    """Store what has become of an agreement; clocks that run by it are counted anew, pauses kept."""
    with call(request) as it:
        found = agreement_view.find(it.session, it.viewer, number, change=True)
        trace = Trace(it.actor.person_id)
        changed = editing.change(it.session, found.id, _written(it, body), trace, seen=body.updated_at)
        return AgreementOut.of(it, changed)


@router.post("/{number}/activate", responses=problems(404, 409))
def activate_agreement(request: Request, number: str) -> AgreementOut:
    """Put a draft in force."""
    with call(request) as it:
        found = agreement_view.find(it.session, it.viewer, number, change=True)
        try:
            editing.activate(it.session, found.id, Trace(it.actor.person_id), now=clock.now())
        except BusinessError as refusal:
            raise Conflict(refusal.message) from refusal
        return AgreementOut.of(it, found)


@router.post("/{number}/end", responses=problems(404, 409))
def end_agreement(request: Request, number: str, body: ReasonBody) -> AgreementOut:
    """End an agreement; what ran by it is counted by whichever applies then."""
    with call(request) as it:
        found = agreement_view.find(it.session, it.viewer, number, change=True)
        try:
            editing.end(it.session, found.id, Trace(it.actor.person_id), reason=body.reason, now=clock.now())
        except BusinessError as refusal:
            raise Conflict(refusal.message) from refusal
        return AgreementOut.of(it, found)


def _written(it: Call, body: AgreementBody) -> Written:
    owner_id = _id(body.owner)
    if owner_id is not None and it.session.scalar(select(Person.id).where(Person.id == owner_id)) is None:
        raise Invalid({"owner": [Message("This no longer exists. Please choose again.")]})
    keys = {body.calendar, *(one.calendar for one in body.targets if one.calendar)}
    rows = it.session.execute(select(Calendar.key, Calendar.id).where(Calendar.key.in_(keys)))
    calendars = {row.key: row.id for row in rows}
    return Written(
        body.type, body.title, description=body.description, service_id=_id(body.service),
        organisation_id=_id(body.organisation), team_id=_id(body.team), owner_id=owner_id,
        calendar_id=calendars.get(body.calendar, NOTHING), valid_from=body.valid_from, valid_until=body.valid_until,
        review_months=body.review_months,
        targets=tuple(
            TargetLine(
                one.metric, one.priority, one.minutes, one.warn_percent,
                calendars.get(one.calendar, NOTHING) if one.calendar else None,
            )
            for one in body.targets
        ),
    )  # fmt: skip


def _id(said: str | None) -> int | None:
    return (read_number(said) or NOTHING) if said else None


def _text(identity: int | None) -> str | None:
    return str(identity) if identity is not None else None
