"""Webhooks: who hears of which events, what they are sent, and what became of it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, cast
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, delete, or_, select
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.notifications.choices import EVENTS
from app.domain.notifications.news import News
from app.domain.notifications.records import Webhook, WebhookDelivery
from app.domain.people.credentials.sealing import Seal
from app.errors import Invalid, Message, NotFound
from app.jobs.queue import Queue, Wanted

SEND = "webhook.send"
TEST = "test"
MOST_OF_ONE = 20
LONGEST_URL = 2000
KEPT = timedelta(days=30)
PREFIX = "whsec_"
_DELIVERIES = cast(Table, WebhookDelivery.__table__)


class WebhookSettings(Protocol):
    """The settings that webhooks need; see `app.settings.Settings`."""

    @property
    def address(self) -> str: ...

    @property
    def secret(self) -> bytes: ...


class Webhooks:
    """Lets webhooks hear of news, in the transaction of whoever tells it; a job sends it after that."""

    def __init__(self, settings: WebhookSettings, queue: Queue) -> None:
        self._settings = settings
        self._queue = queue

    def tell(self, session: Session, told: Sequence[tuple[News, Mapping[int, int]]]) -> None:
        """Store a delivery for each webhook that wants to hear of one of these news; see `news.Subscribers`."""
        people = {person_id for _news, theirs in told for person_id in theirs}
        ours: ColumnElement[bool] = Webhook.person_id.is_(None)
        whose = or_(ours, Webhook.person_id.in_(sorted(people))) if people else ours
        events = sorted({news.event for news, _theirs in told})
        query = select(Webhook).where(Webhook.active, Webhook.events.has_any(array(events)), whose).order_by(Webhook.id)
        webhooks = session.scalars(query).all() if told else []
        rows = []
        for news, theirs in told:
            for webhook in webhooks:
                if news.event in webhook.events and (webhook.person_id is None or webhook.person_id in theirs):
                    notification = theirs[webhook.person_id] if webhook.person_id is not None else None
                    key = f"{news.key}:{news.event if notification is None else news.text}"
                    known = news if notification is None else news.for_people
                    rows.append(_delivery(webhook, news.event, key, notification, self._facts(known)))
        self._put(session, rows)

    def test(self, session: Session, webhook: Webhook) -> None:
        """Send something, to see whether it arrives."""
        self._put(session, [_delivery(webhook, TEST, f"test:{uuid4()}", None, {"url": self._settings.address})])

    def again(self, session: Session, delivery: WebhookDelivery) -> None:
        """Send once more what was sent or given up; with the same identity, so that a receiver knows it."""
        delivery.status, delivery.error = "waiting", None
        session.flush()
        self._queue.put(session, SEND, {"delivery": delivery.id}, dedupe=f"{SEND}:{delivery.id}")

    def _put(self, session: Session, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        stored = insert(_DELIVERIES).on_conflict_do_nothing(index_elements=["webhook_id", "key"])
        ids = session.execute(stored.returning(_DELIVERIES.c.id), rows).scalars()
        jobs = [Wanted({"delivery": one}) for one in sorted(ids)]
        if jobs:
            self._queue.put_all(session, SEND, jobs)

    def _facts(self, news: News) -> dict[str, Any]:
        """Return what a program is told: numbers and where to ask, never what somebody wrote."""
        known = {
            "number": news.number,
            "task": str(news.task_id) if news.task_id is not None else None,
            "comment": str(news.comment_id) if news.comment_id is not None else None,
            "url": f"{self._settings.address}{news.path}" if news.path else None,
        }
        return {name: value for name, value in known.items() if value is not None}


def _delivery(
    webhook: Webhook, event: str, key: str, notification_id: int | None, facts: dict[str, Any]
) -> dict[str, Any]:
    now = clock.now()
    return {
        "webhook_id": webhook.id,
        "identity": f"msg_{uuid4().hex}",
        "key": key,
        "event": event,
        "payload": {"type": event, "timestamp": now.isoformat(), "data": facts},
        "notification_id": notification_id,
        "created_at": now,
    }


def signature(secret: str, identity: str, timestamp: int, body: bytes) -> str:
    """Sign a delivery as the Standard Webhooks do: HMAC-SHA256 over its id, its time and its body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    said = b".".join([identity.encode(), str(timestamp).encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def seal_of(settings: WebhookSettings) -> Seal:
    """Return what encrypts the secrets of webhooks."""
    return Seal(settings.secret, "webhook")


def register(
    session: Session, seal: Seal, url: str, events: Sequence[str], *, person_id: int | None, actor_id: int
) -> tuple[Webhook, str]:
    """Register a webhook for all events (by an administrator) or, with `person_id`, for what that person is told.

    Returns:
        The webhook, and the secret that signs: it is shown this once.

    Raises:
        Invalid: the address or an event is none, or there are too many already.
    """
    url = url.strip()
    wrong: dict[str, list[str]] = {}
    if not _is_address(url):
        wrong["url"] = [Message("Write the whole address, like https://itsm.example.org.")]
    if not events or any(event not in EVENTS for event in events):
        wrong["events"] = [Message("Choose at least one event.")]
    if len(webhooks_of(session, person_id)) >= MOST_OF_ONE:
        wrong["url"] = [Message("There are {limit} webhooks already; remove one first.", limit=MOST_OF_ONE)]
    if wrong:
        raise Invalid(wrong)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    owner = _owner(person_id)
    webhook = Webhook(
        person_id=person_id, url=url, events=[event for event in EVENTS if event in events], active=True, failures=0,
        secret=seal.close(secret, owner), created_by_id=actor_id, created_at=clock.now(),
    )  # fmt: skip
    session.add(webhook)
    session.flush()
    facts = {"webhook": webhook.id, "events": webhook.events}
    system.note(session, "webhook.added", subject=owner, actor_id=actor_id, data=facts, payload={"url": url})
    return webhook, secret


def switch(session: Session, webhook: Webhook, *, active: bool, actor_id: int | None) -> None:
    """Switch a webhook on or off; switched on it starts anew."""
    webhook.active, webhook.failures = active, 0
    webhook.disabled_at = None if active else clock.now()
    session.flush()
    event = "webhook.switched_on" if active else "webhook.switched_off"
    system.note(session, event, subject=_owner(webhook.person_id), actor_id=actor_id, data={"webhook": webhook.id})


def remove(session: Session, webhook: Webhook, *, actor_id: int) -> None:
    """Remove a webhook with its deliveries."""
    session.delete(webhook)
    session.flush()
    owner = _owner(webhook.person_id)
    system.note(session, "webhook.removed", subject=owner, actor_id=actor_id, data={"webhook": webhook.id})


def webhooks_of(session: Session, person_id: int | None) -> list[Webhook]:
    """Return the webhooks of a person, or those of the organisation, oldest first."""
    theirs = Webhook.person_id == person_id if person_id is not None else Webhook.person_id.is_(None)
    return list(session.scalars(select(Webhook).where(theirs).order_by(Webhook.id)))


def webhook(session: Session, webhook_id: int, person_id: int | None) -> Webhook:
    """Return a webhook of a person, or one of the organisation.

    Raises:
        NotFound: it is none of theirs.
    """
    found = session.get(Webhook, webhook_id)
    if found is None or found.person_id != person_id:
        raise NotFound
    return found


def deliveries_of(
    session: Session, webhook_id: int, *, before: int | None = None, limit: int = 50
) -> list[WebhookDelivery]:
    """Return what was sent to a webhook, newest first; `before` is the last id of the page before."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return list(session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)))


def delivery(session: Session, webhook_id: int, delivery_id: int) -> WebhookDelivery:
    """Return one delivery of a webhook.

    Raises:
        NotFound: it has none of this id.
    """
    found = session.get(WebhookDelivery, delivery_id)
    if found is None or found.webhook_id != webhook_id:
        raise NotFound
    return found


def forget_old(session: Session) -> int:
    """Forget deliveries that are too old to be sent again; returns how many."""
    old = delete(WebhookDelivery).where(WebhookDelivery.created_at < _kept_since())
    return len(session.execute(old.returning(WebhookDelivery.id)).all())


def _kept_since() -> datetime:
    return clock.now() - KEPT


def _owner(person_id: int | None) -> str:
    return f"person:{person_id}" if person_id is not None else "webhooks"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    return plain and port_fits and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
