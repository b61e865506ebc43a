"""News of open tasks that no diagram sends: reminders, and that an overdue task was escalated."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, Recipient, find_recipients
from app.domain.notifications.choices import EventName
from app.domain.notifications.letters import LetterSettings, Say, Writer, as_drawn, name_of
from app.domain.notifications.news import SEND, News, Notifier
from app.domain.notifications.outbox import About
from app.domain.notifications.templates import TextName, language
from app.domain.people.directory import Directory
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.jobs.queue import Queue

# What these letters are about, for those who choose how they are told of it.
EVENTS: dict[str, EventName] = {
    "task.reminder": "task.reminder",
    "task.returned": "task.reminder",
    "task.escalated": "task.escalated",
    "task.for_absent": "absence.substitute",
}


class TaskLetters:
    """Tells whom a task is given or offered to, or whom it was escalated to; the engine's `TellOfTask`."""

    def __init__(self, settings: LetterSettings, queue: Queue, notifier: Notifier, say: Say = as_drawn) -> None:
        """`say` translates the names of tasks."""
        self._settings = settings
        self._queue = queue
        self._notifier = notifier
        self._say = say

    def __call__(
        self,
        session: Session,
        text: TextName,
        *,
        audience: str,
        key: str,
        case_id: int,
        record_id: int | None,
        task_id: int,
        element: str,
        number: str,
        title: str,
        task: str,
        due_at: datetime | None,
        assignee_id: int | None,
    ) -> list[int]:
        """Put the news into this transaction, its mails to be sent after it; return the ids of the notifications.

        `audience` is a role, or `person:<id>`; where nobody holds the role, whoever answers for it is told. A team with
        a mailbox of its own is told there.
        """
        record = session.get(Record, record_id) if record_id is not None else None
        values: dict[str, Any] = {
            **Writer(self._settings).known(session, record, number),
            "title": title,
            "due": due_at,
            "assignee": name_of(session, Person, assignee_id),
            "link": f"{self._settings.address}/work/tasks/{task_id}",
        }
        recipients = self._recipients(session, audience, record)
        news = News(
            event=EVENTS[text], key=key, text=text, number=str(values["number"]), path=f"/work/tasks/{task_id}",
            values=values, spoken={"task": task}, case_id=case_id, record_id=record_id, task_id=task_id,
            element=element,
        )  # fmt: skip
        ids = self._notifier.tell(session, news, [one.person_id for one in recipients if one.person_id is not None])
        boxes = [one for one in recipients if one.person_id is None]
        return [*ids, *self._to_mailboxes(session, news, boxes, task)]

    def _to_mailboxes(self, session: Session, news: News, boxes: list[Recipient], task: str) -> list[int]:
        letters = []
        for recipient in boxes:
            called = self._say(task, language(recipient.locale, self._settings.default_locale))
            letters += Writer(self._settings).letters(news.text, [recipient], {**news.values, "task": called})
        about = About(news.case_id, news.record_id, news.element, news.text, news.key, news.number)
        ids = outbox.put(session, about, letters)
        if ids:
            self._queue.put(session, SEND, {"ids": ids})
        return ids

    def _recipients(self, session: Session, audience: str, record: Record | None) -> list[Recipient]:
        around = Circumstances(record, None, clock.now())
        found = find_recipients(session, [audience], around)
        if found or audience.startswith("person:"):
            return found
        _role, holders = Directory().responsible(session, audience)
        return find_recipients(session, [f"person:{holder.person_id}" for holder in holders], around)
