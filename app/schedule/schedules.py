"""The schedules of an installation: they follow what is published, and people may change, pause and run them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.errors import Conflict, Invalid, Message, NotFound, StellwerkError
from app.operations import Subject, Subjects
from app.processes.start_timers import MISFIRES, BadRule, read_rule
from app.schedule.course import Find, arrange, begin_anew, coming, until
from app.schedule.firing import Firing
from app.schedule.ports import Calendars, CaseStarter, TimerStart
from app.schedule.records import Occurrence, Schedule
from app.schedule.times import Course, Run

OVERRIDABLE = ("expression", "calendar", "misfire")
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Coming:
    """One time at which a schedule will be due."""

    schedule: Schedule
    due: datetime


class Schedules:
    """What publishing, the clock and people do with schedules; made once in `app.bootstrap`."""

    def __init__(self, database: Database, starter: CaseStarter, subjects: Subjects, calendars: Calendars) -> None:
        self._calendars = calendars
        self._subjects = subjects
        self._firing = Firing(database, starter, subjects, calendars)

    def fire(self, diagram: str = "") -> int:
        """Fire the schedule that is due first, or go on with the subjects of one; 0 when there is nothing to do.

        Args:
            diagram: leave the schedules of all others alone.
        """
        return self._firing.fire(diagram)

    # Publishing ----------------------------------------------------------------------------------------------------

    def follow(self, session: Session, diagrams: Iterable[TimerStart]) -> None:
        """Bring all schedules up to date with the diagrams that are published, in the publisher's transaction.

        It is a periodic duty, too: a calendar may have been changed.
        """
        rows = session.scalars(select(Schedule).order_by(Schedule.id).with_for_update(**LOCKED))
        known = {(schedule.diagram, schedule.element): schedule for schedule in rows}
        find = self._calendars(session)
        drawn = {
            (diagram.key, start["element"]): (diagram, start)
            for diagram in diagrams
            for start in diagram.meta.get("timer_starts", [])
        }
        for place, (diagram, start) in drawn.items():
            schedule = known.get(place)
            if schedule is None:
                schedule = _new(diagram, start)
                session.add(schedule)
            else:
                _redraw(schedule, diagram, start)
            arrange(schedule, find)
        for place in known.keys() - drawn.keys():
            self._end(session, known[place])
        session.flush()

    def _end(self, session: Session, schedule: Schedule) -> None:
        if schedule.ended_at is None:
            schedule.ended_at, schedule.nominal_at, schedule.next_due, schedule.problem = clock.now(), None, None, None
            waiting = (Occurrence.schedule_id == schedule.id, Occurrence.status == "waiting")
            session.execute(update(Occurrence).where(*waiting).values(status="skipped"))

    def restart(self, session: Session, diagram: str) -> datetime | None:
        """Let the schedules of a diagram begin now, as if it had just been published; returns when the first is due."""
        find = self._calendars(session)
        rows = session.scalars(
            select(Schedule)
            .where(Schedule.diagram == diagram, Schedule.ended_at.is_(None))
            .order_by(Schedule.id)
            .with_for_update(**LOCKED)
        ).all()
        for schedule in rows:
            schedule.anchor_at = clock.now()
            begin_anew(schedule)
            arrange(schedule, find)
        session.flush()
        return min((schedule.next_due for schedule in rows if schedule.next_due is not None), default=None)

    def next_due(self, session: Session, diagram: str) -> datetime | None:
        """Return when a diagram is due next."""
        return session.scalar(select(func.min(Schedule.next_due)).where(Schedule.diagram == diagram))

    # People ----------------------------------------------------------------------------------------------------------

    def override(
        self, session: Session, schedule_id: int, values: Mapping[str, str], reason: str, *, by_id: int, seen: int
    ) -> Schedule:
        """Let other values count than those drawn; a rule that changed counts from now on.

        Values as they are drawn take the override back, and so does giving none.

        Raises:
            NotFound, Conflict: there is no such schedule, it has ended, or it was changed since it was seen.
            Invalid: a value cannot be understood, or the reason is missing.
        """
        schedule = self._locked(session, schedule_id, seen)
        find = self._calendars(session)
        drawn = {name: str(getattr(schedule, name)) for name in OVERRIDABLE}
        wanted = drawn | {name: values[name].strip() for name in OVERRIDABLE if name in values}
        wrong = _wrong_reason(reason) | _wrong(wanted, find, schedule.anchor_at)
        if wrong:
            raise Invalid(wrong)
        before = schedule.in_force("expression")
        different = {name: value for name, value in wanted.items() if value != drawn[name]}
        schedule.override = different or None
        schedule.override_drawn = drawn if different else None
        schedule.override_reason = reason.strip() if different else None
        schedule.overridden_by_id, schedule.overridden_at = (by_id, clock.now()) if different else (None, None)
        _count_from_now_if(schedule, schedule.in_force("expression") != before)
        return self._arranged(session, schedule, find)

    def pause(self, session: Session, schedule_id: int, reason: str, *, by_id: int, seen: int) -> Schedule:
        """Let nothing be due until somebody lets it go on.

        Raises:
            NotFound, Conflict, Invalid: as for `override`; it pauses already.
        """
        schedule = self._locked(session, schedule_id, seen)
        if schedule.paused_at is not None:
            raise Conflict(Message("This schedule pauses already."))
        if wrong := _wrong_reason(reason):
            raise Invalid(wrong)
        schedule.paused_at, schedule.paused_by_id, schedule.pause_reason = clock.now(), by_id, reason.strip()
        return self._arranged(session, schedule, self._calendars(session))

    def resume(self, session: Session, schedule_id: int, *, seen: int) -> Schedule:
        """Let a schedule go on from now; what would have been due meanwhile is not made up for.

        Raises:
            NotFound, Conflict: as for `override`; it does not pause.
        """
        schedule = self._locked(session, schedule_id, seen)
        if schedule.paused_at is None:
            raise Conflict(Message("This schedule does not pause."))
        schedule.paused_at = schedule.paused_by_id = schedule.pause_reason = None
        begin_anew(schedule)
        return self._arranged(session, schedule, self._calendars(session))

    def run_now(self, session: Session, schedule_id: int, *, by_id: int, seen: int) -> int:
        """Fire a schedule out of turn; its next time stays. Returns for how many subjects.

        Raises:
            NotFound, Conflict: as for `override`.
        """
        schedule = self._locked(session, schedule_id, seen)
        return self._firing.run_now(session, schedule, by_id)

    def _locked(self, session: Session, schedule_id: int, seen: int) -> Schedule:
        schedule = session.get(Schedule, schedule_id, with_for_update=LOCKED, populate_existing=True)
        if schedule is None:
            raise NotFound
        if schedule.version != seen:
            raise Conflict(Message("This schedule was changed or has run since you opened it. Load the page again."))
        if schedule.ended_at is not None:
            raise Conflict(Message("This schedule has ended: its diagram does not have it any more."))
        return schedule

    def _arranged(self, session: Session, schedule: Schedule, find: Find) -> Schedule:
        arrange(schedule, find)
        session.flush()
        return schedule

    # Looking ---------------------------------------------------------------------------------------------------------

    def coming(self, session: Session, schedule: Schedule, count: int = 10) -> list[datetime]:
        """Return the next times at which a schedule is due."""
        return coming(schedule, self._calendars(session), count)

    def until(self, session: Session, schedules: Iterable[Schedule], end: datetime, most: int) -> list[Coming]:
        """Return what is due up to `end`, at most so many times of each."""
        find = self._calendars(session)
        return [Coming(schedule, due) for schedule in schedules for due in until(schedule, find, end, most)]

    def dated(self, session: Session, schedule: Schedule, end: datetime) -> list[Subject] | None:
        """Return the subjects of a schedule that are due by `end` on dates of their own; None where they have none."""
        if schedule.for_each not in self._subjects:
            return None
        query = self._subjects.get(schedule.for_each)
        return [one for one in query.find(session, end) if one.due_at is not None] if query.dated else None

    def zone(self, session: Session, schedule: Schedule) -> str:
        """Return the time zone that a schedule counts in; empty when its calendar is not there."""
        try:
            return self._calendars(session)(schedule.in_force("calendar")).zone.key
        except StellwerkError:
            return ""


def _new(diagram: TimerStart, start: Mapping[str, str]) -> Schedule:
    now = clock.now()
    return Schedule(
        diagram=diagram.key, element=start["element"], area=diagram.area, diagram_version=diagram.number,
        expression=start["timer"], calendar=start["calendar"], misfire=start["misfire"] or MISFIRES[0],
        for_each=start["for_each"], anchor_at=now, counted_at=now, counted_due=now,
    )  # fmt: skip


def _redraw(schedule: Schedule, diagram: TimerStart, start: Mapping[str, str]) -> None:
    """Take over what was drawn; an override stays. A rule that is another one now counts from now on."""
    before = schedule.in_force("expression")
    drawn = {
        "area": diagram.area, "diagram_version": diagram.number, "expression": start["timer"],
        "calendar": start["calendar"], "misfire": start["misfire"] or MISFIRES[0], "for_each": start["for_each"],
    }  # fmt: skip
    for name, value in drawn.items():
        if getattr(schedule, name) != value:
            setattr(schedule, name, value)
    back = schedule.ended_at is not None
    if back:
        schedule.ended_at = None
    _count_from_now_if(schedule, back or schedule.in_force("expression") != before)


def _count_from_now_if(schedule: Schedule, changed: bool) -> None:
    if changed:
        schedule.anchor_at = clock.now()
        begin_anew(schedule)


def _wrong_reason(reason: str) -> dict[str, list[str]]:
    if not reason.strip():
        return {"reason": [Message("Please say why.")]}
    if len(reason) > LONGEST_REASON:
        return {"reason": [Message("Please write at most {most} characters.", most=LONGEST_REASON)]}
    return {}


def _wrong(values: Mapping[str, str], find: Find, anchor: datetime) -> dict[str, list[str]]:
    """Return what cannot be understood of the values that shall be in force."""
    wrong: dict[str, list[str]] = {}
    if values["misfire"] not in MISFIRES:
        wrong["misfire"] = [Message("Choose one of the answers that are offered.")]
    try:
        rule = read_rule(values["expression"])
    except BadRule as bad:
        return wrong | {"expression": [bad.message]}
    try:
        week = find(values["calendar"])
    except StellwerkError:
        return wrong | {"calendar": [Message("There is no calendar “{key}”.", key=values["calendar"][:64])]}
    now = clock.now()
    try:
        course = Course(rule, week.zone, anchor, week if values["calendar"] else None)
        if next(course.after(Run(now, now)), None) is None:
            wrong["expression"] = [Message("This never comes again.")]
    except StellwerkError as error:
        wrong["calendar"] = [error.message]
    return wrong
