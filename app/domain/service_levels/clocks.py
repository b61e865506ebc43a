"""Target clocks on records: started by what an agreement promises, paused, resumed, stopped, and set anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock as time
from app.database.journal_entry import Entry
from app.domain.calendars.records import Calendar
from app.domain.calendars.working_time import DEFAULT_CALENDAR, CalendarTime, week_of
from app.domain.records.records import Record
from app.domain.records.writer import Records, Trace
from app.domain.service_levels.applying import Promise, Subject, promised
from app.domain.service_levels.reading import Event, Move, Reading, Terms, read
from app.domain.service_levels.records import Agreement, ClockEvent, TargetClock
from app.domain.service_levels.words import LEVELS, METRICS_OF, Level
from app.errors import Message

_MOVES: dict[str, Move] = {"started": "start", "paused": "pause", "resumed": "resume", "stopped": "stop"}
_EVENTS: dict[Move, str] = {move: event for event, move in _MOVES.items()}
SUPPORTING = ("ola", "ua")


def of_record(session: Session, record_id: int) -> list[TargetClock]:
    """Return the clocks of a record, oldest first."""
    query = select(TargetClock).where(TargetClock.record_id == record_id).order_by(TargetClock.id)
    return list(session.scalars(query))


def events_of(session: Session, clock_ids: Iterable[int]) -> dict[int, list[ClockEvent]]:
    """Return the events of some clocks, each in the order in which they happened."""
    ids = list(clock_ids)
    found: dict[int, list[ClockEvent]] = {one: [] for one in ids}
    if ids:
        query = select(ClockEvent).where(ClockEvent.clock_id.in_(ids)).order_by(ClockEvent.at, ClockEvent.id)
        for event in session.scalars(query):
            found[event.clock_id].append(event)
    return found


def terms_of(session: Session, clock: TargetClock) -> Terms | None:
    """Return the terms that a clock runs by now; None where nothing is promised."""
    if clock.minutes is None:
        return None
    return terms(session, clock.minutes, clock.warn_percent, clock.calendar_id)


def terms(session: Session, minutes: int, warn_percent: int, calendar_id: int | None) -> Terms:
    """Return terms by a calendar's id; without one the organisation's own calendar counts."""
    calendar = session.get(Calendar, calendar_id) if calendar_id is not None else None
    week = week_of(calendar) if calendar is not None else CalendarTime(session).week(DEFAULT_CALENDAR)
    return Terms(timedelta(minutes=minutes), week, warn_percent)


def reading_of(events: Sequence[ClockEvent], by: Terms | None, now: datetime) -> Reading | None:
    """Return what a clock shows by some terms; None without any."""
    return read(moves_of(events), by, now) if by is not None else None


def moves_of(events: Sequence[ClockEvent]) -> list[Event]:
    """Return those events that change whether the clock runs."""
    return [Event(event.at, _MOVES[event.type], event.reason or "") for event in events if event.type in _MOVES]


def start(
    session: Session,
    records: Records,
    record: Record,
    trace: Trace,
    *,
    level: Level = "sla",
    metrics: Sequence[str] | None = None,
    team_id: int | None = None,
    since: datetime | None = None,
) -> list[TargetClock]:
    """Start a clock for each promise that applies to a locked record; those of the SLA start once for each metric.

    Args:
        metrics: those that are wanted; all of the record's kind when not given.
        team_id: whose promise it is, of an OLA or UA.
        since: when the time began; now when not given.
    """
    wanted = [one for one in METRICS_OF.get(record.kind, ()) if metrics is None or one in metrics]
    promises = promised(session, level, Subject.of(session, record, level, team_id=team_id), wanted)
    if not promises:
        return []
    there = {one.metric for one in of_record(session, record.id) if one.level == "sla"} if level == "sla" else set()
    made: dict[TargetClock, Promise] = {}
    for metric, promise in sorted(promises.items()):
        if metric not in there:
            clock = TargetClock(
                record_id=record.id, level=LEVELS[promise.agreement.type], metric=metric, team_id=team_id,
                started_at=since or time.now(), state="running", stale=False,
            )  # fmt: skip
            _take_over(clock, promise)
            made[clock] = promise
    session.add_all(made)
    session.flush()
    notes = _Notes(session, records, record, trace)
    for clock, promise in made.items():
        event = notes.add(clock, _EVENTS["start"], clock.started_at, promise.why)
        settle(session, clock, [event])
    notes.keep()
    return list(made)


def pause(session: Session, records: Records, record: Record, reason: str, trace: Trace) -> None:
    """Pause all running clocks of a locked record."""
    _move(session, records, record, "pause", trace, reason, of={"running"})


def resume(session: Session, records: Records, record: Record, trace: Trace, reason: str = "") -> None:
    """Let all paused clocks of a locked record go on."""
    _move(session, records, record, "resume", trace, reason, of={"paused"})


def stop(
    session: Session,
    records: Records,
    record: Record,
    trace: Trace,
    *,
    metrics: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    reason: str = "",
) -> None:
    """Stop clocks of a locked record: what was promised has happened, or is not wanted any more."""
    _move(session, records, record, "stop", trace, reason, of={"running", "paused"}, metrics=metrics, levels=levels)


def go_on(
    session: Session, records: Records, record: Record, trace: Trace, *, metrics: Sequence[str], reason: str
) -> None:
    """Let stopped clocks of the SLA go on where they stopped: a record was reopened."""
    _move(session, records, record, "resume", trace, reason, of={"stopped"}, metrics=metrics, levels=["sla"])


def refresh(session: Session, records: Records, record: Record, clock: TargetClock) -> Reading | None:
    """Find the terms of a clock anew after something that they depend on has changed; pauses are kept."""
    clock.stale = False
    level = cast(Level, clock.level)
    subject = Subject.of(session, record, level, team_id=clock.team_id)
    promise = promised(session, level, subject, [clock.metric]).get(clock.metric)
    before = _facts(clock)
    _take_over(clock, promise)
    after = _facts(clock)
    if after != before:
        reason = promise.why if promise is not None else Message("no agreement promises anything any more")
        notes = _Notes(session, records, record, Trace())
        notes.add(clock, "terms", time.now(), reason, {"before": before, "after": after})
        notes.keep()
    return settle(session, clock, events_of(session, [clock.id])[clock.id])


def settle(session: Session, clock: TargetClock, events: Sequence[ClockEvent]) -> Reading | None:
    """Set what follows from a clock's events and terms: its state, when it is due, when to look at it again."""
    now = time.now()
    reading = reading_of(events, terms_of(session, clock), now)
    if reading is None:
        clock.state = _state_without_terms(events, now)
        clock.due_at = clock.wake_at = None
        return None
    clock.state, clock.due_at = reading.state, reading.due_at
    if clock.breached_at is not None and reading.breached_at is None:
        clock.breached_at = None
    if clock.warned_at is not None and (reading.warns_at is None or reading.warns_at > now):
        clock.warned_at = None
    clock.wake_at = _wake_at(session, clock, reading, now)
    return reading


