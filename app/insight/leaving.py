"""Somebody leaves: what is open with them, and handing all of it over in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people import accounts, assignments, persons, teams
from app.domain.people.assignments import Holding, Wish
from app.domain.people.fresh import hold_rights, take_turns
from app.domain.people.records import Absence, ApiToken, AuthSession, Person, Team
from app.domain.records.records import Record, Watcher
from app.domain.records.writer import Records, Trace
from app.engine.engine import Engine
from app.engine.loading import locked_case, locked_task
from app.engine.ports import Actor
from app.engine.records import Case, Task
from app.errors import Conflict, Invalid, Message, NotFound
from app.processes.roles import is_personal

Kind = Literal["task", "case", "record", "role"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that somebody has to take over; `needed` where it cannot simply go back to a role."""

    kind: Kind
    id: int
    name: str
    detail: str
    needed: bool = False

    @property
    def key(self) -> str:
        """Its name in a form."""
        return f"{self.kind}-{self.id}"


@dataclass(slots=True)
class Estate:
    """What is open with a person; what is only counted ends with their leaving."""

    items: list[Item] = field(default_factory=list)
    roles: list[Holding] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    watched: int = 0
    sessions: int = 0
    tokens: int = 0

    def of(self, kind: Kind) -> list[Item]:
        """Return the things of one kind."""
        return [one for one in self.items if one.kind == kind]


def open_with(session: Session, person_id: int) -> Estate:
    """Return everything that a person leaves behind."""
    found = Estate(teams=[team for team, _leads in teams.teams_of(session, person_id)])
    tasks = select(Task, Case.number, Case.title).join(Task.case).order_by(Task.id)
    for task, number, title in session.execute(
        tasks.where(Task.status == "open", Task.assignee_id == person_id)
    ):  # fmt: skip
        found.items.append(Item("task", task.id, task.name, f"{number} {title}", is_personal(task.role)))
    # Without a record the case alone knows its owner; the owner of a record is carried over to its cases.
    cases = select(Case).where(
        Case.owner_id == person_id, Case.record_id.is_(None), Case.status.in_(["running", "stuck"])
    )
    found.items += [Item("case", one.id, one.number, one.title) for one in session.scalars(cases.order_by(Case.id))]
    records = select(Record.id, Record.number, Record.title).where(
        Record.owner_id == person_id, Record.closed_at.is_(None)
    )
    found.items += [
        Item("record", row.id, row.number, row.title) for row in session.execute(records.order_by(Record.id))
    ]
    found.roles = [one for one in assignments.of_person(session, person_id) if not one.through]
    found.items += [Item("role", one.id, one.role, one.context) for one in found.roles]
    watched = select(func.count()).select_from(Watcher).where(Watcher.person_id == person_id)
    found.watched = session.scalar(watched) or 0
    counted = select(func.count()).select_from(AuthSession).where(AuthSession.person_id == person_id)
    found.sessions = session.scalar(counted) or 0
    alive = select(func.count()).select_from(ApiToken).where(
        ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)
    )  # fmt: skip
    found.tokens = session.scalar(alive) or 0
    return found


def leave(
    engine: Engine,
    records: Records,
    session: Session,
    person_id: int,
    heirs: Mapping[str, int | None],
    actor: Actor,
    *,
    reason: str = "",
) -> Estate:
    """Hand over what is open with a person, then close their account; everything or nothing.

    Args:
        heirs: by the key of an item, who takes it over. What nobody takes goes back: tasks to their role, cases and
            records to nobody, roles end.

    Raises:
        NotFound: there is no such person, or they have left already.
        Invalid: somebody is named who has left or leaves, or a task for one person alone goes to nobody.
        Conflict: they are the last administrator, or an heir holds a role already.
    """
    # Nobody gives them anything, and nobody else takes their things away, until all of it is handed over.
    take_turns(session, "people", "roles", "teams")
    hold_rights(session, {person_id, *(one for one in heirs.values() if one is not None)})
    person = session.get(Person, person_id, with_for_update=LOCKED, populate_existing=True)
    if person is None or not person.active:
        raise NotFound()
    if person_id == actor.person_id:
        raise Conflict("Nobody closes their own account; ask another administrator.")
    if person.administrator:
        persons.refuse_without_administrator(session, person_id)
    estate = open_with(session, person_id)
    _check(session, estate, heirs, person_id)
    _lock_cases(session, estate)
    for item in estate.items:
        heir = heirs.get(item.key)
        if item.kind == "task":
            _hand_task(engine, session, item, person_id, heir, actor, reason)
        elif item.kind == "case":
            _hand_case(engine, session, item, heir, actor)
        elif item.kind == "record":
            _hand_record(records, session, item, heir, actor)
    _hand_roles(session, estate, heirs, actor, reason)
    for team in estate.teams:
        keep = [one for one, _leads in teams.members(session, team.id) if one.id != person_id]
        leaders = [one.id for one, leads in teams.members(session, team.id) if leads and one.id != person_id]
        teams.set_members(session, team.id, [one.id for one in keep], leaders, actor_id=actor.person_id)
    session.execute(delete(Watcher).where(Watcher.person_id == person_id))
    session.execute(update(Absence).where(Absence.substitute_id == person_id).values(substitute_id=None))
    accounts.deactivate(session, person_id)
    person.version += 1
    session.flush()
    facts = {
        "items": {item.key: heirs.get(item.key) for item in estate.items}, "teams": [one.id for one in estate.teams],
        "watched": estate.watched, "sessions": estate.sessions, "tokens": estate.tokens,
    }  # fmt: skip
    payload = {"reason": reason} if reason else None
    system.note(
        session, "person.left", subject=f"person:{person_id}", actor_id=actor.person_id, data=facts, payload=payload
    )
    return estate


