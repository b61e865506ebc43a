"""Sending to webhooks: signed, tried again later, given up at last, and switched off where nobody ever answers."""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.domain.notifications import webhooks
from app.domain.notifications.news import News, Notifier, StillConcerns
from app.domain.notifications.of_roles import THREAD
from app.domain.notifications.records import Notification, Webhook, WebhookDelivery
from app.domain.notifications.webhooks import SEND, WebhookSettings
from app.domain.people.credentials.sealing import Unreadable
from app.domain.people.records import Person
from app.errors import Message, Unavailable, Undeliverable
from app.jobs.queue import Queue

# Deliveries given up in a row (each was tried for more than an hour) after which a webhook is switched off.
MOST_FAILURES = 3


class Answered(Protocol):
    """What a server answered."""

    @property
    def status(self) -> int: ...

    @property
    def text(self) -> str: ...


class Poster(Protocol):
    """Posts to web addresses; `app.integrations.webhook.Poster` is the real one."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Post a body and return the answer.

        Raises:
            Undeliverable: this address may not be posted to.
            Unavailable: nobody answers.
        """
        ...


class WebhookSender:
    """Carries out the jobs that send to webhooks."""

    def __init__(
        self,
        database: Database,
        poster: Poster,
        settings: WebhookSettings,
        notifier: Notifier,
        may_know: StillConcerns,
    ) -> None:
        """`may_know` tells whether a person may still know of what their webhook is about to be told."""
        self._database = database
        self._poster = poster
        self._settings = settings
        self._notifier = notifier
        self._may_know = may_know

    def register_jobs(self, queue: Queue) -> None:
        """Tell the queue how deliveries are sent and given up."""
        queue.register(SEND, self._send, on_give_up=self._give_up)

    def _send(self, arguments: dict[str, Any], attempt: int) -> None:
        with self._database.transaction() as session:
            prepared = self._prepared(session, int(arguments["delivery"]))
        if prepared is None:
            return
        url, body, headers = prepared
        status, text, error = None, None, None
        # No transaction is open meanwhile: a slow server holds no lock and no connection.
        try:
            answer = self._poster.post(url, body, headers)
            status, text = answer.status, answer.text
        except (Undeliverable, Unavailable) as trouble:
            error = trouble.message
        good = status is not None and 200 <= status < 300
        with self._database.transaction() as session:
            row = session.get(WebhookDelivery, int(arguments["delivery"]), with_for_update=LOCKED)
            if row is None:
                return
            row.attempts += 1
            row.answer_status, row.answer, row.error, row.sent_at = status, text, error, clock.now()
            if good:
                row.status = "sent"
                session.get_one(Webhook, row.webhook_id, with_for_update=LOCKED).failures = 0
            session.flush()
        if not good:
            raise Unavailable(error or f"The server answered {status}.")

    def _prepared(self, session: Session, delivery_id: int) -> tuple[str, bytes, dict[str, str]] | None:
        row = session.get(WebhookDelivery, delivery_id)
        webhook = session.get(Webhook, row.webhook_id) if row is not None else None
        if row is None or webhook is None or row.status != "waiting":
            return None
        if not webhook.active:
            row.status, row.error = "failed", "This webhook is switched off."
            return None
        told = session.get(Notification, row.notification_id) if row.notification_id is not None else None
        if told is not None and not self._may_know(session, told):
            row.status = "withheld"
            return None
        try:
            owner = f"person:{webhook.person_id}" if webhook.person_id is not None else "webhooks"
            secret = webhooks.seal_of(self._settings).open(webhook.secret, owner)
        except Unreadable:
            row.status, row.error = "failed", "Its secret cannot be read with the secret key of now."
            return None
        at = int(clock.now().timestamp())
        body = orjson.dumps({"id": row.identity, **row.payload})
        headers = {
            "content-type": "application/json",
            "user-agent": "Stellwerk",
            "webhook-id": row.identity,
            "webhook-timestamp": str(at),
            "webhook-signature": webhooks.signature(secret, row.identity, at, body),
        }
        return webhook.url, body, headers

    def _give_up(self, arguments: dict[str, Any], error: str) -> None:
        with self._database.transaction() as session:
            row = session.get(WebhookDelivery, int(arguments["delivery"]), with_for_update=LOCKED)
            if row is None or row.status != "waiting":
                return
            row.status = "failed"
            webhook = session.get_one(Webhook, row.webhook_id, with_for_update=LOCKED)
            webhook.failures += 1
            if webhook.active and webhook.failures >= MOST_FAILURES:
                webhooks.switch(session, webhook, active=False, actor_id=None)
                self._tell(session, webhook, row)
            session.flush()

    def _tell(self, session: Session, webhook: Webhook, row: WebhookDelivery) -> None:
        if webhook.person_id is not None:
            people, path = [webhook.person_id], "/account/webhooks"
        else:
            query = select(Person.id).where(Person.administrator, Person.active)
            people, path = list(session.scalars(query)), "/administration/webhooks"
        reason = row.error or Message("The server answered {status}.", status=str(row.answer_status))
        news = News(
            event="webhook.disabled", key=f"webhook:{webhook.id}:{row.id}", text="webhook.disabled", number=THREAD,
            path=f"{path}/{webhook.id}", values={"title": webhook.url}, spoken={"reason": reason}, excerpt=webhook.url,
        )  # fmt: skip
        self._notifier.tell(session, news, people)
