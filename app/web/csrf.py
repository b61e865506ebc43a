"""Unsafe requests must come from our own pages: same origin, and a token that belongs to this very session."""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from app.domain.people.secrets import csrf_matches, csrf_token
from app.errors import Forbidden
from app.web.i18n import mark

FIELD = "_csrf"
HEADER = "x-csrf-token"
SESSION = "stellwerk_session"
VISITOR = "stellwerk_visitor"


class CrossSite(Forbidden):
    """A form was sent from elsewhere, or from a page of an earlier session."""


STALE = mark(
    "This page belongs to an earlier sign-in, so nothing was stored. Go back, copy what you typed, load the page"
    " again and send it once more."
)
FOREIGN = mark("This request came from another site, so nothing was stored.")


def session_secret(request: Request) -> str:
    """Return the secret of the browser's session, or that of its visit before signing in."""
    return request.cookies.get(SESSION) or request.cookies.get(VISITOR, "")


def token_of(request: Request) -> str:
    """Return the token that the forms of this request's page carry."""
    secret = session_secret(request) or getattr(request.state, "visitor", "")
    return csrf_token(secret) if secret else ""


def refuse_foreign(request: Request) -> None:
    """Refuse what a browser says comes from another site.

    Raises:
        CrossSite: `Sec-Fetch-Site` or `Origin` names another origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise CrossSite(FOREIGN)
    origin = request.headers.get("origin")
    # Browsers that send Sec-Fetch-Site have compared the origins themselves, also behind a proxy.
    if origin is not None and site is None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CrossSite(FOREIGN)


def check(request: Request, form: FormData) -> None:
    """Refuse a form that was not on a page of this session.

    Raises:
        CrossSite: from elsewhere, without a token, or with that of another session.
    """
    refuse_foreign(request)
    sent = request.headers.get(HEADER) or form.get(FIELD)
    if not csrf_matches(session_secret(request), sent if isinstance(sent, str) else None):
        raise CrossSite(STALE)


def greet(request: Request) -> None:
    """Give a browser that is not signed in a secret of its own, so that its sign-in form has a token."""
    if not session_secret(request):
        request.state.visitor = secrets.token_urlsafe(24)


def secure(request: Request) -> bool:
    """Tell whether cookies must travel over TLS only: they came over it, or people are told to come over it."""
    settings = request.app.state.parts.settings
    return request.url.scheme == "https" or str(settings.address).startswith("https://")


def keep_visitor(request: Request, response: Response) -> None:
    """Send the visitor's secret along with the page that `greet` was called for."""
    if visitor := getattr(request.state, "visitor", ""):
        response.set_cookie(VISITOR, visitor, httponly=True, samesite="lax", secure=secure(request))
