"""The agreed times of a record: each target clock line by line, and what it would show by another priority."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.domain.calendars import regions
from app.domain.calendars.editing import spans_text
from app.domain.calendars.records import Calendar
from app.insight import clock_view, record_view
from app.web import clock_words, i18n
from app.web.dependencies import visit
from app.web.pages.administration.calendars import weekdays
from app.web.pages.record import find

router = APIRouter()


@router.get("/records/{kind_key}/{number}/times")
def show(request: Request, kind_key: str, number: str) -> Response:
    """Explain the clocks of a record."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        standing = record_view.standing_of(it.session, it.viewer, record.id)
        found = clock_view.explained(it.session, it.viewer, record, inside=standing.inside)
        return it.page(
            "records/times.html", kind=kind, record=record, clocks=found, words=clock_words, hours=hours,
            inside=standing.inside, called=lambda region: regions.title(region, i18n.here().language),
        )  # fmt: skip


def hours(calendar: Calendar) -> str:
    """Write the weekly hours of a calendar; days that follow each other and are alike stand together."""
    groups: list[tuple[str, str, str]] = []
    for key, name in weekdays():
        spans = spans_text(calendar.hours.get(key, []))
        if groups and groups[-1][2] == spans:
            groups[-1] = (groups[-1][0], name, spans)
        else:
            groups.append((name, name, spans))
    return "; ".join(
        f"{first if first == last else f'{first} – {last}'} {spans}" for first, last, spans in groups if spans
    )
