"""What a target clock shows: working time used, what is left and when it is due, from its events alone (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain.calendars.week import Week

Move = Literal["start", "pause", "resume", "stop"]
State = Literal["running", "paused", "stopped"]
HOUR = timedelta(hours=1)
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a clock; `reason` says why it pauses or goes on."""

    at: datetime
    move: Move
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was promised: so much working time by this calendar, with a warning when `warn_percent` of it are used."""

    target: timedelta
    week: Week
    warn_percent: int = 80

    @property
    def warned_after(self) -> timedelta:
        """The working time after which a warning is due."""
        return self.target * self.warn_percent / 100


@dataclass(frozen=True, slots=True)
class Span:
    """From one event to the next: how much working time it took, and how much was used by its end.

    `counts` tells whether the clock ran; `end` is None for what still goes on.
    """

    start: datetime
    end: datetime | None
    counts: bool
    took: timedelta
    total: timedelta


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock at a moment.

    `due_at` and `warns_at` are when the target and the warning are (or were) reached if the clock keeps running; None
    while it is paused before that, and of a clock that stopped in time. `breached_at` is when the target was missed.
    """

    state: State
    used: timedelta
    left: timedelta
    due_at: datetime | None
    warns_at: datetime | None
    breached_at: datetime | None
    spans: tuple[Span, ...]

    @property
    def next_at(self) -> datetime | None:
        """When the clock has to be looked at next, were nobody to touch it; None when never."""
        return self.due_at if self.state == "running" else None


def read(events: Sequence[Event], terms: Terms, now: datetime) -> Reading:
    """Return what a clock shows at a moment.

    All working time is counted anew from the first event, so that other terms (another priority, agreement or
    calendar) keep every pause: FitSM-2 PR2 wants targets that are evaluated as they were agreed.

    Args:
        events: in order of time, the first is the start. Several pauses at once count as one; nothing after a stop
            counts but a resumption, which goes on where it stopped.
        terms: the promise that applies.
        now: until when running time is counted; events after it have not happened.
    """
    spans: list[Span] = []
    state: State = "stopped"
    used = NOTHING
    breached_at = warned_at = None
    for start, end, after in _stretches(events, now):
        state = after
        counts = after == "running"
        took = terms.week.elapsed(start, end or now) if counts else NOTHING
        if counts:
            warned_at = warned_at or _reached(terms, start, used, took, terms.warned_after)
            breached_at = breached_at or _reached(terms, start, used, took, terms.target)
        used += took
        spans.append(Span(start, end, counts, took, used))
    due_at, warns_at = breached_at, warned_at
    if state == "running":
        # From the last start, not from now: what is due must not depend on when somebody looks.
        begun, before = spans[-1].start, used - spans[-1].took
        due_at = due_at or terms.week.add_hours(begun, (terms.target - before) / HOUR)
        warns_at = warns_at or terms.week.add_hours(begun, max(terms.warned_after - before, NOTHING) / HOUR)
    return Reading(state, used, terms.target - used, due_at, warns_at, breached_at, tuple(spans))


def _reached(terms: Terms, start: datetime, used: timedelta, took: timedelta, wanted: timedelta) -> datetime | None:
    """Return when so much working time was used, if it was within a span that began with `used` and took `took`."""
    if used + took < wanted or not took:
        return None
    return terms.week.add_hours(start, max(wanted - used, NOTHING) / HOUR)


def _stretches(events: Sequence[Event], now: datetime) -> Iterator[tuple[datetime, datetime | None, State]]:
    """Yield from when to when the clock was in which state; the last stretch has no end."""
    states: dict[Move, State] = {"start": "running", "resume": "running", "pause": "paused", "stop": "stopped"}
    happened = [event for event in events if event.at <= now]
    begun: datetime | None = None
    state: State = "stopped"
    for event in happened:
        after = states[event.move]
        if begun is None:
            begun, state = event.at, after
        elif after != state and not (state == "stopped" and after == "paused"):
            yield begun, event.at, state
            begun, state = event.at, after
    if begun is not None:
        yield begun, None, state
