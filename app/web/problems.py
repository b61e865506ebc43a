"""What people and programs are told when something does not work: pages, or RFC 9457 problem details below /api."""

import logging
import secrets
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.errors import (
    BusinessError,
    Conflict,
    Forbidden,
    Invalid,
    Message,
    NotFound,
    Refused,
    StellwerkError,
    TooMany,
    Unavailable,
)
from app.web import i18n
from app.web.csrf import CrossSite
from app.web.dependencies import SignInNeeded, page, place_of, place_of_call
from app.web.i18n import mark

log = logging.getLogger(__name__)

SIGNED_OUT = mark(
    "You were signed out meanwhile, so nothing was stored. Sign in again and send your answers once more."
)
# What an error is called on a page and in problem details, the most special class first.
_KINDS: list[tuple[type[StellwerkError], int, str]] = [
    (CrossSite, 403, mark("This page is too old")),
    (SignInNeeded, 401, mark("Please sign in")),
    (Invalid, 422, mark("Some answers need another look")),
    (Refused, 422, mark("This file was not accepted")),
    (BusinessError, 422, mark("A rule says no")),
    (Conflict, 409, mark("Somebody was faster, or this page is old")),
    (Forbidden, 403, mark("You may not do this")),
    (NotFound, 404, mark("There is nothing here")),
    (TooMany, 429, mark("Please wait a little")),
    (Unavailable, 503, mark("Please try again in a moment")),
]
_TITLES = {
    400: mark("This request cannot be read"),
    401: mark("Please sign in"),
    404: mark("There is nothing here"),
    405: mark("This cannot be done here"),
    413: mark("This is too large"),
}
_DETAILS = {
    400: mark("Your browser sent something that cannot be understood. Nothing was stored."),
    404: mark("There is nothing here, or you may not see it."),
    405: mark("Go back and use the buttons on the page."),
    413: mark("What you sent is larger than may be sent. Nothing was stored."),
}


def kind_of(error: StellwerkError) -> tuple[int, str]:
    """Return the HTTP status of an error and the title under which people meet it."""
    # The API calls a missing token Unauthenticated; both sides agree on the status alone.
    if type(error).__name__ == "Unauthenticated":
        return 401, _TITLES[401]
    return next(((status, title) for family, status, title in _KINDS if isinstance(error, family)), (400, _TITLES[400]))


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error in the way of the part it happened in."""
    app.add_exception_handler(StellwerkError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _fault)


def is_api(request: Request) -> bool:
    """Tell whether a program asks."""
    return request.url.path.startswith(("/api/", "/healthz", "/metrics"))


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str = "",
    code: str = "",
    fields: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Make problem details in the language that the program asks for, else in its person's.

    Args:
        fields: the names of inputs with their messages.
    """
    somewhere = place_of_call(request)
    with i18n.at(somewhere):
        content: dict[str, Any] = {"type": "about:blank", "title": i18n.tell(title), "status": status}
        if detail:
            content["detail"] = i18n.tell(detail)
        if code:
            content["code"] = code
        if fields is not None:
            content["fields"] = {
                name: [i18n.tell(message) for message in messages] for name, messages in fields.items()
            }
    headers = {**(headers or {}), "content-language": somewhere.language, "vary": "accept-language"}
    return JSONResponse(content, status_code=status, media_type="application/problem+json", headers=headers)


def _page(request: Request, status: int, title: str, detail: str, **more: Any) -> Response:
    typed: list[str] = getattr(request.state, "typed", [])
    with i18n.at(place_of(request)):
        return page(request, "problem.html", status=status, title=title, detail=detail, typed=typed, **more)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, StellwerkError)
    status, title = kind_of(error)
    if is_api(request):
        fields = error.fields if isinstance(error, Invalid) else None
        headers = {"www-authenticate": "Bearer"} if status == 401 else None
        if isinstance(error, TooMany):
            headers = {"retry-after": str(error.seconds)}
        return problem(request, status, title, error.message, error.code, fields, headers)
    if isinstance(error, SignInNeeded):
        if "x-unasked" in request.headers:
            # A page that looks by itself leaves what somebody is typing alone; the next click asks to sign in.
            return Response(status_code=204)
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={"hx-refresh": "true"})
        if getattr(request.state, "typed", []):
            return _page(request, 401, title, SIGNED_OUT, fields={})
        return RedirectResponse(f"/sign-in?back={quote(error.back, safe='')}", status_code=303)
    told = error.fields if isinstance(error, Invalid) else {}
    return _page(request, status, title, error.message, fields=told)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, _TITLES[400])
    if is_api(request):
        return problem(request, error.status_code, title, str(error.detail), headers=dict(error.headers or {}))
    return _page(request, error.status_code, title, _DETAILS.get(error.status_code, _DETAILS[400]), fields={})


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if not is_api(request):
        # An address that somebody typed: what cannot be a number of ours does not exist.
        status = 404 if any(entry["loc"][0] == "path" for entry in error.errors()) else 400
        return _page(
            request, status, _TITLES[404 if status == 404 else 400], _DETAILS[404 if status == 404 else 400], fields={}
        )
    fields: dict[str, list[str]] = {}
    for entry in error.errors():
        name = ".".join(str(part) for part in entry["loc"] if part not in ("body", "query", "path")) or "body"
        fields.setdefault(name, []).append(entry["msg"])
    title, detail = mark("Some values were not accepted"), mark("See `fields`.")
    return problem(request, 422, title, detail, "invalid", fields)


async def _fault(request: Request, error: Exception) -> Response:
    # A short mark on the page and in the log lets an administrator find the one belonging to the other.
    token = secrets.token_hex(4)
    log.error("fault %s at %s %s", token, request.method, request.url.path, exc_info=error)
    title = mark("Something went wrong on our side")
    if is_api(request):
        return problem(request, 500, title, Message("It was logged under the mark {mark}.", mark=token), "fault")
    detail = mark("Nothing was stored. It was logged; tell your administrator this mark if it happens again:")
    return _page(request, 500, title, detail, fields={}, mark=token)
