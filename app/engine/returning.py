"""Claimed tasks of people who lose a role go back to it, at once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.engine.engine import Engine
from app.engine.loading import locked_task
from app.engine.ports import Actor
from app.engine.records import Case, Task
from app.processes.roles import is_personal


@contextmanager
def watching(engine: Engine, session: Session, person_ids: Iterable[int], actor: Actor | None) -> Iterator[list[int]]:
    """Carry out a change of who holds what, then give back the tasks that these people may no longer do.

    Yields:
        A list that holds the ids of the tasks which went back, once the block has ended.
    """
    engine.directory.hold(session, person_ids := sorted(set(person_ids)))
    before = {one: engine.directory.actor_of(session, one) for one in person_ids}
    returned: list[int] = []
    yield returned
    session.flush()
    for person_id, known in before.items():
        if known is not None:
            returned += give_back(engine, session, person_id, known, actor)


def give_back(engine: Engine, session: Session, person_id: int, before: Actor, actor: Actor | None) -> list[int]:
    """Return to their roles the open tasks of a person who held these by what they were `before`, and does no more.

    What was meant for them alone, or was handed to them although they never held its role, stays theirs.

    Returns:
        The ids of the tasks.
    """
    now = engine.directory.actor_of(session, person_id)
    theirs = select(Task.id, Task.role, Case.record_id).join(Task.case)
    # Cases are locked one after the other, always in this order, so that two who do this at once do not block.
    rows = session.execute(theirs.where(Task.status == "open", Task.assignee_id == person_id).order_by(Task.case_id))
    returned = []
    for task_id, role, record_id in rows.all():
        if is_personal(role) or role not in before.at(session, record_id).roles:
            continue
        if now is not None and role in now.at(session, record_id).roles:
            continue
        if _return(engine, session, task_id, person_id, actor):
            returned.append(task_id)
    return returned


def _return(engine: Engine, session: Session, task_id: int, person_id: int, actor: Actor | None) -> bool:
    task = locked_task(session, task_id)
    if task.status != "open" or task.assignee_id != person_id:
        return False
    case, at = task.case, clock.now()
    task.assignee_id, task.claimed_at = None, None
    told = engine.tell_of_task(
        session, "task.returned", audience=task.role, key=f"returned:{task.id}:{task.version}", case_id=case.id,
        record_id=case.record_id, task_id=task.id, element=task.element, number=case.number, title=case.title,
        task=task.name, due_at=task.due_at, assignee_id=None,
    )  # fmt: skip
    data = {"task": task.id, "from": person_id, "role": task.role, "notifications": told}
    actor_id = actor.person_id if actor is not None else None
    entry = Entry("task.returned", at, actor_id, task.element, data, None, case.id, case.record_id)
    case.journal_head, case.journal_length = engine.journal.write(
        session, f"case:{case.id}", case.journal_head, case.journal_length, [entry]
    )
    session.flush()
    return True
