"""Calendars: weekly hours, days off and time zone, with a month to look at."""

from calendar import Calendar as Months
from datetime import date
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.calendars import editing
from app.domain.calendars.editing import Written, spans_text
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS, Week
from app.errors import Invalid, NotFound
from app.web import i18n
from app.web.dependencies import Visit, posted, text
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, seen, typed
from app.web.pages.administration.sections import administering
from app.web.pages.administration.settings import zones

router = APIRouter(prefix="/administration/calendars")
FIELDS = ("key", "name", "time_zone", *WEEKDAYS, "days_off", "month", "version")
# Some Monday; the days after it are called like all others of their weekday.
A_MONDAY = date(2024, 1, 1)
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


@router.get("")
def show_list(request: Request) -> Response:
    """List all calendars."""
    with administering(request) as it:
        rows = list(it.session.scalars(select(Calendar).order_by(Calendar.name)))
        default = it.parts.configuration.read(it.session)["default_calendar"]
        return it.page(
            "administration/calendars.html", rows=rows, default=default, spans_text=spans_text, days=weekdays()
        )


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
        values |= {"name": found.name, "time_zone": found.time_zone, "days_off": "\n".join(found.days_off)}
        values |= {"month": month, "version": str(found.version)}
        return _form(it, key, values=values, written=Written(found.name, found.time_zone, found.hours, found.days_off))


@router.post("/{key}")
def change(request: Request, key: str, data: FormData = Depends(posted)) -> Response:
    """Store a calendar, or show a month of what was typed."""
    with administering(request) as it:
        if it.session.scalar(select(Calendar.id).where(Calendar.key == key)) is None:
            raise NotFound
        return _save(it, key, data)


def _save(it: Visit, key: str, data: FormData) -> Response:
    values = typed(data, *FIELDS)

    def work() -> Response:
        written = _understood(values)
        if text(data, "do") == "preview":
            return _form(it, key, values=values, written=written)
        if key:
            editing.change(it.session, key, written, actor_id=it.identity.person_id, seen=seen(data))
        else:
            editing.add(it.session, values["key"], written, actor_id=it.identity.person_id)
        return it.to("/administration/calendars", mark("Saved."))

    return answered(it, values, work, lambda **told: _form(it, key, **told))


def _understood(values: dict[str, str]) -> Written:
    hours = {day: values[day] for day in WEEKDAYS}
    return editing.understood(values["name"], values["time_zone"], hours, values["days_off"])


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
        zones=zones(),
        month=first.strftime("%Y-%m"),
        month_name=format_date(first, "LLLL y", locale=i18n.here().locale),
        weeks=_weeks(written.week, first) if written else [],
        **{"errors": {}, "complaint_text": "", **told},
    )


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


def _weeks(week: Week, first: date) -> list[list[tuple[int, str, bool]]]:
    """Return the weeks of a month: of each day its number (0 outside the month), its hours, whether it is off."""
    return [
        [
            (day.day, _hours(week, day), day in week.days_off) if day.month == first.month else (0, "", False)
            for day in days
        ]
        for days in Months().monthdatescalendar(first.year, first.month)
    ]


def _hours(week: Week, day: date) -> str:
    spans = [(start.astimezone(week.zone), end.astimezone(week.zone)) for start, end in week.spans(day)]
    return ", ".join(f"{start:%H:%M}–{'24:00' if end.date() > day else f'{end:%H:%M}'}" for start, end in spans)
