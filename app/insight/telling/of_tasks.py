"""News of the work list: a task was assigned to somebody, offered to a role, or given away."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Text, cast, func, or_, select, update
from sqlalchemy import case as case_of
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal.records import JournalEntry
from app.domain.notifications.audience import people_of_role
from app.domain.notifications.letters import LetterSettings, Writer
from app.domain.notifications.news import News, Notifier
from app.domain.notifications.records import Notification
from app.domain.records.records import Record
from app.engine.records import Case, Task
from app.insight.telling.concerns import may_see_task

# In one round; those left over are the next round's.
MOST = 200
# What is older than this is no news: nobody is written to after a long standstill, or of a simulated past.
STALE = timedelta(days=1)
NOBODY = 0
_SETTLED_BY_CHANGE = ("task.assigned", "task.offered")


class TaskNews:
    """Tells people of tasks whose assignee is not the one whom people were last told of.

    Neither a step nor a page takes note of anything for this: a partial index holds the tasks that are news.
    """

    def __init__(self, settings: LetterSettings, notifier: Notifier) -> None:
        self._settings = settings
        self._notifier = notifier

    def __call__(self, session: Session) -> int:
        """Tell of what is news; returns of how many tasks."""
        # As in the condition of the index.
        untold = func.coalesce(Task.told, -1) != func.coalesce(Task.assignee_id, NOBODY)
        query = select(Task, Case).join(Task.case).where(Task.status == "open", untold).order_by(Task.id).limit(MOST)
        rows = session.execute(query).all()
        for task, case in rows:
            if clock.now() - max(task.created_at, task.claimed_at or task.created_at) < STALE:
                self._tell(session, task, case)
        _note(session, {task.id: task.assignee_id or NOBODY for task, _case in rows})
        return len(rows)

    def _tell(self, session: Session, task: Task, case: Case) -> None:
        change = _last_change(session, task)
        actor = change.actor_id if change is not None else None
        before = task.told or None
        _settle(session, task.id)
        record = session.get(Record, case.record_id) if case.record_id is not None else None
        known = Writer(self._settings).known(session, record, case.number, actor)
        about: dict[str, Any] = {
            "number": str(known["number"]),
            "values": {**known, "title": case.title, "due": task.due_at},
            "spoken": {"task": task.name},
            "actor_id": actor,
            "patient": True,
            "excerpt": case.title,
        }
        here: dict[str, Any] = {
            "path": f"/work/tasks/{task.id}",
            "case_id": case.id,
            "record_id": case.record_id,
            "task_id": task.id,
        }
        # Told of the same change once more, as after a node that died, nobody gets anything.
        key = f"task:{task.id}:{change.position if change is not None else 0}"
        if task.assignee_id is not None:
            news = News(event="task.assigned", key=key, text="task.assigned", element=task.element, **here, **about)
            self._notifier.tell(session, news, [task.assignee_id])
        elif change is None or change.event != "task.returned":
            # Of what was returned to them all holders of the role have been told already.
            news = News(event="task.offered", key=key, text="task.offered", element=task.element, **here, **about)
            self._notifier.tell(session, news, people_of_role(session, task.role, record))
        if before is not None and before != task.assignee_id:
            # Who may no longer know of it is told that it is gone, and led nowhere.
            knows = may_see_task(session, before, task.id)
            gone = News(
                event="task.withdrawn", key=key, text="task.withdrawn", **(here if knows else {"path": ""}),
                **(about if knows else about | {"excerpt": ""}),
            )  # fmt: skip
            self._notifier.tell(session, gone, [before])


def _note(session: Session, told: dict[int, int]) -> None:
    """Note of whom people were told, at the very end, so that nobody who works on a task waits for its news.

    What somebody works on at this moment is left for the next round.
    """
    free = select(Task.id).where(Task.id.in_(sorted(told))).order_by(Task.id)
    ids = list(session.scalars(free.with_for_update(skip_locked=True, **LOCKED)))
    if ids:
        # The version stays: whoever fills in the task's form just now shall not have to do it again.
        whose = case_of({one: told[one] for one in ids}, value=Task.id)
        session.execute(
            update(Task).where(Task.id.in_(ids)).values(told=whose), execution_options={"synchronize_session": False}
        )


def settle_ended(session: Session) -> int:
    """Mark what was said of tasks that are open no longer as read; returns how much."""
    ended = (
        select(Notification.id)
        .join(Task, Task.id == Notification.task_id)
        .where(Notification.shown, Notification.read_at.is_(None), Task.status != "open")
        .limit(1000)
    )
    return _mark(session, Notification.id.in_(ended))


def _settle(session: Session, task_id: int) -> None:
    of_task = Notification.task_id == task_id, Notification.event.in_(_SETTLED_BY_CHANGE)
    _mark(session, *of_task, Notification.shown, Notification.read_at.is_(None))


def _mark(session: Session, *which: Any) -> int:
    marked = update(Notification).where(*which).values(read_at=clock.now()).returning(Notification.id)
    return len(session.execute(marked, execution_options={"synchronize_session": False}).all())


def _last_change(session: Session, task: Task) -> Row[str, int | None, int] | None:
    """Return who has changed last whose the task is, and how, from the case's journal."""
    of_task = cast(JournalEntry.data["task"].astext, Text) == str(task.id)
    opened = (JournalEntry.event == "task.opened") & (JournalEntry.element == task.element)
    changes = ("task.claimed", "task.released", "task.reassigned", "task.returned", "task.taken_over")
    query = (
        select(JournalEntry.event, JournalEntry.actor_id, JournalEntry.position)
        .where(JournalEntry.chain == f"case:{task.case_id}", or_(JournalEntry.event.in_(changes) & of_task, opened))
        .order_by(JournalEntry.position.desc())
        .limit(1)
    )
    return session.execute(query).first()
