"""Accounts: who may sign in, under which login, with which password."""

import re
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import passwords
from app.domain.people.credentials import limits
from app.domain.people.credentials.records import OneTimeSecret
from app.domain.people.records import ApiToken, AuthSession, Person
from app.errors import Invalid, Message, NotFound

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def create_person(
    session: Session,
    *,
    login: str,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    department: str | None = None,
    organisation_id: int | None = None,
    password: str | None = None,
    locale: str = "en",
    time_zone: str = "Europe/Berlin",
    administrator: bool = False,
) -> Person:
    """Store a new person; without a password nobody signs in as them.

    Raises:
        Invalid: the login is taken or malformed, the name is empty, the e-mail address, time zone or password
            will not do; all of it at once.
    """
    login, name, email = login.strip(), " ".join(name.split()), (email or "").strip() or None
    told: dict[str, list[str]] = {}
    if not LOGIN.fullmatch(login):
        told["login"] = [Message("Please use up to 100 letters, digits and . _ @ + - for the login.")]
    elif find_by_login(session, login) is not None:
        told["login"] = [Message("The login “{login}” is taken.", login=login)]
    if not name:
        told["name"] = [Message("Please give a name.")]
    if email and not EMAIL.fullmatch(email):
        told["email"] = [Message("This does not look like an e-mail address.")]
    if not is_time_zone(time_zone):
        told["time_zone"] = [Message("There is no time zone “{name}”.", name=time_zone)]
    if password is not None:
        try:
            passwords.check_rules(password, login=login, name=name)
        except Invalid as error:
            told |= error.fields
    if told:
        raise Invalid(told)
    person = Person(
        login=login,
        name=name,
        email=email,
        phone=phone,
        department=department,
        organisation_id=organisation_id,
        password_hash=passwords.hash_of(password) if password is not None else None,
        locale=locale,
        time_zone=time_zone,
        administrator=administrator,
        active=True,
        single_keys=True,
        failed_logins=0,
        created_at=clock.now(),
    )
    session.add(person)
    session.flush()
    return person


def find_by_login(session: Session, login: str) -> Person | None:
    """Return the person with this login, whatever its capitals."""
    return session.scalars(select(Person).where(func.lower(Person.login) == login.strip().lower())).first()


def set_password(
    session: Session,
    person_id: int,
    password: str,
    *,
    keep_session: bytes | None = None,
    by_id: int | None = None,
    event: str = "person.password_changed",
) -> None:
    """Give a person a new password, lift a lock, and sign them out everywhere.

    Args:
        keep_session: digest of the one session that stays: that of the person who just typed it.
        by_id: the person who does it, for the journal.
        event: what the journal calls it.

    Raises:
        NotFound: there is no such person.
        Invalid: the password is against the rules.
    """
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    passwords.check_rules(password, login=person.login, name=person.name)
    person.password_hash = passwords.hash_of(password)
    person.failed_logins, person.locked_until = 0, None
    session.execute(
        delete(AuthSession).where(AuthSession.person_id == person_id, AuthSession.digest.is_distinct_from(keep_session))
    )
    # A mail on its way, or a password typed before, must not open the account any more.
    session.execute(delete(OneTimeSecret).where(OneTimeSecret.person_id == person_id))
    session.flush()
    system.note(session, event, subject=f"person:{person_id}", actor_id=by_id)


def is_theirs(session: Session, person: Person, password: str) -> bool:
    """Tell whether somebody who is signed in has typed their own password; after several wrong ones it says no.

    It answers and does not raise, because the transaction must keep the count.
    """
    if limits.seconds_left(session, limits.PASSWORD_AGAIN, person.id):
        return False
    if passwords.matches(person.password_hash, password):
        limits.clear(session, limits.PASSWORD_AGAIN, person.id)
        return True
    limits.count(session, limits.PASSWORD_AGAIN, person.id)
    return False


def deactivate(session: Session, person_id: int) -> None:
    """Let a person who has left sign in no more: sessions end, tokens are revoked, what they did stays theirs.

    Raises:
        NotFound: there is no such person.
    """
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    person.active = False
    session.execute(delete(AuthSession).where(AuthSession.person_id == person_id))
    session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    session.flush()


def is_time_zone(name: str) -> bool:
    """Tell whether there is an IANA time zone of this name."""
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True
