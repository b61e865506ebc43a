"""API tokens: made once, shown once, revocable at any time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import secrets
from app.domain.people.records import ApiToken
from app.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class NewToken:
    """`token` is shown to the person now and can never be shown again."""

    id: int
    token: str


def create_token(session: Session, person_id: int, name: str, *, expires_at: datetime | None = None) -> NewToken:
    """Make a token with which programs act as this person.

    Raises:
        Invalid: it has no name, or would already have expired.
    """
    now, name = clock.now(), " ".join(name.split())[:100]
    if not name:
        raise Invalid({"name": ["Please name what the token is for."]})
    if expires_at is not None and expires_at <= now:
        raise Invalid({"expires_at": ["Please choose a time in the future."]})
    token = secrets.new_token()
    row = ApiToken(person_id=person_id, name=name, digest=secrets.digest(token), created_at=now, expires_at=expires_at)
    session.add(row)
    session.flush()
    return NewToken(row.id, token)


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
