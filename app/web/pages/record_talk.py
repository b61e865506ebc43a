"""Comments on a record with their files, and files by themselves."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, Response

from app.domain.notifications import of_comments
from app.domain.records import comments, filing
from app.domain.records.records import Comment, Record
from app.domain.records.writer import Trace
from app.errors import Conflict, Invalid
from app.insight.access import KIND_AREA
from app.insight.telling import mentioning
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import mark
from app.web.pages import canned
from app.web.pages.record import find, page, writing

router = APIRouter(prefix="/records/{kind_key}/{number}")


@router.post("/comments")
def comment(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Add a comment with its files; what the requester writes is always public."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        internal = writing(it, record).inside
        if text(data, "insert"):
            found = canned.offered(it, KIND_AREA.get(kind.key, ""), record) if internal else []
            return page(it, kind, record, said=canned.joined(text(data, "body"), canned.chosen(found, data, "canned")))
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        added = comments.add_comment(
            it.session,
            it.parts.records,
            locked,
            text(data, "body"),
            trace=Trace(actor_id=it.identity.person_id),
            public=not internal or text(data, "public") == "1",
        )
        for sent in _uploads(data)[: filing.MOST]:
            _keep(it, locked, sent, added.id)
        back = _back(request, f"/records/{kind.key}/{number}?view=comments")
        return _answer(it, back, added, mark("Your comment was added."))


@router.post("/comments/{comment_id}")
def edit(request: Request, kind_key: str, number: str, comment_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Edit or withdraw one's own comment, while that is possible."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        internal = writing(it, record).inside
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        found = comments.comment_on(it.session, record.id, comment_id, public_only=not internal)
        withdraws, back = text(data, "withdraw") == "1", f"/records/{kind.key}/{number}?view=comments"
        try:
            of_comments.edit(
                it.session, it.parts.records, locked, found, None if withdraws else text(data, "body"),
                trace=Trace(actor_id=it.identity.person_id), minutes=it.parts.settings.edit_minutes,
            )  # fmt: skip
        except (Conflict, Invalid) as refusal:
            told = next(iter(refusal.fields.values()))[0] if isinstance(refusal, Invalid) else refusal.message
            it.undo()
            status = 422 if isinstance(refusal, Invalid) else 409
            return page(it, kind, record, editing=(comment_id, text(data, "body"), told), status=status)
        if withdraws:
            return it.to(back, mark("Your comment was withdrawn."))
        return _answer(it, back, found, mark("Your comment was changed."))


@router.get("/mentions")
def mentions(request: Request, kind_key: str, number: str, q: str = "", public: str = "") -> Response:
    """Return whom a comment may mention: who may read it and is called like this."""
    with visit(request) as it:
        _kind, record = find(it, kind_key, number)
        standing = writing(it, record)
        if not (standing.inside or it.viewer.knows_people):
            return JSONResponse({"items": []})
        reply = public == "1" or not standing.inside
        found = mentioning.candidates(it.session, record, q[:100], public=reply, without=it.viewer.person_id)
        return JSONResponse({"items": [{"login": one.login, "name": one.name} for one in found]})


@router.post("/files")
def upload(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Keep a file with the record."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        writing(it, record)
        sent = _uploads(data)
        if not sent:
            raise Invalid({"file": ["Choose a file."]})
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        _keep(it, locked, sent[0], None)
        return it.to(_back(request, f"/records/{kind.key}/{number}?view=files"), mark("The file was added."))


def _uploads(data: FormData) -> list[UploadFile]:
    return [sent for sent in data.getlist("file") if isinstance(sent, UploadFile) and sent.filename]


def _keep(it: Visit, locked: Record, sent: UploadFile, comment_id: int | None) -> None:
    limit = it.parts.settings.upload_limit_mb
    filing.keep(
        it.session, it.parts.records, locked, sent.file.read(limit * 1_000_000 + 1), sent.filename or "",
        limit_mb=limit, trace=Trace(actor_id=it.identity.person_id), comment_id=comment_id,
    )  # fmt: skip


def _answer(it: Visit, back: str, added: Comment, said: str) -> Response:
    """Say that it is stored, and whom of those it mentions it does not reach."""
    names = mentioning.unreached(it.session, added)
    if not names:
        return it.to(back, said)
    told = mark("Your comment is stored. Not told, because they may not read it: %(names)s")
    return it.to(back, told, kind="warn", names=", ".join(names))


def _back(request: Request, path: str) -> str:
    """Return the page that the form stood on, when it is one of ours."""
    came_from = request.headers.get("referer", "")
    prefix = str(request.base_url)
    inside = came_from.removeprefix(prefix) if came_from.startswith(prefix) else ""
    return f"/{inside}" if inside.startswith(("work/tasks/", "cases/")) else path
