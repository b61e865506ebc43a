"""The review calendar: a month of all that is periodic or due, and the address at which programs fetch the same."""

from calendar import Calendar as Months
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.people import feeds, identity
from app.errors import Invalid, NotFound
from app.insight.access import Viewer
from app.insight.review_calendar import Scope
from app.insight.schedules import sees_schedules
from app.web import i18n
from app.web.calendars import Shown, as_ical, called, shown
from app.web.dependencies import Visit, anonymous, parts_of, posted, query, refuse_unreadable, text, visit
from app.web.i18n import mark
from app.web.names import area_name

router = APIRouter(prefix="/calendar")
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
MOST_IN_CELL = 3
# What a feed holds: what is overdue for so long, and what comes within a year.
BACK, AHEAD = timedelta(days=90), timedelta(days=366)
FEED = "text/calendar; charset=utf-8"


@dataclass(slots=True)
class Day:
    """One day of the month with what is due on it."""

    date: date
    called: str
    today: bool
    entries: list[Shown] = field(default_factory=list)


@router.get("")
def show(request: Request, month: str = "", show: str = "mine") -> Response:
    """Show a month, day by day and as a list."""
    with visit(request) as it:
        return _page(it, month=month[:10], show=show[:200])


@router.post("")
def change_address(request: Request, data: FormData = Depends(posted)) -> Response:
    """Make the secret address of the person's calendar, which is shown now and never again; or end it."""
    with visit(request) as it:
        me, does = it.identity.person_id, text(data, "do")
        if does == "end":
            feeds.end(it.session, me)
            return it.to("/calendar", mark("The address leads nowhere any more."))
        if does != "renew":
            raise Invalid({"do": ["Choose one of the answers that are offered."]})
        return _page(it, secret=feeds.renew(it.session, me))


@router.get("/feeds/{secret}.ics")
def feed(request: Request, secret: str, show: str = "mine") -> Response:
    """Answer with what is due, as calendar programs read it; whoever knows the address is the person.

    Raises:
        NotFound: it is nobody's address, or its person has left.
    """
    refuse_unreadable(request)
    parts = parts_of(request)
    with anonymous(request) as session:
        person_id = feeds.person_by(session, secret)
        person = identity.of_person(session, person_id) if person_id is not None else None
        if person is None:
            raise NotFound
        viewer, now = Viewer.of(person), clock.now()
        with i18n.at(i18n.place(person.locale, person.time_zone)):
            scope = Scope.read(session, viewer, show)
            found = shown(session, parts, viewer, scope, now - BACK, now + AHEAD)
            name = f"{parts.configuration.organisation}: {called(session, viewer)[show]}"
            content = as_ical(found, name=name, address=parts.configuration.address)
    return Response(content, media_type=FEED, headers={"content-disposition": 'inline; filename="calendar.ics"'})


def _page(it: Visit, *, month: str = "", show: str = "mine", secret: str = "") -> Response:
    scope = Scope.read(it.session, it.viewer, show)
    zone, locale = i18n.here().zone, i18n.here().locale
    today = clock.now().astimezone(zone).date()
    first = _first(month, today)
    weeks = [
        [Day(day, format_date(day, "EEEE", locale=locale), day == today) if day.month == first.month else None
         for day in days]
        for days in Months().monthdatescalendar(first.year, first.month)
    ]  # fmt: skip
    days = {day.date: day for week in weeks for day in week if day is not None}
    start, end = (datetime.combine(day, time(), zone) for day in (first, _next(first)))
    for one in shown(it.session, it.parts, it.viewer, scope, start, end):
        days[one.entry.at.astimezone(zone).date()].entries.append(one)
    address = it.parts.configuration.address
    made = feeds.feed_of(it.session, it.identity.person_id)
    return it.page(
        "calendar.html",
        weeks=weeks,
        weekdays=[format_date(day, "EEEE", locale=locale) for day in _week()],
        agenda=[day for day in days.values() if day.entries],
        most=MOST_IN_CELL,
        month_name=format_date(first, "LLLL y", locale=locale),
        month=f"{first:%Y-%m}",
        show=show,
        choices=called(it.session, it.viewer),
        previous=query({"show": show, "month": f"{first - timedelta(days=1):%Y-%m}"}),
        following=query({"show": show, "month": f"{_next(first):%Y-%m}"}),
        leads=sees_schedules(it.viewer),
        made=made,
        feed=f"{address}/calendar/feeds/{secret}.ics" if secret else "",
        for_each=[(key, name) for key, name in called(it.session, it.viewer).items() if key != "mine"],
        long_date=_long,
        area_name=area_name,
    )


def _long(day: date) -> str:
    return str(format_date(day, "full", locale=i18n.here().locale))


def _first(month: str, today: date) -> date:
    try:
        first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return first if EARLIEST <= first < LATEST else today.replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _week() -> list[date]:
    # Some Monday and the days after it.
    return [date(2024, 1, number) for number in range(1, 8)]
