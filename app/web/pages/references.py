"""What reference fields of forms look up, and what people read for the ids in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import and_, or_, select
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, Response

from app.domain.records import files, queries
from app.domain.records.records import Record, StoredFile
from app.errors import Invalid, StellwerkError
from app.forms import Form
from app.forms.fields import FILE_ENTITY
from app.forms.references import references_in
from app.insight.access import inner_records, readable_files, visible_records
from app.web.dependencies import Visit, number, visit
from app.web.forms import Post, parse_post
from app.web.i18n import here
from app.web.open_forms import may_look_up

router = APIRouter()


@router.get("/references/{entity}")
def find(request: Request, entity: str, q: str = "") -> Response:
    """Return candidates for a reference field, best first."""
    with visit(request) as it:
        items = [
            {"id": one.id, "label": one.label, "detail": one.detail} | ({"login": one.login} if one.login else {})
            for one in _search(it, entity, q[:200])
        ]
        return JSONResponse({"items": items})


def lookup(it: Visit, entity: str, text: str) -> Sequence[tuple[str, str]]:
    """Return id and label of what a typed text may mean."""
    return [(one.id, one.label) for one in _search(it, entity, text)]


def _search(it: Visit, entity: str, text: str) -> list[queries.Found]:
    if not may_look_up(it, entity):
        return []
    return queries.search(it.session, entity, text, 10, visible=visible_records(it.viewer))


def labels_of(
    it: Visit, form: Form | None, values: Mapping[str, Any], *, typed: bool = False
) -> dict[tuple[str, str], str]:
    """Return what people read for the references and files in a form's values, as far as they may.

    Args:
        typed: the values come from the browser and could name anybody.
    """
    if form is None:
        return {}
    wanted: dict[str, set[str]] = {}
    for entity, identity in references_in(form, values):
        wanted.setdefault(entity, set()).add(identity)
    if typed and not it.viewer.knows_people:
        wanted["person"] = wanted.get("person", set()) & {str(it.viewer.person_id)}
        if wanted.get("team") and not may_look_up(it, "team"):
            del wanted["team"]
    visible = visible_records(it.viewer)
    ids = [one for one in map(number, wanted.pop(FILE_ENTITY, set())) if one is not None]
    found = queries.labels(it.session, wanted, visible=visible)
    if ids:
        inner = StoredFile.record_id.in_(select(Record.id).where(inner_records(it.viewer)))
        known = StoredFile.record_id.in_(select(Record.id).where(visible))
        theirs = or_(StoredFile.uploaded_by_id == it.viewer.person_id, and_(known, readable_files(inner)))
        rows = it.session.execute(select(StoredFile.id, StoredFile.name).where(StoredFile.id.in_(ids), theirs))
        found |= {(FILE_ENTITY, str(row.id)): row.name for row in rows}
    return found


def read_answers(it: Visit, form: Form, data: FormData) -> Post:
    """Read what a browser posted for a form; uploads are kept, tied to nothing yet."""
    limit = it.parts.settings.upload_limit_mb

    def store(upload: UploadFile) -> str:
        upload.file.seek(0)
        content = upload.file.read(limit * 1_000_000 + 1)
        try:
            file = files.store_file(
                it.session, content, upload.filename or "", limit_mb=limit, uploaded_by_id=it.identity.person_id
            )
        except Invalid as refusal:
            raise StellwerkError(next(iter(refusal.fields.get("file", ())), refusal.message)) from refusal
        return str(file.id)

    return parse_post(
        form,
        data.multi_items(),
        lookup=lambda entity, text: lookup(it, entity, text),
        store=store,
        zone=here().zone,
    )
