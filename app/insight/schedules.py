"""Schedules for people: who may see and change which, how each is doing, what became of its occurrences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.engine.records import Case
from app.errors import Forbidden, NotFound
from app.insight.access import Viewer, visible_cases, visible_records
from app.schedule.health import LATE
from app.schedule.records import Occurrence, Schedule
from app.schedule.schedules import Schedules

PAGE = 30


@dataclass(frozen=True, slots=True)
class Doing:
    """A schedule and how its last run went: for how many subjects it failed, and how many still wait."""

    schedule: Schedule
    failed: int
    waiting: int

    @property
    def late(self) -> bool:
        """Whether it is due and nothing has fired it."""
        due = self.schedule.next_due
        return due is not None and clock.now() - due > LATE


@dataclass(frozen=True, slots=True)
class Happened:
    """One occurrence, as far as the reader may know of its case and subject."""

    id: int
    subject: str
    due_at: datetime
    fired_at: datetime
    status: str
    error: str | None
    missed: int
    by: str | None
    case_number: str | None
    case_title: str | None
    case_status: str | None
    record_kind: str | None
    record_number: str | None


def sees_schedules(viewer: Viewer) -> bool:
    """Tell whether the person runs some process, or oversees all."""
    return viewer.sees_all or any(viewer.runs(area) for area in viewer.areas)


def visible_schedules(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Schedule`: it starts cases of a process that the person runs, or they oversee all."""
    if viewer.sees_all:
        return true()
    areas = sorted(area for area in viewer.areas if viewer.runs(area))
    return Schedule.area.in_(areas) if areas else false()


def schedules(session: Session, viewer: Viewer, *, area: str = "", ended: bool = False) -> list[Doing]:
    """Return the schedules that the person may see, those that come next first.

    Raises:
        Forbidden: they run no process.
    """
    if not sees_schedules(viewer):
        raise Forbidden("Schedules are shown to those who run a process.")
    conditions = [visible_schedules(viewer), Schedule.ended_at.is_not(None) if ended else Schedule.ended_at.is_(None)]
    if area:
        conditions.append(Schedule.area == area)
    order = (Schedule.problem.is_(None), Schedule.next_due.nulls_last(), Schedule.diagram, Schedule.element)
    found = session.scalars(select(Schedule).where(*conditions).order_by(*order)).all()
    return _doing(session, found)


def find_schedule(session: Session, viewer: Viewer, schedule_id: int) -> Doing:
    """Return one schedule.

    Raises:
        NotFound: there is none, or the person may not know of it.
    """
    found = session.scalars(select(Schedule).where(Schedule.id == schedule_id, visible_schedules(viewer))).first()
    if found is None:
        raise NotFound
    return _doing(session, [found])[0]


def _doing(session: Session, found: Iterable[Schedule]) -> list[Doing]:
    found = list(found)
    last = (Occurrence.schedule_id == Schedule.id) & (Occurrence.due_at == Schedule.fired_due)
    rows = session.execute(
        select(
            Schedule.id,
            func.count().filter(Occurrence.status == "failed"),
            func.count().filter(Occurrence.status == "waiting"),
        )
        .join(Occurrence, last)
        .where(Schedule.id.in_([schedule.id for schedule in found]))
        .group_by(Schedule.id)
    )
    counts = {row[0]: (row[1], row[2]) for row in rows}
    return [Doing(schedule, *counts.get(schedule.id, (0, 0))) for schedule in found]


def occurrences(
    session: Session, viewer: Viewer, schedule: Schedule, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[Happened], int | None]:
    """Return what became of a schedule's occurrences, newest first, and the id to ask for the next page with."""
    case = and_(Case.id == Occurrence.case_id, visible_cases(viewer))
    record = and_(Record.id == Occurrence.record_id, visible_records(viewer))
    query = (
        select(
            Occurrence.id, Occurrence.subject, Occurrence.due_at, Occurrence.fired_at, Occurrence.status,
            Occurrence.error, Occurrence.missed, Person.name.label("by"), Case.number.label("case_number"),
            Case.title.label("case_title"), Case.status.label("case_status"), Record.kind.label("record_kind"),
            Record.number.label("record_number"),
        )
        .outerjoin(Person, Person.id == Occurrence.by_id)
        .outerjoin(Case, case)
        .outerjoin(Record, record)
        # What is not known of is not counted either: that a subject is there may be the secret.
        .where(Occurrence.schedule_id == schedule.id, or_(Occurrence.record_id.is_(None), Record.id.is_not(None)))
        .order_by(Occurrence.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    rows = session.execute(query.where(Occurrence.id < before) if before is not None else query).all()
    return [Happened(**row._asdict()) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


@dataclass(frozen=True, slots=True)
class Hand:
    """What somebody does with a schedule: it is theirs to do, and it is journalled."""

    schedules: Schedules
    session: Session
    viewer: Viewer

    def override(self, schedule_id: int, values: Mapping[str, str], reason: str, *, seen: int) -> None:
        """Let other values count than those drawn; as they are drawn they take an override back.

        Raises:
            NotFound, Forbidden, Conflict, Invalid: as for `Schedules.override`.
        """
        me = self._mine(schedule_id)
        done = self.schedules.override(self.session, schedule_id, values, reason, by_id=me, seen=seen)
        self._note("schedule.overridden" if done.override else "schedule.as_drawn", done, done.override or {}, reason)

    def pause(self, schedule_id: int, reason: str, *, seen: int) -> None:
        """Let nothing be due until somebody lets it go on.

        Raises:
            NotFound, Forbidden, Conflict, Invalid: as for `Schedules.pause`.
        """
        me = self._mine(schedule_id)
        self._note("schedule.paused", self.schedules.pause(self.session, schedule_id, reason, by_id=me, seen=seen),
                   {}, reason)  # fmt: skip

    def resume(self, schedule_id: int, *, seen: int) -> None:
        """Let it go on from now.

        Raises:
            NotFound, Forbidden, Conflict: as for `Schedules.resume`.
        """
        self._mine(schedule_id)
        self._note("schedule.resumed", self.schedules.resume(self.session, schedule_id, seen=seen), {})

    def run_now(self, schedule_id: int, *, seen: int) -> int:
        """Fire it out of turn; returns for how many subjects.

        Raises:
            NotFound, Forbidden, Conflict: as for `Schedules.run_now`.
        """
        me = self._mine(schedule_id)
        found = self.schedules.run_now(self.session, schedule_id, by_id=me, seen=seen)
        self._note("schedule.run", self.session.get_one(Schedule, schedule_id), {"subjects": found})
        return found

    def _mine(self, schedule_id: int) -> int:
        found = find_schedule(self.session, self.viewer, schedule_id).schedule
        if not self.viewer.runs(found.area):
            raise Forbidden("Only the owner or manager of this process may change its schedules.")
        return self.viewer.person_id

    def _note(self, event: str, schedule: Schedule, data: Mapping[str, Any], reason: str = "") -> None:
        data = {"schedule": schedule.id, "diagram": schedule.diagram, "element": schedule.element, **data}
        system.note(
            self.session, event, subject=f"schedule:{schedule.id}", actor_id=self.viewer.person_id, data=data,
            payload={"reason": reason.strip()} if reason.strip() else None,
        )  # fmt: skip
