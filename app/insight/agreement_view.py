"""Agreements as their readers see them: terms and parties, what runs by them, what they were missed on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.domain.calendars.records import Calendar
from app.domain.people.records import Organisation, Team
from app.domain.records.records import Record
from app.domain.service_levels import applying, editing
from app.domain.service_levels.applying import Considered, Promise, Subject
from app.domain.service_levels.records import Agreement, Target, TargetClock, Violation
from app.domain.service_levels.words import METRICS, PRIORITIES, Level
from app.errors import Forbidden, Message, NotFound
from app.insight.access import Viewer, visible_records

AREA = "service_levels"
# Whose staff read agreements, and may ask which of them applies.
READERS = frozenset({AREA, "incidents"})
MOST = 200


@dataclass(slots=True)
class Sheet:
    """What stands on the page of an agreement beside its attributes."""

    agreement: Agreement
    organisation: str
    calendar: Calendar | None
    targets: list[tuple[Target, Calendar | None]]
    running: int
    violations: list[Violation]
    changeable: bool


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that runs by an agreement, and the record that it runs on."""

    metric: str
    level: str
    state: str
    due_at: datetime | None
    kind: str
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Which agreement of a level applies to something: what it promises by metric, and what was looked at."""

    level: Level
    considered: list[Considered]
    promises: dict[str, Promise]


def may_change(viewer: Viewer) -> bool:
    """Tell whether the person may make agreements and change them: who runs the process, or the whole SMS."""
    return viewer.runs(AREA)


def may_ask(viewer: Viewer) -> bool:
    """Tell whether the person may ask which agreement applies to what."""
    return viewer.sees_all or bool(viewer.areas & READERS)


def find(session: Session, viewer: Viewer, number: str, *, change: bool = False) -> Agreement:
    """Return an agreement that the person may know of.

    Raises:
        NotFound: there is none.
        Forbidden: it shall be changed, and they may not.
    """
    found = session.scalar(select(Agreement).where(Agreement.number == number, visible_records(viewer)))
    if found is None:
        raise NotFound
    if change and not may_change(viewer):
        raise Forbidden(NOT_YOURS)
    return found


NOT_YOURS = Message("Agreements are changed by those who run service level management.")


def sheet(session: Session, viewer: Viewer, agreement: Agreement) -> Sheet:
    """Gather what the page of an agreement shows."""
    targets = editing.targets_of(session, agreement.id)
    ids = {agreement.calendar_id, *(target.calendar_id for target in targets)} - {None}
    calendars = {one.id: one for one in session.scalars(select(Calendar).where(Calendar.id.in_(ids)))} if ids else {}
    organisation = ""
    if agreement.organisation_id is not None:
        named = select(Organisation.name).where(Organisation.id == agreement.organisation_id)
        organisation = session.scalar(named) or ""
    missed = select(Violation).where(Violation.agreement_id == agreement.id, visible_records(viewer))
    changeable = may_change(viewer) and agreement.status != "ended"
    counted = session.scalar(_running(viewer, agreement.id, func.count())) or 0
    targets.sort(key=lambda one: (list(METRICS).index(one.metric), one.priority or "P9"))
    return Sheet(
        agreement, organisation, calendars.get(agreement.calendar_id or 0),
        [(target, calendars.get(target.calendar_id or 0)) for target in targets],
        counted, list(session.scalars(missed.order_by(Violation.missed_at.desc(), Violation.id).limit(MOST))),
        changeable,
    )  # fmt: skip


def running(session: Session, viewer: Viewer, agreement_id: int) -> list[Running]:
    """Return the clocks that run or are paused by an agreement, on records that the person may know of."""
    clock = TargetClock
    query = _running(
        viewer, agreement_id, clock.metric, clock.level, clock.state, clock.due_at, Record.kind, Record.number,
        Record.title,
    )  # fmt: skip
    return [Running(*row) for row in session.execute(query.order_by(clock.due_at.nulls_last(), clock.id).limit(MOST))]


def _running(viewer: Viewer, agreement_id: int, *what: Any) -> Select[Any]:
    query = select(*what).select_from(TargetClock).join(Record, Record.id == TargetClock.record_id)
    return query.where(
        TargetClock.agreement_id == agreement_id, TargetClock.state != "stopped", visible_records(viewer)
    )


def of_service(session: Session, viewer: Viewer, service_id: int) -> list[Agreement]:
    """Return the agreements that are about a service, or about all, as far as the person may know of them."""
    about = or_(Agreement.service_id == service_id, Agreement.service_id.is_(None))
    query = select(Agreement).where(about, Agreement.status != "ended", visible_records(viewer))
    return list(
        session.scalars(query.order_by(Agreement.service_id.is_(None), Agreement.type, Agreement.id).limit(MOST))
    )


def applying_to(session: Session, viewer: Viewer, subject: Subject) -> list[Answer]:
    """Return which agreements apply to something, of those that the person may know of; that of a team if one is given.

    Raises:
        Forbidden: they may not ask.
    """
    if not may_ask(viewer):
        raise Forbidden(Message("Agreements are for those who work by them."))
    levels: tuple[Level, ...] = ("sla", "ola") if subject.team_id is not None else ("sla",)
    made = []
    for level in levels:
        looked_at = applying.consider(session, level, subject)
        best = next((one for one in looked_at if one.applies), None)
        targets = editing.targets_of(session, best.agreement.id) if best is not None else []
        promises = applying.of_priority(best, targets, subject.priority) if best is not None else {}
        made.append(Answer(level, known(session, viewer, looked_at), promises))
    return made


def known(session: Session, viewer: Viewer, looked_at: list[Considered]) -> list[Considered]:
    """Return those agreements that the person may know of."""
    ids = [one.agreement.id for one in looked_at]
    found = set(session.scalars(select(Record.id).where(Record.id.in_(ids), visible_records(viewer)))) if ids else set()
    return [one for one in looked_at if one.agreement.id in found]


def choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Return what the fields of an agreement offer: services in use, parties, teams, calendars, priorities."""
    services = select(Record.id, Record.title).where(Record.kind == "service", Record.closed_at.is_(None))
    active = select(Organisation.id, Organisation.name).where(Organisation.active)
    return {
        name: [(str(row[0]), row[1]) for row in session.execute(query)]
        for name, query in (
            ("service", services.order_by(Record.title, Record.id)),
            ("organisation", active.order_by(Organisation.name, Organisation.id)),
            ("team", select(Team.id, Team.name).order_by(Team.name, Team.id)),
            ("calendar", select(Calendar.id, Calendar.name).order_by(Calendar.name, Calendar.id)),
        )
    } | {"priority": [(one, one) for one in PRIORITIES]}  # fmt: skip


def parties(session: Session, agreement: Agreement) -> dict[str, tuple[str, str]]:
    """Return what an agreement names, by the field that it is chosen in: id and name."""
    found: dict[str, tuple[str, str]] = {}
    for name, table, identity in (
        ("service", Record, agreement.service_id), ("organisation", Organisation, agreement.organisation_id),
    ):  # fmt: skip
        one: Any = session.get(table, identity) if identity is not None else None
        if one is not None:
            found[name] = str(one.id), one.title if name == "service" else one.name
    return found
