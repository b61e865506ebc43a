"""One API call: whose token it carries, its transaction, its idempotency key, its cursor."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request
from fastapi.security import HTTPBearer
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.bootstrap import Parts
from app.domain.people import identity
from app.domain.people.identity import Identity
from app.engine.records import UsedKey
from app.errors import Conflict, Invalid, NotFound, StellwerkError
from app.insight.access import Viewer
from app.web import i18n
from app.web.api.scopes import Pace, refuse_beyond
from app.web.api.shapes import Problem
from app.web.dependencies import place_of_call

bearer = HTTPBearer(auto_error=False, description="An API token, made on the account page or with `stellwerk token`.")
PAGE = 50
MOST = 200
LARGEST_ID = 2**63 - 1
_REASONS = {
    400: "The request cannot be read.",
    401: "No valid token.",
    403: "You may know of this but not do it, or the token lacks the scope for it.",
    404: "It does not exist, or you may not know of it.",
    409: "Somebody was faster, or what you saw is stale.",
    413: "The request is too large.",
    422: "Some values do not fit; `fields` says which.",
    429: "This token makes too many calls; `Retry-After` says for how many seconds to wait.",
    503: "The database does not answer; try again later.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe for OpenAPI which problems an endpoint answers with, besides those that every endpoint has."""
    schema = Problem.model_json_schema()
    return {
        status: {"description": _REASONS[status], "content": {"application/problem+json": {"schema": schema}}}
        for status in sorted({400, 401, 403, 422, 429, 503, *statuses})
    }


class Unauthenticated(StellwerkError):
    """The call carries no token, or one that is unknown, expired or revoked."""


@dataclass(frozen=True, slots=True)
class Call:
    """The circumstances of one call."""

    parts: Parts
    session: Session
    actor: Identity
    viewer: Viewer


def parts_of(request: Request) -> Parts:
    """Return the parts that `app.bootstrap` built."""
    parts: Parts = request.app.state.parts
    return parts


def pace(request: Request) -> Pace:
    """Return the count of calls of this process."""
    state = request.app.state
    if not hasattr(state, "pace"):
        state.pace = Pace(parts_of(request).settings.api_calls_per_minute)
    found: Pace = state.pace
    return found


@contextmanager
def call(request: Request) -> Iterator[Call]:
    """Open the one transaction of a call and find whose token it carries.

    Raises:
        Unauthenticated: no token, or one that does not count.
        Forbidden: the token is not made for this.
        TooMany: it makes too many calls.
    """
    parts = parts_of(request)
    with parts.database.transaction() as session:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        actor = identity.by_token(session, token.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise Unauthenticated(i18n.mark("Send a valid API token: Authorization: Bearer …"))
        request.state.identity = actor
        if actor.token:
            pace(request).count(actor.token.id)
            refuse_beyond(request, actor.token)
        with i18n.at(place_of_call(request)):
            yield Call(parts, session, actor, Viewer.of(actor))


def once(call: Call, request: Request, body: Any, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do the work once per `Idempotency-Key` of this person; a repeated call gets the first one's answer.

    Raises:
        Conflict: the key was used for another request.
        Invalid: the key is longer than 200 characters.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return work()
    if len(key) > 200:
        raise Invalid({"Idempotency-Key": ["At most 200 characters."]})
    told = orjson.dumps([request.method, request.url.path, body], option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(told).hexdigest()
    claimed = call.session.scalar(
        insert(UsedKey)
        .values(person_id=call.actor.person_id, key=key, request_hash=digest, answer={}, at=clock.now())
        .on_conflict_do_nothing()
        .returning(UsedKey.key)
    )
    used = call.session.scalars(
        select(UsedKey).where(UsedKey.person_id == call.actor.person_id, UsedKey.key == key)
    ).one()
    if claimed is None:
        if used.request_hash != digest:
            raise Conflict("This Idempotency-Key was used for another request.")
        return used.answer
    used.answer = work()
    return used.answer


def cursor(value: int | None) -> str | None:
    """Write the id that a page ended with as an opaque string."""
    return base64.urlsafe_b64encode(str(value).encode()).decode() if value is not None else None


def read_cursor(text: str | None) -> int | None:
    """Read a cursor.

    Raises:
        Invalid: it is none of ours.
    """
    if not text:
        return None
    try:
        digits = base64.urlsafe_b64decode(text.encode()).decode("ascii")
    except (ValueError, binascii.Error):
        digits = ""
    if not digits.isdecimal() or len(digits) > 19 or int(digits) > LARGEST_ID:
        raise Invalid({"after": ["This cursor is not one that a list gave."]})
    return int(digits)


def as_id(text: str) -> int:
    """Read an opaque id; what cannot be one does not exist.

    Raises:
        NotFound: it is no id of ours.
    """
    if not text.isdecimal() or len(text) > 18:
        raise NotFound
    return int(text)
