"""What one is told, over the API: the list, marking as read, and how one wants to be told."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.domain.notifications import choices, news
from app.domain.notifications.choices import Choice, EventName, Hours, Mail
from app.insight import told
from app.insight.told import Told
from app.web.api.call import MOST, PAGE, Call, as_id, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE
from app.web.api.shapes import Body, Page
from app.web.api.values import Text

# In hours and minutes by one's own clock: what JSON Schema calls a time has a zone.
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

router = APIRouter(prefix=BASE, tags=["notifications"], dependencies=[Depends(bearer)])


class NotificationOut(BaseModel):
    """One notification; `path` leads to what it is about, empty where you may no longer know of that."""

    id: str
    event: str
    number: str
    title: str
    excerpt: str
    path: str
    at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, one: Told) -> "NotificationOut":
        """Show a notification."""
        return cls(
            id=str(one.id), event=one.event, number=one.number, title=one.title, excerpt=one.excerpt, path=one.path,
            at=one.at, read_at=one.read_at,
        )  # fmt: skip


class ReadBody(Body):
    """Which ones to mark as read; without ids all of them."""

    ids: list[Annotated[Text, Field(max_length=18)]] | None = Field(None, max_length=1000)


class Marked(BaseModel):
    """How many were unread before."""

    count: int


class ChoiceBody(Body):
    """How to be told of an event."""

    page: bool
    mail: Mail


class PreferencesBody(Body):
    """How one wants to be told: event by event, quiet hours by one's own clock, the hour of the daily mail."""

    events: dict[EventName, ChoiceBody] = Field(default_factory=dict)
    quiet_from: TimeOfDay | None = Field(None, description="No mails from this time of day (`22:00`)…")
    quiet_until: TimeOfDay | None = Field(None, description="… until this one.")
    quiet_weekends: bool = False
    digest_hour: int = Field(choices.FIRST_HOUR, ge=0, le=23)


class ChoiceOut(BaseModel):
    """How one is told of an event."""

    page: bool
    mail: Mail


class PreferencesOut(BaseModel):
    """How one is told: of each event, quiet hours by one's own clock, the hour of the daily mail."""

    events: dict[EventName, ChoiceOut]
    quiet_from: TimeOfDay | None
    quiet_until: TimeOfDay | None
    quiet_weekends: bool
    digest_hour: int


@router.get("/notifications", responses=problems())
def list_notifications(
    request: Request,
    unread: Annotated[bool, Query(description="Only what is not read yet.")] = False,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[NotificationOut]:
    """List what you were told and may still know of, newest first."""
    with call(request) as it:
        rows = told.told(it.session, it.viewer, unread=unread, before=read_cursor(after), limit=limit + 1)
        shown = rows[:limit]
        further = cursor(shown[-1].id) if len(rows) > limit else None
        return Page(items=[NotificationOut.of(one) for one in shown], next=further)


@router.post("/notifications/read", responses=problems(409, 413))
def mark_as_read(request: Request, body: ReadBody) -> Marked:
    """Mark notifications of yours as read; ids that are not yours count for nothing."""
    with call(request) as it:
        ids = [int(one) for one in body.ids if one.isascii() and one.isdecimal()] if body.ids is not None else None
        return Marked(count=news.mark_read(it.session, it.actor.person_id, ids))


@router.post("/notifications/{notification_id}/unread", responses=problems(404, 409))
def mark_as_unread(request: Request, notification_id: str) -> NotificationOut:
    """Mark a notification as unread again."""
    with call(request) as it:
        found = told.find(it.session, it.viewer, as_id(notification_id))
        news.mark_unread(it.session, it.actor.person_id, found.id)
        return NotificationOut.of(told.find(it.session, it.viewer, found.id))


@router.get("/account/notifications", responses=problems())
def read_preferences(request: Request) -> PreferencesOut:
    """Read how you want to be told."""
    with call(request) as it:
        return _preferences(it)


@router.put("/account/notifications", responses=problems(413))
def set_preferences(request: Request, body: PreferencesBody) -> PreferencesOut:
    """Choose how you want to be told; events that are not named stay as they are."""
    with call(request) as it:
        wanted = {event: Choice(one.page, one.mail) for event, one in body.events.items()}
        hours = Hours(
            _minute(body.quiet_from), _minute(body.quiet_until), body.quiet_weekends, body.digest_hour
        )  # fmt: skip
        choices.choose(it.session, it.actor.person_id, wanted, hours)
        return _preferences(it)


def _preferences(it: Call) -> PreferencesOut:
    me = it.actor.person_id
    hours = choices.hours_of(it.session, [me]).get(me) or Hours()
    table = choices.table_of(it.session, me)
    values: dict[str, Any] = {event: ChoiceOut(page=one.page, mail=one.mail) for event, one in table.items()}
    return PreferencesOut(
        events=values,
        quiet_from=_time(hours.quiet_from),
        quiet_until=_time(hours.quiet_until),
        quiet_weekends=hours.quiet_weekends,
        digest_hour=hours.digest_hour,
    )


def _minute(at: str | None) -> int | None:
    return int(at[:2]) * 60 + int(at[3:]) if at is not None else None


def _time(minute: int | None) -> str | None:
    return f"{minute // 60:02}:{minute % 60:02}" if minute is not None else None
