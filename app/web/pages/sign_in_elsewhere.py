"""Signing in at an OpenID Connect provider: on the way there, back from there, and out."""

import logging
import secrets
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.domain.people import sign_in
from app.domain.people.credentials import external, limits, one_time
from app.domain.people.credentials.external import Arrival, Policy
from app.domain.people.credentials.sealing import Seal, Unreadable
from app.domain.people.records import AuthSession
from app.errors import Unavailable
from app.integrations.oidc import Claims, Refused
from app.settings import Settings
from app.web import csrf
from app.web.dependencies import anonymous, page, parts_of
from app.web.signing_in import asking, local, set_cookie, signed_in

log = logging.getLogger(__name__)
router = APIRouter()

SOURCE = "oidc"
BACK = "/sign-in/elsewhere/back"
# Carries what shows that the browser that comes back is the one that was sent.
COOKIE = "stellwerk_elsewhere"
LIFE = timedelta(minutes=10)


def offered(request: Request) -> str:
    """Return what the provider is called, empty where none is set."""
    parts = parts_of(request)
    return parts.settings.oidc_name if parts.provider.is_set else ""


@router.get("/sign-in/elsewhere")
def go(request: Request, back: str = "/work") -> Response:
    """Send the browser to the provider."""
    parts = parts_of(request)
    if not parts.provider.is_set:
        return RedirectResponse("/sign-in", status_code=303)
    # Before the transaction: the provider may take its time.
    begun, browser = parts.provider.begin(_address(request)), secrets.token_urlsafe(24)
    with anonymous(request) as session:
        data = {"nonce": begun.nonce, "verifier": begun.verifier, "back": local(back)}
        one_time.begin(session, "oidc", begun.state + browser, life=LIFE, person_id=None, data=data)
    answer = RedirectResponse(begun.url, status_code=303)
    set_cookie(request, answer, COOKIE, browser)
    return answer


@router.get(BACK)
def come_back(request: Request, state: str = "", code: str = "") -> Response:
    """Open a session for whom the provider names; a state counts once, and only in the browser that it was given to."""
    parts, who = parts_of(request), asking(request)
    with anonymous(request) as session:
        begun = one_time.finish(session, "oidc", state[:100] + request.cookies.get(COOKIE, "")[:100])
    if begun is None or not code or not parts.provider.is_set:
        return _refused(request)
    try:
        claims = parts.provider.finish(
            _address(request), code, nonce=begun.data["nonce"], verifier=begun.data["verifier"]
        )
    except Refused as refusal:
        log.warning("sign-in elsewhere was refused: %s", refusal.message)
        return _refused(request)
    with anonymous(request) as session:
        person = external.arrive(session, _arrival(claims), _policy(request))
        if person is not None:
            secret = sign_in.open_session(
                session, person.id, hours=parts.settings.session_hours, address=who.address,
                user_agent=who.user_agent, method=SOURCE,
                hint=_seal(parts.settings).close(claims.id_token, f"person:{person.id}"),
            )  # fmt: skip
    if person is None:
        return _refused(request)
    answer = signed_in(request, secret, begun.data["back"])
    answer.delete_cookie(COOKIE)
    return answer


def left(request: Request, ended: AuthSession | None) -> Response | None:
    """Offer to sign out at the provider, too, to somebody who came from there.

    A page with a link: our content security policy lets no form lead to another site.
    """
    parts = parts_of(request)
    if ended is None or ended.method != SOURCE or not parts.provider.is_set:
        return None
    try:
        token = _seal(parts.settings).open(ended.hint, f"person:{ended.person_id}") if ended.hint else ""
        url = parts.provider.logout_url(token, parts.configuration.address + "/sign-in")
    except (Unreadable, Unavailable):
        return None
    return page(request, "sign_out.html", url=url, provider=parts.settings.oidc_name) if url else None


def _refused(request: Request) -> Response:
    with anonymous(request) as session:
        csrf.greet(request)
        limits.count(session, limits.SIGN_IN_BY_ADDRESS, limits.place(asking(request).address))
        values = {"back": "/work", "login": "", "wrong": "elsewhere", "provider": offered(request)}
        return page(request, "sign_in.html", status=401, **values)


def _address(request: Request) -> str:
    return parts_of(request).configuration.address + BACK


def _arrival(claims: Claims) -> Arrival:
    return Arrival(
        claims.issuer, claims.subject, claims.name, claims.login, claims.email, claims.email_verified, claims.groups
    )


def _policy(request: Request) -> Policy:
    parts = parts_of(request)
    settings, known = parts.settings, parts.configuration
    return Policy(
        create=settings.oidc_create_people,
        link_by_email=settings.oidc_link_by_email,
        source=SOURCE,
        locale=known.default_locale,
        time_zone=known.default_time_zone,
    )


def _seal(settings: Settings) -> Seal:
    return Seal(settings.secret, "signing out elsewhere")
