"""How a person wants to be told: event by event, when not to be disturbed, at which hour the daily mail comes."""

import re

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.notifications import choices
from app.domain.notifications.choices import Choice, EventName, Hours
from app.domain.people.records import Person
from app.errors import Invalid, Message
from app.web.dependencies import Visit, posted, text, visit
from app.web.i18n import mark
from app.web.notification_words import EVENTS, MAILS

router = APIRouter()
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?", re.ASCII)


@router.get("/account/notifications")
def show(request: Request) -> Response:
    """Show what the person has chosen."""
    with visit(request) as it:
        me = it.identity.person_id
        hours = choices.hours_of(it.session, [me]).get(me) or Hours()
        values = {
            "quiet_from": _written(hours.quiet_from),
            "quiet_until": _written(hours.quiet_until),
            "quiet_weekends": "1" if hours.quiet_weekends else "",
            "digest_hour": str(hours.digest_hour),
        }
        return _page(it, choices.table_of(it.session, me), values)


@router.post("/account/notifications")
def keep(request: Request, data: FormData = Depends(posted)) -> Response:
    """Keep the choice."""
    with visit(request) as it:
        wanted: dict[EventName, Choice] = {
            event: Choice(text(data, f"page:{event}") == "1", text(data, f"mail:{event}"))  # type: ignore[arg-type]
            for event in choices.EVENTS
        }
        values = {
            name: text(data, name)[:10] for name in ("quiet_from", "quiet_until", "quiet_weekends", "digest_hour")
        }
        try:
            hour = values["digest_hour"]
            hours = Hours(
                _minute("quiet_from", values["quiet_from"]),
                _minute("quiet_until", values["quiet_until"]),
                values["quiet_weekends"] == "1",
                int(hour) if hour.isascii() and hour.isdecimal() and len(hour) < 3 else -1,
            )
            choices.choose(it.session, it.identity.person_id, wanted, hours)
        except Invalid as refusal:
            return _page(it, wanted, values, errors=refusal.fields, status=422)
        return it.to("/account/notifications", mark("Saved."))


def _page(
    it: Visit,
    table: dict[EventName, Choice],
    values: dict[str, str],
    *,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    address = it.session.get_one(Person, it.identity.person_id).email
    return it.page(
        "account/notifications.html",
        status=status,
        table=table,
        events=EVENTS,
        mails=MAILS,
        values=values,
        errors=errors or {},
        address=address,
        complaint=mark("Some answers need another look.") if errors else "",
    )


def _minute(name: str, written: str) -> int | None:
    if not written:
        return None
    match = _TIME.fullmatch(written)
    if match is None:
        raise Invalid({name: [Message("Write a time like 18:30.")]})
    return int(match[1]) * 60 + int(match[2])


def _written(minute: int | None) -> str:
    return f"{minute // 60:02}:{minute % 60:02}" if minute is not None else ""
