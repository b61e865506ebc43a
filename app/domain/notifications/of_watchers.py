"""Mails to those who watch a record: its status changed, or somebody was answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.letters import LetterSettings, Writer
from app.domain.notifications.of_tasks import Say, as_drawn
from app.domain.notifications.outbox import About, Mailer
from app.domain.notifications.templates import TextName, language
from app.domain.records.kinds import Kinds
from app.domain.records.records import Record, Watcher
from app.jobs.queue import Queue

JOB = "notification.watchers"
# In one round; those left over are the next round's.
MOST = 200
MayKnow = Callable[[Session, int, int], bool]
"""Tells whether a person may, now, know of a record."""


@dataclass(frozen=True, slots=True)
class News:
    """A line of a record's journal that watchers are told of."""

    position: int
    actor_id: int | None
    text: TextName
    values: dict[str, Any]


class WatcherLetters:
    """Writes to whoever watches a record what has happened to it since they were told last.

    Watching costs a step nothing: what happened is read from the journal of the record later.
    """

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        settings: LetterSettings,
        queue: Queue,
        kinds: Kinds,
        may_know: MayKnow,
        say: Say = as_drawn,
    ) -> None:
        """`may_know` is asked for each watcher anew, since rights come and go; `say` translates statuses."""
        self._database = database
        self._mailer = mailer
        self._settings = settings
        self._queue = queue
        self._kinds = kinds
        self._may_know = may_know
        self._say = say

    def register_jobs(self) -> None:
        """Tell the queue how what was written is sent."""

        def send(arguments: dict[str, Any], attempt: int) -> None:
            outbox.deliver(self._database, self._mailer, None, arguments["ids"])

        self._queue.register(JOB, send)

    def tell(self, session: Session) -> int:
        """Write to watchers of records with news; returns to how many."""
        behind = (
            select(Watcher, Record)
            .join(Record, Record.id == Watcher.record_id)
            .where(Record.journal_length > Watcher.told)
            .order_by(Watcher.record_id, Watcher.person_id)
            .limit(MOST)
            # Two nodes at once tell nobody twice.
            .with_for_update(of=Watcher, skip_locked=True, **LOCKED)
        )
        told = 0
        for watcher, record in session.execute(behind).all():
            ids = self._tell_one(session, watcher, record)
            # Also who was told nothing is up to date: what happened while they had no right stays untold.
            session.execute(
                update(Watcher)
                .where(Watcher.record_id == record.id, Watcher.person_id == watcher.person_id)
                .values(told=record.journal_length)
            )
            if ids:
                self._queue.put(session, JOB, {"ids": ids})
                told += 1
        return told

    def tell_of_merge(self, session: Session, record: Record, reason: str, other: str) -> None:
        """Write to whoever asked for a record that it is handled together with another one.

        Args:
            other: number of the other record, empty when they may not know of it.
        """
        around = Circumstances(record, None, clock.now())
        writer = Writer(self._settings)
        link = f"{self._settings.address}/records/{record.kind}/{record.number}"
        values = {**writer.known(session, record, record.number), "reason": reason, "text": other, "link": link}
        letters = writer.letters("record.merged", find_recipients(session, ["requester"], around), values)
        about = About(None, record.id, "", "record.merged", f"merged:{record.id}", record.number)
        if ids := outbox.put(session, about, letters):
            self._queue.put(session, JOB, {"ids": ids})

    def _tell_one(self, session: Session, watcher: Watcher, record: Record) -> list[int]:
        news = [one for one in self._news(session, watcher, record) if one.actor_id != watcher.person_id]
        if not news or not self._may_know(session, watcher.person_id, record.id):
            return []
        writer = Writer(self._settings)
        around = Circumstances(None, None, clock.now())
        link = f"{self._settings.address}/records/{record.kind}/{record.number}"
        ids: list[int] = []
        for recipient in find_recipients(session, [f"person:{watcher.person_id}"], around):
            spoken = language(recipient.locale, self._settings.default_locale)
            for one in news:
                said = {name: self._say(value, spoken) for name, value in one.values.items() if name == "heading"}
                known = writer.known(session, record, record.number, one.actor_id)
                letters = writer.letters(one.text, [recipient], {**known, **one.values, **said, "link": link})
                key = f"watched:{record.id}:{one.position}"
                about = About(None, record.id, "", one.text, key, record.number)
                ids += outbox.put(session, about, letters)
        return ids

    def _news(self, session: Session, watcher: Watcher, record: Record) -> list[News]:
        payload = (JournalPayload.chain == JournalEntry.chain) & (JournalPayload.position == JournalEntry.position)
        rows = session.execute(
            select(JournalEntry, JournalPayload.content)
            .outerjoin(JournalPayload, payload)
            .where(
                JournalEntry.chain == f"record:{record.id}",
                JournalEntry.position > watcher.told,
                JournalEntry.position <= record.journal_length,
            )
            .order_by(JournalEntry.position)
        )
        found = (self._read(record, entry, content) for entry, content in rows)
        return [news for news in found if news is not None]

    def _read(self, record: Record, entry: JournalEntry, content: dict[str, Any] | None) -> News | None:
        if entry.event == "comment.added":
            said = (content or {}).get("body")
            if not entry.data.get("public") or not said:
                return None
            return News(entry.position, entry.actor_id, "record.reply", {"text": said})
        status = entry.data.get("after", {}).get("status")
        if not status or entry.event == "record.created":
            return None
        title = self._kinds.get(record.kind).status_title(status)
        return News(entry.position, entry.actor_id, "record.status", {"heading": title})
