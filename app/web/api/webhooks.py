"""Webhooks over the API: one's own under the account, and those of the organisation for administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.domain.notifications import webhooks
from app.domain.notifications.choices import EventName
from app.domain.notifications.records import Webhook, WebhookDelivery
from app.errors import Forbidden
from app.web.api.call import MOST, PAGE, Call, as_id, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE
from app.web.api.shapes import Body, Page
from app.web.api.values import Text


class WebhookBody(Body):
    """An address, and what it hears of."""

    url: Text = Field(max_length=webhooks.LONGEST_URL)
    events: list[EventName] = Field(max_length=50, description="At least one.")


class SwitchBody(Body):
    """Whether it hears of anything."""

    active: bool


class WebhookOut(BaseModel):
    """A webhook."""

    id: str
    url: str
    events: list[str]
    active: bool
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, one: Webhook) -> "WebhookOut":
        """Show a webhook."""
        return cls(
            id=str(one.id), url=one.url, events=one.events, active=one.active, created_at=one.created_at,
            disabled_at=one.disabled_at,
        )  # fmt: skip


class WebhooksOut(BaseModel):
    """Webhooks, the oldest first."""

    items: list[WebhookOut]


class RegisteredOut(WebhookOut):
    """A webhook with the secret that signs; it is told this once."""

    secret: str


class DeliveryOut(BaseModel):
    """Something that was sent, or is to be; `status` is `waiting`, `sent`, `failed` or `withheld`."""

    id: str
    identity: str = Field(description="What the receiver gets as `webhook-id`; the same however often it is sent.")
    event: str
    status: str
    attempts: int
    answer_status: int | None
    answer: str | None
    error: str | None
    payload: dict[str, Any]
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, one: WebhookDelivery) -> "DeliveryOut":
        """Show a delivery."""
        return cls(
            id=str(one.id), identity=one.identity, event=one.event, status=one.status, attempts=one.attempts,
            answer_status=one.answer_status, answer=one.answer, error=one.error, payload=one.payload,
            created_at=one.created_at, sent_at=one.sent_at,
        )  # fmt: skip


class Removed(BaseModel):
    """How many were removed."""

    count: int


def made(prefix: str, tag: str, *, own: bool) -> APIRouter:
    """Make the endpoints for a person's own webhooks, or for those of the organisation."""
    router = APIRouter(prefix=f"{BASE}{prefix}", tags=[tag], dependencies=[Depends(bearer)])

    @contextmanager
    def opened(request: Request) -> Iterator[tuple[Call, int | None]]:
        with call(request) as it:
            if not own and not it.actor.administrator:
                raise Forbidden("Only administrators may see this.")
            yield it, it.actor.person_id if own else None

    @router.get("", responses=problems())
    def list_webhooks(request: Request) -> WebhooksOut:
        """List the webhooks."""
        with opened(request) as (it, whose):
            return WebhooksOut(items=[WebhookOut.of(one) for one in webhooks.webhooks_of(it.session, whose)])

    @router.post("", status_code=201, responses=problems(409, 413))
    def register_webhook(request: Request, body: WebhookBody) -> RegisteredOut:
        """Register a webhook; its secret is told this once."""
        with opened(request) as (it, whose):
            seal = webhooks.seal_of(it.parts.settings)
            found, secret = webhooks.register(
                it.session, seal, body.url, body.events, person_id=whose, actor_id=it.actor.person_id
            )
            return RegisteredOut(**WebhookOut.of(found).model_dump(), secret=secret)

    @router.patch("/{webhook_id}", responses=problems(404, 413))
    def switch_webhook(request: Request, webhook_id: str, body: SwitchBody) -> WebhookOut:
        """Switch a webhook on or off; switched on it starts anew."""
        with opened(request) as (it, whose):
            found = webhooks.webhook(it.session, as_id(webhook_id), whose)
            webhooks.switch(it.session, found, active=body.active, actor_id=it.actor.person_id)
            return WebhookOut.of(found)

    @router.delete("/{webhook_id}", responses=problems(404))
    def remove_webhook(request: Request, webhook_id: str) -> Removed:
        """Remove a webhook with all that was sent to it."""
        with opened(request) as (it, whose):
            found = webhooks.webhook(it.session, as_id(webhook_id), whose)
            webhooks.remove(it.session, found, actor_id=it.actor.person_id)
            return Removed(count=1)

    @router.get("/{webhook_id}/deliveries", responses=problems(404))
    def list_deliveries(
        request: Request,
        webhook_id: str,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    ) -> Page[DeliveryOut]:
        """List what was sent to a webhook in the last 30 days, newest first."""
        with opened(request) as (it, whose):
            found = webhooks.webhook(it.session, as_id(webhook_id), whose)
            rows = webhooks.deliveries_of(it.session, found.id, before=read_cursor(after), limit=limit + 1)
            further = cursor(rows[limit - 1].id) if len(rows) > limit else None
            return Page(items=[DeliveryOut.of(one) for one in rows[:limit]], next=further)

    @router.post("/{webhook_id}/deliveries/{delivery_id}/send", status_code=202, responses=problems(404, 409))
    def send_again(request: Request, webhook_id: str, delivery_id: str) -> DeliveryOut:
        """Send something once more, with the same identity."""
        with opened(request) as (it, whose):
            found = webhooks.webhook(it.session, as_id(webhook_id), whose)
            row = webhooks.delivery(it.session, found.id, as_id(delivery_id))
            it.parts.webhooks.again(it.session, row)
            return DeliveryOut.of(row)

    return router


own = made("/account/webhooks", "account", own=True)
ours = made("/webhooks", "administration", own=False)
