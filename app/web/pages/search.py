"""The search over everything that a person may know of."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.insight.search import LONGEST, number_path, search
from app.web.dependencies import visit
from app.web.i18n import gettext as _
from app.web.i18n import label, meant_by

router = APIRouter()


@router.get("/search")
def find(request: Request, q: str = "") -> Response:
    """Show what was found; a number typed in full leads straight to its page."""
    q = q.strip()[:LONGEST]
    with visit(request) as it:
        kinds = it.parts.records.catalogue
        if q and (path := number_path(it.session, kinds, it.viewer, q)):
            return RedirectResponse(path, status_code=303)
        found = search(it.session, kinds, it.viewer, q, meant_by(q))
        groups = [
            (_("Tasks"), [replace(hit, title=label(hit.title)) for hit in found.tasks]),
            (_("Records"), found.records),
            (_("Cases"), found.cases),
            (_("People"), found.people),
        ]
        return it.page("search.html", q=q, found=found, groups=groups)
