"""A person's own settings: language, time zone, keys, password, where they are signed in."""

from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.domain.calendars import use
from app.domain.desk import choices
from app.domain.people import accounts, secrets, sessions
from app.domain.people.credentials import second_factor
from app.domain.people.records import Person
from app.errors import Invalid, Message
from app.web import csrf, i18n
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import mark
from app.web.names import role_title

router = APIRouter()


@router.get("/account")
def show(request: Request) -> Response:
    """Show the settings."""
    with visit(request) as it:
        return _page(it)


@router.post("/account")
def change(request: Request, data: FormData = Depends(posted)) -> Response:
    """Keep language, time zone and the choice about single keys."""
    with visit(request) as it:
        locale, zone = text(data, "locale"), text(data, "time_zone")
        if zone not in available_timezones():
            wrong: dict[str, list[str]] = {"time_zone": [Message("Choose one of the time zones that are offered.")]}
            return _page(it, errors=wrong, time_zone=zone, status=422)
        person = it.session.get_one(Person, it.identity.person_id)
        person.locale = locale if locale in i18n.languages() else person.locale
        person.time_zone, person.single_keys = zone, text(data, "single_keys") == "1"
        choices.choose(it.session, person.id, stays=text(data, "next") == "stay")
        with i18n.at(i18n.place(person.locale, zone)):
            return it.to("/account", mark("Saved."))


@router.post("/account/password")
def change_password(request: Request, data: FormData = Depends(posted)) -> Response:
    """Set a new password; all other sessions end."""
    old, new = data.get("old"), data.get("new")
    with visit(request) as it:
        person = it.session.get_one(Person, it.identity.person_id)
        if not accounts.is_theirs(it.session, person, old if isinstance(old, str) else ""):
            return _page(it, errors={"old": [NOT_THEIRS]}, status=422)
        kept = secrets.digest(request.cookies[csrf.SESSION])
        try:
            accounts.set_password(
                it.session, person.id, new if isinstance(new, str) else "", keep_session=kept, by_id=person.id
            )
        except Invalid as refusal:
            return _page(it, errors=refusal.fields, status=422)
        return it.to("/account", mark("Your password was changed. Elsewhere you are signed out."))


@router.post("/account/sessions/{session_id}/end")
def end_session(request: Request, session_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """End one session; when it is this one, the browser goes to the sign-in page by itself."""
    with visit(request) as it:
        sessions.end(it.session, it.identity.person_id, session_id)
        return it.to("/account", mark("This browser is signed out."))


@router.post("/account/sign-out-others")
def leave_others(request: Request, _data: FormData = Depends(posted)) -> Response:
    """End all sessions of the person but this one."""
    with visit(request) as it:
        sessions.end_others(it.session, it.identity.person_id, here=request.cookies[csrf.SESSION])
        return it.to("/account", mark("Elsewhere you are signed out."))


@router.post("/account/sign-out-everywhere")
def leave_everywhere(request: Request, _data: FormData = Depends(posted)) -> Response:
    """End all sessions of the person, this one too."""
    with visit(request) as it:
        sessions.sign_out_everywhere(it.session, it.identity.person_id)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(csrf.SESSION)
    return answer


NOT_THEIRS = Message("This is not your password. After several wrong ones none is accepted for a quarter of an hour.")


def _page(it: Visit, *, errors: dict[str, list[str]] | None = None, time_zone: str = "", status: int = 200) -> Response:
    person = it.session.get_one(Person, it.identity.person_id)
    return it.page(
        "account.html",
        status=status,
        errors={"time_zone": [], "old": [], "password": [], **(errors or {})},
        languages=i18n.languages(),
        stays=choices.stays(it.session, it.identity.person_id),
        time_zone=time_zone or it.identity.time_zone,
        zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
        sessions=sessions.sessions_of(it.session, person.id, here=it.request.cookies.get(csrf.SESSION, "")),
        local=person.password_hash is not None,
        second_factor=second_factor.is_on(it.session, person.id),
        calendar=dict(use.choices(it.session)).get(use.key_of(it.session, person.calendar_id), ""),
        roles=sorted(role_title(role) for role in it.identity.roles),
    )
