"""Cases over the API: list, read, journal, and the ways of mending them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select

from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.engine import repair
from app.engine.records import Case
from app.errors import Forbidden, NotFound
from app.insight.access import visible_cases
from app.insight.case_view import is_inside
from app.insight.kept_view import kept_of
from app.web.api.call import MOST, PAGE, Call, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import CaseDetailOut, CaseOut, JournalOut, KeptOut, MendBody, Page, ReasonBody, StepOut
from app.web.api.tasks import step_out
from app.web.kept import in_words

router = APIRouter(prefix=f"{BASE}/cases", tags=["cases"], dependencies=[Depends(bearer)], route_class=ApiRoute)


@router.get("", responses=problems())
def list_cases(
    request: Request,
    diagram: str | None = None,
    status: Literal["running", "completed", "stuck", "cancelled"] | None = None,
    record: Annotated[str | None, Query(description="Number of the record that the cases are about.")] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[CaseOut]:
    """List cases that you may know of, newest first."""
    with call(request) as it:
        query = select(Case, Record.number).outerjoin(Record, Record.id == Case.record_id)
        query = query.where(visible_cases(it.viewer))
        for column, wanted in ((Case.diagram, diagram), (Case.status, status), (Record.number, record)):
            if wanted is not None:
                query = query.where(column == wanted)
        last = read_cursor(after)
        if last is not None:
            query = query.where(Case.id < last)
        rows = it.session.execute(query.order_by(Case.id.desc()).limit(limit + 1)).all()
        shown = rows[:limit]
        following = cursor(shown[-1][0].id) if len(rows) > limit else None
        return Page(items=[CaseOut.of(case, number) for case, number in shown], next=following)


@router.get("/{number}", responses=problems(404))
def read_case(request: Request, number: str) -> CaseDetailOut:
    """Read a case."""
    with call(request) as it:
        case = visible_case(it, number)
        record = it.session.scalar(select(Record.number).where(Record.id == case.record_id))
        manages = it.viewer.at(it.session, case.record_id).runs(case.area)
        inside = manages or is_inside(it.session, it.viewer, case)
        kept = [
            KeptOut(
                kind=kept.kind, element=kept.element, message=kept.message or None, at=kept.at, failed=kept.failed,
                text=in_words(kept, kept.element),
            )
            for kept in (kept_of(it.session, case) if inside else [])
        ]  # fmt: skip
        ways = repair.remedies(it.parts.engine, it.session, case) if manages else []
        return CaseDetailOut(**CaseOut.of(case, record).model_dump(), kept=kept, remedies=ways)


@router.get("/{number}/journal", responses=problems(403, 404))
def read_journal(
    request: Request,
    number: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Page[JournalOut]:
    """Read a case's journal, oldest line first; for those who work in its process or on it, or oversee it.

    Lines form a chain: `hash` covers the line and the hash of the one before.
    """
    with call(request) as it:
        case = visible_case(it, number)
        if not is_inside(it.session, it.viewer, case):
            raise Forbidden("The journal is for those who work in this process or oversee it.")
        query = (
            select(JournalEntry, JournalPayload.content, Person.name)
            .outerjoin(
                JournalPayload,
                (JournalPayload.chain == JournalEntry.chain) & (JournalPayload.position == JournalEntry.position),
            )
            .outerjoin(Person, Person.id == JournalEntry.actor_id)
            .where(JournalEntry.chain == f"case:{case.id}")
        )
        last = read_cursor(after)
        if last is not None:
            query = query.where(JournalEntry.position > last)
        rows = it.session.execute(query.order_by(JournalEntry.position).limit(limit + 1)).all()
        shown = rows[:limit]
        items = [
            JournalOut(
                position=entry.position, at=entry.at, event=entry.event, element=entry.element, actor=actor,
                data=entry.data, payload=payload, hash=entry.hash.hex(),
            )
            for entry, payload, actor in shown
        ]  # fmt: skip
        return Page(items=items, next=cursor(shown[-1][0].position) if len(rows) > limit else None)


@router.post("/{number}/retry", responses=problems(403, 404, 409, 413))
def retry(request: Request, number: str, body: ReasonBody) -> StepOut:
    """Carry out again what a stuck case is stuck at."""
    with call(request) as it:
        case = visible_case(it, number)
        return step_out(it, repair.retry(it.parts.engine, it.session, case.id, it.actor, body.reason))


@router.post("/{number}/data", responses=problems(403, 404, 409, 413))
def edit_data(request: Request, number: str, body: MendBody) -> StepOut:
    """Change the data at the element that a stuck case is stuck at, then try it again."""
    with call(request) as it:
        case = visible_case(it, number)
        return step_out(it, repair.edit_data(it.parts.engine, it.session, case.id, it.actor, body.data, body.reason))


@router.post("/{number}/skip", responses=problems(403, 404, 409, 413))
def skip(request: Request, number: str, body: ReasonBody) -> StepOut:
    """Go on behind the element that a stuck case is stuck at, as if it had been carried out without a result."""
    with call(request) as it:
        case = visible_case(it, number)
        return step_out(it, repair.skip(it.parts.engine, it.session, case.id, it.actor, body.reason))


@router.post("/{number}/cancel", responses=problems(403, 404, 409, 413))
def cancel(request: Request, number: str, body: ReasonBody) -> StepOut:
    """End a case before its time."""
    with call(request) as it:
        case = visible_case(it, number)
        return step_out(it, repair.cancel(it.parts.engine, it.session, case.id, it.actor, body.reason))


def visible_case(it: Call, number: str) -> Case:
    """Return a case that the caller may know of.

    Raises:
        NotFound: there is none.
    """
    case = it.session.scalar(select(Case).where(Case.number == number, visible_cases(it.viewer)))
    if case is None:
        raise NotFound
    return case
