"""What the timer of a start event says: a cron rule, a repetition or one point in time; it is counted elsewhere."""

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from app.errors import Message, StellwerkError
from app.expressions import CalendarDuration, ExpressionError, parse
from app.expressions.durations import read_duration
from app.expressions.syntax import Literal

MISFIRES = ("fire_once", "fire_all", "skip")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONGEST = 200
SHORTEST_STEP = timedelta(minutes=1)
# The longest of each month, in a leap year.
_LENGTHS = [calendar.monthrange(2024, month)[1] for month in range(1, 13)]
_ORDINALS = {"1": "1st", "2": "2nd", "3": "3rd", "4": "4th", "5": "5th"}
_CRON = re.compile(r"cron\(\s*([\"'])(?P<fields>[^\"']*)\1\s*\)")
_CYCLE = re.compile(r"R(?P<times>\d{0,6})/(?:(?P<start>[^/P]+)/)?(?P<step>P[^/]+)", re.ASCII)
_PART = re.compile(r"(?:\*|(?P<first>[0-9a-z]+)(?:-(?P<last>[0-9a-z]+))?)(?:/(?P<step>\d{1,3}))?", re.ASCII)
_NTH = re.compile(r"(?P<day>[a-z]{3})#(?P<nth>[1-5])", re.ASCII)


class BadRule(StellwerkError):
    """The timer of a start event says nothing that a schedule can follow."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A rule in the words of APScheduler: weekdays and months by name, `last` for the last day of a month."""

    minute: str
    hour: str
    day: str
    month: str
    weekday: str

    @property
    def frequent(self) -> bool:
        """Tell whether it counts hours as they pass, not times of day: then it follows them over a clock change."""
        return "*" in self.hour


@dataclass(frozen=True, slots=True)
class Repetition:
    """Every `step`, from `start` on or from when the schedule began; `times` bounds it.

    Times without a zone are local.
    """

    step: timedelta | CalendarDuration
    start: datetime | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """One point in time."""

    at: datetime


Rule = Cron | Repetition | Once


def read_rule(text: str) -> Rule:
    """Read `cron("0 9 * * MON")`, `R/P1M`, `R3/2026-01-05T09:00/P1W` or `2026-03-06T09:00`.

    Raises:
        BadRule: it is none of these, or comes never.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise BadRule(Message("This is too long for a rule."))
    cron = _CRON.fullmatch(text)
    if cron is not None:
        return _cron(cron["fields"].lower())
    bare = _bare(text)
    if bare.startswith("R"):
        return _repetition(bare)
    if re.match(r"\d{4}-", bare):
        return Once(_moment(bare))
    raise BadRule(
        Message('Write a cycle like R/P1M or R/2026-01-05T09:00/P1W, cron("0 9 * * MON"), or a date with a time.')
    )


def _bare(text: str) -> str:
    """Take quotes off."""
    if not text.startswith(("'", '"')):
        return text
    try:
        tree = parse(text).tree
    except ExpressionError:
        return text
    return str(tree.value) if isinstance(tree, Literal) else text


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRule(Message("“{text}” is no date with a time such as 2026-03-06T09:00.", text=text[:40])) from None


def _repetition(text: str) -> Repetition:
    match = _CYCLE.fullmatch(text)
    if match is None:
        raise BadRule(Message("“{text}” is no cycle such as R/P1M or R/2026-01-05T09:00/P1W.", text=text[:60]))
    try:
        step = read_duration(match["step"])
    except ExpressionError as error:
        raise BadRule(error.bare) from None
    months, rest = (0, step) if isinstance(step, timedelta) else (step.months, step.rest)
    if months < 0 or rest < timedelta(0) or (months == 0 and rest < SHORTEST_STEP):
        raise BadRule(Message("A cycle needs a step of at least one minute."))
    times = int(match["times"]) if match["times"] else None
    if times == 0:
        raise BadRule(Message("A cycle that happens 0 times is none."))
    return Repetition(step, _moment(match["start"]) if match["start"] else None, times)


def _cron(text: str) -> Cron:
    fields = text.split()
    if len(fields) != 5:
        raise BadRule(Message("cron(…) takes minute, hour, day, month and weekday."))
    minute, hour, day, month, weekday = fields
    minutes, hours = _numbers(minute, 0, 59, Message("minute")), _numbers(hour, 0, 23, Message("hour"))
    months = _months(month)
    if day == "l":
        day = "last"
    else:
        days = _numbers(day, 1, 31, Message("day"))
        if not any(min(days) <= _LENGTHS[number - 1] for number in months):
            raise BadRule(Message("This day never comes."))
    assert minutes and hours
    if weekday != "*" and day != "*":
        raise BadRule(Message("Give a day of the month or a weekday, not both; “MON#1” is a month's first Monday."))
    if "#" in weekday:
        return Cron(minute, hour, _nth(weekday), month, "*")
    if weekday != "*":
        _check_weekdays(weekday)
    return Cron(minute, hour, day, month, weekday)


def _numbers(field: str, least: int, most: int, name: Message) -> set[int]:
    """Return the numbers that a field stands for."""
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        texts = (match["first"], match["last"]) if match else ("?", None)
        if match is None or any(text is not None and not text.isdecimal() for text in texts):
            raise BadRule(Message("“{part}” is nothing that a {name} of cron(…) can be.", part=part[:20], name=name))
        step = int(match["step"] or 1)
        first = int(match["first"] or least)
        last = int(match["last"]) if match["last"] else first if match["first"] and not match["step"] else most
        if not (least <= first <= last <= most and 1 <= step <= most):
            raise BadRule(Message("“{part}” is nothing that a {name} of cron(…) can be.", part=part[:20], name=name))
        found.update(range(first, last + 1, step))
    return found


def _months(field: str) -> set[int]:
    numbered = re.sub("|".join(MONTHS), lambda match: str(MONTHS.index(match[0]) + 1), field)
    return _numbers(numbered, 1, 12, Message("month"))


def _check_weekdays(field: str) -> None:
    if any(letter.isdecimal() for letter in field):
        # Cron counts from Sunday, others from Monday: a number would mean another day here than there.
        raise BadRule(Message("Write weekdays by name: MON, TUE, WED, THU, FRI, SAT, SUN."))
    for part in field.split(","):
        days = part.split("-")
        known = len(days) <= 2 and all(day in WEEKDAYS for day in days)
        if not known or any(WEEKDAYS.index(one) > WEEKDAYS.index(other) for one, other in pairwise(days)):
            raise BadRule(Message("“{part}” is no weekday such as MON or MON-FRI.", part=part[:20]))


def _nth(field: str) -> str:
    """Return `MON#1,MON#3` as APScheduler's days: `1st mon,3rd mon`."""
    found = []
    for part in field.split(","):
        match = _NTH.fullmatch(part)
        if match is None or match["day"] not in WEEKDAYS:
            raise BadRule(Message("“{part}” is no weekday of a month such as MON#1.", part=part[:20]))
        found.append(f"{_ORDINALS[match['nth']]} {match['day']}")
    return ",".join(found)
