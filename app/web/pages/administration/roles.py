"""Roles: what each is for, who holds it, who is given it and when that ends; what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.people import assignments, findings
from app.domain.people.assignments import Holding, Wish
from app.domain.people.records import Team
from app.engine import returning
from app.errors import Forbidden, Invalid, Message, NotFound
from app.processes.roles import assignable, fixed_roles
from app.web.dependencies import RowId, Visit, number, posted, text, visit
from app.web.i18n import here, mark
from app.web.names import AREA_NAMES, role_title
from app.web.pages.administration.answering import answered, meant, suggested, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/roles")
STEPS = (
    ("process_owner", mark("Owner")), ("process_manager", mark("Manager")), ("process_staff", mark("Staff")),
)  # fmt: skip
# They follow from a case or a service; nobody is given them here.
OF_CASES = ("case.owner", "service.owner")
FIELDS = ("who", "team", "service", "record", "valid_from", "valid_until", "reason")


@contextmanager
def overseeing(request: Request) -> Iterator[Visit]:
    """Open the one transaction of a page that administrators see, and whoever oversees the management system.

    Raises:
        SignInNeeded: nobody is signed in.
        Forbidden: the person is neither.
    """
    with visit(request) as it:
        if not it.viewer.sees_all:
            raise Forbidden("Only administrators and those who oversee the management system may see this.")
        yield it


@router.get("")
def show_list(request: Request) -> Response:
    """Show who holds which role, and what is wrong."""
    with overseeing(request) as it:
        held: dict[str, list[Holding]] = {}
        for one in assignments.listed(it.session):
            held.setdefault(one.role, []).append(one)
        in_areas = {f"{area}.{step}" for area in AREA_NAMES for step, _name in STEPS}
        return it.page(
            "administration/roles.html",
            held=held,
            now=clock.now(),
            whole=[key for key in assignable() if key not in in_areas],
            areas=[area for area in AREA_NAMES if f"{area}.process_owner" in assignable()],
            area_names=AREA_NAMES,
            steps=STEPS,
            of_cases=[fixed_roles()[key] for key in OF_CASES],
            findings=findings.found(it.session),
        )


@router.get("/{role}")
def show(request: Request, role: str) -> Response:
    """Show a role: its tasks, who holds it, who held it."""
    with overseeing(request) as it:
        return _page(it, role)


@router.post("/{role}")
def assign(request: Request, role: str, data: FormData = Depends(posted)) -> Response:
    """Give the role to a person or a team."""
    with administering(request) as it:
        if role not in assignable():
            raise NotFound
        values = typed(data, *FIELDS)

        def work() -> Response:
            assignments.assign(it.session, _wish(it, role, values), actor_id=it.identity.person_id)
            return it.to(f"/administration/roles/{role}", mark("Saved."))

        return answered(it, values, work, lambda **told: _page(it, role, **told))


@router.post("/{role}/assignments/{assignment_id}/end")
def end(request: Request, role: str, assignment_id: RowId, data: FormData = Depends(posted)) -> Response:
    """End an assignment, now or at the end of a day; tasks that were taken by it go back to the role."""
    with administering(request) as it:
        last = text(data, "last_day")

        def work() -> Response:
            at = _day("valid_until", last, end=True) if last else None
            whom = assignments.concerned_by(it.session, assignment_id)
            with returning.watching(it.parts.engine, it.session, whom, it.identity) as returned:
                assignments.end(it.session, assignment_id, actor_id=it.identity.person_id, at=at, role=role)
            told = mark("Saved. Tasks that went back to the role: %(count)s.") if returned else mark("Saved.")
            return it.to(f"/administration/roles/{role}", told, count=len(returned))

        return answered(it, {}, work, lambda **told: _page(it, role, **told))


def _wish(it: Visit, role: str, values: dict[str, str]) -> Wish:
    team = number(values["team"])
    person = meant(it.session, "who", values["who"]) if values["who"] or not values["team"] else None
    record = assignments.record_named(it.session, values["record"]) if values["record"] else None
    service = number(values["service"])
    if values["service"] and service not in dict(assignments.services(it.session)):
        raise Invalid({"service": [Message("Choose one of the services that are offered.")]})
    return Wish(
        role=role,
        person_id=person.id if person is not None else None,
        team_id=team,
        service_id=service,
        record_id=record,
        valid_from=_day("valid_from", values["valid_from"]) if values["valid_from"] else None,
        valid_until=_day("valid_until", values["valid_until"], end=True) if values["valid_until"] else None,
        reason=values["reason"],
    )


def _day(field: str, value: str, *, end: bool = False) -> datetime:
    """Return when a day begins where the person is, or ends."""
    try:
        day = date.fromisoformat(value) + timedelta(days=int(end))
        return datetime.combine(day, time(), here().zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid({field: [Message("Please choose a day.")]}) from None


def _page(it: Visit, role: str, *, status: int = 200, **told: Any) -> Response:
    known = assignable().get(role)
    if known is None:
        raise NotFound
    now = clock.now()
    found = assignments.of_role(it.session, role)
    teams = it.session.execute(select(Team.id, Team.name).order_by(Team.name))
    return it.page(
        "administration/role.html",
        status=status,
        role=known,
        role_name=role_title(role),
        current=[one for one in found if one.is_current(now)],
        coming=[one for one in found if one.valid_from > now],
        past=[one for one in found if one.valid_until is not None and one.valid_until <= now][:50],
        services=assignments.services(it.session),
        team_choices=[(row.id, row.name) for row in teams],
        people=suggested(it.session),
        **{"errors": {}, "complaint_text": "", "values": {}, **told},
    )
