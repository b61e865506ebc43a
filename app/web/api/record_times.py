"""Agreed times of a record over the API: what each clock shows and why, and what it would by another priority."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from app.domain.service_levels.applying import Considered
from app.insight import clock_view, record_view
from app.insight.clock_view import Explained, Line, WhatIf
from app.web import clock_words
from app.web.api.call import bearer, call, problems
from app.web.api.record_links import readable_record
from app.web.api.routing import BASE
from app.web.i18n import tell

router = APIRouter(prefix=f"{BASE}/records/{{kind}}/{{number}}", tags=["records"], dependencies=[Depends(bearer)])


class ClockLineOut(BaseModel):
    """Something that happened to a clock; where that began a stretch, until when it lasted and what it took."""

    at: datetime
    until: datetime | None
    event: str = Field(description="`started`, `paused`, `resumed`, `stopped`, `warned`, `breached` or `terms`.")
    text: str
    actor: str | None
    counts: bool | None = Field(description="Whether time was counted; null where no stretch began.")
    minutes: float | None = Field(description="Working time of the stretch.")
    total_minutes: float | None
    left_minutes: float | None

    @classmethod
    def of(cls, line: Line) -> "ClockLineOut":
        """Show a line."""
        span = line.span
        return cls(
            at=line.at, until=span.end if span else None, event=line.event, text=clock_words.happened(line),
            actor=line.actor or None, counts=span.counts if span else None,
            minutes=_minutes(span.took if span else None), total_minutes=_minutes(span.total if span else None),
            left_minutes=_minutes(line.left),
        )  # fmt: skip


class ConsideredOut(BaseModel):
    """An agreement that was looked at, and why it applies or does not."""

    number: str
    title: str
    applies: bool
    why: str

    @classmethod
    def of(cls, one: Considered) -> "ConsideredOut":
        """Show an agreement that was looked at."""
        return cls(number=one.agreement.number, title=one.agreement.title, applies=one.applies, why=tell(one.why))


class WhatIfOut(BaseModel):
    """What a clock would show by another priority."""

    priority: str
    minutes: int | None = Field(description="Working minutes promised; null where nothing would be.")
    calendar: str | None
    used_minutes: float | None
    left_minutes: float | None
    due_at: datetime | None
    state: str
    text: str

    @classmethod
    def of(cls, one: Explained, other: WhatIf) -> "WhatIfOut":
        """Show another priority."""
        would, reading = clock_words.state(clock_words.supposed(one.shown, other)), other.reading
        return cls(
            priority=other.priority, minutes=other.target.minutes if other.target else None,
            calendar=other.calendar.key if other.calendar else None,
            used_minutes=_minutes(reading.used if reading else None),
            left_minutes=_minutes(reading.left if reading else None), due_at=reading.due_at if reading else None,
            state=would.key, text=would.text,
        )  # fmt: skip


class ClockOut(BaseModel):
    """A target clock: its terms, what it shows, what happened to it."""

    id: str
    metric: str
    level: str = Field(description="`sla`, `ola` or `ua`.")
    state: str = Field(
        description="`running`, `warned`, `paused`, `missed`, `kept`, `nothing_agreed`, or `unreadable` where the "
        "calendar has too little working time."
    )
    text: str
    agreement: str | None = Field(description="Number of the agreement, if you may know of it.")
    why: str
    minutes: int | None = Field(description="Working minutes promised.")
    warn_percent: int
    calendar: str | None
    time_zone: str | None
    used_minutes: float | None
    left_minutes: float | None
    due_at: datetime | None
    warns_at: datetime | None
    breached_at: datetime | None
    stale: bool = Field(description="Something that it depends on has changed; it is being counted anew.")
    lines: list[ClockLineOut]
    considered: list[ConsideredOut] = Field(description="For those who work with the record.")
    what_if: list[WhatIfOut]

    @classmethod
    def of(cls, one: Explained) -> "ClockOut":
        """Show a clock."""
        shown, clock, reading = one.shown, one.shown.clock, one.shown.reading
        now = clock_words.state(shown)
        known = shown.agreement is not None and shown.agreement.known
        return cls(
            id=str(clock.id), metric=clock.metric, level=clock.level, state=now.key, text=now.text,
            agreement=shown.agreement.number if shown.agreement and known else None, why=tell(clock.why or ""),
            minutes=clock.minutes, warn_percent=clock.warn_percent,
            calendar=shown.calendar.key if shown.calendar else None,
            time_zone=shown.calendar.time_zone if shown.calendar else None,
            used_minutes=_minutes(reading.used if reading else None),
            left_minutes=_minutes(reading.left if reading else None),
            due_at=reading.due_at if reading else None, warns_at=reading.warns_at if reading else None,
            breached_at=reading.breached_at if reading else None, stale=clock.stale,
            lines=[ClockLineOut.of(line) for line in one.lines],
            considered=[ConsideredOut.of(found) for found in one.considered],
            what_if=[WhatIfOut.of(one, other) for other in one.what_if],
        )  # fmt: skip


class TimesOut(BaseModel):
    """The clocks of a record, oldest first."""

    items: list[ClockOut]


@router.get("/times", responses=problems(404))
def read_times(request: Request, kind: str, number: str) -> TimesOut:
    """Read what was agreed on a record, what each clock shows, and what it would show by each other priority.

    Whoever asked for something reads the SLA clocks of it; those of teams and suppliers are for those who work with it.
    """
    with call(request) as it:
        record = readable_record(it, kind, number)
        inside = record_view.standing_of(it.session, it.viewer, record.id).inside
        found = clock_view.explained(it.session, it.viewer, record, inside=inside)
        return TimesOut(items=[ClockOut.of(one) for one in found])


def _minutes(length: timedelta | None) -> float | None:
    return round(length.total_seconds() / 60, 3) if length is not None else None
