"""Signing in and out: lock-out after failures, sessions on the server of which only digests are kept."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.people import passwords, secrets
from app.domain.people.records import AuthSession, Person


@dataclass(frozen=True, slots=True)
class Lockout:
    """After `attempts` failures in a row the account is closed for `minutes`."""

    attempts: int = 5
    minutes: int = 15


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: `secret` goes into the cookie and is kept nowhere else."""

    secret: str
    person_id: int


def sign_in(
    session: Session,
    login: str,
    password: str,
    *,
    hours: float,
    lockout: Lockout,
    address: str | None = None,
    user_agent: str | None = None,
) -> SignedIn | None:
    """Open a session for the right login and password.

    It answers and does not raise, because the transaction must keep the count of failures.

    Args:
        hours: how long the session lives without being used.
        lockout: when the account is closed for a while.
        address: where the request came from, for the person's list of sessions.
        user_agent: the browser, for the same list.

    Returns:
        Nothing when login or password is wrong, or when the account is locked or inactive: which of them it was
        is not told, so that nobody learns which logins exist.
    """
    now = clock.now()
    # The row lock makes attempts on one account take turns, so that many at once do not outrun the count.
    person = session.scalars(
        select(Person).where(func.lower(Person.login) == login.strip().lower()).with_for_update(**LOCKED)
    ).first()
    fits = passwords.matches(person.password_hash if person else None, password)
    if person is None or not person.active or (person.locked_until is not None and person.locked_until > now):
        return None
    if not fits:
        person.failed_logins += 1
        if person.failed_logins >= lockout.attempts:
            person.locked_until = now + timedelta(minutes=lockout.minutes)
            person.failed_logins = 0
        session.flush()
        return None
    person.failed_logins, person.locked_until = 0, None
    if person.password_hash is not None and passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hash_of(password)
    secret = open_session(session, person.id, hours=hours, address=address, user_agent=user_agent)
    return SignedIn(secret, person.id)


def open_session(
    session: Session, person_id: int, *, hours: float, address: str | None = None, user_agent: str | None = None
) -> str:
    """Store a new session of a person who has shown who they are, and return its secret."""
    now, secret = clock.now(), secrets.new_session_secret()
    session.add(
        AuthSession(
            digest=secrets.digest(secret),
            person_id=person_id,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=hours),
            address=address,
            user_agent=(user_agent or "")[:300] or None,
        )
    )
    session.flush()
    return secret


def sign_out(session: Session, secret: str) -> None:
    """End the session with this secret; an unknown one is no error."""
    session.execute(delete(AuthSession).where(AuthSession.digest == secrets.digest(secret)))


def sign_out_everywhere(session: Session, person_id: int) -> int:
    """End all sessions of a person and return how many there were."""
    result = session.execute(delete(AuthSession).where(AuthSession.person_id == person_id))
    return int(getattr(result, "rowcount", 0))


def forget_expired(session: Session) -> int:
    """Remove sessions that have run out; returns how many."""
    result = session.execute(delete(AuthSession).where(AuthSession.expires_at <= clock.now()))
    return int(getattr(result, "rowcount", 0))
