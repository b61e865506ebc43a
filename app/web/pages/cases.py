"""Cases: the list, one case with its diagram, outline and journal, and the drawing itself."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.engine import repair
from app.engine.records import Case
from app.errors import NotFound
from app.insight import case_view
from app.insight.case_view import CaseView, Sent
from app.insight.kept_view import Kept, kept_of
from app.insight.lists.catalogue import CASES
from app.processes.bundle import contents
from app.web.dependencies import Visit, visit
from app.web.drawings import drawing_here
from app.web.i18n import gettext as _
from app.web.i18n import label
from app.web.kept import in_words
from app.web.names import process_names
from app.web.pages import lists, tabs
from app.web.pages.pictures import Drawing, drawing
from app.web.pages.tabs import History, RecordParts, SideFact, Tab

router = APIRouter()


@dataclass(kw_only=True)
class Detail(RecordParts):
    """Everything that the template of a case shows."""

    case: Case
    about: CaseView
    view: str
    tabs: list[Tab]
    process: str
    may_mend: bool
    remedies: list[str]
    stuck_name: str
    kept: list[tuple[Kept, str]]
    side: list[SideFact]
    picture: Drawing | None
    sent: list[Sent]
    journal: History


@router.get("/cases")
def list_cases(request: Request) -> Response:
    """List the cases that the person may know of."""
    with visit(request) as it:
        return lists.show(it, CASES, title=_("Cases"))


@router.get("/cases/{number}")
def show(request: Request, number: str) -> Response:
    """Show one case."""
    with visit(request) as it:
        case = case_view.find_case(it.session, it.viewer, number)
        return it.page("cases/page.html", detail=_detail(it, case))


@router.get("/cases/{number}/diagrams/{key}.bpmn")
def diagram(request: Request, number: str, key: str) -> Response:
    """Give out a diagram in the version that the case runs."""
    with visit(request) as it:
        case = case_view.find_case(it.session, it.viewer, number)
        xml = contents(it.session, case.bundle_id).xml.get(key)
        if xml is None:
            raise NotFound
        # A case never changes its version, so the browser may keep the drawing; its address names the language.
        headers = {"cache-control": "private, max-age=86400"}
        return Response(drawing_here(xml), media_type="application/xml", headers=headers)


def _detail(it: Visit, case: Case) -> Detail:
    manages = it.viewer.at(it.session, case.record_id).runs(case.area)
    about = case_view.view(it.session, it.viewer, case)
    names = ["case", "messages"]
    words = {
        "case": _("Case"), "messages": _("Messages"), "files": _("Files"),
        "comments": _("Comments"), "journal": _("Journal"),
    }  # fmt: skip
    counts = {"messages": about.messages, "files": about.files, "comments": about.comments}
    if about.standing.reads:
        names += ["files", "comments"]
    if about.inside:
        names.append("journal")
    view = tabs.chosen(it, names)
    path = f"/cases/{case.number}"
    bundle = contents(it.session, case.bundle_id)
    process = process_names(it).get(case.diagram, bundle.diagram.name)
    requester = about.requester.name if about.requester else ""
    parts = tabs.record_parts(it, about.record, about.standing, view, bundle_id=case.bundle_id, requester=requester)
    wanted = it.request.query_params.get("diagram", _stuck_diagram(case, bundle.diagrams) or bundle.key)
    return Detail(
        **{name: getattr(parts, name) for name in RecordParts.__dataclass_fields__},
        case=case,
        about=about,
        view=view,
        tabs=tabs.tabs(path, [(name, words[name], counts.get(name, 0)) for name in names], view),
        process=process,
        may_mend=manages,
        remedies=repair.remedies(it.parts.engine, it.session, case) if manages and case.status == "stuck" else [],
        stuck_name=element_name(bundle.diagrams, case.stuck_element),
        kept=_kept(it, case, bundle.diagrams) if about.inside or manages else [],
        side=tabs.side_facts(it, about, process),
        picture=drawing(it, case, wanted, path) if view == "case" else None,
        sent=case_view.messages_of(it.session, it.viewer, about) if view == "messages" else [],
        journal=tabs.journal(it, case, path) if view == "journal" else History([]),
    )


def _kept(it: Visit, case: Case, diagrams: dict[str, Any]) -> list[tuple[Kept, str]]:
    return [(kept, in_words(kept, element_name(diagrams, kept.element))) for kept in kept_of(it.session, case)]


def element_name(diagrams: dict[str, Any], element: str | None) -> str:
    """Return what an element is called in the first of a case's diagrams that has it."""
    for drawn in diagrams.values():
        if element in drawn.elements:
            return label(drawn.elements[element].name) or str(element)
    return element or ""


def _stuck_diagram(case: Case, diagrams: dict[str, Any]) -> str:
    if case.status != "stuck":
        return ""
    return next((key for key, drawn in diagrams.items() if case.stuck_element in drawn.elements), "")
