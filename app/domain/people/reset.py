"""A new password for whoever has forgotten theirs: asked for by anybody, given by a link that only they are mailed."""

import secrets as random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import accounts
from app.domain.people.credentials import limits, one_time
from app.domain.people.credentials.sealing import derived
from app.domain.people.records import Person
from app.errors import NotFound

LIFE = timedelta(hours=1)
# People who share a mailbox; more than these would be a list of the whole house.
MOST_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A person is to be mailed a link; `seed` makes its token together with the application's secret."""

    person: Person
    seed: str
    expires_at: datetime


def token_of(secret: bytes, seed: str) -> str:
    """Return the token of a link: the database knows the seed and the token's digest, neither opens an account."""
    return derived(secret, "password reset", seed)


def ask(session: Session, who: str, *, secret: bytes) -> Iterator[Asked]:
    """Yield whom to mail a link when somebody has given this login or e-mail address; often nobody.

    Only active people who sign in with a password of ours and have an address get one, three in an hour at most.
    """
    wanted = who.strip().lower()
    if not wanted:
        return
    found = session.scalars(
        select(Person)
        .where(
            or_(func.lower(Person.login) == wanted, func.lower(Person.email) == wanted),
            Person.active,
            Person.password_hash.is_not(None),
            Person.email.is_not(None),
        )
        .order_by(Person.id)
        .limit(MOST_PEOPLE)
    ).all()
    for person in found:
        if limits.seconds_left(session, limits.RESET_BY_PERSON, person.id):
            continue
        limits.count(session, limits.RESET_BY_PERSON, person.id)
        seed = random.token_urlsafe(18)
        one_time.begin(session, "reset", token_of(secret, seed), life=LIFE, person_id=person.id, data={"seed": seed})
        system.note(session, "person.reset_asked", subject=f"person:{person.id}")
        yield Asked(person, seed, clock.now() + LIFE)


def owner(session: Session, token: str) -> int | None:
    """Return whose password may be changed with this token; nothing when it is unknown, used or too old."""
    begun = one_time.look(session, "reset", token) if token else None
    return begun.person_id if begun else None


def reset(session: Session, token: str, password: str) -> int:
    """Set a new password, lift a lock and end all sessions; the link and all others like it are used up.

    A second factor stays as it is: who holds the mailbox alone does not get in.

    Raises:
        NotFound: the link is unknown, used or too old.
        Invalid: the password is against the rules; the link stays good.
    """
    person_id = owner(session, token)
    person = session.get(Person, person_id) if person_id else None
    if person is None or not person.active:
        raise NotFound()
    accounts.set_password(session, person.id, password, by_id=person.id, event="person.password_reset")
    return person.id
