"""Comments on a record, and its files."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.domain.records import comments, files
from app.domain.records.writer import Trace
from app.errors import Invalid
from app.insight.access import KIND_AREA
from app.web.dependencies import posted, text, visit
from app.web.i18n import mark
from app.web.pages import canned
from app.web.pages.record import find, page, writing

router = APIRouter(prefix="/records/{kind_key}/{number}")


@router.post("/comments")
def comment(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Add a comment; what the requester writes is always public."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        internal = writing(it, record).inside
        if text(data, "insert"):
            found = canned.offered(it, KIND_AREA.get(kind.key, ""), record) if internal else []
            return page(it, kind, record, said=canned.joined(text(data, "body"), canned.chosen(found, data, "canned")))
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        comments.add_comment(
            it.session,
            it.parts.records,
            locked,
            text(data, "body"),
            trace=Trace(actor_id=it.identity.person_id),
            public=not internal or text(data, "public") == "1",
        )
        return it.to(_back(request, f"/records/{kind.key}/{number}?view=comments"), mark("Your comment was added."))


@router.post("/files")
def upload(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Keep a file with the record."""
    sent = data.get("file")
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        writing(it, record)
        limit = it.parts.settings.upload_limit_mb
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Invalid({"file": ["Choose a file."]})
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        file = files.store_file(
            it.session,
            sent.file.read(limit * 1_000_000 + 1),
            sent.filename,
            limit_mb=limit,
            uploaded_by_id=it.identity.person_id,
            record_id=record.id,
        )
        trace = Trace(actor_id=it.identity.person_id)
        facts = {"file": file.id, "size": file.size, "sha256": file.sha256}
        it.parts.records.note(it.session, locked, "file.added", trace, facts, {"name": file.name})
        return it.to(_back(request, f"/records/{kind.key}/{number}?view=files"), mark("The file was added."))


def _back(request: Request, path: str) -> str:
    """Return the page that the form stood on, when it is one of ours."""
    came_from = request.headers.get("referer", "")
    prefix = str(request.base_url)
    inside = came_from.removeprefix(prefix) if came_from.startswith(prefix) else ""
    return f"/{inside}" if inside.startswith(("work/tasks/", "cases/")) else path
