"""Somebody leaves: what is open with them is listed, handed over, and their account is closed."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people.records import Person
from app.errors import Invalid, NotFound
from app.insight import leaving
from app.insight.leaving import Estate
from app.web.dependencies import RowId, Visit, posted, text
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, meant, suggested
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/people/{person_id}")


@router.get("/leave")
def show(request: Request, person_id: RowId) -> Response:
    """List what is open with a person."""
    with administering(request) as it:
        return _page(it, _present(it, person_id))


@router.post("/leave")
def leave(request: Request, person_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Hand everything over and close the account: all of it, or nothing."""
    with administering(request) as it:
        person = _present(it, person_id)
        values = {name: text(data, name) for name in data if isinstance(name, str) and not name.startswith("_")}

        def work() -> Response:
            heirs = _heirs(it, leaving.open_with(it.session, person_id), values)
            name = person.name
            leaving.leave(
                it.parts.engine, it.parts.records, it.session, person_id, heirs, it.identity,
                reason=values.get("reason", "")[:500],
            )  # fmt: skip
            return it.to("/administration/people", mark("%(name)s has left; everything was handed over."), name=name)

        return answered(it, values, work, lambda **told: _page(it, person, **told))


@router.post("/return")
def come_back(request: Request, person_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Let somebody sign in again."""
    with administering(request) as it:
        leaving.come_back(it.session, person_id, actor_id=it.identity.person_id)
        return it.to(f"/administration/people/{person_id}", mark("Saved."))


def _present(it: Visit, person_id: int) -> Person:
    person = it.session.get(Person, person_id)
    if person is None or not person.active:
        raise NotFound
    return person


def _heirs(it: Visit, estate: Estate, values: dict[str, str]) -> dict[str, int | None]:
    """Read who takes over what: somebody for one thing, else somebody for all things of its kind, else nobody."""
    told: dict[str, list[str]] = {}
    known: dict[str, int | None] = {"": None}
    heirs: dict[str, int | None] = {}
    for item in estate.items:
        own = values.get(item.key, "")
        field, value = (item.key, own) if own else (f"all-{item.kind}", values.get(f"all-{item.kind}", ""))
        try:
            if value not in known:
                known[value] = meant(it.session, field, value).id
            heirs[item.key] = known[value]
        except Invalid as refusal:
            told |= refusal.fields
    if told:
        raise Invalid(told)
    return heirs


def _page(it: Visit, person: Person, *, status: int = 200, **told: Any) -> Response:
    return it.page(
        "administration/leaving.html",
        status=status,
        person=person,
        estate=leaving.open_with(it.session, person.id),
        people=[one for one in suggested(it.session) if one.id != person.id],
        **{"errors": {}, "complaint_text": "", "values": {}, **told},
    )
