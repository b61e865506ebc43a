"""Agreements: written with their targets, put in force, ended; which of them applies to what, and what runs by them."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.records.writer import Trace
from app.domain.service_levels import editing
from app.domain.service_levels.applying import Subject
from app.domain.service_levels.records import Agreement
from app.domain.service_levels.words import METRICS, TYPES
from app.errors import BusinessError, Conflict, Forbidden, Invalid
from app.insight import agreement_view
from app.web import agreement_forms, clock_words
from app.web.agreement_forms import SPARE
from app.web.dependencies import Visit, number, posted, text, visit
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, suggested

router = APIRouter(prefix="/agreements")
FIRST_ROWS = {"metric-0": "response", "warn-0": "80", "metric-1": "resolution", "warn-1": "80"}


@router.get("/new")
def show_new(request: Request) -> Response:
    """Show an empty form."""
    with visit(request) as it:
        _allow(it)
        values = dict.fromkeys(agreement_forms.FIELDS, "")
        return _form(it, None, values=values | {"type": "default", "review_months": "12"} | FIRST_ROWS)


@router.post("/new")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store a new agreement as a draft."""
    with visit(request) as it:
        _allow(it)
        return _save(it, None, data)


@router.get("/applying")
def show_applying(
    request: Request, service: str = "", organisation: str = "", priority: str = "P3", team: str = ""
) -> Response:
    """Say which agreement applies to a service, a customer, a priority and a team, and why."""
    with visit(request) as it:
        asked = {"service": service, "organisation": organisation, "priority": priority, "team": team}
        subject = Subject(number(service), number(organisation), priority, number(team))
        answers = agreement_view.applying_to(it.session, it.viewer, subject)
        return it.page(
            "agreements/applying.html", values=asked, errors={}, answers=answers, metrics=METRICS, words=clock_words,
            choices=agreement_view.choices(it.session), may_add=agreement_view.may_change(it.viewer),
        )  # fmt: skip


@router.get("/{number}")
def show(request: Request, number: str) -> Response:
    """Show an agreement to be changed."""
    with visit(request) as it:
        agreement = agreement_view.find(it.session, it.viewer, number, change=True)
        targets = agreement_view.sheet(it.session, it.viewer, agreement).targets
        return _form(
            it, agreement, values=agreement_forms.values_of(it.session, agreement, [target for target, _own in targets])
        )  # fmt: skip


@router.post("/{number}")
def change(request: Request, number: str, data: FormData = Depends(posted)) -> Response:
    """Store what has become of an agreement."""
    with visit(request) as it:
        return _save(it, agreement_view.find(it.session, it.viewer, number, change=True), data)


@router.get("/{number}/clocks")
def show_clocks(request: Request, number: str) -> Response:
    """List the clocks that run by an agreement."""
    with visit(request) as it:
        agreement = agreement_view.find(it.session, it.viewer, number)
        rows = agreement_view.running(it.session, it.viewer, agreement.id)
        return it.page("agreements/clocks.html", agreement=agreement, rows=rows, metrics=METRICS, words=clock_words)


@router.get("/{number}/activate")
def show_activate(request: Request, number: str) -> Response:
    """Ask before an agreement is put in force."""
    with visit(request) as it:
        return _step(it, agreement_view.find(it.session, it.viewer, number, change=True), "activate")


@router.post("/{number}/activate")
def activate(request: Request, number: str, _data: FormData = Depends(posted)) -> Response:
    """Put an agreement in force."""
    with visit(request) as it:
        agreement = agreement_view.find(it.session, it.viewer, number, change=True)

        def work() -> Response:
            editing.activate(it.session, agreement.id, Trace(it.identity.person_id), now=clock.now())
            return it.to(f"/records/agreement/{number}", mark("%(number)s is in force."), number=number)

        return _carried_out(it, agreement, "activate", {}, work)


@router.get("/{number}/end")
def show_end(request: Request, number: str) -> Response:
    """Ask before an agreement is ended, and why."""
    with visit(request) as it:
        return _step(it, agreement_view.find(it.session, it.viewer, number, change=True), "end")


