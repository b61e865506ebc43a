"""Workload over the API: who of a role or team has how much to do, and a task moved from one to another."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app import clock
from app.engine.records import Case
from app.errors import Forbidden
from app.insight import handing_over, workload
from app.insight.workload import Share
from app.web.api.call import as_id, bearer, call, once, problems
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body, TaskOut
from app.web.api.tasks import visible_task
from app.web.api.values import Text
from app.web.formats import midnights

router = APIRouter(prefix=f"{BASE}/workload", tags=["tasks"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class MoveBody(Body):
    """Which task goes to whom."""

    task: Text = Field(max_length=18)
    to: Text = Field(max_length=18, description="Id of a person who may have it.")
    version: int = Field(ge=0, le=2**31 - 1, description="As you saw the task; another one now is a conflict.")


class ShareOut(BaseModel):
    """What one person has to do, or what nobody has taken (`person` is null then)."""

    person: str | None
    name: str
    open: int
    overdue: int
    due_today: int = Field(description="Due before your own midnight and not overdue.")
    tasks: list[TaskOut] = Field(description="The first that this role has there, as far as you may know of them.")


class WorkloadOut(BaseModel):
    """The workload of a role; `roles` are those that you may ask for."""

    role: str
    roles: list[str]
    shares: list[ShareOut]


@router.get("", responses=problems())
def read_workload(
    request: Request, role: Annotated[str, Query(max_length=200, description="Without it the first.")] = ""
) -> WorkloadOut:
    """Tell who of a role has how much to do, for who manages its process or leads the team."""
    with call(request) as it:
        roles = workload.roles_led(it.session, it.viewer)
        wanted = role or roles[0]
        if wanted not in roles:
            raise Forbidden("The workload is shown to process managers and team leaders.")
        now = clock.now()
        tomorrow, _week = midnights(now)
        found = workload.shares(it.session, it.parts.directory, it.viewer, wanted, now=now, tomorrow=tomorrow)
        return WorkloadOut(role=wanted, roles=roles, shares=[_share(one) for one in found])


@router.post("/moves", responses=problems(404, 409, 413))
def move_task(request: Request, body: MoveBody) -> TaskOut:
    """Hand one task over to somebody else who may have it; who has it already is no error.

    With an `Idempotency-Key` a repeated call gets the first one's answer.
    """
    with call(request) as it:

        def work() -> dict[str, Any]:
            workload.roles_led(it.session, it.viewer)
            task = visible_task(it, body.task)
            task.case = it.session.get_one(Case, task.case_id)
            handing_over.refuse_others(it.viewer, task)
            to = as_id(body.to) if body.to.isdecimal() else None
            handing_over.move(it.parts.engine, it.session, it.parts.directory, it.actor, task, to, seen=body.version)
            it.session.flush()
            return TaskOut.of(task, task.case.number).model_dump(mode="json")

        return TaskOut.model_validate(once(it, request, body.model_dump(), work))


def _share(one: Share) -> ShareOut:
    return ShareOut(
        person=str(one.holder.person_id) if one.holder else None, name=one.holder.name if one.holder else "",
        open=one.load.open, overdue=one.load.late, due_today=one.load.today,
        tasks=[TaskOut.of(task, task.case.number) for task in one.tasks],
    )  # fmt: skip
