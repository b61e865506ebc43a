"""Calendars over the API: what they say, any month as it will be; administrators change them and choose them."""

from calendar import monthrange
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from app.domain.calendars import editing, use
from app.domain.calendars.editing import LONGEST_NAME, LONGEST_REMARK, MOST_EXCEPTIONS, Written
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS, Week
from app.domain.people.fresh import take_turns
from app.domain.people.records import Person, Team
from app.errors import Forbidden, NotFound
from app.insight.calendar_users import users
from app.web import i18n
from app.web.api.call import Call, as_id, bearer, call, problems
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body
from app.web.api.values import Text

router = APIRouter(prefix=BASE, tags=["calendars"], dependencies=[Depends(bearer)], route_class=ApiRoute)
Time = Annotated[Text, Field(max_length=5, pattern=r"^\d{1,2}:\d{2}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Spans = Annotated[list[Annotated[list[Time], Field(min_length=2, max_length=2)]], Field(max_length=24)]


class ExceptionBody(Body):
    """Dates, the last one included, on which other hours count; without any hours it is closed."""

    # Dates come as texts, which strict checks would refuse.
    first: date = Field(strict=False)
    last: date = Field(strict=False)
    hours: Spans
    remark: Text = Field("", max_length=LONGEST_REMARK)


class CalendarBody(Body):
    """What a calendar says, and the version that it was made from."""

    version: int = Field(ge=0, le=2**31 - 1, description="As you read it; 0 for a new calendar.")
    name: Text = Field(max_length=LONGEST_NAME)
    time_zone: Text = Field(max_length=100)
    hours: dict[Weekday, Spans] = Field(
        max_length=len(WEEKDAYS), description='By weekday, `mon` to `sun`: `{"mon": [["08:00", "17:00"]]}`.'
    )
    region: Text = Field("", max_length=100, description="Whose public holidays are off (`DE-SH`); empty for none.")
    exceptions: list[ExceptionBody] = Field(default_factory=list, max_length=MOST_EXCEPTIONS)


class ExceptionOut(BaseModel):
    """Dates on which other hours count than by weekday or holiday; closed without any."""

    first: date
    last: date
    hours: list[list[str]]
    remark: str


class CalendarOut(BaseModel):
    """A calendar."""

    key: str
    name: str
    time_zone: str
    hours: dict[str, list[list[str]]]
    region: str
    exceptions: list[ExceptionOut]
    default: bool = Field(description="Whether it counts where none is named.")
    version: int


class CalendarsOut(BaseModel):
    """All calendars, by name."""

    items: list[CalendarOut]


class DayOut(BaseModel):
    """A day: its hours by the clock of the calendar's time zone, and why they are as they are."""

    date: date
    hours: list[list[str]]
    holiday: str = Field(description="What the public holiday is called in your language; empty without one.")
    exception: bool
    remark: str


class MonthOut(BaseModel):
    """The days of a month."""

    days: list[DayOut]


class CalendarRemoved(BaseModel):
    """Which calendar is gone."""

    key: str


class ChosenBody(Body):
    """The calendar that somebody works by; null for none of their own."""

    calendar: Text | None = Field(max_length=64)


class ChosenOut(BaseModel):
    """The calendar that somebody works by."""

    calendar: str | None


@router.get("/calendars", responses=problems(403))
def list_calendars(request: Request) -> CalendarsOut:
    """List all calendars; for those who have a part in the work."""
    with call(request) as it:
        _refuse_outsiders(it)
        rows = it.session.scalars(select(Calendar).order_by(Calendar.name, Calendar.key))
        return CalendarsOut(items=[_shown(it, row) for row in rows])


@router.get("/calendars/{key}", responses=problems(403, 404))
def read_calendar(request: Request, key: str) -> CalendarOut:
    """Read a calendar; for those who have a part in the work."""
    with call(request) as it:
        _refuse_outsiders(it)
        return _shown(it, _found(it, key))


@router.get("/calendars/{key}/months/{month}", responses=problems(403, 404))
def read_month(
    request: Request,
    key: str,
    month: Annotated[str, Path(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", examples=["2026-12"])],
) -> MonthOut:
    """Read the days of a month (`2026-12`) as they will be; for those who have a part in the work."""
    with call(request) as it:
        _refuse_outsiders(it)
        week = Written.of(_found(it, key)).week
        year, number = (int(part) for part in month.split("-"))
        days = (date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1))
        return MonthOut(days=[_day(week, day) for day in days])


@router.put("/calendars/{key}", responses=problems(403, 404, 409, 413))
def put_calendar(request: Request, key: str, body: CalendarBody) -> CalendarOut:
    """Store a calendar, a new one with version 0; for administrators. Timers that say so move with it."""
    with call(request) as it:
        _refuse_others(it)
        hours: dict[str, str] = {day: editing.spans_text(spans) for day, spans in body.hours.items()}
        exceptions = [(one.first, one.last, editing.spans_text(one.hours), one.remark) for one in body.exceptions]
        written = editing.understood(body.name, body.time_zone, hours, exceptions, body.region)
        if body.version:
            editing.change(it.session, key, written, actor_id=it.actor.person_id, seen=body.version)
        else:
            editing.add(it.session, key, written, actor_id=it.actor.person_id)
        return _shown(it, _found(it, key))


@router.delete("/calendars/{key}", responses=problems(403, 404, 409))
def remove_calendar(request: Request, key: str, version: Annotated[int, Query(ge=0, le=2**31 - 1)]) -> CalendarRemoved:
    """Remove a calendar that nobody uses, as you read it (`version`); for administrators."""
    with call(request) as it:
        _refuse_others(it)
        use.remove(it.session, key, actor_id=it.actor.person_id, seen=version, default=_default(it), users=users)
        return CalendarRemoved(key=key)


@router.put("/teams/{key}/calendar", responses=problems(403, 404, 409, 413))
def choose_for_team(request: Request, key: str, body: ChosenBody) -> ChosenOut:
    """Let a team work by a calendar; for administrators."""
    with call(request) as it:
        _refuse_others(it)
        take_turns(it.session, "teams")
        return _give(it, it.session.scalar(select(Team).where(Team.key == key.removeprefix("team."))), body)


@router.put("/people/{person_id}/calendar", responses=problems(403, 404, 409, 413))
def choose_for_person(request: Request, person_id: str, body: ChosenBody) -> ChosenOut:
    """Let a person work by a calendar; for administrators."""
    with call(request) as it:
        _refuse_others(it)
        take_turns(it.session, "people")
        return _give(it, it.session.get(Person, as_id(person_id)), body)


def _give(it: Call, whom: Team | Person | None, body: ChosenBody) -> ChosenOut:
    if whom is None:
        raise NotFound
    use.give(it.session, whom, body.calendar or "", actor_id=it.actor.person_id)
    return ChosenOut(calendar=body.calendar or None)


def _found(it: Call, key: str) -> Calendar:
    found = it.session.scalars(select(Calendar).where(Calendar.key == key)).first()
    if found is None:
        raise NotFound
    return found


def _shown(it: Call, row: Calendar) -> CalendarOut:
    exceptions = [
        ExceptionOut(first=one["from"], last=one["to"], hours=one["hours"], remark=one["remark"])
        for one in row.exceptions
    ]
    return CalendarOut(
        key=row.key, name=row.name, time_zone=row.time_zone, hours=row.hours, region=row.region,
        exceptions=exceptions, default=row.key == _default(it), version=row.version,
    )  # fmt: skip


def _day(week: Week, day: date) -> DayOut:
    special = week.exception(day)
    return DayOut(
        date=day, hours=[[editing.clock(start), editing.clock(end)] for start, end in week.minutes(day)],
        holiday=week.holiday(day, i18n.here().language), exception=special is not None,
        remark=special.remark if special is not None else "",
    )  # fmt: skip


def _default(it: Call) -> str:
    return it.parts.configuration.default_calendar


def _refuse_outsiders(it: Call) -> None:
    if not it.viewer.knows_people:
        raise Forbidden("Only who has a part in the work may look calendars up.")


def _refuse_others(it: Call) -> None:
    if not it.actor.administrator:
        raise Forbidden("Only administrators may do this.")
