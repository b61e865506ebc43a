"""Webhooks: one's own on the account, those of the organisation in the administration; what was sent, and once more."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.notifications import webhooks
from app.errors import Invalid
from app.web.dependencies import RowId, Visit, number, posted, query, text, visit
from app.web.i18n import mark
from app.web.notification_words import EVENTS
from app.web.pages.administration.sections import administering

OWN, OURS = "/account/webhooks", "/administration/webhooks"
# Digits of an id.
PAGE = 50
# What may be wrong with an address, as whoever posts to it says it.
_TROUBLE = (
    mark("This is no web address."),
    mark("This address is in a private network; an administrator must allow it first."),
    mark("Only https is possible outside of networks that an administrator has allowed."),
    mark("The name of this server is not known."),
    mark("This webhook is switched off."),
    mark("Its secret cannot be read with the secret key of now."),
)


def made(base: str) -> APIRouter:
    """Make the pages at an address: those of a person, or those of the organisation."""
    router = APIRouter(prefix=base)

    @contextmanager
    def opened(request: Request) -> Iterator[tuple[Visit, int | None]]:
        """Open the transaction and say whose webhooks are shown: the person's id, or None for all people's."""
        with visit(request) if base == OWN else administering(request) as it:
            yield it, it.identity.person_id if base == OWN else None

    @router.get("")
    def show(request: Request) -> Response:
        """List the webhooks, with a form for another one."""
        with opened(request) as (it, whose):
            return _list(it, base, whose)

    @router.post("")
    def register(request: Request, data: FormData = Depends(posted)) -> Response:
        """Register a webhook and show its secret, now and never again."""
        with opened(request) as (it, whose):
            events = [value for value in data.getlist("events") if isinstance(value, str)]
            url = text(data, "url")
            values: dict[str, object] = {"url": url, "events": events}
            try:
                seal = webhooks.seal_of(it.parts.settings)
                found, secret = webhooks.register(
                    it.session, seal, url, events, person_id=whose, actor_id=it.identity.person_id
                )
            except Invalid as refusal:
                return _list(it, base, whose, values=values, errors=refusal.fields, status=422)
            return _one(it, base, found.id, whose, secret=secret)

    @router.get("/{webhook_id}")
    def show_one(request: Request, webhook_id: RowId, before: str = "") -> Response:
        """Show a webhook and what was sent to it."""
        with opened(request) as (it, whose):
            return _one(it, base, webhook_id, whose, before=before)

    @router.post("/{webhook_id}")
    def change(request: Request, webhook_id: RowId, data: FormData = Depends(posted)) -> Response:
        """Switch a webhook on or off, test it, or remove it."""
        with opened(request) as (it, whose):
            found, me, does = webhooks.webhook(it.session, webhook_id, whose), it.identity.person_id, text(data, "do")
            if does == "remove":
                webhooks.remove(it.session, found, actor_id=me)
                return it.to(base, mark("The webhook was removed."))
            if does == "test":
                it.parts.webhooks.test(it.session, found)
                return it.to(f"{base}/{webhook_id}", mark("A test is on its way; load the page again for the answer."))
            if does not in ("on", "off"):
                raise Invalid({"do": ["Choose one of the answers that are offered."]})
            webhooks.switch(it.session, found, active=does == "on", actor_id=me)
            return it.to(f"{base}/{webhook_id}", mark("Saved."))

    @router.post("/{webhook_id}/deliveries/{delivery_id}")
    def send_again(
        request: Request, webhook_id: RowId, delivery_id: RowId, _data: FormData = Depends(posted)
    ) -> Response:
        """Send something once more."""
        with opened(request) as (it, whose):
            found = webhooks.webhook(it.session, webhook_id, whose)
            it.parts.webhooks.again(it.session, webhooks.delivery(it.session, found.id, delivery_id))
            return it.to(f"{base}/{webhook_id}", mark("It is sent once more; load the page again for the answer."))

    return router


def _list(
    it: Visit,
    base: str,
    whose: int | None,
    *,
    values: dict[str, object] | None = None,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    return it.page(
        "webhooks/list.html",
        status=status,
        base=base,
        own=whose is not None,
        webhooks=webhooks.webhooks_of(it.session, whose),
        events=EVENTS,
        values=values or {"url": "", "events": []},
        errors={"url": [], "events": [], **(errors or {})},
    )


def _one(it: Visit, base: str, webhook_id: int, whose: int | None, *, secret: str = "", before: str = "") -> Response:
    found = webhooks.webhook(it.session, webhook_id, whose)
    rows = webhooks.deliveries_of(it.session, found.id, before=number(before), limit=PAGE + 1)
    further = query({"before": rows[PAGE - 1].id}) if len(rows) > PAGE else ""
    return it.page(
        "webhooks/one.html",
        base=base,
        own=whose is not None,
        webhook=found,
        secret=secret,
        deliveries=rows[:PAGE],
        next=f"{base}/{found.id}{further}" if further else "",
        events=EVENTS,
    )


own, ours = made(OWN), made(OURS)
