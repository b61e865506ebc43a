"""What one's own requests and cases wait for, over the API."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.insight.waiting import Wait, Waiting, waiting
from app.web.api.call import MOST, PAGE, Call, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Page
from app.web.content import element_names
from app.web.i18n import label

router = APIRouter(prefix=f"{BASE}/waiting", tags=["tasks"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class WaitOut(BaseModel):
    """One thing that a case waits for."""

    kind: Literal["task", "time", "message"]
    name: str = Field(description="Name of the task, or of the timer or message in the diagram.")
    role: str = Field(description="The role that a task is offered to.")
    assignee: str | None = Field(description="Id of whoever has the task.")
    assignee_name: str
    since: datetime | None
    due_at: datetime | None = Field(description="When a task is due, or when the time has come.")


class WaitingOut(BaseModel):
    """A running case of yours with what it waits for."""

    case: str
    title: str
    diagram: str
    status: str
    record: str | None
    started_at: datetime
    requested: bool = Field(description="You asked for it; otherwise you own it.")
    waits: list[WaitOut] = Field(description="The first of them; tasks first, by when they are due.")
    more: int = Field(description="How many further things it waits for.")


@router.get("", responses=problems())
def list_waiting(
    request: Request, after: str | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE
) -> Page[WaitingOut]:
    """List the running cases that you asked for or own, newest first, with what each waits for."""
    with call(request) as it:
        cases, further = waiting(it.session, it.viewer, before=read_cursor(after), limit=limit)
        return Page(items=[_case(it, case) for case in cases], next=cursor(further))


def _case(it: Call, case: Waiting) -> WaitingOut:
    return WaitingOut(
        case=case.number, title=case.title, diagram=case.diagram, status=case.status, record=case.record_number,
        started_at=case.started_at, requested=case.asked, waits=[_wait(it, case, one) for one in case.waits],
        more=case.more,
    )  # fmt: skip


def _wait(it: Call, case: Waiting, one: Wait) -> WaitOut:
    name = label(one.name)
    if one.kind != "task":
        name = element_names(it.session, case.bundle_id).get(one.name) or one.name
    return WaitOut(
        kind=one.kind, name=name, role=one.role, assignee=str(one.assignee_id) if one.assignee_id else None,
        assignee_name=one.assignee, since=one.since, due_at=one.due_at,
    )  # fmt: skip
