"""Target clocks as their readers see them: what each shows now, line by line, and what it would by another priority."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock as time
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import CalendarError
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.domain.service_levels import applying, clocks, editing
from app.domain.service_levels.applying import Considered, Subject
from app.domain.service_levels.reading import Reading, Span, Terms
from app.domain.service_levels.records import ClockEvent, Target, TargetClock
from app.domain.service_levels.words import PRIORITIES, Level
from app.insight import agreement_view
from app.insight.access import Viewer, visible_records

OPEN_LEVELS = ("sla",)
"""What whoever asked may read; what teams and suppliers have promised is for those who work with a record."""
RUNS = {"started": True, "resumed": True, "paused": False, "stopped": False}


@dataclass(frozen=True, slots=True)
class Named:
    """An agreement as others name it; `known` says that the reader may open it."""

    number: str
    title: str
    known: bool


@dataclass(slots=True)
class Shown:
    """A clock at this moment: its events, the terms that it runs by and what it shows by them.

    `terms` are missing where nothing is promised; there is no `reading` then, nor where the calendar has too little
    working time for one.
    """

    clock: TargetClock
    agreement: Named | None
    calendar: Calendar | None
    now: datetime
    events: list[ClockEvent] = field(default_factory=list)
    terms: Terms | None = None
    reading: Reading | None = None

    @property
    def reason(self) -> str:
        """Why it is paused, as far as somebody said."""
        last = next((event for event in reversed(self.events) if event.type in RUNS and event.at <= self.now), None)
        return (last.reason or "") if last is not None and last.type == "paused" else ""

    @property
    def warned(self) -> bool:
        """Whether so much time is used that a warning is due."""
        return self.reading is not None and self.reading.warns_at is not None and self.reading.warns_at <= self.now


@dataclass(frozen=True, slots=True)
class Terminology:
    """Terms of a clock before or after they changed."""

    minutes: int | None
    warn_percent: int
    agreement: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened to a clock and, where that began a stretch, until when it lasted and what it took.

    `holds` is whether a warning or a breach is still one by the terms of now.
    """

    at: datetime
    event: str
    reason: str
    actor: str
    span: Span | None = None
    left: timedelta | None = None
    before: Terminology | None = None
    after: Terminology | None = None
    holds: bool = True


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a clock would show if the record had another priority; without `terms` nothing would be promised."""

    priority: str
    here: bool
    target: Target | None
    calendar: Calendar | None
    terms: Terms | None
    reading: Reading | None


@dataclass(slots=True)
class Explained:
    """A clock with its lines, the agreements that were looked at and the other priorities."""

    shown: Shown
    lines: list[Line]
    considered: list[Considered]
    what_if: list[WhatIf]


def shown_on(session: Session, viewer: Viewer, record_id: int, *, inside: bool) -> list[Shown]:
    """Return the clocks of a record that the person may read, oldest first; one statement.

    Args:
        inside: they work with the record.
    """
    query = (
        select(TargetClock, ClockEvent, Calendar, Record.number, Record.title, visible_records(viewer).label("known"))
        .outerjoin(ClockEvent, ClockEvent.clock_id == TargetClock.id)
        .outerjoin(Calendar, Calendar.id == TargetClock.calendar_id)
        .outerjoin(Record, Record.id == TargetClock.agreement_id)
        .where(TargetClock.record_id == record_id)
        .order_by(TargetClock.id, ClockEvent.at, ClockEvent.id)
    )
    if not inside:
        query = query.where(TargetClock.level.in_(OPEN_LEVELS))
    found: dict[int, Shown] = {}
    for clock, event, calendar, number, title, known in session.execute(query):
        agreement = Named(number, title, bool(known)) if number is not None else None
        shown = found.setdefault(clock.id, Shown(clock, agreement, calendar, time.now()))
        if event is not None:
            shown.events.append(event)
    for shown in found.values():
        shown.terms = clocks.terms_of(session, shown.clock)
        shown.reading = _reading(shown.events, shown.terms, shown.now)
    return list(found.values())


def explained(session: Session, viewer: Viewer, record: Record, *, inside: bool) -> list[Explained]:
    """Return the clocks of a record with all that explains them, as far as the person may read it."""
    found = shown_on(session, viewer, record.id, inside=inside)
    names = _names(session, viewer, found, inside=inside)
    looked_at: dict[tuple[str, int | None], list[Considered]] = {}
    made = []
    for shown in found:
        place = (shown.clock.level if shown.clock.level == "sla" else "ola", shown.clock.team_id)
        if place not in looked_at:
            subject = Subject.of(session, record, team_id=shown.clock.team_id)
            looked_at[place] = applying.consider(session, cast(Level, shown.clock.level), subject)
        considered = looked_at[place]
        what_if = _what_if(session, shown, considered, record.priority or "")
        known = agreement_view.known(session, viewer, considered) if inside else []
        made.append(Explained(shown, list(_lines(shown, names)), known, what_if))
    return made


def _reading(events: Sequence[ClockEvent], terms: Terms | None, now: datetime) -> Reading | None:
    try:
        return clocks.reading_of(events, terms, now)
    except CalendarError:
        return None


def _what_if(session: Session, shown: Shown, considered: Sequence[Considered], priority: str) -> list[WhatIf]:
    best = next((one for one in considered if one.applies), None)
    targets = editing.targets_of(session, best.agreement.id) if best is not None else []
    found = []
    for wanted in PRIORITIES:
        here = wanted == priority
        promise = applying.of_priority(best, targets, wanted).get(shown.clock.metric) if best is not None else None
        if promise is None:
            found.append(WhatIf(wanted, here, None, None, None, None))
            continue
        calendar = session.get(Calendar, promise.calendar_id) if promise.calendar_id is not None else None
        terms = clocks.terms(session, promise.target.minutes, promise.target.warn_percent, promise.calendar_id)
        now = _reading(shown.events, terms, shown.now)
        found.append(WhatIf(wanted, here, promise.target, calendar, terms, now))
    return found


def _lines(shown: Shown, names: "_Names") -> Iterator[Line]:
    spans = list(shown.reading.spans) if shown.reading is not None else []
    target = shown.terms.target if shown.terms is not None else None
    for event in shown.events:
        line = Line(event.at, event.type, event.reason or "", names.people.get(event.actor_id or 0, ""))
        if event.type in RUNS:
            if spans and spans[0].start == event.at and spans[0].counts == RUNS[event.type]:
                span = spans.pop(0)
                line = replace(line, span=span, left=target - span.total if target is not None else None)
        elif event.type == "terms":
            line = replace(
                line, before=names.terms(event.data.get("before")), after=names.terms(event.data.get("after"))
            )
        elif shown.reading is not None:
            moment = shown.reading.breached_at if event.type == "breached" else shown.reading.warns_at
            line = replace(line, holds=moment == event.at)
        yield line


@dataclass(frozen=True, slots=True)
class _Names:
    """What people read for the people, agreements and calendars that events name."""

    people: dict[int, str]
    agreements: dict[int, str]
    calendars: dict[int, str]

    def terms(self, told: Any) -> Terminology | None:
        if not isinstance(told, dict):
            return None
        agreement, calendar = (
            self.agreements.get(told.get("agreement") or 0),
            self.calendars.get(told.get("calendar") or 0),
        )
        return Terminology(told.get("minutes"), told.get("warn_percent") or 0, agreement or "", calendar or "")


def _names(session: Session, viewer: Viewer, found: Sequence[Shown], *, inside: bool) -> _Names:
    """Look up who did what and which terms there were; whoever only asked does not read who worked on it."""
    events = [event for shown in found for event in shown.events]
    told = [event.data[side] for event in events if event.type == "terms" for side in ("before", "after")]
    people = {event.actor_id for event in events if event.actor_id is not None} if inside else set()
    agreements = {one["agreement"] for one in told if one["agreement"]}
    calendars = {one["calendar"] for one in told if one["calendar"]}
    named: tuple[dict[int, str], ...] = ({}, {}, {})
    for place, (ids, query) in enumerate((
        (people, select(Person.id, Person.name).where(Person.id.in_(people))),
        (agreements, select(Record.id, Record.title).where(Record.id.in_(agreements), visible_records(viewer))),
        (calendars, select(Calendar.id, Calendar.name).where(Calendar.id.in_(calendars))),
    )):  # fmt: skip
        named[place].update({row[0]: row[1] for row in session.execute(query)} if ids else {})
    return _Names(*named)
