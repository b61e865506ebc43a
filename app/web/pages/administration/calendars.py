"""Calendars: weekly hours, holidays, exceptions and time zone, with a month to look at."""

from calendar import Calendar as Months
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.calendars import editing, regions, use
from app.domain.calendars.editing import Written, exceptions_text, spans_text
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS, Week
from app.errors import Invalid, NotFound
from app.insight.calendar_users import users
from app.web import i18n
from app.web.dependencies import Visit, posted, text
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, seen, typed
from app.web.pages.administration.sections import administering
from app.web.pages.administration.settings import zones

router = APIRouter(prefix="/administration/calendars")
FIELDS = ("key", "name", "time_zone", *WEEKDAYS, "region", "exceptions", "month", "version")
# Some Monday; the days after it are called like all others of their weekday.
A_MONDAY = date(2024, 1, 1)
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
STEPS = {"preview": 0, "previous": -1, "next": 1}
"""Buttons that show a month instead of storing anything, and how far it is from the chosen one."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the month that is shown."""

    number: int
    hours: list[str]
    holiday: str
    exception: bool
    remark: str
    today: bool


@router.get("")
def show_list(request: Request) -> Response:
    """List all calendars."""
    with administering(request) as it:
        rows = list(it.session.scalars(select(Calendar).order_by(Calendar.name)))
        default = it.parts.configuration.read(it.session)["default_calendar"]
        return it.page(
            "administration/calendars.html", rows=rows, default=default, spans_text=spans_text, days=weekdays(),
            called=lambda region: regions.title(region, i18n.here().language),
        )  # fmt: skip


@router.get("/new")
def show_new(request: Request) -> Response:
    """Show an empty form."""
    with administering(request) as it:
        hours = dict.fromkeys(WEEKDAYS[:5], "08:00-17:00")
        return _form(it, "", values={"time_zone": it.parts.configuration.default_time_zone, **hours})


@router.post("/new")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store a new calendar, or show a month of it."""
    with administering(request) as it:
        return _save(it, "", data)


@router.get("/{key}")
def show(request: Request, key: str, month: str = "") -> Response:
    """Show a calendar and a month of it."""
    with administering(request) as it:
        found = it.session.scalars(select(Calendar).where(Calendar.key == key)).first()
        if found is None:
            raise NotFound
        values = {day: spans_text(found.hours.get(day, [])) for day in WEEKDAYS}
        values |= {"name": found.name, "time_zone": found.time_zone, "region": found.region}
        values |= {"exceptions": exceptions_text(found.exceptions), "month": month, "version": str(found.version)}
        return _form(it, key, values=values, written=Written.of(found))


@router.post("/{key}")
def change(request: Request, key: str, data: FormData = Depends(posted)) -> Response:
    """Store a calendar, or show a month of what was typed."""
    with administering(request) as it:
        if it.session.scalar(select(Calendar.id).where(Calendar.key == key)) is None:
            raise NotFound
        return _save(it, key, data)


@router.post("/{key}/remove")
def remove(request: Request, key: str, data: FormData = Depends(posted)) -> Response:
    """Remove a calendar that nobody uses."""
    with administering(request) as it:
        if it.session.scalar(select(Calendar.id).where(Calendar.key == key)) is None:
            raise NotFound
        values = typed(data, *FIELDS)

        def work() -> Response:
            me, default = it.identity.person_id, it.parts.configuration.read(it.session)["default_calendar"] or ""
            use.remove(it.session, key, actor_id=me, seen=seen(data), default=default, users=users)
            return it.to("/administration/calendars", mark("Removed."))

        return answered(it, values, work, lambda **told: _form(it, key, **told))


def _save(it: Visit, key: str, data: FormData) -> Response:
    values = typed(data, *FIELDS)

    def work() -> Response:
        written = _understood(values)
        if (do := text(data, "do")) in STEPS:
            values["month"] = f"{_beside(_first(values['month']), STEPS[do]):%Y-%m}"
            return _form(it, key, values=values, written=written)
        if key:
            editing.change(it.session, key, written, actor_id=it.identity.person_id, seen=seen(data))
        else:
            editing.add(it.session, values["key"], written, actor_id=it.identity.person_id)
        return it.to("/administration/calendars", mark("Saved."))

    return answered(it, values, work, lambda **told: _form(it, key, **told))


def _understood(values: dict[str, str]) -> Written:
    hours = {day: values[day] for day in WEEKDAYS}
    return editing.understood(values["name"], values["time_zone"], hours, values["exceptions"], values["region"])


def _form(it: Visit, key: str, *, status: int = 200, written: Written | None = None, **told: Any) -> Response:
    values = told["values"]
    if written is None:
        try:
            written = _understood({name: values.get(name, "") for name in FIELDS})
        except Invalid:
            written = None
    first = _first(values.get("month", ""))
    return it.page(
        "administration/calendar.html",
        status=status,
        key=key,
        days=weekdays(),
        users=_users(it, key),
        zones=zones(),
        regions=regions.choices(i18n.here().language),
        month=first.strftime("%Y-%m"),
        month_name=format_date(first, "LLLL y", locale=i18n.here().locale),
        weeks=_weeks(written.week, first) if written else [],
        **{"errors": {}, "complaint_text": "", **told},
    )


def _users(it: Visit, key: str) -> list[str]:
    found = it.session.scalar(select(Calendar).where(Calendar.key == key)) if key else None
    return users(it.session, found) if found is not None else []


def weekdays() -> list[tuple[str, str]]:
    """Return the weekdays, each with what it is called."""
    locale = i18n.here().locale
    return [
        (key, format_date(A_MONDAY.replace(day=number), "EEEE", locale=locale))
        for number, key in enumerate(WEEKDAYS, start=1)
    ]


def _first(month: str) -> date:
    today = clock.now().astimezone(i18n.here().zone).date()
    try:
        first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return first if EARLIEST <= first <= LATEST else today.replace(day=1)


def _beside(first: date, months: int) -> date:
    place = first.year * 12 + first.month - 1 + months
    return min(max(date(place // 12, place % 12 + 1, 1), EARLIEST), LATEST)


def _weeks(week: Week, first: date) -> list[list[Day | None]]:
    """Return the weeks of a month; None are days of other months."""
    today = clock.now().astimezone(week.zone).date()
    months = Months().monthdatescalendar(first.year, first.month)
    return [[_day(week, day, today) if day.month == first.month else None for day in days] for days in months]


def _day(week: Week, day: date, today: date) -> Day:
    special = week.exception(day)
    return Day(
        day.day,
        [f"{editing.clock(start)}–{editing.clock(end)}" for start, end in week.minutes(day)],
        week.holiday(day, i18n.here().language),
        special is not None,
        special.remark if special is not None else "",
        day == today,
    )
