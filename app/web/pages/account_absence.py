"""Absences: one's own, and those of people in teams that one leads."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people import absence, assignments
from app.domain.people.records import Person
from app.errors import Invalid, Message, NotFound
from app.processes.roles import tasks_of
from app.web.dependencies import RowId, Visit, number, posted, visit
from app.web.i18n import here, mark
from app.web.pages.administration.answering import answered, meant, suggested, typed

router = APIRouter(prefix="/account")


@router.get("/absence")
def show(request: Request, person: str = "") -> Response:
    """Show absences that are not over, and a form for one more."""
    with visit(request) as it:
        return _page(it, _whose(it, person))


@router.post("/absence")
def enter(request: Request, data: FormData = Depends(posted)) -> Response:
    """Enter an absence of one's own or, for who leads a team, of somebody in it."""
    with visit(request) as it:
        values = typed(data, "person", "starts", "ends", "substitute", "note")
        person = _whose(it, values["person"])

        def work() -> Response:
            substitute = meant(it.session, "substitute", values["substitute"]) if values["substitute"] else None
            absence.enter(
                it.session, person.id, starts_at=_day("starts", values["starts"]),
                ends_at=_day("ends", values["ends"], end=True),
                substitute_id=substitute.id if substitute is not None else None, note=values["note"],
                by_id=it.identity.person_id, administrator=it.identity.administrator,
            )  # fmt: skip
            return it.to(f"/account/absence?person={person.id}", mark("Saved."))

        return answered(it, values, work, lambda **told: _page(it, person, **told))


@router.post("/absence/{absence_id}/end")
def end(request: Request, absence_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """End an absence now, or take one back that has not begun."""
    with visit(request) as it:
        row = absence.end(it.session, absence_id, by_id=it.identity.person_id, administrator=it.identity.administrator)
        return it.to(f"/account/absence?person={row.person_id}", mark("Saved."))


@router.get("/roles")
def show_roles(request: Request) -> Response:
    """Show one's own roles with their tasks."""
    with visit(request) as it:
        holdings = assignments.of_person(it.session, it.identity.person_id)
        return it.page("account_roles.html", holdings=holdings, tasks_of=tasks_of)


def _whose(it: Visit, value: str) -> Person:
    """Return whose absences are meant; oneself without a name.

    Raises:
        NotFound: there is nobody of this id whose absences one may enter.
    """
    me = it.identity
    person_id = number(value) if value else me.person_id
    person = it.session.get(Person, person_id) if person_id is not None else None
    if person is None or not person.active:
        raise NotFound
    if not absence.may_enter(it.session, person.id, by_id=me.person_id, administrator=me.administrator):
        raise NotFound
    return person


def _day(field: str, value: str, *, end: bool = False) -> datetime:
    """Return when a day begins where the person is, or ends."""
    try:
        day = date.fromisoformat(value) + timedelta(days=int(end))
        return datetime.combine(day, time(), here().zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid({field: [Message("Please choose a day.")]}) from None


def _page(it: Visit, person: Person, *, status: int = 200, **told: Any) -> Response:
    may_look_up = it.viewer.knows_people
    return it.page(
        "account_absence.html",
        status=status,
        person=person,
        absences=absence.of_person(it.session, person.id),
        stands_in=absence.stood_in_for(it.session, it.identity.person_id),
        led=absence.led_by(it.session, it.identity.person_id),
        people=[one for one in suggested(it.session) if one.id != person.id] if may_look_up else [],
        **{"errors": {}, "complaint_text": "", "values": {}, **told},
    )
