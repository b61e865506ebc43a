"""The system's lines of the journal over the API, and its anchors; for administrators and auditors."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from app.domain.journal import anchors
from app.errors import Forbidden
from app.insight import system_journal
from app.insight.system_journal import Wanted
from app.web.api.call import LARGEST_ID, MOST, PAGE, Call, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Page

router = APIRouter(prefix=f"{BASE}/journal", tags=["journal"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class SystemLineOut(BaseModel):
    """One line of the journal about the system; `payload` is empty where personal data were erased."""

    subject: str
    position: int
    at: datetime
    event: str
    actor: str | None
    data: dict[str, Any]
    payload: dict[str, Any] | None
    hash: str


class AnchorOut(BaseModel):
    """An anchor; `line` is what proves it elsewhere."""

    position: int
    at: datetime
    chains: int
    line: str


@contextmanager
def auditing(request: Request) -> Iterator[Call]:
    """Open the transaction of a call that administrators and auditors may make.

    Raises:
        Forbidden: the caller is neither.
    """
    with call(request) as it:
        if not system_journal.may_read(it.viewer):
            raise Forbidden("Only administrators and auditors may see this.")
        yield it


@router.get("", responses=problems(403))
def list_lines(
    request: Request,
    subject: Annotated[
        str, Query(max_length=200, description="`person:17`, `settings`, or `role:` for all roles")
    ] = "",
    person: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Did it, or had it done to them.")] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[SystemLineOut]:
    """List what happened beside cases and records: sign-ins, roles, settings, exports; newest first."""
    with auditing(request) as it:
        wanted = Wanted(subject, person, since, until)
        found, more = system_journal.lines(it.session, wanted, limit=limit, before=read_cursor(after))
        items = [
            SystemLineOut(
                subject=line.subject, position=line.position, at=line.at, event=line.event, actor=line.actor,
                data=line.data, payload=line.payload, hash=line.hash,
            )
            for line in found
        ]  # fmt: skip
        return Page(items=items, next=cursor(more or None))


@router.get("/anchors", responses=problems(403))
def list_anchors(
    request: Request, after: str | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE
) -> Page[AnchorOut]:
    """List the anchors of the journal, newest first."""
    with auditing(request) as it:
        found = anchors.listed(it.session, limit + 1, before=read_cursor(after))
        items = [
            AnchorOut(position=one.position, at=one.at, chains=one.chains, line=str(anchors.line_of(one)))
            for one in found[:limit]
        ]
        return Page(items=items, next=cursor(items[-1].position) if len(found) > limit else None)
