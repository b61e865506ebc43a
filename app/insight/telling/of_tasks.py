"""News of the work list: a task was assigned to somebody, offered to a role, or given away."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Select, Text, cast, func, literal, or_, select, true, update
from sqlalchemy import case as case_of
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal.records import JournalEntry
from app.domain.notifications.letters import LetterSettings
from app.domain.notifications.news import News, Notifier
from app.domain.notifications.records import Notification
from app.domain.people.holding import Place, answering
from app.domain.people.records import Person, Team
from app.domain.records.records import Record
from app.engine.records import Case, Task
from app.insight.telling.concerns import who_may_see

TaskEvent = Literal["task.assigned", "task.offered", "task.withdrawn"]
# In one round; those left over are the next round's.
MOST = 200
# What is older than this is no news: nobody is written to after a long standstill, or of a simulated past.
STALE = timedelta(days=1)
NOBODY = 0
_SETTLED_BY_CHANGE = ("task.assigned", "task.offered")


class TaskNews:
    """Tells people of tasks whose assignee is not the one whom people were last told of.

    Neither a step nor a page takes note of anything for this: a partial index holds the tasks that are news. However
    many there are in a round, it asks the same few statements.
    """

    def __init__(self, settings: LetterSettings, notifier: Notifier) -> None:
        self._settings = settings
        self._notifier = notifier

    def __call__(self, session: Session) -> int:
        """Tell of what is news; returns of how many tasks."""
        rows = session.execute(_untold()).all()
        fresh = [row for row in rows if clock.now() - max(row.created_at, row.claimed_at or row.created_at) < STALE]
        if fresh:
            self._tell(session, fresh)
        _note(session, {row.id: row.assignee_id or NOBODY for row in rows})
        return len(rows)

    def _tell(self, session: Session, rows: Sequence[Any]) -> None:
        _settle(session, [row.id for row in rows])
        # Of what was returned to them all holders of the role have been told already.
        offered = {row.id for row in rows if row.assignee_id is None and row.event != "task.returned"}
        holders = answering(session, {_place(row) for row in rows if row.id in offered})
        # Whose a task was until now, where it went to somebody else.
        gone = {row.id: row.told for row in rows if row.told and row.told != row.assignee_id}
        asked: dict[int, list[int]] = {}
        for task_id, person_id in gone.items():
            asked.setdefault(person_id, []).append(task_id)
        knows = who_may_see(session, asked)
        news: list[tuple[News, list[int]]] = []
        for row in rows:
            if row.assignee_id is not None:
                news.append((self._news(row, "task.assigned"), [row.assignee_id]))
            elif row.id in offered:
                news.append((self._news(row, "task.offered"), holders[_place(row)]))
            if (before := gone.get(row.id)) is not None:
                withdrawn = self._news(row, "task.withdrawn", led=(before, row.id) in knows)
                news.append((withdrawn, [before]))
        self._notifier.tell_all(session, news)

    def _news(self, row: Any, event: TaskEvent, *, led: bool = True) -> News:
        """Say what happened to a task; who may no longer know of it is told no more, and led nowhere."""
        values = {
            "number": row.record_number or row.number,
            "organisation": self._settings.organisation,
            "actor": row.actor,
            "priority": row.priority,
            "service": row.service,
            "team": row.team,
            "title": row.title,
            "due": row.due_at,
        }
        return News(
            event=event, text=event, number=values["number"], values=values, spoken={"task": row.name},
            path=f"/work/tasks/{row.id}", case_id=row.case_id, record_id=row.record_id, task_id=row.id,
            element="" if event == "task.withdrawn" else row.element, excerpt=row.title, led=led,
            # Told of the same change once more, as after a node that died, nobody gets anything.
            key=f"task:{row.id}:{row.position or 0}", actor_id=row.actor_id, patient=True,
        )  # fmt: skip


def _place(row: Any) -> Place:
    return Place(row.role, row.record_id, row.service_id)


def _untold() -> Select[Any]:
    """Return the query for tasks that are news, each with all that is said of it and who has changed it last."""
    service, change = aliased(Record), _last_change()
    # As in the condition of the index.
    untold = func.coalesce(Task.told, -1) != func.coalesce(Task.assignee_id, NOBODY)
    of_task = [Task.id, Task.name, Task.role, Task.element, Task.assignee_id, Task.told, Task.case_id, Task.due_at]
    of_case = [Case.number, Case.title, Case.record_id]
    of_record = [Record.number.label("record_number"), Record.priority, Record.service_id]
    return (
        select(*of_task, Task.created_at, Task.claimed_at, *of_case, *of_record, *change.c)
        .add_columns(service.title.label("service"), Team.name.label("team"), Person.name.label("actor"))
        .join(Case, Case.id == Task.case_id)
        .outerjoin(Record, Record.id == Case.record_id)
        .outerjoin(service, service.id == Record.service_id)
        .outerjoin(Team, Team.id == Record.team_id)
        .outerjoin(change, true())
        .outerjoin(Person, Person.id == change.c.actor_id)
        .where(Task.status == "open", untold)
        .order_by(Task.id)
        .limit(MOST)
    )


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


def _settle(session: Session, task_ids: Sequence[int]) -> None:
    of_tasks = Notification.task_id.in_(task_ids), Notification.event.in_(_SETTLED_BY_CHANGE)
    _mark(session, *of_tasks, Notification.shown, Notification.read_at.is_(None))


def _mark(session: Session, *which: Any) -> int:
    marked = update(Notification).where(*which).values(read_at=clock.now()).returning(Notification.id)
    return len(session.execute(marked, execution_options={"synchronize_session": False}).all())


def _last_change() -> LateralFromClause:
    """Return who has changed last whose a task is, and how, from its case's journal."""
    of_task = cast(JournalEntry.data["task"].astext, Text) == cast(Task.id, Text)
    opened = (JournalEntry.event == "task.opened") & (JournalEntry.element == Task.element)
    changes = ("task.claimed", "task.released", "task.reassigned", "task.returned", "task.taken_over")
    chain = literal("case:").concat(cast(Task.case_id, Text))
    return (
        select(JournalEntry.event, JournalEntry.actor_id, JournalEntry.position)
        .where(JournalEntry.chain == chain, or_(JournalEntry.event.in_(changes) & of_task, opened))
        .order_by(JournalEntry.position.desc())
        .limit(1)
        .lateral("change")
    )
