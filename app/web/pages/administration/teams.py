"""Teams: members, leaders, level of support, mailbox."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.calendars import use
from app.domain.people import teams
from app.domain.people.fresh import take_turns
from app.domain.people.records import Person, Team
from app.domain.people.teams import Details
from app.engine import returning
from app.errors import Invalid, NotFound
from app.web.dependencies import RowId, Visit, number, posted
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, meant, seen, suggested, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/teams")


@router.get("")
def show_list(request: Request) -> Response:
    """List all teams."""
    with administering(request) as it:
        return it.page("administration/teams.html", rows=teams.listed(it.session))


@router.get("/new")
def show_new(request: Request) -> Response:
    """Show an empty form."""
    with administering(request) as it:
        return _form(it, None, values={})


@router.post("/new")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store a new team."""
    with administering(request) as it:
        return _save(it, None, data)


@router.get("/{team_id}")
def show(request: Request, team_id: RowId) -> Response:
    """Show a team and who is in it."""
    with administering(request) as it:
        return _form(it, _team(it, team_id))


@router.post("/{team_id}")
def change(request: Request, team_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Store what is now known of a team."""
    with administering(request) as it:
        return _save(it, _team(it, team_id), data)


@router.post("/{team_id}/members")
def change_members(request: Request, team_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Keep the members and leaders that are ticked, and take somebody in; tasks of who leaves go back to the team."""
    with administering(request) as it:
        team, values = _team(it, team_id), typed(data, "who")
        # What another administrator changes at the same moment is neither taken back nor overlooked.
        take_turns(it.session, "teams")
        before = {person.id for person, _leads in teams.members(it.session, team_id)}
        # Somebody who joined after the page was opened stays: only who was shown can be taken out.
        shown = {one for value in data.getlist("shown") if (one := number(str(value))) is not None}
        kept = {one for value in data.getlist("member") if (one := number(str(value))) is not None}
        leaders = {one for value in data.getlist("leader") if (one := number(str(value))) is not None}

        def work() -> Response:
            leading = {person.id for person, leads in teams.members(it.session, team_id) if leads} - shown
            wanted = (before - shown) | (kept & before)
            if values["who"]:
                wanted.add(meant(it.session, "who", values["who"]).id)
            with returning.watching(it.parts.engine, it.session, before ^ wanted, it.identity) as returned:
                teams.set_members(it.session, team_id, wanted, leaders | leading, actor_id=it.identity.person_id)
            told = mark("Saved. Tasks that went back to the team: %(count)s.") if returned else mark("Saved.")
            return it.to(f"/administration/teams/{team_id}", told, count=len(returned))

        return answered(it, values, work, lambda **told: _form(it, team, **told))


def _team(it: Visit, team_id: int) -> Team:
    team = it.session.get(Team, team_id)
    if team is None:
        raise NotFound
    return team


def _save(it: Visit, team: Team | None, data: FormData) -> Response:
    values = typed(data, "name", "key", "level", "email", "calendar", "version")
    team_id = team.id if team is not None else None

    def work() -> Response:
        if values["level"] and number(values["level"]) is None:
            raise Invalid({"level": [mark("Choose one of the levels that are offered.")]})
        details = Details(values["name"], values["key"], number(values["level"]), values["email"])
        saved = teams.save(it.session, team_id, details, actor_id=it.identity.person_id, seen=seen(data))
        use.give(it.session, saved, values["calendar"], actor_id=it.identity.person_id)
        return it.to(f"/administration/teams/{saved.id}", mark("Saved."))

    return answered(it, values, work, lambda **told: _form(it, team, **told))


def _form(it: Visit, team: Team | None, *, status: int = 200, **told: Any) -> Response:
    known: dict[str, Any] = {}
    rows: list[tuple[Person, bool]] = []
    if team is not None:
        known = {name: getattr(team, name) or "" for name in ("name", "key", "level", "email", "version")}
        known["calendar"] = use.key_of(it.session, team.calendar_id)
        rows = [(person, leads) for person, leads in teams.members(it.session, team.id)]
    values = known | {name: str(value) for name, value in told.pop("values", {}).items()}
    return it.page(
        "administration/team.html",
        status=status,
        team=team,
        members=rows,
        calendars=use.choices(it.session),
        levels=[(level, str(level)) for level in teams.LEVELS],
        people=suggested(it.session) if team is not None else [],
        **{"errors": {}, "complaint_text": "", "values": values, **told},
    )