@router.post("/{number}/end")
def end(request: Request, number: str, data: FormData = Depends(posted)) -> Response:
    """End an agreement."""
    with visit(request) as it:
        agreement = agreement_view.find(it.session, it.viewer, number, change=True)
        reason = text(data, "reason")

        def work() -> Response:
            editing.end(it.session, agreement.id, Trace(it.identity.person_id), reason=reason, now=clock.now())
            return it.to(f"/records/agreement/{number}", mark("%(number)s has ended."), number=number)

        return _carried_out(it, agreement, "end", {"reason": reason}, work)


def acts(it: Visit) -> list[tuple[str, str, str]]:
    """Return what stands above the list of agreements: icon, words, address."""
    found = [("search", _("Which one applies?"), "/agreements/applying")] if agreement_view.may_ask(it.viewer) else []
    return [*found, ("plus", _("Add"), "/agreements/new")] if agreement_view.may_change(it.viewer) else found


def _allow(it: Visit) -> None:
    if not agreement_view.may_change(it.viewer):
        raise Forbidden(agreement_view.NOT_YOURS)


def _carried_out(
    it: Visit, agreement: Agreement, step: str, values: dict[str, str], work: Callable[[], Response]
) -> Response:
    number = agreement.number

    def again(*, complaint: str = "", errors: dict[str, list[str]] | None = None, status: int) -> Response:
        it.undo()
        found = agreement_view.find(it.session, it.viewer, number, change=True)
        return _step(it, found, step, values=values, errors=errors or {}, complaint_text=complaint, status=status)

    try:
        return work()
    except Invalid as refusal:
        return again(errors=refusal.fields, status=422)
    except (BusinessError, Conflict) as refusal:
        return again(complaint=refusal.message, status=409)


def _step(it: Visit, agreement: Agreement, step: str, *, status: int = 200, **told: Any) -> Response:
    told = {"values": {}, "errors": {}, "complaint_text": "", **told}
    concerned = editing.concerned(it.session, agreement)
    return it.page(
        "agreements/step.html", status=status, agreement=agreement, step=step, concerned=concerned, **told
    )  # fmt: skip


def _save(it: Visit, agreement: Agreement | None, data: FormData) -> Response:
    values, trace = agreement_forms.sent(data), Trace(it.identity.person_id)
    number = agreement.number if agreement is not None else ""

    def again(**told: Any) -> Response:
        found = agreement_view.find(it.session, it.viewer, number, change=True) if number else None
        return _form(it, found, **told)

    def work() -> Response:
        if text(data, "do") == "rows":
            return _form(it, agreement, values=values, spare=2 * SPARE + 2)
        written, wrong = agreement_forms.read(it.session, values, agreement)
        try:
            if agreement is None:
                stored = editing.add(it.session, written, trace)
            else:
                seen = agreement_forms.seen(values["seen"])
                stored = editing.change(it.session, agreement.id, written, trace, seen=seen)
        except Invalid as refusal:
            raise Invalid(agreement_forms.by_field(refusal.fields, values) | wrong) from refusal
        if wrong:
            raise Invalid(wrong)
        return it.to(f"/records/agreement/{stored.number}", mark("Saved."))

    return answered(it, values, work, again)


def _form(it: Visit, agreement: Agreement | None, *, status: int = 200, spare: int = SPARE, **told: Any) -> Response:
    values = told["values"]
    choices = agreement_view.choices(it.session)
    if agreement is not None:
        _keep(it, agreement, choices)
    return it.page(
        "agreements/form.html",
        status=status,
        agreement=agreement,
        choices=choices,
        types=[(key, _(title)) for key, title in TYPES.items() if agreement is None or key == agreement.type],
        metrics=[(key, _(title)) for key, title in METRICS.items()],
        rows=agreement_forms.rows_of(values, spare),
        people=suggested(it.session),
        running=editing.running_by(it.session, agreement.id) if agreement is not None else 0,
        **{"errors": {}, "complaint_text": "", **told},
    )


def _keep(it: Visit, agreement: Agreement, choices: dict[str, list[tuple[str, str]]]) -> None:
    """Offer what an agreement names already even if nobody would choose it any more."""
    named = agreement_view.parties(it.session, agreement)
    for name, (identity, title) in named.items():
        if identity not in {key for key, _title in choices[name]}:
            choices[name].append((identity, title))
