"""The history of a record over the API: who changed what, newest first, as far back as it goes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.domain.records.history import Event, history_of
from app.errors import Forbidden
from app.insight import record_view
from app.insight.access import visible_records
from app.web.api.call import MOST, PAGE, bearer, call, cursor, problems, read_cursor
from app.web.api.record_links import readable_record
from app.web.api.routing import BASE
from app.web.api.shapes import Page
from app.web.custom_words import cases_of, referring
from app.web.downloads import may_have
from app.web.i18n import tell
from app.web.lists import custom_fields

router = APIRouter(prefix=BASE + "/records/{kind}/{number}", tags=["records"], dependencies=[Depends(bearer)])


class ChangeOut(BaseModel):
    """A field before and after, as people read it; empty where there was nothing."""

    field: str
    before: str
    after: str


class EventOut(BaseModel):
    """One line of a record's history."""

    position: int
    at: datetime
    event: str
    actor: str | None
    on_behalf_of: str | None
    case: str | None = Field(description="Number of the case in which it happened, if you may know of it.")
    element: str | None
    changes: list[ChangeOut]
    details: dict[str, Any]

    @classmethod
    def of(cls, one: Event, cases: dict[int, str]) -> "EventOut":
        """Show a line."""
        changes = [
            ChangeOut(field=change.name, before=tell(change.before), after=tell(change.after)) for change in one.changes
        ]
        details = {name: tell(value) if isinstance(value, str) else value for name, value in one.details.items()}
        return cls(
            position=one.position, at=one.at, event=one.event, actor=one.actor or None,
            on_behalf_of=one.on_behalf_of or None, case=cases.get(one.case_id or 0), element=one.element,
            changes=changes, details=details,
        )  # fmt: skip


@router.get("/history", responses=problems(403, 404))
def read_history(
    request: Request,
    kind: str,
    number: str,
    part: Annotated[
        Literal["", "changes", "talk", "links"],
        Query(description="Changes, comments and files, or links, tags and watchers; empty for everything."),
    ] = "",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[EventOut]:
    """Read the history of a record, newest line first; for those who work with it or oversee it."""
    with call(request) as it:
        record = readable_record(it, kind, number)
        if not record_view.standing_of(it.session, it.viewer, record.id).inside:
            raise Forbidden("The history is for those who work with this record or oversee it.")
        of = it.parts.records.catalogue.get(kind)
        found = history_of(
            it.session, of, record.id, visible=visible_records(it.viewer), before=read_cursor(after), limit=limit + 1,
            part=part, fields=referring(custom_fields(it, of)), files=may_have(it.viewer),
        )  # fmt: skip
        shown = found[:limit]
        cases = cases_of(it, shown)
        following = cursor(shown[-1].position) if len(found) > limit else None
        return Page(items=[EventOut.of(one, cases) for one in shown], next=following)
