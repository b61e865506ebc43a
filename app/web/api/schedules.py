"""Schedules over the API: what starts by itself, when, how it went; override, pause, go on, run now."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.insight import schedules as looking
from app.insight.schedules import Doing, Hand, Happened, find_schedule
from app.web.api.call import Call, as_id, bearer, call, cursor, once, problems, read_cursor
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body
from app.web.api.values import Text
from app.web.i18n import tell

router = APIRouter(prefix=f"{BASE}/schedules", tags=["schedules"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class SeenBody(Body):
    """The version of the schedule that you saw; another one now is a conflict."""

    version: int = Field(ge=0, le=2**31 - 1)


class BecauseBody(SeenBody):
    """And why; the reason stands in the journal."""

    reason: Text = Field(max_length=1000)


class OverrideBody(BecauseBody):
    """What counts instead of what is drawn; what is left out is as drawn."""

    expression: Text | None = Field(None, max_length=200, description='`cron("0 9 * * MON")`, `R/P1M`, …')
    calendar: Text | None = Field(None, max_length=64, description="Key of a calendar; empty: every day counts.")
    misfire: Text | None = Field(None, max_length=20, description="`fire_once`, `fire_all` or `skip`.")


class ScheduleOut(BaseModel):
    """A timer start event of a published diagram."""

    id: str
    diagram: str
    element: str
    area: str
    diagram_version: int
    expression: str = Field(description="As it counts now, like `calendar` and `misfire`.")
    calendar: str
    misfire: str
    time_zone: str
    for_each: str = Field(description="The query that finds the subjects; empty: one case each time.")
    drawn: dict[str, str]
    override: dict[str, str] | None
    override_reason: str | None
    paused_at: datetime | None
    pause_reason: str | None
    ended_at: datetime | None
    next_due: datetime | None
    next_times: list[datetime] = Field(description="The next ten; empty in lists.")
    late: bool
    last_fired_at: datetime | None
    last_due: datetime | None
    last_subjects: int | None
    failed: int = Field(description="For so many subjects of the last run no case could be started, or it is stuck.")
    waiting: int
    problem: str | None
    version: int


class ScheduleList(BaseModel):
    """All schedules of the processes that you run."""

    items: list[ScheduleOut]
    next: str | None = None


class OccurrenceOut(BaseModel):
    """One firing, for one subject where there are such."""

    id: str
    subject: str
    record: str | None
    due_at: datetime
    fired_at: datetime
    status: str = Field(description="`waiting`, `started`, `failed` or `skipped`.")
    case: str | None
    error: str | None
    missed: int = Field(description="For how many earlier times it stands.")
    by: str | None


class OccurrenceList(BaseModel):
    """Occurrences, newest first."""

    items: list[OccurrenceOut]
    next: str | None


@router.get("", responses=problems())
def list_schedules(
    request: Request,
    area: Annotated[str, Query(max_length=100)] = "",
    ended: Annotated[bool, Query(description="Those that have ended instead.")] = False,
) -> ScheduleList:
    """List the schedules of the processes that you run, those that come next first."""
    with call(request) as it:
        found = looking.schedules(it.session, it.viewer, area=area, ended=ended)
        return ScheduleList(items=[_out(it, doing) for doing in found])


@router.get("/{schedule_id}", responses=problems(404))
def read_schedule(request: Request, schedule_id: str) -> ScheduleOut:
    """Read one schedule with its next ten times."""
    with call(request) as it:
        return _whole(it, schedule_id)


@router.get("/{schedule_id}/occurrences", responses=problems(404))
def list_occurrences(
    request: Request, schedule_id: str, after: Annotated[str | None, Query(max_length=100)] = None
) -> OccurrenceList:
    """List what became of a schedule's occurrences."""
    with call(request) as it:
        one = find_schedule(it.session, it.viewer, as_id(schedule_id)).schedule
        found, more = looking.occurrences(it.session, it.viewer, one, before=read_cursor(after))
        return OccurrenceList(items=[_happened(each) for each in found], next=cursor(more))


@router.post("/{schedule_id}/override", responses=problems(404, 409))
def override_schedule(request: Request, schedule_id: str, body: OverrideBody) -> ScheduleOut:
    """Let other values count than those drawn; none of them takes an override back."""
    given = body.model_dump(include={"expression", "calendar", "misfire"}, exclude_none=True)
    with call(request) as it:
        _hand(it).override(as_id(schedule_id), given, body.reason, seen=body.version)
        return _whole(it, schedule_id)


@router.post("/{schedule_id}/pause", responses=problems(404, 409))
def pause_schedule(request: Request, schedule_id: str, body: BecauseBody) -> ScheduleOut:
    """Let nothing be due until it goes on."""
    with call(request) as it:
        _hand(it).pause(as_id(schedule_id), body.reason, seen=body.version)
        return _whole(it, schedule_id)


@router.post("/{schedule_id}/resume", responses=problems(404, 409))
def resume_schedule(request: Request, schedule_id: str, body: SeenBody) -> ScheduleOut:
    """Let it go on from now; what would have been due meanwhile is not made up for."""
    with call(request) as it:
        _hand(it).resume(as_id(schedule_id), seen=body.version)
        return _whole(it, schedule_id)


@router.post("/{schedule_id}/run", responses=problems(404, 409))
def run_schedule(request: Request, schedule_id: str, body: SeenBody) -> ScheduleOut:
    """Fire it out of turn; its next time stays. With an `Idempotency-Key` a repeated call gets the first answer."""
    with call(request) as it:

        def work() -> dict[str, Any]:
            _hand(it).run_now(as_id(schedule_id), seen=body.version)
            it.session.flush()
            return _whole(it, schedule_id).model_dump(mode="json")

        return ScheduleOut.model_validate(once(it, request, body.model_dump(), work))


def _hand(it: Call) -> Hand:
    return Hand(it.parts.schedules, it.session, it.viewer)


def _whole(it: Call, schedule_id: str) -> ScheduleOut:
    it.session.flush()
    doing = find_schedule(it.session, it.viewer, as_id(schedule_id))
    one = doing.schedule
    times = it.parts.schedules.coming(it.session, one) if one.paused_at is None else []
    return _out(it, doing).model_copy(update={"next_times": times})


def _out(it: Call, doing: Doing) -> ScheduleOut:
    one = doing.schedule
    drawn = {"expression": one.expression, "calendar": one.calendar, "misfire": one.misfire}
    return ScheduleOut(
        id=str(one.id), diagram=one.diagram, element=one.element, area=one.area, diagram_version=one.diagram_version,
        **{name: one.in_force(name) for name in drawn}, time_zone=it.parts.schedules.zone(it.session, one),
        for_each=one.for_each, drawn=drawn, override=one.override, override_reason=one.override_reason,
        paused_at=one.paused_at, pause_reason=one.pause_reason, ended_at=one.ended_at, next_due=one.next_due,
        next_times=[], late=doing.late, last_fired_at=one.fired_at, last_due=one.fired_due,
        last_subjects=one.fired_subjects, failed=doing.failed, waiting=doing.waiting,
        problem=tell(one.problem) if one.problem else None, version=one.version,
    )  # fmt: skip


def _happened(one: Happened) -> OccurrenceOut:
    return OccurrenceOut(
        id=str(one.id), subject=one.subject, record=one.record_number, due_at=one.due_at, fired_at=one.fired_at,
        status=one.status, case=one.case_number, error=tell(one.error) if one.error else None, missed=one.missed,
        by=one.by,
    )  # fmt: skip
