"""When a timer is due: durations, points in time and cycles, with calendar months counted right."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.engine.work import ElementError
from app.errors import Message
from app.expressions import CalendarDuration, ExpressionError
from app.expressions.durations import read_datetime, read_duration

LITERAL = re.compile(r"(R\d*/)?P[\dTYMWDHS.,]+|R\d*/\S+|\d{4}-\d{2}-\d{2}\S*", re.ASCII)
"""ISO 8601 texts that modelling tools write without quotes."""

_CYCLE = re.compile(r"R(?P<times>\d{0,9})/(?:(?P<start>[^/P]+)/)?(?P<step>P[^/]+)", re.ASCII)
FOREVER = -1


@dataclass(slots=True)
class Cycle:
    """A repetition: occurrence number `number` from `start` on in steps; `left` more will happen, -1 for ever."""

    start: datetime
    step: str
    left: int
    number: int

    def state(self) -> list[Any]:
        """Return what `Cycle(*state)` makes the same cycle of."""
        return [self.start, self.step, self.left, self.number]

    def at(self, number: int) -> datetime:
        """Return when an occurrence is due, counted from the start, so that a month's end does not wander."""
        step = read_duration(self.step)
        if isinstance(step, timedelta):
            return self.start + number * step
        moment = self.start + CalendarDuration(step.months * number, step.rest * number)
        assert isinstance(moment, datetime)
        return moment

    def next_after(self, due: datetime, now: datetime) -> datetime | None:
        """Go on to the first occurrence after both, so that a long sleep brings no burst; None when it is over."""
        if self.left != FOREVER:
            self.left -= 1
            if self.left <= 0:
                return None
        return self.skip_to(max(due, now) + timedelta(microseconds=1))

    def skip_to(self, moment: datetime) -> datetime:
        """Go on to the first occurrence at or after a moment."""
        step = read_duration(self.step)
        if isinstance(step, timedelta):
            self.number = max(self.number, -((self.start - moment) // step))
        while self.at(self.number) < moment:
            self.number += 1
        return self.at(self.number)


def read_timer(value: Any, kind: str, now: datetime, label: str) -> tuple[datetime, Cycle | None]:
    """Return when a timer is due, and its cycle if it has one.

    Args:
        value: a point in time (`working_days(5)` gives one), a duration, or an ISO 8601 text of either or of a cycle.
        kind: `date`, `duration` or `cycle`, as drawn.
        now: from when durations count.
        label: what messages call the element.

    Raises:
        ElementError: the value is none of these.
    """
    try:
        return _read(value, kind, now)
    except (ExpressionError, OverflowError, ValueError) as error:
        told = Message("The timer of {element} cannot be set: {reason}", element=label, reason=str(error))
        raise ElementError(told) from error


def _read(value: Any, kind: str, now: datetime) -> tuple[datetime, Cycle | None]:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("R"):
            return _cycle(text, now)
        value = read_duration(text) if text.startswith(("P", "-P")) else read_datetime(text)
    if kind == "cycle":
        raise ExpressionError("A cycle is written like “R3/PT1H” or “R/P1M”.")
    if isinstance(value, timedelta | CalendarDuration):
        due = read_datetime(now + value)
    elif isinstance(value, date):
        due = read_datetime(value)
    else:
        raise ExpressionError(f"{value!r} is neither a point in time nor a duration.")
    return due.astimezone(UTC), None


def _cycle(text: str, now: datetime) -> tuple[datetime, Cycle]:
    match = _CYCLE.fullmatch(text)
    if match is None:
        raise ExpressionError(f"“{text[:60]}” is not a cycle such as “R3/PT1H” or “R/2026-03-01T09:00Z/P1M”.")
    step = read_duration(match["step"])
    rest, months = (step, 0) if isinstance(step, timedelta) else (step.rest, step.months)
    if months < 0 or rest < timedelta(0) or (months == 0 and rest < timedelta(seconds=1)):
        raise ExpressionError("A cycle needs a step of at least one second.")
    left = int(match["times"]) if match["times"] else FOREVER
    if left == 0:
        raise ExpressionError("A cycle that happens 0 times is none.")
    if match["start"]:
        cycle = Cycle(read_datetime(match["start"]).astimezone(UTC), match["step"], left, 0)
        return cycle.skip_to(now), cycle
    cycle = Cycle(now, match["step"], left, 1)
    return cycle.at(1), cycle
