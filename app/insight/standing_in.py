"""What goes on for absent people and for roles that end: substitutes are told, tasks that were lost are given back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.notifications.news import News, Notifier
from app.domain.notifications.of_roles import THREAD
from app.domain.people import assignments
from app.domain.people.fresh import hold_rights, take_turns
from app.domain.people.records import Absence, Person
from app.engine import returning
from app.engine.engine import Engine
from app.engine.records import Case, Task

AT_ONCE = 200


def tell_substitutes(engine: Engine, notifier: Notifier, session: Session) -> int:
    """Tell substitutes that they stand in now, and of open tasks that they were not told of yet; returns how many."""
    now, told = clock.now(), 0
    absences = (
        select(Absence)
        .join(Person, Person.id == Absence.substitute_id)
        .where(Absence.starts_at <= now, Absence.ends_at > now, Person.active)
        .order_by(Absence.id)
        .with_for_update(of=Absence, skip_locked=True, **LOCKED)
    )
    for absence in session.scalars(absences).all():
        theirs = select(Task, Case).join(Task.case).where(Task.status == "open", Task.assignee_id == absence.person_id)
        if absence.told_at is None:
            _tell_of_absence(session, notifier, absence)
        else:
            theirs = theirs.where(Task.claimed_at > absence.told_at)
        for task, case in session.execute(theirs.order_by(Task.id).limit(AT_ONCE)):
            written = engine.tell_of_task(
                session, "task.for_absent", audience=f"person:{absence.substitute_id}",
                key=f"absence:{absence.id}:{task.id}", case_id=case.id, record_id=case.record_id, task_id=task.id,
                element=task.element, number=case.number, title=case.title, task=task.name, due_at=task.due_at,
                assignee_id=task.assignee_id,
            )  # fmt: skip
            told += len(written)
        absence.told_at = now
    session.flush()
    return told


def _tell_of_absence(session: Session, notifier: Notifier, absence: Absence) -> None:
    away = session.get_one(Person, absence.person_id)
    news = News(
        event="absence.substitute", key=f"absence:{absence.id}", text="absence.substitute", number=THREAD,
        path="/account/absence", values={"assignee": away.name, "due": absence.ends_at},
    )  # fmt: skip
    notifier.tell(session, news, [absence.substitute_id] if absence.substitute_id is not None else [])


def settle_ended(engine: Engine, session: Session) -> int:
    """Give back the tasks of people whose roles ended by themselves; returns how many assignments were settled."""
    take_turns(session, "roles", "teams")
    rows = assignments.unsettled(session)
    whom = {row.id: assignments.concerned(session, row) for row in rows}
    hold_rights(session, {one for people in whom.values() for one in people})
    for row in rows:
        assert row.valid_until is not None
        for person_id in whom[row.id]:
            # What they held an instant before the end tells which tasks they had by it.
            before = engine.directory.actor_of(session, person_id, at=row.valid_until - row.valid_until.resolution)
            if before is not None:
                returning.give_back(engine, session, person_id, before, None)
        row.settled_at = clock.now()
        assignments.note(session, "role.expired", row, None, {})
    session.flush()
    return len(rows)
