"""Tags: the words that stand on records, renamed and made one."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records import tags
from app.errors import Invalid
from app.web.dependencies import RowId, Visit, posted, text
from app.web.i18n import mark
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/tags")


@router.get("")
def show_list(request: Request) -> Response:
    """List all tags and how often they are used."""
    with administering(request) as it:
        return _page(it)


@router.post("/{tag_id}")
def rename(request: Request, tag_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Rename a tag; a name that another one has makes both one."""
    with administering(request) as it:
        name = text(data, "name")[:1000]
        try:
            merged = tags.rename(it.session, tag_id, name, actor_id=it.identity.person_id)
        except Invalid as refusal:
            it.undo()
            return _page(it, tag_id, name, refusal.fields["tag"])
        return it.to("/administration/tags", mark("Both tags are one now.") if merged else mark("Saved."))


def _page(it: Visit, tag_id: int = 0, typed: str = "", errors: list[str] | None = None) -> Response:
    rows = tags.listed(it.session)
    return it.page(
        "administration/tags.html",
        status=422 if errors else 200,
        rows=rows,
        refused=tag_id,
        typed=typed,
        errors=errors or [],
    )
