"""Signing in: lock-out after failures, a second step where one is set up, sessions of which only digests are kept."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people import passwords, secrets
from app.domain.people.credentials import limits, one_time, second_factor
from app.domain.people.credentials.records import ExternalIdentity
from app.domain.people.credentials.sealing import Seal
from app.domain.people.records import AuthSession, Person

# How long somebody may look for the authenticator after the password was right.
CODE_LIFE = timedelta(minutes=10)


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


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; whoever brings `secret` and a code of the second factor is signed in."""

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
) -> SignedIn | CodeNeeded | None:
    """Open a session for the right login and password, or ask for the second factor where there is one.

    It answers and does not raise, because the transaction must keep the count of failures.

    Args:
        hours: how long the session lives without being used.
        lockout: when the account is closed for a while.
        address: where the request came from, for the person's list of sessions and the limit by address.
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
        _refuse(session, person, "person.sign_in_refused", address)
        return None
    if not fits:
        person.failed_logins += 1
        event = "person.sign_in_failed"
        if person.failed_logins >= lockout.attempts:
            person.locked_until = now + timedelta(minutes=lockout.minutes)
            person.failed_logins = 0
            event = "person.locked"
        session.flush()
        _refuse(session, person, event, address)
        return None
    person.failed_logins, person.locked_until = 0, None
    if person.password_hash is not None and passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hash_of(password)
    return go_on(session, person.id, hours=hours, address=address, user_agent=user_agent)


def go_on(
    session: Session,
    person_id: int,
    *,
    hours: float,
    address: str | None = None,
    user_agent: str | None = None,
    method: str = "password",
) -> SignedIn | CodeNeeded:
    """Open a session for somebody whose password was right, or ask for the second factor where there is one."""
    secret = secrets.new_session_secret()
    if second_factor.is_on(session, person_id):
        one_time.begin(session, "second_factor", secret, life=CODE_LIFE, person_id=person_id, data={"method": method})
        return CodeNeeded(secret, person_id)
    opened = open_session(session, person_id, hours=hours, address=address, user_agent=user_agent, method=method)
    return SignedIn(opened, person_id)


def has_password_here(session: Session, login: str, issuer: str) -> bool:
    """Tell whether a login is that of a local account, which then alone counts.

    Somebody who is known by an account of the directory (`issuer`) signs in with its password instead.
    """
    linked = select(ExternalIdentity.person_id).where(ExternalIdentity.issuer == issuer)
    query = select(Person.id).where(
        func.lower(Person.login) == login.strip().lower(), Person.password_hash.is_not(None), Person.id.not_in(linked)
    )
    return session.scalar(query) is not None


def refuse_elsewhere(session: Session, login: str, address: str | None) -> None:
    """Count a login and password that a directory does not know, for the address and for the login."""
    limits.count(session, limits.DIRECTORY_BY_LOGIN, of_login(login))
    _refuse(session, None, "person.sign_in_failed", address)


def of_login(login: str) -> str:
    """Return what a login is counted under: what was typed there may be a password, so it is not kept."""
    return secrets.digest(login.strip().lower()).hex()


def finish(
    session: Session,
    secret: str,
    code: str,
    *,
    seal: Seal,
    hours: float,
    address: str | None = None,
    user_agent: str | None = None,
) -> SignedIn | None:
    """Open the session that `sign_in` left waiting for a code.

    Returns:
        Nothing when there is none, or the code is wrong or was used before; `waits` tells which of both.
    """
    begun = one_time.look(session, "second_factor", secret)
    if begun is None or begun.person_id is None:
        return None
    person = session.get(Person, begun.person_id)
    if person is None or not person.active:
        return None
    if second_factor.is_on(session, person.id) and not second_factor.check(session, person.id, code, seal):
        return None
    one_time.finish(session, "second_factor", secret)
    method = str(begun.data.get("method", "password"))
    opened = open_session(session, person.id, hours=hours, address=address, user_agent=user_agent, method=method)
    return SignedIn(opened, person.id)


def waits(session: Session, secret: str) -> int | None:
    """Return who has typed the right password and still owes a code; nothing when nobody does (any longer)."""
    begun = one_time.look(session, "second_factor", secret) if secret else None
    return begun.person_id if begun else None


def open_session(
    session: Session,
    person_id: int,
    *,
    hours: float,
    address: str | None = None,
    user_agent: str | None = None,
    method: str = "password",
    hint: bytes | None = None,
) -> str:
    """Store a new session of a person who has shown by `method` who they are, and return its secret."""
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
            method=method,
            hint=hint,
        )
    )
    session.flush()
    system.note(
        session,
        "person.signed_in",
        subject=f"person:{person_id}",
        actor_id=person_id,
        data={"method": method},
        payload={"address": address} if address else None,
    )
    return secret


def _refuse(session: Session, person: Person | None, event: str, address: str | None) -> None:
    """Count a failure for its address and note it; what was typed as a login is not kept, it may be a password."""
    limits.count(session, limits.SIGN_IN_BY_ADDRESS, limits.place(address))
    subject = f"person:{person.id}" if person else "sign_in"
    system.note(session, event, subject=subject, payload={"address": address} if address else None)
