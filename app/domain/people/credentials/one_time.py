"""Secrets for one use: handed out now, brought back once before they expire; only digests are stored."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.people import secrets
from app.domain.people.credentials.records import OneTimeSecret

Kind = Literal["second_factor", "reset", "oidc"]


@dataclass(frozen=True, slots=True)
class Begun:
    """What was kept until somebody brings the secret."""

    person_id: int | None
    data: dict[str, Any]


def begin(
    session: Session, kind: Kind, secret: str, *, life: timedelta, person_id: int | None, data: dict[str, Any]
) -> None:
    """Keep something until the secret is brought back, at most for `life`."""
    session.add(
        OneTimeSecret(
            digest=secrets.digest(secret), kind=kind, person_id=person_id, data=data, expires_at=clock.now() + life
        )
    )
    session.flush()


def look(session: Session, kind: Kind, secret: str) -> Begun | None:
    """Return what was begun without finishing it; who looks at the same meanwhile waits."""
    row = session.scalars(
        select(OneTimeSecret)
        .where(
            OneTimeSecret.digest == secrets.digest(secret),
            OneTimeSecret.kind == kind,
            OneTimeSecret.expires_at > clock.now(),
        )
        .with_for_update(**LOCKED)
    ).first()
    return Begun(row.person_id, row.data) if row else None


def finish(session: Session, kind: Kind, secret: str) -> Begun | None:
    """Return what was begun and forget it, so that nobody finishes it again."""
    found = look(session, kind, secret)
    session.execute(delete(OneTimeSecret).where(OneTimeSecret.digest == secrets.digest(secret)))
    return found


def forget_expired(session: Session) -> int:
    """Remove what was never finished; returns how many."""
    result = session.execute(delete(OneTimeSecret).where(OneTimeSecret.expires_at <= clock.now()))
    return int(getattr(result, "rowcount", 0))
