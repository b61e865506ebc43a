"""News of events: one notification for each person, on their page and by mail as they have chosen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.domain.notifications import choices, outbox
from app.domain.notifications.audience import Recipient
from app.domain.notifications.choices import Choice, EventName, Hours
from app.domain.notifications.letters import LetterSettings, Say, Writer, said
from app.domain.notifications.outbox import Mailer
from app.domain.notifications.records import Notification
from app.domain.notifications.templates import Letter, TextName, language
from app.domain.people.records import Person
from app.jobs.queue import Queue, Wanted

MAIL, COLLECT, SEND = "notification.mail", "notification.collect", "notification.send"
# What has been done, taken or read within this time needs no mail any more.
PATIENCE = timedelta(seconds=20)
LONGEST_EXCERPT = 300
MOST_COLLECTED = 100
_TABLE = cast(Table, Notification.__table__)
_TELLING = [_TABLE.c[name] for name in ("id", "person_id", "key", "status", "send_at")]

StillConcerns = Callable[[Session, Notification], bool]
"""Tells whether a notification still concerns its person, and whether they may, now, know of what it is about."""


class Subscribers(Protocol):
    """Programs that hear of the same news; see `webhooks`."""

    def tell(self, session: Session, told: Sequence[tuple["News", Mapping[int, int]]]) -> None:
        """Let programs hear of news in this transaction; with each come those who were told, and their notification."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that people are told of.

    Args:
        key: tells this news from all others; nobody is told twice of the same.
        text: the letter that says it.
        values: what the letter names; those in `spoken` are said in the reader's language, there also an `excerpt`.
        number: that of the record or case, under which mails are found.
        path: the page that it leads to.
        excerpt: a few words that the notification page shows beside the subject.
        patient: whether the mail may wait a moment, because the matter may be settled by then.
        led: whether those who are told may go on knowing of what it is about; they are led nowhere otherwise.
    """

    event: EventName
    key: str
    text: TextName
    number: str
    path: str
    values: Mapping[str, Any] = field(default_factory=dict)
    spoken: Mapping[str, str] = field(default_factory=dict)
    case_id: int | None = None
    record_id: int | None = None
    task_id: int | None = None
    comment_id: int | None = None
    element: str = ""
    excerpt: str = ""
    actor_id: int | None = None
    patient: bool = False
    led: bool = True

    @property
    def for_people(self) -> "News":
        """The news as far as it is theirs to know."""
        if self.led:
            return self
        nowhere: dict[str, Any] = dict.fromkeys(("path", "element", "excerpt"), "")
        return replace(self, case_id=None, record_id=None, task_id=None, comment_id=None, **nowhere)


class Notifier:
    """Tells people what happened: stores it for their pages, plans and sends their mails, lets programs hear of it."""

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        settings: LetterSettings,
        queue: Queue,
        still_concerns: StillConcerns,
        subscribers: Subscribers,
        say: Say,
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._settings = settings
        self._queue = queue
        self._still_concerns = still_concerns
        self._subscribers = subscribers
        self._say = say

    def register_jobs(self) -> None:
        """Tell the queue how planned mails are sent, and how collected ones are put together."""
        self._queue.register(SEND, self._send)
        self._queue.register(MAIL, self._mail)
        self._queue.register(COLLECT, self._collect)

    def tell(self, session: Session, news: News, person_ids: Iterable[int]) -> list[int]:
        """Tell these people, each once and as they want it, in the transaction of `session`.

        Who acted, who has left, and who was told of this already hears nothing. That they may know of it the caller has
        checked; before a mail goes out it is checked again.

        Returns:
            The ids of their notifications, those of an earlier time included.
        """
        keys = self.tell_all(session, [(news, person_ids)])
        return sorted(session.scalars(select(Notification.id).where(Notification.key.in_(keys)))) if keys else []

    def tell_all(self, session: Session, news: Iterable[tuple[News, Iterable[int]]]) -> list[str]:
        """Tell of several news as `tell` of one, with a number of statements that hardly grows with them.

        Returns:
            The keys of the notifications, those of an earlier time included.
        """
        wanted = [(one, sorted(set(person_ids) - {one.actor_id})) for one, person_ids in news]
        people = _people(session, {person_id for _one, theirs in wanted for person_id in theirs})
        own, hours = choices.choices_of(session, people), choices.hours_of(session, people)
        now, rows, by_key = clock.now(), [], {}
        for place, (one, theirs) in enumerate(wanted):
            known = one.for_people
            for person_id in theirs:
                if person_id in people:
                    choice = own.get((person_id, one.event)) or choices.DEFAULTS[one.event]
                    rows.append(self._row(known, people[person_id], choice, hours.get(person_id) or Hours(), now))
                    by_key[rows[-1]["key"]] = place
        told: list[dict[int, int]] = [{} for _ in wanted]
        if rows:
            stored = insert(_TABLE).on_conflict_do_nothing(index_elements=["key"]).returning(*_TELLING)
            fresh = sorted(session.execute(stored, rows).all())
            for row in fresh:
                told[by_key[row.key]][row.person_id] = row.id
            self._plan(session, fresh, by_key)
        self._subscribers.tell(session, [(one, told[place]) for place, (one, _theirs) in enumerate(wanted)])
        return [row["key"] for row in rows]

    def tell_outsider(self, session: Session, news: News, recipient: Recipient) -> None:
        """Write to somebody without an account, who gave an address; the mail is checked as all others are."""
        if not recipient.address:
            return
        settings = self._settings
        values = {"organisation": settings.organisation, **news.values, "number": news.number}
        about = outbox.About(news.case_id, news.record_id, news.element, news.text, news.key, news.number)
        ids = outbox.put(session, about, Writer(settings).letters(news.text, [recipient], values))
        planned = {"event": news.event, "comment_id": news.comment_id, "task_id": news.task_id, "status": "planned"}
        rows = update(Notification).where(Notification.id.in_(ids), Notification.event.is_(None)).values(planned)
        fresh = session.scalars(rows.returning(Notification.id), execution_options={"synchronize_session": False}).all()
        if fresh:
            at = clock.now() + PATIENCE if news.patient else None
            self._queue.put(session, MAIL, {"ids": sorted(fresh)}, at=at)

    def _plan(self, session: Session, fresh: Sequence[Any], place_of: Mapping[str, int]) -> None:
        """Have mails sent when their time comes: one job for each news, and one for each person's collected mails."""
        planned: dict[tuple[int, datetime], list[int]] = {}
        for row in fresh:
            if row.status == "planned":
                planned.setdefault((place_of[row.key], row.send_at), []).append(row.id)
        now = clock.now()
        mails = [Wanted({"ids": ids}, at if at > now else None) for (_place, at), ids in planned.items()]
        collected = [
            Wanted({"person": row.person_id}, row.send_at, f"{COLLECT}:{row.person_id}:{row.send_at.isoformat()}")
            for row in fresh
            if row.status == "collected"
        ]
        for job, jobs in ((MAIL, mails), (COLLECT, collected)):
            if jobs:
                self._queue.put_all(session, job, jobs)

    def _row(self, news: News, person: Person, choice: Choice, hours: Hours, now: datetime) -> dict[str, Any]:
        settings = self._settings
        spoken = language(person.locale, settings.default_locale)
        words = {name: said(self._say, value, spoken) for name, value in news.spoken.items()}
        recipient = Recipient(person.id, person.name, person.email or "", person.locale, person.time_zone)
        link = f"{settings.address}{news.path}" if news.path else ""
        values = {"number": news.number, "organisation": settings.organisation, **news.values, **words, "link": link}
        ((_, letter),) = Writer(settings).letters(news.text, [recipient], values)
        status, send_at = self._when(news, person, choice, hours, now)
        missing = status in ("planned", "collected") and not person.email
        return {
            "case_id": news.case_id,
            "record_id": news.record_id,
            "task_id": news.task_id,
            "comment_id": news.comment_id,
            "person_id": person.id,
            "address": person.email or "",
            "template": news.text,
            "subject": letter.subject,
            "body": letter.body,
            "data": {
                "element": news.element,
                "thread": news.number,
                "name": person.name,
                "excerpt": words.get("excerpt", news.excerpt)[:LONGEST_EXCERPT],
            },
            "key": f"{news.key}:{news.text}:{person.id}",
            "event": news.event,
            "path": news.path,
            "shown": choice.page,
            "status": "failed" if missing else status,
            "error": outbox.NO_ADDRESS if missing else None,
            "send_at": send_at,
            "created_at": now,
        }

    def _when(
        self, news: News, person: Person, choice: Choice, hours: Hours, now: datetime
    ) -> tuple[str, datetime | None]:
        """Return what the mail waits for, and until when: nothing, its last check, or others that go with it."""
        if choice.mail == "off":
            return "none", None
        zone = choices.zone_of(person.time_zone, self._settings.default_time_zone)
        if choice.mail == "digest":
            return "collected", hours.next_digest(now, zone)
        if quiet := hours.quiet_end(now, zone):
            return "collected", quiet
        return "planned", now + PATIENCE if news.patient else now

    def _send(self, arguments: dict[str, Any], attempt: int) -> None:
        outbox.send(self._database, self._mailer, arguments["ids"])

    def _mail(self, arguments: dict[str, Any], attempt: int) -> None:
        """Check planned mails once more, then send them; asked again after a failure it sends what still waits."""
        ids = arguments["ids"]
        with self._database.transaction() as session:
            query = select(Notification).where(Notification.id.in_(ids), Notification.status == "planned")
            for row in session.scalars(query.order_by(Notification.id).with_for_update(**LOCKED)).all():
                row.status = "waiting" if self._is_due(session, row) else "withheld"
            session.flush()
        outbox.send(self._database, self._mailer, ids)

    def _is_due(self, session: Session, row: Notification) -> bool:
        return row.read_at is None and self._still_concerns(session, row)

    def _collect(self, arguments: dict[str, Any], attempt: int) -> None:
        """Put what was collected for a person into one mail; a single one goes out as it is."""
        person_id, now = int(arguments["person"]), clock.now()
        with self._database.transaction() as session:
            query = (
                select(Notification)
                .where(Notification.person_id == person_id, Notification.status == "collected")
                .where(Notification.send_at <= now)
                .order_by(Notification.id)
                .with_for_update(**LOCKED)
            )
            due = []
            for row in session.scalars(query).all():
                if self._is_due(session, row):
                    due.append(row)
                else:
                    row.status = "withheld"
            if not due:
                return
            if len(due) == 1:
                due[0].status = "waiting"
                ids = [due[0].id]
            else:
                ids = self._bundle(session, session.get_one(Person, person_id), due)
            session.flush()
            self._queue.put(session, SEND, {"ids": ids})

    def _bundle(self, session: Session, person: Person, due: Sequence[Notification]) -> list[int]:
        for row in due:
            row.status, row.sent_at = "bundled", clock.now()
        shown = [f"* {row.subject}\n  {self._settings.address}{row.path}" for row in due[:MOST_COLLECTED]]
        lines = "\n\n".join([*shown, *(["…"] if len(due) > MOST_COLLECTED else [])])
        recipient = Recipient(person.id, person.name, person.email or "", person.locale, person.time_zone)
        about = outbox.About(None, None, "", "digest", f"digest:{due[0].id}:{due[-1].id}", "")
        values = {
            "number": self._settings.organisation,
            "organisation": self._settings.organisation,
            "heading": str(len(due)),
            "text": lines,
            "link": f"{self._settings.address}/notifications",
        }
        letters: list[tuple[Recipient, Letter]] = Writer(self._settings).letters("digest", [recipient], values)
        return outbox.put(session, about, letters)


def _people(session: Session, person_ids: Iterable[int]) -> dict[int, Person]:
    wanted = sorted(person_ids)
    if not wanted:
        return {}
    found = session.scalars(select(Person).where(Person.id.in_(wanted), Person.active))
    return {person.id: person for person in found}


def mark_read(session: Session, person_id: int, ids: Sequence[int] | None = None) -> int:
    """Mark notifications of a person as read, all of them without ids; returns how many were unread."""
    unread = [Notification.person_id == person_id, Notification.shown, Notification.read_at.is_(None)]
    if ids is not None:
        unread.append(Notification.id.in_(ids))
    marked = update(Notification).where(*unread).values(read_at=clock.now()).returning(Notification.id)
    return len(session.execute(marked, execution_options={"synchronize_session": False}).all())


def mark_unread(session: Session, person_id: int, notification_id: int) -> None:
    """Mark a notification of a person as unread again."""
    theirs = Notification.id == notification_id, Notification.person_id == person_id
    session.execute(
        update(Notification).where(*theirs).values(read_at=None), execution_options={"synchronize_session": False}
    )