def come_back(session: Session, person_id: int, *, actor_id: int | None) -> None:
    """Let somebody who had left sign in again; roles, teams and work do not come back by themselves.

    Raises:
        NotFound: there is no such person.
    """
    person = session.get(Person, person_id, with_for_update=LOCKED, populate_existing=True)
    if person is None:
        raise NotFound()
    if not person.active:
        person.active, person.version = True, person.version + 1
        session.flush()
        system.note(session, "person.returned", subject=f"person:{person_id}", actor_id=actor_id)


def _check(session: Session, estate: Estate, heirs: Mapping[str, int | None], leaving_id: int) -> None:
    named = {one for one in heirs.values() if one is not None}
    here = set(session.scalars(select(Person.id).where(Person.id.in_(named), Person.active))) - {leaving_id}
    told: dict[str, list[str]] = {}
    for item in estate.items:
        heir = heirs.get(item.key)
        if heir is not None and heir not in here:
            told[item.key] = [Message("This person is not here any more.")]
        elif heir is None and item.needed:
            told[item.key] = [Message("This task is meant for one person; choose who does it now.")]
    if told:
        raise Invalid(told)


def _lock_cases(session: Session, estate: Estate) -> None:
    """Lock the cases of all that is handed over in the order in which others lock several."""
    tasks, cases, records = ([one.id for one in estate.of(kind)] for kind in ("task", "case", "record"))
    running = Case.status.in_(["running", "stuck"])
    concerned = or_(
        Case.id.in_(select(Task.case_id).where(Task.id.in_(tasks))),
        Case.id.in_(cases),
        and_(Case.record_id.in_(records), running),
    )
    session.execute(select(Case.id).where(concerned).order_by(Case.id).with_for_update(**LOCKED))


def _hand_task(
    engine: Engine, session: Session, item: Item, person_id: int, heir: int | None, actor: Actor, reason: str
) -> None:
    task = locked_task(session, item.id)
    if task.status != "open" or task.assignee_id != person_id:
        return
    now, case = clock.now(), task.case
    task.assignee_id, task.claimed_at = heir, now if heir is not None else None
    event = "task.reassigned" if heir is not None else "task.returned"
    data = {"task": task.id, "from": person_id} | ({"to": heir} if heir is not None else {"role": task.role})
    payload = {"reason": reason} if reason else None
    entry = Entry(event, now, actor.person_id, task.element, data, payload, case.id, case.record_id)
    _write(engine, session, case, entry)


def _hand_case(engine: Engine, session: Session, item: Item, heir: int | None, actor: Actor) -> None:
    case = locked_case(session, item.id)
    data = {"from": case.owner_id} | ({"to": heir} if heir is not None else {})
    case.owner_id = heir
    entry = Entry("case.owner_changed", clock.now(), actor.person_id, None, data, None, case.id, case.record_id)
    _write(engine, session, case, entry)


def _hand_record(records: Records, session: Session, item: Item, heir: int | None, actor: Actor) -> None:
    kind = session.scalars(select(Record.kind).where(Record.id == item.id)).one()
    # Running cases keep their own note of the owner; they are locked first, as a step of theirs does it.
    cases = select(Case).where(Case.record_id == item.id, Case.status.in_(["running", "stuck"])).order_by(Case.id)
    for case in session.scalars(cases.with_for_update(of=Case, **LOCKED)):
        case.owner_id = heir
    record = records.locked(session, kind, item.id)
    records.change(session, record, {"owner": heir}, Trace(actor.person_id))
    session.flush()


def _hand_roles(session: Session, estate: Estate, heirs: Mapping[str, int | None], actor: Actor, reason: str) -> None:
    for one in estate.roles:
        heir = heirs.get(f"role-{one.id}")
        row = assignments.end(session, one.id, actor_id=actor.person_id)
        if heir is None:
            continue
        wish = Wish(
            role=one.role, person_id=heir, service_id=row.service_id, record_id=row.record_id,
            valid_from=max(one.valid_from, clock.now()), valid_until=one.valid_until,
            reason=reason,
        )  # fmt: skip
        assignments.assign(session, wish, actor_id=actor.person_id)


def _write(engine: Engine, session: Session, case: Case, entry: Entry) -> None:
    case.journal_head, case.journal_length = engine.journal.write(
        session, f"case:{case.id}", case.journal_head, case.journal_length, [entry]
    )
    session.flush()
