"""Lists of records of a kind."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.web.dependencies import visit
from app.web.i18n import gettext as _
from app.web.pages import agreements, lists

router = APIRouter()


@router.get("/records/{kind_key}")
def list_records(request: Request, kind_key: str) -> Response:
    """List the records of a kind that the person may know of."""
    with visit(request) as it:
        kind = it.parts.records.catalogue.get(kind_key)
        return lists.show(
            it, kind.key, title=_(kind.plural), acts=agreements.acts(it) if kind.key == "agreement" else []
        )
