"""Who is writing in a task's form just now, so that two people do not do the same work."""

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.desk.records import TaskPresence
from app.domain.people.records import Person

FRESH = timedelta(minutes=2)
"""For how long somebody counts as writing after they were last heard of."""

# What the person left behind elsewhere goes along, so that the table stays as small as the number of people at work.
_TOUCH = text("""
    WITH left_behind AS (
        DELETE FROM task_presence WHERE person_id = :person_id AND task_id <> :task_id AND seen_at < :stale
    )
    INSERT INTO task_presence (task_id, person_id, seen_at) VALUES (:task_id, :person_id, :now)
    ON CONFLICT (task_id, person_id) DO UPDATE SET seen_at = excluded.seen_at
""")


def touch(session: Session, task_id: int, person_id: int) -> None:
    """Note that the person is writing in this task's form."""
    now = clock.now()
    session.execute(_TOUCH, {"task_id": task_id, "person_id": person_id, "now": now, "stale": now - FRESH})


def writing(session: Session, task_id: int, *, without: int) -> list[str]:
    """Return the names of everybody else who is writing in this task's form."""
    query = (
        select(Person.name)
        .join(TaskPresence, TaskPresence.person_id == Person.id)
        .where(
            TaskPresence.task_id == task_id,
            TaskPresence.person_id != without,
            TaskPresence.seen_at > clock.now() - FRESH,
        )
        .order_by(Person.name)
    )
    return list(session.scalars(query))
