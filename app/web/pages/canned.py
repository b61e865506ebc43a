"""Ready-made answers: managed by process managers and team leaders, and offered where somebody writes."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.desk import answers
from app.domain.desk.records import CannedAnswer
from app.domain.records.records import Record
from app.engine.records import Case
from app.errors import Conflict, Invalid
from app.insight import canned
from app.insight.canned import Canned
from app.web import i18n
from app.web.dependencies import RowId, Visit, number, posted, text, visit
from app.web.i18n import here, mark
from app.web.names import AREA_NAMES, area_name

router = APIRouter(prefix="/work/answers")


def offered(it: Visit, area: str, record: Record | None, case: Case | None = None) -> list[Canned]:
    """Return the answers that the person may insert here."""
    return canned.offered(
        it.session, it.viewer, area, record, case, me=it.identity.name, language=here().language
    )  # fmt: skip


def chosen(found: list[Canned], data: FormData, name: str) -> str:
    """Return the text of the answer that a form has chosen by its select; empty when it is none of them."""
    return next((one.text for one in found if str(one.id) == text(data, name)), "")


def joined(before: str, inserted: str) -> str:
    """Put an inserted text behind what is there already."""
    return f"{before.rstrip()}\n\n{inserted}" if before.strip() and inserted else before or inserted


@router.get("")
def show_list(request: Request) -> Response:
    """List the answers that the person looks after."""
    with visit(request) as it:
        return _list(it)


@router.get("/new")
def show_new(request: Request) -> Response:
    """Show an empty form."""
    with visit(request) as it:
        return _form(it, None, {})


@router.post("/new")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store a new answer."""
    with visit(request) as it:
        return _save(it, None, data)


@router.get("/{answer_id}")
def show(request: Request, answer_id: RowId) -> Response:
    """Show an answer to be changed."""
    with visit(request) as it:
        found = _theirs(it, answer_id)
        values = {"name": found.name, "owner": _owner_of(found), "version": str(found.version)}
        values |= {f"text_{language}": said for language, said in found.texts.items()}
        return _form(it, answer_id, values)


@router.post("/{answer_id}")
def change(request: Request, answer_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Store what has become of an answer."""
    with visit(request) as it:
        _theirs(it, answer_id)
        return _save(it, answer_id, data)


@router.post("/{answer_id}/remove")
def remove(request: Request, answer_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Remove an answer."""
    with visit(request) as it:
        answers.remove(it.session, _theirs(it, answer_id), actor_id=it.identity.person_id)
        return it.to("/work/answers", mark("The answer was removed."))


def _owners(it: Visit) -> dict[str, str]:
    """Return whose answers the person looks after, as a select offers them."""
    owners = canned.looked_after(it.session, it.viewer)
    areas = {f"area:{area}": area_name(area) for area in AREA_NAMES if area in owners.areas}
    return areas | {f"team:{key}": name for key, name in owners.teams.items()}


def _owner_of(answer: CannedAnswer) -> str:
    return f"area:{answer.area}" if answer.area is not None else f"team:{answer.team_id}"


def _theirs(it: Visit, answer_id: int) -> CannedAnswer:
    return canned.find(it.session, canned.looked_after(it.session, it.viewer), answer_id)


def _list(it: Visit) -> Response:
    titles = _owners(it)
    found = canned.theirs(it.session, canned.looked_after(it.session, it.viewer))
    return it.page("work/answers.html", rows=[(one, titles[_owner_of(one)]) for one in found])


def _save(it: Visit, answer_id: int | None, data: FormData) -> Response:
    kind, _colon, key = text(data, "owner").partition(":")
    texts = {language: text(data, f"text_{language}") for language in i18n.languages()}
    team = number(key) if kind == "team" else None
    owners = canned.looked_after(it.session, it.viewer)
    draft = owners.draft(text(data, "name"), key if kind == "area" else None, team, texts)
    values = {name: text(data, name) for name in ("name", "owner", "version")}
    values |= {f"text_{language}": said for language, said in texts.items()}
    seen = number(values["version"]) or 0
    try:
        answers.save(it.session, answer_id, draft, actor_id=it.identity.person_id, seen=seen)
    except Invalid as refusal:
        return _form(it, answer_id, values, errors=refusal.fields, status=422)
    except Conflict as refusal:
        it.undo()
        return _form(it, answer_id, values, complaint=refusal.message, status=409)
    return it.to("/work/answers", mark("Saved."))


def _form(
    it: Visit,
    answer_id: int | None,
    values: dict[str, str],
    *,
    errors: dict[str, list[str]] | None = None,
    complaint: str = "",
    status: int = 200,
) -> Response:
    empty = dict.fromkeys(("name", "owner", "version", *(f"text_{language}" for language in i18n.languages())), "")
    return it.page(
        "work/answer.html",
        status=status,
        answer_id=answer_id,
        owners=_owners(it),
        languages=i18n.languages(),
        holes=answers.HOLES,
        values=empty | values,
        errors={"name": [], "owner": [], "texts": [], **(errors or {})},
        complaint=complaint,
    )