def _wake_at(session: Session, clock: TargetClock, reading: Reading, now: datetime) -> datetime | None:
    """Return when something will happen to a clock by itself: a warning, a breach, the end of its agreement."""
    running = reading.state == "running"
    moments: list[datetime] = []
    if clock.breached_at is None and reading.due_at is not None and (running or reading.breached_at is not None):
        moments.append(reading.due_at)
        if clock.warned_at is None and running and reading.warns_at is not None:
            moments.append(reading.warns_at)
    if reading.state != "stopped" and clock.agreement_id is not None:
        # Whoever has just found the promise has the agreement in hand, so that this seldom asks.
        ends = session.get_one(Agreement, clock.agreement_id).valid_until
        moments += [ends] if ends is not None and ends > now else []
    return min(moments, default=None)


def _state_without_terms(events: Sequence[ClockEvent], now: datetime) -> str:
    last = next((move for move in reversed(moves_of(events)) if move.at <= now), None)
    return {"pause": "paused", "stop": "stopped"}.get(last.move if last else "stop", "running")


def _move(
    session: Session,
    records: Records,
    record: Record,
    move: Move,
    trace: Trace,
    reason: str,
    *,
    of: set[str],
    metrics: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
) -> None:
    moved = [
        clock
        for clock in of_record(session, record.id)
        if clock.state in of
        and (metrics is None or clock.metric in metrics)
        and (levels is None or clock.level in levels)
    ]
    known = events_of(session, [clock.id for clock in moved])
    notes = _Notes(session, records, record, trace)
    for clock in moved:
        # While it stood still for good, nothing told it of other terms.
        clock.stale = clock.stale or clock.state == "stopped"
        event = notes.add(clock, _EVENTS[move], time.now(), reason)
        settle(session, clock, [*known[clock.id], event])
    notes.keep()


class _Notes:
    """What happens to the clocks of a locked record: kept with each clock, and in the record's journal at once."""

    def __init__(self, session: Session, records: Records, record: Record, trace: Trace) -> None:
        self._session, self._records, self._record, self._trace = session, records, record, trace
        self._entries: list[Entry] = []

    def add(
        self, clock: TargetClock, event: str, at: datetime, reason: str = "", data: Mapping[str, object] | None = None
    ) -> ClockEvent:
        """Note an event; its moment may lie before now."""
        data = dict(data or {})
        made = ClockEvent(
            clock_id=clock.id, at=at, type=event, reason=reason or None, actor_id=self._trace.actor_id, data=data
        )
        self._session.add(made)
        facts = {"clock": clock.id, "metric": clock.metric, "level": clock.level, "at": at.isoformat(), **data}
        payload = {"reason": str(reason)} if reason else None
        trace = self._trace
        self._entries.append(
            Entry(
                f"clock.{event}",
                time.now(),
                trace.actor_id,
                trace.element,
                facts,
                payload,
                trace.case_id,
                self._record.id,
            )  # fmt: skip
        )
        return made

    def keep(self) -> None:
        """Store it."""
        if self._entries:
            self._records.journal.append_to_record(self._session, self._record, self._entries)
        self._session.flush()


def note_of_time(
    session: Session, records: Records, record: Record, clock: TargetClock, event: str, at: datetime
) -> ClockEvent:
    """Keep that the clock itself brought something about: a warning or a breach."""
    notes = _Notes(session, records, record, Trace())
    made = notes.add(clock, event, at, "", {"minutes": clock.minutes})
    notes.keep()
    return made


def _take_over(clock: TargetClock, promise: Promise | None) -> None:
    clock.agreement_id = promise.agreement.id if promise else None
    clock.calendar_id = promise.calendar_id if promise else None
    clock.minutes = promise.target.minutes if promise else None
    clock.warn_percent = promise.target.warn_percent if promise else 80
    clock.why = promise.why if promise else None


def _facts(clock: TargetClock) -> dict[str, int | None]:
    return {
        "agreement": clock.agreement_id, "calendar": clock.calendar_id, "minutes": clock.minutes,
        "warn_percent": clock.warn_percent,
    }  # fmt: skip
