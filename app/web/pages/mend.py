"""Mending a case: try again, edit data, skip, cancel; each asks for a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.engine import repair
from app.engine.records import Case
from app.engine.step import Outcome
from app.errors import Forbidden, Invalid, NotFound, StellwerkError
from app.insight.case_view import find_case
from app.web.dependencies import Visit, posted, text, visit
from app.web.i18n import gettext as _
from app.web.i18n import mark

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to mend a case; all texts are marked for translation."""

    title: str
    explanation: str
    button: str
    done: str
    carry_out: Callable[..., Outcome]
    with_data: bool = False


REMEDIES = {
    "retry": Remedy(
        mark("Try again"),
        mark("The step that the case is stuck at is carried out once more, with the same data."),
        mark("Try again"),
        mark("The step was tried again."),
        repair.retry,
    ),
    "data": Remedy(
        mark("Edit the data"),
        mark("Correct what the case knows at this element; then the step is tried again."),
        mark("Save and try again"),
        mark("The data were changed and the step was tried again."),
        repair.edit_data,
        with_data=True,
    ),
    "skip": Remedy(
        mark("Skip this step"),
        mark("The case goes on behind this step as if it had been carried out without a result."),
        mark("Skip the step"),
        mark("The step was skipped."),
        repair.skip,
    ),
    "cancel": Remedy(
        mark("Cancel case"),
        mark("The case ends here: its tasks are withdrawn and nothing more happens in it. This cannot be undone."),
        mark("Cancel the case"),
        mark("The case was cancelled."),
        repair.cancel,
    ),
}


@router.get("/cases/{number}/{remedy}")
def ask(request: Request, number: str, remedy: str) -> Response:
    """Ask for the reason, and for the data where they are edited."""
    with visit(request) as it:
        chosen, case = _chosen(it, number, remedy)
        if problem := _impossible(it, case, remedy):
            return _form(it, case, chosen, data=None, problem=problem, possible=False)
        data = repair.stuck_data(it.parts.engine, it.session, case) if chosen.with_data else None
        return _form(it, case, chosen, data=_written(data) if chosen.with_data else None)


@router.post("/cases/{number}/{remedy}")
def mend(request: Request, number: str, remedy: str, posted_data: FormData = Depends(posted)) -> Response:
    """Carry the remedy out."""
    reason, typed = text(posted_data, "reason")[:2000], text(posted_data, "data")
    with visit(request) as it:
        chosen, case = _chosen(it, number, remedy)
        if problem := _impossible(it, case, remedy):
            return _form(it, case, chosen, data=None, problem=problem, possible=False)
        shown = typed if chosen.with_data else None
        try:
            arguments = [_read(typed)] if chosen.with_data else []
            outcome = chosen.carry_out(
                it.parts.engine, it.session, case.id, it.identity, *arguments, reason
            )  # fmt: skip
        except Invalid as refusal:
            it.undo()
            return _form(it, case, chosen, data=shown, reason=reason, errors=refusal.fields)
        except StellwerkError as refusal:
            it.undo()
            return _form(it, case, chosen, data=shown, reason=reason, problem=refusal.message)
        if outcome.case.status == "stuck":
            return it.to(f"/cases/{number}", mark("It did not help: the case is still stuck."), kind="warn")
        return it.to(f"/cases/{number}", chosen.done)


def _chosen(it: Visit, number: str, remedy: str) -> tuple[Remedy, Case]:
    if remedy not in REMEDIES:
        raise NotFound
    case = find_case(it.session, it.viewer, number)
    if not it.viewer.at(it.session, case.record_id).runs(case.area):
        raise Forbidden("Only the owner or manager of this process may mend its cases.")
    return REMEDIES[remedy], case


def _impossible(it: Visit, case: Case, remedy: str) -> str:
    """Return why a way of mending cannot work for the case as it stands; empty when it can."""
    try:
        repair.refuse(it.parts.engine, it.session, case, remedy)
    except StellwerkError as refusal:
        return refusal.message
    return ""


def _read(typed: str) -> dict[str, Any]:
    try:
        data = orjson.loads(typed)
    except orjson.JSONDecodeError as error:
        raise Invalid({"data": [_("This is not valid JSON: %(error)s") % {"error": error}]}) from error
    if not isinstance(data, dict):
        raise Invalid({"data": [_("Write a JSON object: names and their values in braces.")]})
    return data


def _written(data: dict[str, Any] | None) -> str:
    return orjson.dumps(data or {}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str).decode()


def _form(
    it: Visit,
    case: Case,
    remedy: Remedy,
    *,
    data: str | None,
    reason: str = "",
    errors: dict[str, list[str]] | None = None,
    problem: str = "",
    possible: bool = True,
) -> Response:
    return it.page(
        "cases/mend.html",
        status=422 if errors else 409 if problem else 200,
        case=case,
        title=_(remedy.title),
        explanation=_(remedy.explanation),
        button=_(remedy.button),
        data=data,
        reason=reason,
        errors={"data": [], "reason": [], **(errors or {})},
        problem=problem,
        possible=possible,
    )
