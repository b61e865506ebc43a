"""Where a person is signed in: the list, and ending one session or several."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import secrets
from app.domain.people.records import AuthSession
from app.errors import NotFound


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser in which a person is signed in; `here` is the one that asks."""

    id: int
    user_agent: str | None
    address: str | None
    method: str
    created_at: datetime
    seen_at: datetime
    here: bool


def sessions_of(session: Session, person_id: int, *, here: str = "") -> list[OpenSession]:
    """List a person's sessions, the one used last first; `here` is the secret of the one that asks."""
    digest = secrets.digest(here)
    rows = session.scalars(
        select(AuthSession)
        .where(AuthSession.person_id == person_id, AuthSession.expires_at > clock.now())
        .order_by(AuthSession.seen_at.desc(), AuthSession.id.desc())
    )
    return [
        OpenSession(row.id, row.user_agent, row.address, row.method, row.created_at, row.seen_at, row.digest == digest)
        for row in rows
    ]


def sign_out(session: Session, secret: str) -> AuthSession | None:
    """End the session with this secret and return what it was; an unknown one is no error."""
    found = session.scalars(select(AuthSession).where(AuthSession.digest == secrets.digest(secret))).first()
    if found is not None:
        _end(session, found.person_id, AuthSession.digest == found.digest)
    return found


def end(session: Session, person_id: int, session_id: int) -> None:
    """End one of a person's own sessions.

    Raises:
        NotFound: the person has no such session.
    """
    if not _end(session, person_id, AuthSession.id == session_id):
        raise NotFound()


def end_others(session: Session, person_id: int, *, here: str) -> int:
    """End all sessions of a person but the one with the secret `here`; returns how many."""
    return _end(session, person_id, AuthSession.digest != secrets.digest(here))


def sign_out_everywhere(session: Session, person_id: int) -> int:
    """End all sessions of a person and return how many there were."""
    return _end(session, person_id)


def forget_expired(session: Session) -> int:
    """Remove sessions that have run out; returns how many."""
    result = session.execute(delete(AuthSession).where(AuthSession.expires_at <= clock.now()))
    return int(getattr(result, "rowcount", 0))


def _end(session: Session, person_id: int, *conditions: ColumnElement[bool]) -> int:
    ended = session.execute(delete(AuthSession).where(AuthSession.person_id == person_id, *conditions))
    count = int(getattr(ended, "rowcount", 0))
    if count:
        data = {"sessions": count}
        system.note(session, "person.signed_out", subject=f"person:{person_id}", actor_id=person_id, data=data)
    return count
