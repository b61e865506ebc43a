"""Waiting for: what the person's own requests and cases wait for just now, in words."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.insight.canned import led_by
from app.insight.waiting import Wait, Waiting, waiting
from app.web import formats
from app.web.content import element_names
from app.web.dependencies import Visit, number, visit
from app.web.formats import Due
from app.web.i18n import gettext as _
from app.web.i18n import label
from app.web.names import process_names, role_title

router = APIRouter()


@dataclass(slots=True)
class Told:
    """One thing that a case waits for, as the template says it."""

    text: str
    since: str
    due: Due | None


@dataclass(slots=True)
class Line:
    """One case with what it waits for."""

    case: Waiting
    process: str
    waits: list[Told]


@router.get("/work/waiting")
def show(request: Request, before: str = "") -> Response:
    """List the person's running cases."""
    with visit(request) as it:
        cases, more = waiting(it.session, it.viewer, before=number(before))
        processes = process_names(it)
        lines = [
            Line(case, processes.get(case.diagram, case.diagram), [_told(it, case, wait) for wait in case.waits])
            for case in cases
        ]
        leads = any(it.viewer.runs(area) for area in it.viewer.areas) or bool(led_by(it.session, it.viewer))
        return it.page("work/waiting.html", lines=lines, more=more, before=before, leads=leads)


def _told(it: Visit, case: Waiting, wait: Wait) -> Told:
    since = _("since %(when)s") % {"when": formats.when(wait.since)} if wait.since else ""
    return Told(_words(it, case, wait), since, formats.due(wait.due_at) if wait.kind == "task" else None)


def _words(it: Visit, case: Waiting, wait: Wait) -> str:
    if wait.kind == "task":
        name = label(wait.name)
        if wait.assignee_id == it.viewer.person_id:
            return _("“%(task)s”, for you") % {"task": name}
        if wait.assignee:
            return _("“%(task)s” by %(name)s") % {"task": name, "name": wait.assignee}
        return _("“%(task)s”, not yet taken by anybody of %(role)s") % {"task": name, "role": role_title(wait.role)}
    element = element_names(it.session, case.bundle_id).get(wait.name) or wait.name
    if wait.kind == "time" and wait.due_at is not None:
        return _("“%(element)s”: %(when)s") % {"element": element, "when": formats.when(wait.due_at)}
    return _("the message “%(element)s”") % {"element": element}
