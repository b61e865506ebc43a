"""Putting a task off: it leaves the list of whoever has it until a moment, and comes back by itself."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app import clock
from app.database.journal_entry import Entry
from app.engine import commands
from app.engine.engine import Engine
from app.engine.ports import Actor
from app.engine.records import Task
from app.errors import Invalid, Message

LONGEST = timedelta(days=366)


def put_off(engine: Engine, session: Session, task_id: int, actor: Actor, until: datetime | None) -> Task:
    """Put a task of the actor's off until a moment, or with None back into the list; claims an unclaimed task.

    It is nobody's step: the case stays where it is, and an overdue task is shown all the same. Doing it twice is no
    error.

    Raises:
        Invalid: the moment is past, or more than a year away.
        NotFound, Forbidden, Conflict: as for a draft.
    """
    now = clock.now()
    if until is not None and not now < until <= now + LONGEST:
        past, far = Message("Choose a moment in the future."), Message("Choose a moment within a year.")
        raise Invalid({"until": [past if until <= now else far]})
    task = commands.claim(engine, session, task_id, actor)
    if task.put_off_until == until:
        return task
    session.flush()
    # The task's version stays: whoever is filling in its form just now shall not have to do it again.
    session.execute(
        update(Task).where(Task.id == task.id).values(put_off_until=until),
        execution_options={"synchronize_session": False},
    )
    set_committed_value(task, "put_off_until", until)
    data = {"task": task.id} | ({"until": until.isoformat()} if until else {})
    event = "task.put_off" if until else "task.put_back"
    case = task.case
    entry = Entry(event, now, actor.person_id, task.element, data, None, case.id, case.record_id)
    case.journal_head, case.journal_length = engine.journal.write(
        session, f"case:{case.id}", case.journal_head, case.journal_length, [entry]
    )
    return task
