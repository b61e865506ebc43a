"""The outbox: what is to be told stands there with the step that caused it, and goes out after its commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.domain.notifications.audience import Recipient
from app.domain.notifications.records import Notification
from app.domain.notifications.templates import Letter
from app.domain.people.records import Person
from app.errors import Message, Unavailable, Undeliverable

NO_ADDRESS = Message("No e-mail address of this person is known.")


class Mailer(Protocol):
    """Sends mail; `app.integrations.email.Post` is the real one."""

    def send(self, recipient: str, subject: str, body: str, *, identity: str, thread: str = "") -> None:
        """Send one mail.

        Raises:
            Undeliverable: it can never arrive at this address.
            Unavailable: it cannot be sent now.
        """
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What notifications are about; `key` makes each of them unique, `thread` keeps their mails together."""

    case_id: int | None
    record_id: int | None
    element: str
    template: str
    key: str
    thread: str


@dataclass(frozen=True, slots=True)
class Sendings:
    """What became of notifications."""

    sent: int
    failed: int
    waiting: int


def put(session: Session, about: About, letters: Sequence[tuple[Recipient, Letter]]) -> list[int]:
    """Store one notification per recipient in the transaction of `session`; asked again, it stores none twice.

    Who has no address gets a failed one, so that somebody can see to it.

    Returns:
        Their ids, those of an earlier time included.
    """
    rows = [_row(about, recipient, letter) for recipient, letter in letters]
    if not rows:
        return []
    stored = insert(Notification).values(rows).on_conflict_do_nothing(index_elements=["key"])
    fresh = stored.returning(Notification.id).cte("fresh")
    known = select(Notification.id).where(Notification.key.in_([row["key"] for row in rows]))
    return sorted(session.scalars(select(fresh.c.id).union_all(known)))


def _row(about: About, recipient: Recipient, letter: Letter) -> dict[str, Any]:
    whom = str(recipient.person_id) if recipient.person_id else recipient.address or recipient.name
    return {
        "case_id": about.case_id,
        "record_id": about.record_id,
        "person_id": recipient.person_id,
        "address": recipient.address,
        "template": about.template,
        "subject": letter.subject,
        "body": letter.body,
        "data": {"element": about.element, "thread": about.thread, "name": recipient.name},
        "key": f"{about.key}:{about.template}:{whom}",
        "status": "waiting" if recipient.address else "failed",
        "error": None if recipient.address else NO_ADDRESS,
        "created_at": clock.now(),
    }


def chosen(case_id: int | None, ids: Sequence[int] | None) -> list[ColumnElement[bool]]:
    """Return the condition for these notifications of this case; without ids for all of the case's."""
    # News of events goes its own way; a diagram neither hastens it nor corrects its addresses.
    of_case = [Notification.case_id == case_id, Notification.event.is_(None)]
    return of_case if ids is None else [*of_case, Notification.id.in_(ids)]


def deliver(database: Database, mailer: Mailer, case_id: int | None, ids: Sequence[int] | None = None) -> Sendings:
    """Send what waits, each in a transaction of its own: what was sent stays sent whatever happens to the next.

    A mail whose sending was not yet noted when the process died goes out again, with the same Message-ID; one that
    is noted as sent never does. Two callers at once send each mail once.

    Raises:
        Unavailable: the mail server does not answer; the rest keeps waiting.
    """
    with database.transaction() as session:
        waiting = select(Notification.id).where(*chosen(case_id, ids), Notification.status == "waiting")
        due = list(session.scalars(waiting.order_by(Notification.id)))
    send(database, mailer, due)
    with database.transaction() as session:
        return sendings(session, case_id, ids)


def send(database: Database, mailer: Mailer, ids: Sequence[int]) -> None:
    """Send those of these that wait, as `deliver` does.

    Raises:
        Unavailable: the mail server does not answer; the rest keeps waiting.
    """
    for notification_id in ids:
        _deliver_one(database, mailer, notification_id)


def _deliver_one(database: Database, mailer: Mailer, notification_id: int) -> None:
    later: Unavailable | None = None
    with database.transaction() as session:
        # The lock is held while the mail goes out: another caller waits here, then finds it sent.
        row = session.get(Notification, notification_id, with_for_update=LOCKED)
        if row is None or row.status != "waiting":
            return
        try:
            thread = str(row.data.get("thread", ""))
            mailer.send(row.address, row.subject, row.body, identity=row.key, thread=thread)
        except Undeliverable as error:
            row.status, row.error = "failed", error.message
        except Unavailable as error:
            row.error, later = error.message, error
        else:
            row.status, row.error, row.sent_at = "sent", None, clock.now()
        session.flush()
    if later is not None:
        raise later


def sendings(session: Session, case_id: int | None, ids: Sequence[int] | None = None) -> Sendings:
    """Count notifications by what became of them."""
    counted = select(Notification.status, func.count()).where(*chosen(case_id, ids)).group_by(Notification.status)
    by_status: dict[str, int] = dict(session.execute(counted).all())
    return Sendings(by_status.get("sent", 0), by_status.get("failed", 0), by_status.get("waiting", 0))


def failures(session: Session, case_id: int | None, ids: Sequence[int] | None = None) -> list[Notification]:
    """Return the notifications that could not be delivered."""
    query = select(Notification).where(*chosen(case_id, ids), Notification.status == "failed")
    return list(session.scalars(query.order_by(Notification.id)))


def readdress(session: Session, case_id: int | None, address: str = "", ids: Sequence[int] | None = None) -> int:
    """Let failed notifications wait again, for `address` or for the addresses that people have by now.

    Returns:
        How many wait again; where there is still no address they stay failed.
    """
    count = 0
    for row in failures(session, case_id, ids):
        known = session.scalar(select(Person.email).where(Person.id == row.person_id)) if row.person_id else None
        if not (better := address.strip() or known or ""):
            continue
        row.address, row.status, row.error = better, "waiting", None
        # Another address is another mail: its Message-ID must not be that of the one that bounced.
        row.key = f"{row.key.partition('>')[0]}>{better}"
        count += 1
    session.flush()
    return count


def delivery_log(
    session: Session, *, case_id: int | None = None, record_id: int | None = None, limit: int = 200
) -> list[Notification]:
    """Return what was sent to whom for a case or a record, newest first; the caller checks who may see that."""
    query = select(Notification).order_by(Notification.id.desc()).limit(limit)
    if case_id is not None:
        query = query.where(Notification.case_id == case_id)
    if record_id is not None:
        query = query.where(Notification.record_id == record_id)
    return list(session.scalars(query))
