"""Diagrams over the API: list them, start a case of one."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select

from app.domain.records.records import Record
from app.engine import commands
from app.errors import Invalid, Message
from app.insight.access import visible_records
from app.web.api.call import Call, bearer, call, once, problems
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import DiagramOut, Page, StartBody, StepOut
from app.web.api.tasks import step_out

router = APIRouter(prefix=f"{BASE}/diagrams", tags=["diagrams"], dependencies=[Depends(bearer)], route_class=ApiRoute)


@router.get("", responses=problems())
def list_diagrams(request: Request) -> Page[DiagramOut]:
    """List the published diagrams; `startable` tells which ones you may start by hand."""
    with call(request) as it:
        versions = it.parts.library.current(it.session).diagrams.values()
        items = [
            DiagramOut(
                key=version.key,
                name=version.name,
                area=version.area,
                blueprint=version.meta["blueprint"],
                version=version.number,
                startable=commands.may_start(version.meta["start_roles"], it.actor),
                purpose=version.meta["documentation"],
            )
            for version in versions
        ]
        return Page(items=sorted(items, key=lambda item: (item.area, item.name)))


@router.post("/{key}/cases", status_code=201, responses=problems(403, 404, 409, 413))
def start(request: Request, key: str, body: StartBody) -> StepOut:
    """Start a case of a diagram's current version."""
    with call(request) as it:

        def work() -> dict[str, Any]:
            outcome = commands.start_case(
                it.parts.engine, it.session, key, it.actor, body.values, record_id=record_id(it, body.record)
            )
            return step_out(it, outcome).model_dump()

        return StepOut.model_validate(once(it, request, body.model_dump(), work))


def record_id(it: Call, number: str | None) -> int | None:
    """Return the id of the record with this number.

    Raises:
        Invalid: the caller knows of no such record.
    """
    if number is None:
        return None
    found = it.session.scalar(select(Record.id).where(Record.number == number, visible_records(it.viewer)))
    if found is None:
        raise Invalid({"record": [Message("There is no record {number}, or you may not see it.", number=number)]})
    return found
