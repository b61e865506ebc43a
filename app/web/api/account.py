"""One's own account over the API: where one is signed in, and which tokens act in one's name.

No token makes another one: that takes a person who is signed in.
"""

from datetime import datetime

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from app.domain.people import sessions, tokens
from app.web.api.call import as_id, bearer, call, problems
from app.web.api.routing import BASE

router = APIRouter(prefix=f"{BASE}/account", tags=["account"], dependencies=[Depends(bearer)])


class SessionOut(BaseModel):
    """A browser in which you are signed in."""

    id: str
    browser: str | None
    address: str | None
    method: str
    since: datetime
    last_seen: datetime


class SessionsOut(BaseModel):
    """Your sessions, the one used last first."""

    items: list[SessionOut]


class TokenOut(BaseModel):
    """A token that acts in your name; `current` is the one you ask with."""

    id: str
    name: str
    scopes: list[str]
    created: datetime
    expires: datetime | None
    last_used: datetime | None
    current: bool


class TokensOut(BaseModel):
    """Your tokens that are not revoked, newest first."""

    items: list[TokenOut]


class Ended(BaseModel):
    """How many were ended or revoked."""

    count: int


@router.get("/sessions", responses=problems())
def list_sessions(request: Request) -> SessionsOut:
    """List the browsers in which you are signed in."""
    with call(request) as it:
        return SessionsOut(
            items=[
                SessionOut(
                    id=str(one.id),
                    browser=one.user_agent,
                    address=one.address,
                    method=one.method,
                    since=one.created_at,
                    last_seen=one.seen_at,
                )
                for one in sessions.sessions_of(it.session, it.actor.person_id)
            ]
        )


@router.delete("/sessions", responses=problems())
def end_sessions(request: Request) -> Ended:
    """Sign out of all browsers; tokens stay."""
    with call(request) as it:
        return Ended(count=sessions.sign_out_everywhere(it.session, it.actor.person_id))


@router.delete("/sessions/{session_id}", responses=problems(404))
def end_session(request: Request, session_id: str) -> Ended:
    """Sign out of one browser."""
    with call(request) as it:
        sessions.end(it.session, it.actor.person_id, as_id(session_id))
        return Ended(count=1)


@router.get("/tokens", responses=problems())
def list_tokens(request: Request) -> TokensOut:
    """List your tokens; the tokens themselves are kept nowhere."""
    with call(request) as it:
        own = it.actor.token.id if it.actor.token else 0
        return TokensOut(
            items=[
                TokenOut(
                    id=str(one.id),
                    name=one.name,
                    scopes=one.scopes,
                    created=one.created_at,
                    expires=one.expires_at,
                    last_used=one.last_used_at,
                    current=one.id == own,
                )
                for one in tokens.tokens_of(it.session, it.actor.person_id)
            ]
        )


@router.delete("/tokens/{token_id}", responses=problems(404))
def revoke_token(request: Request, token_id: str) -> Ended:
    """Make one of your tokens worthless, this one if you like."""
    with call(request) as it:
        tokens.revoke(it.session, it.actor.person_id, as_id(token_id))
        return Ended(count=1)
