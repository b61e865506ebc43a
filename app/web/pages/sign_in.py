"""Signing in, in one step or two, and out."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.domain.founding import found
from app.domain.people import identity, passwords, sessions, sign_in
from app.domain.people.credentials import limits
from app.domain.people.sign_in import CodeNeeded, Lockout
from app.errors import Unavailable
from app.web import csrf, i18n
from app.web.dependencies import anonymous, page, parts_of, place_of, posted, query, text
from app.web.pages import sign_in_by_directory as by_directory
from app.web.pages import sign_in_elsewhere as elsewhere
from app.web.signing_in import STEP, asking, codes_seal, local, set_cookie, signed_in

router = APIRouter()


@router.get("/sign-in")
def show(request: Request, back: str = "/work") -> Response:
    """Ask for login and password; who is signed in already goes on."""
    secret = request.cookies.get(csrf.SESSION, "")
    with anonymous(request) as session:
        if found.is_empty(session):
            return RedirectResponse("/first-start", status_code=303)
        hours = parts_of(request).settings.session_hours
        if secret and identity.by_session(session, secret, hours=hours):
            return RedirectResponse(local(back), status_code=303)
        csrf.greet(request)
        return _page(request, back=local(back), login="", wrong="")


@router.post("/sign-in")
def enter(request: Request, data: FormData = Depends(posted)) -> Response:
    """Open a session, ask for the second factor, or say that login or password is wrong."""
    settings, who = parts_of(request).settings, asking(request)
    login, back = text(data, "login")[:100], local(text(data, "back"))
    given = data.get("password")
    password = given if isinstance(given, str) else ""
    with anonymous(request) as session:
        if seconds := limits.seconds_left(session, limits.SIGN_IN_BY_ADDRESS, limits.place(who.address)):
            answer = _page(request, status=429, back=back, login=login, wrong="address")
            answer.headers["retry-after"] = str(seconds)
            return answer
        opened, kept_there = None, by_directory.keeps(request, session, login)
        if kept_there:
            # As long as for somebody whose password is known here.
            passwords.matches(None, password)
        else:
            opened = sign_in.sign_in(
                session, login, password, hours=settings.session_hours,
                lockout=Lockout(settings.lockout_attempts, settings.lockout_minutes), address=who.address,
                user_agent=who.user_agent,
            )  # fmt: skip
    if opened is None and by_directory.is_set(request):
        try:
            opened = by_directory.enter(request, login, password, local=not kept_there)
        except Unavailable as error:
            return _page(request, status=503, back=back, login=login, wrong="directory", told=error.message)
    if opened is None:
        return _page(request, status=401, back=back, login=login, wrong="password")
    if isinstance(opened, CodeNeeded):
        answer = RedirectResponse("/sign-in/code" + query({"back": back}), status_code=303)
        set_cookie(request, answer, STEP, opened.secret)
        return answer
    return signed_in(request, opened.secret, back)


@router.get("/sign-in/code")
def ask_code(request: Request, back: str = "/work") -> Response:
    """Ask for the code of the second factor; without the first step there is nothing to ask."""
    with anonymous(request) as session:
        if sign_in.waits(session, request.cookies.get(STEP, "")) is None:
            return RedirectResponse("/sign-in" + query({"back": local(back)}), status_code=303)
        csrf.greet(request)
        return page(request, "sign_in_code.html", back=local(back), wrong="")


@router.post("/sign-in/code")
def enter_code(request: Request, data: FormData = Depends(posted)) -> Response:
    """Open the session for the right code."""
    settings, who, step = parts_of(request).settings, asking(request), request.cookies.get(STEP, "")
    back = local(text(data, "back"))
    with anonymous(request) as session:
        person_id = sign_in.waits(session, step)
        if person_id is None:
            return RedirectResponse("/sign-in" + query({"back": back}), status_code=303)
        if not (seconds := limits.seconds_left(session, limits.CODES, person_id)):
            opened = sign_in.finish(
                session, step, text(data, "code")[:100], seal=codes_seal(settings), hours=settings.session_hours,
                address=who.address, user_agent=who.user_agent,
            )  # fmt: skip
            if opened:
                return signed_in(request, opened.secret, back)
            seconds = limits.seconds_left(session, limits.CODES, person_id)
        wrong = "often" if seconds else "code"
        answer = page(request, "sign_in_code.html", status=429 if seconds else 401, back=back, wrong=wrong)
        if seconds:
            answer.headers["retry-after"] = str(seconds)
        return answer


@router.post("/sign-out")
def leave(request: Request, _data: FormData = Depends(posted)) -> Response:
    """End the session of this browser."""
    with anonymous(request) as session:
        ended = sessions.sign_out(session, request.cookies.get(csrf.SESSION, ""))
        answer = elsewhere.left(request, ended) or RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(csrf.SESSION)
    return answer


def _page(request: Request, *, status: int = 200, **values: str) -> Response:
    with i18n.at(place_of(request)):
        return page(request, "sign_in.html", status=status, provider=elsewhere.offered(request), **values)
