"""Signing in and out."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.domain.people import identity, sign_in
from app.domain.people.sign_in import Lockout
from app.web import csrf
from app.web.dependencies import anonymous, page, parts_of, posted, text

router = APIRouter()


@router.get("/sign-in")
def show(request: Request, back: str = "/work") -> Response:
    """Ask for login and password; who is signed in already goes on."""
    secret = request.cookies.get(csrf.SESSION, "")
    with anonymous(request) as session:
        hours = parts_of(request).settings.session_hours
        if secret and identity.by_session(session, secret, hours=hours):
            return RedirectResponse(local(back), status_code=303)
        csrf.greet(request)
        return page(request, "sign_in.html", back=local(back), login="", wrong=False)


@router.post("/sign-in")
def enter(request: Request, data: FormData = Depends(posted)) -> Response:
    """Open a session, or say that login or password is wrong."""
    settings = parts_of(request).settings
    login, back = text(data, "login"), local(text(data, "back"))
    password = data.get("password")
    with anonymous(request) as session:
        opened = sign_in.sign_in(
            session,
            login[:100],
            password if isinstance(password, str) else "",
            hours=settings.session_hours,
            lockout=Lockout(settings.lockout_attempts, settings.lockout_minutes),
            address=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
        )
        if opened is None:
            return page(request, "sign_in.html", status=401, back=back, login=login, wrong=True)
    answer = RedirectResponse(back, status_code=303)
    set_session(request, answer, opened.secret)
    answer.delete_cookie(csrf.VISITOR)
    return answer


@router.post("/sign-out")
def leave(request: Request, _data: FormData = Depends(posted)) -> Response:
    """End the session of this browser."""
    with anonymous(request) as session:
        sign_in.sign_out(session, request.cookies.get(csrf.SESSION, ""))
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(csrf.SESSION)
    return answer


def set_session(request: Request, answer: Response, secret: str) -> None:
    """Hand the browser its secret; it ends with the browser or when the server forgets it."""
    answer.set_cookie(
        csrf.SESSION, secret, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )


def local(path: str) -> str:
    """Return a path of ours to go on with; anything that could lead elsewhere becomes the work list."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain and path.isprintable() and len(path) < 2000 else "/work"
