"""Merging a record into another one, from its page."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records.records import Record
from app.errors import Conflict, Forbidden, Invalid
from app.web import merging
from app.web.dependencies import posted, text, visit
from app.web.i18n import mark
from app.web.pages import record as record_page
from app.web.pages.record import find, writing
from app.web.pages.record_links import meant

router = APIRouter(prefix="/records/{kind_key}/{number}/merge")


@router.post("")
def merge(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Close the record as a duplicate of another one; its cases end and whoever asked is told."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        if not writing(it, record).inside:
            raise Forbidden("You may not do this")
        typed = {name: text(data, name)[:5000] for name in ("into", "into~text", "reason")}
        try:
            into = it.session.get_one(Record, meant(it, kind.key, typed, "into"))
            merging.merge(it.parts, it.session, it.identity, record, into, typed["reason"])
        except (Invalid, Conflict) as refusal:
            it.undo()
            kind, record = find(it, kind_key, number)
            errors = refusal.fields if isinstance(refusal, Invalid) else {"into": [refusal.message]}
            return record_page.page(it, kind, record, typed=typed, errors=errors)
        said = mark("%(number)s was merged into %(into)s.")
        return it.to(f"/records/{into.kind}/{into.number}", said, number=number, into=into.number)
