"""Firing: whoever claims a schedule that is due writes its occurrences and starts their cases, in one transaction."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database, is_passing
from app.errors import Message, StellwerkError
from app.operations import Subject, Subjects
from app.schedule.course import Find, arrange, counted, course_of, due_by
from app.schedule.ports import Calendars, CaseStarter
from app.schedule.records import Occurrence, Schedule
from app.schedule.times import Run

log = logging.getLogger(__name__)

# Cases that are started in one transaction.
BATCH = 20
# What is later than that was missed: nothing ticked.
GRACE = timedelta(minutes=5)


class Firing:
    """Fires what is due; any number of nodes may do so at once."""

    def __init__(self, database: Database, starter: CaseStarter, subjects: Subjects, calendars: Calendars) -> None:
        self._database = database
        self._starter = starter
        self._subjects = subjects
        self._calendars = calendars

    def fire(self, diagram: str = "") -> int:
        """Fire the schedule that is due first, or go on with the subjects of one; 0 when there is nothing to do."""
        these = Schedule.diagram == diagram if diagram else true()
        return self._fire_due(these) or self._go_on(these)

    def run_now(self, session: Session, schedule: Schedule, by_id: int | None) -> int:
        """Fire a schedule out of turn and start the first cases; returns how many subjects there are."""
        now = clock.now()
        return self._fire(session, schedule, Run(now, now), by_id=by_id)

    def _fire_due(self, these: ColumnElement[bool]) -> int:
        due = (
            select(Schedule)
            .where(Schedule.next_due <= clock.now(), these)
            .order_by(Schedule.next_due, Schedule.id)
            .limit(1)
            .with_for_update(skip_locked=True, **LOCKED)
        )
        claimed: int | None = None
        try:
            with self._database.transaction() as session:
                schedule = session.scalars(due).first()
                if schedule is None:
                    return 0
                claimed = schedule.id
                self._take_turn(session, schedule, clock.now())
        except Exception as error:
            if claimed is None or is_passing(error):
                raise
            self._give_up(claimed, error)
        return 1

    def _take_turn(self, session: Session, schedule: Schedule, now: datetime) -> None:
        find = self._calendars(session)
        # The calendar may have been changed since this time was set.
        arrange(schedule, find)
        if schedule.next_due is None or schedule.next_due > now:
            return
        missed = due_by(course_of(schedule, find), counted(schedule), now)
        assert missed is not None
        misfire = schedule.in_force("misfire")
        run, more = (missed.first, 0) if misfire == "fire_all" else (missed.last, missed.count - 1)
        if misfire == "skip" and now - run.due > GRACE:
            _add(session, schedule, [Subject("")], run, missed=more, status="skipped")
        else:
            self._fire(session, schedule, run, missed=more)
        self._count(schedule, run, find)

    def _count(self, schedule: Schedule, run: Run, find: Find) -> None:
        schedule.counted_at, schedule.counted_due = run.nominal, run.due
        arrange(schedule, find)

    def _fire(
        self, session: Session, schedule: Schedule, run: Run, *, missed: int = 0, by_id: int | None = None
    ) -> int:
        schedule.fired_at, schedule.fired_due = clock.now(), run.due
        try:
            with session.begin_nested():
                subjects = self._found(session, schedule, run.due)
        except Exception as error:
            if is_passing(error):
                raise
            told = _told(error)
            schedule.fired_subjects = 0
            _add(session, schedule, [Subject("")], run, missed=missed, by_id=by_id, status="failed", error=told)
            return 0
        schedule.fired_subjects = len(subjects)
        session.flush()
        ids = _add(session, schedule, subjects, run, missed=missed, by_id=by_id)
        self._start(session, ids[:BATCH])
        return len(subjects)

    def _found(self, session: Session, schedule: Schedule, due: datetime) -> list[Subject]:
        if not schedule.for_each:
            return [Subject("")]
        found = self._subjects.get(schedule.for_each).find(session, due)
        return list({subject.key: subject for subject in found}.values())

    def _go_on(self, these: ColumnElement[bool]) -> int:
        """Start the cases of further subjects; those of a schedule that pauses wait with it."""
        waiting = (
            select(Occurrence.id)
            .join(Schedule, Schedule.id == Occurrence.schedule_id)
            .where(Occurrence.status == "waiting", Schedule.paused_at.is_(None), these)
            .order_by(Occurrence.id)
            .limit(BATCH)
            .with_for_update(of=Occurrence, skip_locked=True, **LOCKED)
        )
        ids: list[int] = []
        try:
            with self._database.transaction() as session:
                ids = list(session.scalars(waiting))
                if ids:
                    self._start(session, ids)
        except Exception as error:
            if not ids or is_passing(error):
                raise
            self._fail(ids, error)
        return len(ids)

    def _start(self, session: Session, ids: list[int]) -> None:
        found = session.execute(
            select(Occurrence, Schedule)
            .join(Schedule, Schedule.id == Occurrence.schedule_id)
            .where(Occurrence.id.in_(ids))
            .order_by(Occurrence.id)
        )
        for occurrence, schedule in found.all():
            self._start_one(session, schedule, occurrence)
        session.flush()

    def _start_one(self, session: Session, schedule: Schedule, occurrence: Occurrence) -> None:
        try:
            with session.begin_nested():
                started = self._starter(
                    session, schedule.diagram, schedule.element, record_id=occurrence.record_id, data=occurrence.data
                )
        except Exception as error:
            if is_passing(error):
                raise
            # One subject that fails does not stop the others.
            log.warning("The schedule %s.%s could not start a case: %s", schedule.diagram, schedule.element, error)
            occurrence.status, occurrence.error = "failed", _told(error)
        else:
            occurrence.case_id, occurrence.error = started.case_id, started.problem
            occurrence.status = "failed" if started.problem else "started"

    def _give_up(self, schedule_id: int, error: Exception) -> None:
        """Note that a firing could not be stored, and go on to the next time: it must not be tried without end."""
        log.exception("A firing of the schedule %s could not be stored.", schedule_id)
        with self._database.transaction() as session:
            schedule = session.get(Schedule, schedule_id, with_for_update=LOCKED)
            now = clock.now()
            if schedule is None or schedule.next_due is None or schedule.next_due > now:
                return
            find = self._calendars(session)
            missed = due_by(course_of(schedule, find), counted(schedule), now)
            if missed is not None:
                schedule.fired_at, schedule.fired_due, schedule.fired_subjects = now, missed.last.due, 0
                _add(session, schedule, [Subject("")], missed.last, status="failed", error=_told(error))
                self._count(schedule, missed.last, find)

    def _fail(self, ids: list[int], error: Exception) -> None:
        log.exception("Cases of a schedule could not be stored.")
        with self._database.transaction() as session:
            for occurrence in session.scalars(
                select(Occurrence)
                .where(Occurrence.id.in_(ids), Occurrence.status == "waiting")
                .order_by(Occurrence.id)
                .with_for_update(**LOCKED)
            ):
                occurrence.status, occurrence.error = "failed", _told(error)


def _add(
    session: Session,
    schedule: Schedule,
    subjects: list[Subject],
    run: Run,
    *,
    missed: int = 0,
    by_id: int | None = None,
    status: str = "waiting",
    error: str | None = None,
) -> list[int]:
    """Write occurrences; a subject that had one at this time has no second."""
    rows = [
        {
            "schedule_id": schedule.id, "subject": subject.key, "record_id": subject.record_id,
            "nominal_at": subject.due_at or run.nominal, "due_at": run.due, "fired_at": clock.now(), "status": status,
            "error": error, "missed": missed, "by_id": by_id, "data": dict(subject.values),
        }
        for subject in subjects
    ]  # fmt: skip
    if not rows:
        return []
    added = insert(Occurrence).on_conflict_do_nothing().returning(Occurrence.id)
    return sorted(session.scalars(added, rows))


def _told(error: Exception) -> str:
    if isinstance(error, StellwerkError):
        return error.message
    return Message("A fault of Stellwerk: {error}", error=f"{type(error).__name__}: {error}"[:500])
