"""News for those who watch a record: its status changed."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal.records import JournalEntry
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.letters import LetterSettings, Writer
from app.domain.notifications.news import SEND, Notifier
from app.domain.notifications.news import News as Told
from app.domain.notifications.outbox import About
from app.domain.records.kinds import Kinds
from app.domain.records.records import Record, Watcher
from app.jobs.queue import Queue

# In one round; those left over are the next round's.
MOST = 200
MayKnow = Callable[[Session, int, int], bool]
"""Tells whether a person may, now, know of a record."""


@dataclass(frozen=True, slots=True)
class News:
    """A line of a record's journal that watchers are told of: the status that it has then."""

    position: int
    actor_id: int | None
    status: str


class WatcherLetters:
    """Tells whoever watches a record what has happened to it since they were told last.

    Watching costs a step nothing: what happened is read from the journal of the record later. What is said about a
    record its watchers hear together with all others who take part in it.
    """

    def __init__(
        self, settings: LetterSettings, queue: Queue, kinds: Kinds, may_know: MayKnow, notifier: Notifier
    ) -> None:
        """`may_know` is asked for each watcher anew, since rights come and go."""
        self._settings = settings
        self._queue = queue
        self._kinds = kinds
        self._may_know = may_know
        self._notifier = notifier

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
            told += 1 if self._tell_one(session, watcher, record) else 0
            # Also who was told nothing is up to date: what happened while they had no right stays untold.
            session.execute(
                update(Watcher)
                .where(Watcher.record_id == record.id, Watcher.person_id == watcher.person_id)
                .values(told=record.journal_length)
            )
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
            self._queue.put(session, SEND, {"ids": ids})

    def _tell_one(self, session: Session, watcher: Watcher, record: Record) -> list[int]:
        news = [one for one in self._news(session, watcher, record) if one.actor_id != watcher.person_id]
        if not news or not self._may_know(session, watcher.person_id, record.id):
            return []
        link = f"/records/{record.kind}/{record.number}"
        ids: list[int] = []
        for one in news:
            known = Writer(self._settings).known(session, record, record.number, one.actor_id)
            told = Told(
                event="record.changed", key=f"watched:{record.id}:{one.position}", text="record.status",
                number=record.number, path=link, values=known, spoken={"heading": one.status}, record_id=record.id,
                actor_id=one.actor_id,
            )  # fmt: skip
            ids += self._notifier.tell(session, told, [watcher.person_id])
        return ids

    def _news(self, session: Session, watcher: Watcher, record: Record) -> list[News]:
        rows = session.scalars(
            select(JournalEntry)
            .where(
                JournalEntry.chain == f"record:{record.id}",
                JournalEntry.position > watcher.told,
                JournalEntry.position <= record.journal_length,
            )
            .order_by(JournalEntry.position)
        )
        found = (self._read(record, entry) for entry in rows)
        return [news for news in found if news is not None]

    def _read(self, record: Record, entry: JournalEntry) -> News | None:
        status = entry.data.get("after", {}).get("status")
        if not status or entry.event == "record.created":
            return None
        return News(entry.position, entry.actor_id, self._kinds.get(record.kind).status_title(status))
