"""Appearance: name, logo and colours, within limits that keep every text readable."""

from base64 import b64encode
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.domain.configuration.logo import LARGEST_BYTES
from app.web.dependencies import Visit, number, posted
from app.web.pages.administration.answering import answered, typed
from app.web.pages.administration.sections import administering
from app.web.pages.administration.settings import store

router = APIRouter(prefix="/administration/appearance")
FIELDS = ("product", "accent", "navigation")
PATH = "/administration/appearance"


@router.get("")
def show(request: Request) -> Response:
    """Show how pages look."""
    with administering(request) as it:
        return _page(it)


@router.post("")
def change(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store how pages look."""
    with administering(request) as it:
        values = typed(data, *FIELDS, "version", "without_logo")
        given = {key: values[key] for key in FIELDS}
        chosen = data.get("logo")
        if values["without_logo"] == "1":
            given["logo"] = ""
        elif isinstance(chosen, UploadFile) and chosen.size:
            # One byte more than allowed is enough to be refused.
            given["logo"] = b64encode(chosen.file.read(LARGEST_BYTES + 1)).decode()

        def work() -> Response:
            return store(it, given, number(values["version"]), PATH)

        return answered(it, values, work, lambda **told: _page(it, **told))


def _page(it: Visit, *, status: int = 200, **told: Any) -> Response:
    known = it.parts.configuration.read(it.session)
    values = {key: known[key] for key in FIELDS} | {"version": str(known.generation)}
    return it.page(
        "administration/appearance.html",
        status=status,
        logo=f"/appearance/{known.look}/logo.png" if known["logo"] else "",
        **{"errors": {}, "complaint_text": "", "values": values, **told},
    )
