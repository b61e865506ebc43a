"""API tokens: made once, shown once, good for what their scopes say, revocable at any time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import secrets
from app.domain.people.records import ApiToken
from app.errors import Invalid, Message, NotFound

Scope = Literal["read", "work", "account", "administration", "metrics", "journal.read"]
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))
USUAL_DAYS = 90
MOST_DAYS = 365
# A hundred years, where a date can still be written.
LONGEST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class NewToken:
    """`token` is shown to the person now and can never be shown again."""

    id: int
    token: str


def create_token(
    session: Session,
    person_id: int,
    name: str,
    *,
    scopes: Collection[str] = SCOPES,
    expires_at: datetime | None = None,
    by_id: int | None = None,
) -> NewToken:
    """Make a token with which programs act as this person.

    Args:
        scopes: what it may be used for; never more than the person may do.
        expires_at: until when; without, for ever.
        by_id: the person who makes it.

    Raises:
        Invalid: it has no name, no or an unknown scope, or would already have expired.
    """
    now, name = clock.now(), " ".join(name.split())[:100]
    told: dict[str, list[str]] = {}
    if not name:
        told["name"] = [Message("Please name what the token is for.")]
    if not scopes:
        told["scopes"] = [Message("Please choose what the token may be used for.")]
    if unknown := sorted(set(scopes) - SCOPES):
        told["scopes"] = [Message("There is no scope “{name}”.", name=unknown[0])]
    if expires_at is not None and expires_at <= now:
        told["expires_at"] = [Message("Please choose a time in the future.")]
    if told:
        raise Invalid(told)
    token = secrets.new_token()
    row = ApiToken(
        person_id=person_id,
        name=name,
        digest=secrets.digest(token),
        created_at=now,
        expires_at=expires_at,
        scopes=sorted(set(scopes)),
    )
    session.add(row)
    session.flush()
    system.note(
        session,
        "person.token_made",
        subject=f"person:{person_id}",
        actor_id=by_id,
        data={"token": row.id, "scopes": row.scopes, "expires_at": expires_at.isoformat() if expires_at else None},
        payload={"name": name},
    )
    return NewToken(row.id, token)


def create_own(
    session: Session, person_id: int, name: str, *, scopes: Collection[str], days: int | None, administrator: bool
) -> NewToken:
    """Make a token for oneself.

    Args:
        days: how long it lives; only administrators may go beyond a year, or make one that lives for ever (None).

    Raises:
        Invalid: as `create_token`, or it would live too long, or is to administer without an administrator.
    """
    longest = LONGEST_DAYS if administrator else MOST_DAYS
    if (days is None and not administrator) or (days is not None and not 1 <= days <= longest):
        raise Invalid({"days": [Message("Please choose between 1 and {limit} days.", limit=longest)]})
    if "administration" in scopes and not administrator:
        raise Invalid({"scopes": [Message("Only administrators make tokens that administer.")]})
    expires_at = clock.now() + timedelta(days=days) if days else None
    return create_token(session, person_id, name, scopes=scopes, expires_at=expires_at, by_id=person_id)


def tokens_of(session: Session, person_id: int) -> list[ApiToken]:
    """List a person's tokens that are not revoked, newest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.id.desc())
        )
    )


def revoke(session: Session, person_id: int, token_id: int) -> None:
    """Make one of the person's own tokens worthless from now on.

    Raises:
        NotFound: the person has no such token.
    """
    result = session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    if not getattr(result, "rowcount", 0):
        raise NotFound()
    system.note(
        session, "person.token_revoked", subject=f"person:{person_id}", actor_id=person_id, data={"token": token_id}
    )
