"""The review calendar over the API: open tasks by their due times, and times at which schedules start cases."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from app import clock
from app.errors import Invalid, Message
from app.insight.review_calendar import Entry, Scope, entries
from app.web.api.call import bearer, call, problems
from app.web.api.routing import BASE, ApiRoute

router = APIRouter(prefix=f"{BASE}/calendar", tags=["schedules"], dependencies=[Depends(bearer)], route_class=ApiRoute)
USUAL, MOST = timedelta(days=31), timedelta(days=366)


class EntryOut(BaseModel):
    """Something at a time: a `task` that is due, or a `schedule` that starts cases."""

    kind: str
    id: str
    at: datetime
    name: str = Field(description="A task's name, or the key of the diagram that is started.")
    area: str
    case: str | None
    record: str | None
    title: str | None


class CalendarOut(BaseModel):
    """What is due in a span of time, earliest first."""

    items: list[EntryOut]


@router.get("", responses=problems(404))
def read_calendar(
    request: Request,
    since: Annotated[AwareDatetime | None, Query(description="From now on without it.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="A month later without it; a year at most.")] = None,
    show: Annotated[str, Query(max_length=200, description="`mine`, `all`, `team.<key>` or `area.<key>`.")] = "mine",
) -> CalendarOut:
    """Tell what is due for you, a team of yours or a process."""
    start = since or clock.now()
    end = until or start + USUAL
    if not timedelta(0) < end - start <= MOST:
        raise Invalid({"until": [Message("Choose a span of at most a year.")]})
    with call(request) as it:
        scope = Scope.read(it.session, it.viewer, show)
        found = entries(it.session, it.parts.schedules, it.viewer, scope, start, end)
        return CalendarOut(items=[_out(entry) for entry in found])


def _out(entry: Entry) -> EntryOut:
    return EntryOut(
        kind=entry.kind, id=str(entry.id), at=entry.at, name=entry.name, area=entry.area,
        case=(entry.number or None) if entry.kind == "task" else None,
        record=(entry.number or None) if entry.kind == "schedule" else None, title=entry.title or None,
    )  # fmt: skip
