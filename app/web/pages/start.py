"""Starting a process: what a person may start, and the start form."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.catalogue.queries import as_orderer, offered
from app.engine import commands
from app.errors import BusinessError, Conflict, Forbidden, Invalid
from app.forms import Form, initial_values
from app.insight.access import OPEN_KINDS
from app.processes.bundle import BundleContents, contents, pin
from app.processes.definition import Diagram
from app.processes.outline import outline
from app.web.content import diagram_here, form_now, purpose
from app.web.dependencies import Visit, posted, text, visit
from app.web.forms import Post, post_errors
from app.web.i18n import label, mark
from app.web.names import area_name
from app.web.pages.references import labels_of, read_answers

router = APIRouter()
STEPS = 8
# Cases about one of these begin at what a catalogue offers.
ORDERED, OFFERED = "service_request", "catalogue_item"


@router.get("/start")
def choose(request: Request) -> Response:
    """List what the person may start."""
    with visit(request) as it:
        areas: dict[str, list[dict[str, Any]]] = {}
        orders = ""
        for version in it.parts.library.current(it.session).diagrams.values():
            by_hand = any(not start["event"] for start in version.meta["starts"])
            if by_hand and commands.may_start(version.meta["start_roles"], it.identity):
                entry = {
                    "key": version.key,
                    "name": label(version.name),
                    "number": version.number,
                    "purpose": label(purpose(version.meta["documentation"])),
                }
                areas.setdefault(area_name(version.area), []).append(entry)
                if version.meta["record"] == ORDERED:
                    orders = version.key
        return it.page("start/list.html", areas=sorted(areas.items()), offers=_offers(it, orders) if orders else [])


@router.get("/start/{key}")
def ask(request: Request, key: str) -> Response:
    """Show the start form."""
    with visit(request) as it:
        bundle, form = _startable(it, key)
        return _form(it, bundle, form, _first_values(request, form) if form else {})


@router.post("/start/{key}")
def start(request: Request, key: str, data: FormData = Depends(posted)) -> Response:
    """Start a case and go on with its first task, when that is the person's own."""
    with visit(request) as it:
        bundle, form = _startable(it, key)
        post = read_answers(it, form, data) if form else None
        values = post.values if post else {"title": text(data, "title")[:200]}
        if (text(data, "_form") or "complete") != "complete":
            return _form(it, bundle, form, values, post=post)
        if form and post:
            references = it.parts.engine.reference_check(it.session, it.identity, None)
            if errors := post_errors(form, post, references=references):
                return _form(it, bundle, form, values, post=post, errors=errors, status=422)
        try:
            outcome = commands.start_case(it.parts.engine, it.session, key, it.identity, values)
        except (Invalid, BusinessError) as refusal:
            # Uploads, which are taken back with the rest, are stored once more.
            it.undo()
            post = read_answers(it, form, data) if form else None
            errors = refusal.fields if isinstance(refusal, Invalid) else {}
            told = "" if errors else refusal.message
            shown = post.values if post else values
            return _form(it, bundle, form, shown, post=post, errors=errors, refusal=told, status=422)
        case = outcome.case
        if outcome.next_task_id is not None:
            said = mark("The case %(case)s has begun; go on here.")
            return it.to(f"/work/tasks/{outcome.next_task_id}", said, case=case.number)
        return it.to(f"/cases/{case.number}", mark("The case %(case)s has begun."), case=case.number)


def _offers(it: Visit, key: str) -> list[dict[str, str]]:
    """Return what the person may order, each with the address of the form that orders it."""
    orderer = as_orderer(it.session, it.identity.person_id, it.identity.roles)
    return [
        {
            "path": f"/start/{key}?{OFFERED}={item.id}",
            "name": item.title,
            "purpose": purpose(item.description or ""),
            "expected": item.expected or "",
        }
        for item in offered(it.session, orderer)
    ]


def _first_values(request: Request, form: Form) -> dict[str, Any]:
    """Return what the form begins with; an address may name what everybody may know of."""
    given = {
        key: request.query_params[key]
        for key, field in form.section.inputs.items()
        if field.kind == "reference" and field.entity in OPEN_KINDS and request.query_params.get(key, "").isdecimal()
    }
    return initial_values(form, given)


def _startable(it: Visit, key: str) -> tuple[BundleContents, Form | None]:
    version = it.parts.library.current(it.session).diagram(key)
    if not commands.may_start(version.meta["start_roles"], it.identity):
        raise Forbidden("Your roles do not let you start this process.")
    bundle = contents(it.session, pin(it.session, it.parts.library, key))
    element, form = commands.start_form(bundle)
    if element is None:
        raise Conflict("This process is started by a message or on time, not by hand.")
    return bundle, form


def _form(
    it: Visit,
    bundle: BundleContents,
    form: Form | None,
    values: dict[str, Any],
    *,
    post: Post | None = None,
    errors: dict[str, list[str]] | None = None,
    refusal: str = "",
    status: int = 200,
) -> Response:
    element, _form_of_start = commands.start_form(bundle)
    diagram = diagram_here(bundle.diagram)
    guidance = diagram.elements[element].properties.get("guidance", "") if element else ""
    return it.page(
        "start/form.html",
        status=status,
        diagram=diagram,
        purpose=purpose(diagram.documentation),
        form=form_now(it, form) if form else None,
        values=values,
        post=post,
        errors=errors or {},
        refusal=refusal,
        labels=labels_of(it, form, values, typed=post is not None),
        guidance=guidance,
        steps=_steps(diagram),
    )


def _steps(diagram: Diagram) -> list[dict[str, str]]:
    """Return what people do in this process, in the order of the outline."""
    elements = diagram.elements
    kinds = ("userTask", "manualTask", "callActivity", "subProcess")
    lines = [item for item in outline(diagram) if item.kind == "step" and item.element in elements]
    return [
        {"name": elements[item.element].name, "lane": item.lane}
        for item in lines
        if elements[item.element].type in kinds
    ][:STEPS]
