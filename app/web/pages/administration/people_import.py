"""People from a table: checked first, then taken over all or not at all."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.domain.people import importing
from app.domain.people.importing import COLUMNS, Plan
from app.errors import Invalid, Message
from app.web.dependencies import Visit, posted, text
from app.web.i18n import mark
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/people-import")
# Rows that the page shows; all are checked.
SHOWN = 200
# A table that is longer is chosen a second time instead of being sent back and forth.
LONGEST_KEPT = 200_000
LARGEST = 10_000_000


@router.get("")
def show(request: Request) -> Response:
    """Ask for the table."""
    with administering(request) as it:
        return _page(it)


@router.post("")
def check_or_import(request: Request, data: FormData = Depends(posted)) -> Response:
    """Say what would become of each row, or take all of them over."""
    with administering(request) as it:
        try:
            content = _content(data)
            plan = importing.plan(it.session, importing.read(content))
        except Invalid as refusal:
            return _page(it, errors=refusal.fields, status=422)
        if text(data, "do") != "import" or plan.wrong:
            kept = content if len(content) <= LONGEST_KEPT else ""
            status = 422 if text(data, "do") == "import" else 200
            return _page(it, plan=plan, kept=kept, status=status)
        settings = it.parts.settings
        added, changed = importing.carry_out(
            it.session, plan, actor_id=it.identity.person_id, locale=settings.default_locale,
            time_zone=settings.default_time_zone,
        )  # fmt: skip
        told = mark("Imported: %(added)s new, %(changed)s changed.")
        return it.to("/administration/people", told, added=len(added), changed=len(changed))


def _content(data: FormData) -> str:
    """Return the table that was chosen, or the one that was checked before."""
    upload = data.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        upload.file.seek(0)
        content = upload.file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise Invalid({"file": [Message("This file is too large.")]})
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            told = Message("This is no text in UTF-8. Save the table as “CSV UTF-8” and try again.")
            raise Invalid({"file": [told]}) from None
    kept = data.get("kept")
    if isinstance(kept, str) and kept.strip():
        return kept
    raise Invalid({"file": [Message("Choose a file.")]})


def _page(it: Visit, *, plan: Plan | None = None, kept: str = "", status: int = 200, **told: Any) -> Response:
    lines: list[importing.Line] = []
    if plan is not None:
        # What needs somebody's eyes comes first.
        order = {"wrong": 0, "changed": 1, "new": 2, "same": 3}
        lines = sorted(plan.lines, key=lambda line: (order[line.fate], line.number))[:SHOWN]
    return it.page(
        "administration/people_import.html",
        status=status,
        plan=plan,
        lines=lines,
        kept=kept,
        columns=COLUMNS,
        **{"errors": {}, "complaint_text": "", "values": {}, **told},
    )
