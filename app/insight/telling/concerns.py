"""Which notifications a person may see, and which still concern them when their mail is about to go out."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.domain.notifications.records import Notification
from app.domain.people import identity
from app.domain.records.records import Comment, Record
from app.engine.records import Case, Task
from app.insight.access import Viewer, inner_records, visible_cases, visible_records, visible_tasks

# What a diagram writes to somebody within this time of an event says the same in better words.
SAME_TIME = timedelta(minutes=2)


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Notification`: the person may, now, know of the task, comment, case or record that it is about."""
    about, none = Notification, None
    task = select(Task.id).where(Task.id == about.task_id, visible_tasks(viewer)).exists()
    said = (
        select(Comment.id)
        .join(Record, Record.id == Comment.record_id)
        .where(Comment.id == about.comment_id, Comment.withdrawn_at.is_(None), visible_records(viewer))
        .where(or_(Comment.public, inner_records(viewer)))
        .exists()
    )
    case = select(Case.id).where(Case.id == about.case_id, visible_cases(viewer)).exists()
    record = select(Record.id).where(Record.id == about.record_id, visible_records(viewer)).exists()
    no_task = about.task_id.is_(none)
    nothing_said = and_(no_task, about.comment_id.is_(none))
    no_case = and_(nothing_said, about.case_id.is_(none))
    return or_(
        and_(about.task_id.is_not(none), task),
        and_(no_task, about.comment_id.is_not(none), said),
        and_(nothing_said, about.case_id.is_not(none), case),
        and_(no_case, about.record_id.is_not(none), record),
        and_(no_case, about.record_id.is_(none)),
    )


def who_may_see(session: Session, asked: Mapping[int, Collection[int]]) -> set[tuple[int, int]]:
    """Return which of these tasks which of these people may know of with what they hold now, in two statements.

    Args:
        asked: by person, the tasks that are asked about.
    """
    queries = [
        select(literal(person_id), Task.id).where(Task.id.in_(sorted(asked[person_id])), visible_tasks(Viewer.of(who)))
        for person_id, who in sorted(identity.of_people(session, asked).items())
    ]
    if not queries:
        return set()
    return {(person_id, task_id) for person_id, task_id in session.execute(union_all(*queries))}


def may_see(session: Session, row: Notification) -> bool:
    """Tell whether the person whom a notification is for may, now, know of what it is about."""
    who = identity.of_person(session, row.person_id) if row.person_id is not None else None
    if who is None:
        return False
    query = select(Notification.id).where(Notification.id == row.id, seen_by(Viewer.of(who)))
    return session.scalar(query) is not None


def still_concerns(session: Session, row: Notification) -> bool:
    """Tell whether a mail should go out: its reader may know of what it says, and nobody has settled or said it."""
    if row.person_id is None:
        said = session.get(Comment, row.comment_id, populate_existing=True) if row.comment_id else None
        if said is None or not said.public or said.withdrawn_at is not None:
            return False
    elif not may_see(session, row):
        return False
    return _is_unsettled(session, row) and not _was_written_to(session, row)


def _is_unsettled(session: Session, row: Notification) -> bool:
    if row.task_id is not None:
        task = session.execute(select(Task.status, Task.assignee_id).where(Task.id == row.task_id)).first()
        if task is None or task.status != "open":
            return False
        if row.event == "task.assigned":
            return bool(task.assignee_id == row.person_id)
        return row.event != "task.offered" or task.assignee_id is None
    if row.event == "case.stuck":
        return session.scalar(select(Case.status).where(Case.id == row.case_id)) == "stuck"
    return True


def _was_written_to(session: Session, row: Notification) -> bool:
    """Tell whether a diagram itself has written to this reader about the same, at the same time."""
    if row.event not in ("task.assigned", "task.offered", "record.comment"):
        return False
    same = Notification.case_id == row.case_id if row.case_id else Notification.record_id == row.record_id
    reader = Notification.address == row.address if row.person_id is None else Notification.person_id == row.person_id
    query = select(Notification.id).where(
        same,
        reader,
        Notification.event.is_(None),
        Notification.status.in_(["waiting", "sent"]),
        Notification.created_at > row.created_at - SAME_TIME,
    )
    return session.scalar(query.limit(1)) is not None
