"""When a rule comes next: in the calendar's time zone, over clock changes, and on a working day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from app.errors import Message
from app.expressions import CalendarDuration
from app.processes.start_timers import BadRule, Cron, Once, Repetition, Rule
from app.schedule.ports import WorkingWeek

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
# A calendar without a working day for that long has none.
LONGEST_BREAK = 400


@dataclass(frozen=True, slots=True)
class Run:
    """One time of a rule: by the rule alone, and as moved to a working day."""

    nominal: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """A rule as it goes in a calendar; without `week` every day is a working day."""

    rule: Rule
    zone: ZoneInfo
    anchor: datetime
    week: WorkingWeek | None = None

    def after(self, run: Run) -> Iterator[Run]:
        """Yield the runs after one, each later than the one before: those moved to the same time are one.

        Raises:
            BadRule: the calendar has no working day.
        """
        nominal, due = run.nominal, run.due
        while True:
            found = self._nominal_after(nominal)
            if found is None:
                return
            nominal = found
            moved = self._moved(nominal)
            if moved > due:
                due = moved
                yield Run(nominal, due)

    def _nominal_after(self, moment: datetime) -> datetime | None:
        rule = self.rule
        try:
            if isinstance(rule, Once):
                at = self._instant(rule.at)
                return at if at > moment else None
            if isinstance(rule, Repetition):
                return self._repeated(rule, moment)
            return self._by_the_hour(rule, moment) if rule.frequent else self._by_the_day(rule, moment)
        except OverflowError:
            return None

    def _moved(self, nominal: datetime) -> datetime:
        """Return the same time of day on the first working day."""
        if self.week is None:
            return nominal
        local = nominal.astimezone(self.zone)
        day = local.date()
        for _ in range(LONGEST_BREAK):
            if self.week.spans(day):
                return nominal if day == local.date() else self._instant(datetime.combine(day, local.time()))
            day += DAY
        raise BadRule(Message("The calendar has no working day that this could be moved to."))

    def _instant(self, written: datetime) -> datetime:
        """Return a local time in UTC: one that comes twice is the first, one that is left out is an hour later."""
        return (written if written.tzinfo else written.replace(tzinfo=self.zone)).astimezone(UTC)

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def _repeated(self, rule: Repetition, moment: datetime) -> datetime | None:
        start = self._instant(rule.start) if rule.start else self.anchor
        first = 0 if rule.start else 1
        number = max(first, _steps(rule.step, start, moment) - 2)
        while (at := self._numbered(rule.step, start, number)) <= moment:
            number += 1
        return None if rule.times is not None and number >= first + rule.times else at

    def _numbered(self, step: timedelta | CalendarDuration, start: datetime, number: int) -> datetime:
        """Return one of a row, counted from its start, so that the end of a month does not wander."""
        if isinstance(step, timedelta):
            # Whole days are days of the calendar and keep their time of day; hours and minutes pass as they are.
            by_day = step % DAY == timedelta(0)
            return self._instant(self._wall(start) + step * number) if by_day else start + step * number
        moved = CalendarDuration(step.months * number, step.rest * number) + self._wall(start)
        assert isinstance(moved, datetime)
        return self._instant(moved)

    def _by_the_day(self, rule: Cron, moment: datetime) -> datetime | None:
        """Find times of day: each comes once on its day, also when clocks are changed."""
        wall = self._wall(moment) - 2 * HOUR
        while True:
            found = _next(rule, wall)
            if found is None:
                return None
            if (at := self._instant(found)) > moment:
                return at
            wall = found + MOMENT

    def _by_the_hour(self, rule: Cron, moment: datetime) -> datetime | None:
        """Find hours and minutes as they pass: those that come twice on a clock change come twice."""
        offset = _offset(self.zone, moment)
        found = _next(rule, (moment + offset).replace(tzinfo=None) + MOMENT)
        if found is None:
            return None
        at = (found - offset).replace(tzinfo=UTC)
        if _offset(self.zone, at) == offset:
            return at
        change = self._change(moment, at)
        offset = _offset(self.zone, change)
        found = _next(rule, (change + offset).replace(tzinfo=None))
        return (found - offset).replace(tzinfo=UTC) if found is not None else None

    def _change(self, before: datetime, after: datetime) -> datetime:
        """Return the first second in which the clocks are changed."""
        offset = _offset(self.zone, before)
        low, high = int(before.timestamp()), int(after.timestamp())
        while high - low > 1:
            middle = (low + high) // 2
            if _offset(self.zone, datetime.fromtimestamp(middle, UTC)) == offset:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, UTC)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _steps(step: timedelta | CalendarDuration, start: datetime, moment: datetime) -> int:
    """Return roughly how many steps lie between, rather fewer than more."""
    longest = step if isinstance(step, timedelta) else step.months * 31 * DAY + step.rest
    return int((moment - start) / longest)


@lru_cache(maxsize=1000)
def _trigger(rule: Cron) -> CronTrigger:
    # Local times are counted as if they were UTC, which knows no clock change.
    return CronTrigger(
        second="0", minute=rule.minute, hour=rule.hour, day=rule.day, month=rule.month, day_of_week=rule.weekday,
        timezone=UTC,
    )  # fmt: skip


def _next(rule: Cron, wall: datetime) -> datetime | None:
    """Return the first local time of a rule at or after another."""
    try:
        found: datetime | None = _trigger(rule).get_next_fire_time(None, wall.replace(tzinfo=UTC))
    except ValueError as error:
        raise BadRule(str(error)) from None
    return found.replace(tzinfo=None) if found is not None else None
