"""People: found, added, changed; what one of them holds, and is to do."""

from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.calendars import use
from app.domain.people import assignments, persons, teams
from app.domain.people.credentials import second_factor
from app.domain.people.persons import PAGE, Details, Search
from app.domain.people.records import Organisation, Person, Team
from app.errors import Invalid, Message, NotFound
from app.processes.roles import tasks_of
from app.web import i18n
from app.web.dependencies import RowId, Visit, number, posted, query, text
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, seen, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/people")
STATES = ("active", "left", "")
FIELDS = ("name", "login", "email", "phone", "department", "organisation", "locale", "time_zone")


@router.get("")
def show_list(
    request: Request, q: str = "", organisation: str = "", team: str = "", state: str = "active", page: str = "1"
) -> Response:
    """List people, with filters."""
    with administering(request) as it:
        state = {"all": ""}.get(state, state)
        state = state if state in STATES else "active"
        place = min(max(number(page) or 1, 1), 10_000)
        wanted = Search(q.strip()[:100], number(organisation), number(team), state)
        found, total = persons.find(it.session, wanted, page=place)
        params = {"q": wanted.text, "organisation": organisation, "team": team, "state": state}
        return it.page(
            "administration/people.html",
            people=found,
            total=total,
            params=params,
            states=[("active", _("Active")), ("left", _("Have left")), ("", _("All"))],
            link=lambda **changed: "/administration/people" + query({**params, "page": "", **changed}),
            page_number=place,
            more=place * PAGE < total,
            **_choices(it),
        )


@router.get("/new")
def show_new(request: Request) -> Response:
    """Show an empty form."""
    with administering(request) as it:
        settings = it.parts.settings
        values = {"locale": settings.default_locale, "time_zone": settings.default_time_zone}
        return _form(it, values=values)


@router.post("/new")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store a new person."""
    with administering(request) as it:
        values = typed(data, *FIELDS, "calendar", "administrator")

        def work() -> Response:
            secret = data.get("password")
            password = secret if isinstance(secret, str) and secret else None
            person = persons.add(it.session, _details(data), actor_id=it.identity.person_id, password=password)
            use.give(it.session, person, text(data, "calendar"), actor_id=it.identity.person_id)
            return it.to(f"/administration/people/{person.id}", mark("Saved."))

        return answered(it, values, work, lambda **told: _form(it, **told))


@router.get("/{person_id}")
def show(request: Request, person_id: RowId) -> Response:
    """Show a person: who they are, roles with their tasks, teams."""
    with administering(request) as it:
        return _person(it, _found(it, person_id))


@router.post("/{person_id}")
def change(request: Request, person_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Store what is now known of a person."""
    with administering(request) as it:
        person = _found(it, person_id)
        values = typed(data, *FIELDS, "calendar", "administrator", "version")

        def work() -> Response:
            saved = persons.change(
                it.session, person_id, _details(data), actor_id=it.identity.person_id, seen=seen(data)
            )  # fmt: skip
            use.give(it.session, saved, text(data, "calendar"), actor_id=it.identity.person_id)
            return it.to(f"/administration/people/{person_id}", mark("Saved."))

        return answered(it, values, work, lambda **told: _person(it, person, **told))


def _found(it: Visit, person_id: int) -> Person:
    person = it.session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person


def _details(data: FormData) -> Details:
    values = typed(data, *FIELDS)
    organisation = values.pop("organisation")
    if organisation and number(organisation) is None:
        raise Invalid({"organisation": [Message("Choose one of the organisations that are offered.")]})
    if values["locale"] not in i18n.languages():
        raise Invalid({"locale": [Message("Choose one of the languages that are offered.")]})
    return Details(**values, organisation_id=number(organisation), administrator=text(data, "administrator") == "1")


def _choices(it: Visit) -> dict[str, Any]:
    organisations = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    named = select(Team.id, Team.name).order_by(Team.name)
    return {
        "organisations": [(row.id, row.name) for row in it.session.execute(organisations)],
        "teams": [(row.id, row.name) for row in it.session.execute(named)],
    }


def _form(it: Visit, *, status: int = 200, **told: Any) -> Response:
    common = {"errors": {}, "complaint_text": "", **_fields(it), **told}
    return it.page("administration/new_person.html", status=status, **common)


def _person(it: Visit, person: Person, *, status: int = 200, **told: Any) -> Response:
    known = {name: getattr(person, name) or "" for name in FIELDS if name != "organisation"}
    known |= {"organisation": str(person.organisation_id or ""), "version": str(person.version)}
    known |= {"calendar": use.key_of(it.session, person.calendar_id)}
    known |= {"administrator": "1" if person.administrator else ""}
    common = {"errors": {}, "complaint_text": "", "values": known, **_fields(it), **told}
    return it.page(
        "administration/person.html",
        status=status,
        person=person,
        second_factor=second_factor.is_on(it.session, person.id),
        holdings=assignments.of_person(it.session, person.id),
        tasks_of=tasks_of,
        member_of=[(team, leads) for team, leads in teams.teams_of(it.session, person.id)],
        **common,
    )


def _fields(it: Visit) -> dict[str, Any]:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    offered = {"zones": zones, "calendars": use.choices(it.session)}
    return {"languages": list(i18n.languages().items()), **offered, **_choices(it)}
