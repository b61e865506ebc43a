"""What the pages of signing in share: who asks from where, cookies, where to go on, what is encrypted."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.people.credentials import second_factor
from app.domain.people.credentials.sealing import Seal
from app.settings import Settings
from app.web import csrf

# Carries the secret of a sign-in that still waits for its code.
STEP = "stellwerk_step"


@dataclass(frozen=True, slots=True)
class Asking:
    """Where a request comes from; behind a trusted proxy that is what the proxy says."""

    address: str | None
    user_agent: str | None


def asking(request: Request) -> Asking:
    """Return where a request comes from."""
    return Asking(request.client.host if request.client else None, request.headers.get("user-agent"))


def codes_seal(settings: Settings) -> Seal:
    """Return what encrypts the secrets of authenticators."""
    return Seal(settings.secret, second_factor.PURPOSE)


def signed_in(request: Request, secret: str, back: str) -> Response:
    """Hand the browser its session and go on where the person wanted to."""
    answer = RedirectResponse(local(back), status_code=303)
    set_cookie(request, answer, csrf.SESSION, secret)
    answer.delete_cookie(csrf.VISITOR)
    answer.delete_cookie(STEP)
    return answer


def set_cookie(request: Request, answer: Response, name: str, secret: str) -> None:
    """Hand the browser a secret; it ends with the browser or when the server forgets it."""
    answer.set_cookie(name, secret, httponly=True, samesite="lax", secure=csrf.secure(request), path="/")


def local(path: str) -> str:
    """Return a path of ours to go on with; anything that could lead elsewhere becomes the work list."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain and path.isprintable() and len(path) < 2000 else "/work"
