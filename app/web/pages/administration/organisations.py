"""Organisations: our own, members of the federation, customers, suppliers."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people import organisations
from app.domain.people.organisations import Details
from app.domain.people.records import Organisation
from app.errors import NotFound
from app.web.dependencies import RowId, Visit, posted, text
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, seen, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/organisations")
KINDS = {
    "own": mark("Our organisation"),
    "federation": mark("Member of the federation"),
    "customer": mark("Customer"),
    "supplier": mark("Supplier"),
}


@router.get("")
def show_list(request: Request) -> Response:
    """List all organisations."""
    with administering(request) as it:
        rows = organisations.listed(it.session)
        return it.page("administration/organisations.html", rows=rows, kinds=KINDS)


@router.get("/new")
def show_new(request: Request) -> Response:
    """Show an empty form."""
    with administering(request) as it:
        return _form(it, None, values={"kind": "customer", "active": "1"})


@router.post("/new")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store a new organisation."""
    with administering(request) as it:
        return _save(it, None, data)


@router.get("/{organisation_id}")
def show(request: Request, organisation_id: RowId) -> Response:
    """Show what is known of an organisation."""
    with administering(request) as it:
        found = it.session.get(Organisation, organisation_id)
        if found is None:
            raise NotFound
        names = ("name", "kind", "email", "phone", "address", "note", "version")
        values = {name: getattr(found, name) or "" for name in names}
        return _form(it, organisation_id, values=values | {"active": "1" if found.active else ""})


@router.post("/{organisation_id}")
def change(request: Request, organisation_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Store what is now known of an organisation."""
    with administering(request) as it:
        return _save(it, organisation_id, data)


def _save(it: Visit, organisation_id: int | None, data: FormData) -> Response:
    values = typed(data, "name", "kind", "email", "phone", "address", "note", "active", "version")

    def work() -> Response:
        facts = {name: values[name] for name in ("name", "kind", "email", "phone", "address", "note")}
        details = Details(**facts, active=text(data, "active") == "1")
        organisations.save(it.session, organisation_id, details, actor_id=it.identity.person_id, seen=seen(data))
        return it.to("/administration/organisations", mark("Saved."))

    return answered(it, values, work, lambda **told: _form(it, organisation_id, **told))


def _form(it: Visit, organisation_id: int | None, *, status: int = 200, **told: Any) -> Response:
    return it.page(
        "administration/organisation.html",
        status=status,
        organisation_id=organisation_id,
        kinds=[(key, _(name)) for key, name in KINDS.items()],
        **{"errors": {}, "complaint_text": "", **told},
    )
