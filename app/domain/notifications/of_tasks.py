"""Mails about open tasks that no diagram sends: reminders, and that an overdue task was escalated."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, Recipient, find_recipients
from app.domain.notifications.letters import LetterSettings, Writer, name_of
from app.domain.notifications.outbox import About, Mailer
from app.domain.notifications.templates import TextName, language
from app.domain.people.directory import Directory
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.jobs.queue import Queue

JOB = "notification.send"
Say = Callable[[str, str], str]
"""Says what a shipped process calls something in a language (`en`, `de`)."""


def as_drawn(name: str, language: str) -> str:
    """Return a name as it stands in the diagram, whatever the language."""
    return name


class TaskLetters:
    """Writes to whom a task is given or offered, or whom it was escalated to; the engine's `TellOfTask`."""

    def __init__(
        self, database: Database, mailer: Mailer, settings: LetterSettings, queue: Queue, say: Say = as_drawn
    ) -> None:
        """`say` translates the names of tasks."""
        self._database = database
        self._mailer = mailer
        self._settings = settings
        self._queue = queue
        self._say = say

    def register_jobs(self) -> None:
        """Tell the queue how what was written is sent."""

        def send(arguments: dict[str, Any], attempt: int) -> None:
            outbox.deliver(self._database, self._mailer, arguments["case_id"], arguments["ids"])

        self._queue.register(JOB, send)

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
        """Put the mails into this transaction, to be sent after it; return the ids of their notifications.

        `audience` is a role, or `person:<id>`; where nobody holds the role, whoever answers for it is told.
        """
        record = session.get(Record, record_id) if record_id is not None else None
        writer = Writer(self._settings)
        values = {
            **writer.known(session, record, number),
            "title": title,
            "due": due_at,
            "assignee": name_of(session, Person, assignee_id),
            "link": f"{self._settings.address}/work/tasks/{task_id}",
        }
        letters = []
        for recipient in self._recipients(session, audience):
            called = self._say(task, language(recipient.locale, self._settings.default_locale))
            letters += writer.letters(text, [recipient], {**values, "task": called})
        about = About(case_id, record_id, element, text, key, str(values["number"]))
        ids = outbox.put(session, about, letters)
        if ids:
            self._queue.put(session, JOB, {"case_id": case_id, "ids": ids})
        return ids

    def _recipients(self, session: Session, audience: str) -> list[Recipient]:
        around = Circumstances(None, None, clock.now())
        found = find_recipients(session, [audience], around)
        if found or audience.startswith("person:"):
            return found
        _role, holders = Directory().responsible(session, audience)
        return find_recipients(session, [f"person:{holder.person_id}" for holder in holders], around)
