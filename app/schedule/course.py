"""A schedule's course: which rule and calendar count for it, and when it comes next."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from app import clock
from app.errors import StellwerkError
from app.processes.start_timers import read_rule
from app.schedule.ports import WorkingWeek
from app.schedule.records import Schedule
from app.schedule.times import Course, Run

Find = Callable[[str], WorkingWeek]
# More missed times than that are those of a rule that comes many times a day; the latest are enough then.
MOST_MISSED = 5000
RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Missed:
    """The times that are due by now: the first and the last of them, and how many there are."""

    first: Run
    last: Run
    count: int


def course_of(schedule: Schedule, find: Find) -> Course:
    """Return the course that a schedule follows.

    Raises:
        StellwerkError: its rule cannot be read, or its calendar is not there.
    """
    key = schedule.in_force("calendar")
    week = find(key)
    return Course(read_rule(schedule.in_force("expression")), week.zone, schedule.anchor_at, week if key else None)


def counted(schedule: Schedule) -> Run:
    """Return the last run that has been dealt with."""
    return Run(schedule.counted_at, schedule.counted_due)


def arrange(schedule: Schedule, find: Find) -> None:
    """Set when a schedule comes next, or why that cannot be told."""
    nominal = due = problem = None
    if schedule.paused_at is None and schedule.ended_at is None:
        try:
            run = next(course_of(schedule, find).after(counted(schedule)), None)
            if run is not None:
                nominal, due = run.nominal, run.due
        except StellwerkError as error:
            problem = error.message
    # A row that stays as it was is not written.
    if (schedule.nominal_at, schedule.next_due, schedule.problem) != (nominal, due, problem):
        schedule.nominal_at, schedule.next_due, schedule.problem = nominal, due, problem


def begin_anew(schedule: Schedule) -> None:
    """Let time count from now on: what came before is neither due nor missed."""
    schedule.counted_at = schedule.counted_due = clock.now()


def due_by(course: Course, since: Run, now: datetime) -> Missed | None:
    """Return what is due by now; None when it is too early."""
    first = last = None
    count = 0
    for run in course.after(since):
        if run.due > now:
            break
        first, last, count = first or run, run, count + 1
        if count >= MOST_MISSED and run.due < now - RECENT:
            recent = Run(now - RECENT, now - RECENT)
            return due_by(course, recent, now) or Missed(first, last, count)
    return Missed(first, last, count) if first and last else None


def coming(schedule: Schedule, find: Find, count: int = 10) -> list[datetime]:
    """Return the next times at which a schedule is due; none when that cannot be told."""
    if schedule.ended_at is not None:
        return []
    try:
        return [run.due for run in islice(course_of(schedule, find).after(counted(schedule)), count)]
    except StellwerkError:
        return []


def until(schedule: Schedule, find: Find, end: datetime, most: int) -> Iterable[datetime]:
    """Yield the next times up to `end`, `most` of them."""
    if schedule.ended_at is not None or schedule.paused_at is not None:
        return
    try:
        for run in islice(course_of(schedule, find).after(counted(schedule)), most):
            if run.due > end:
                return
            yield run.due
    except StellwerkError:
        return
