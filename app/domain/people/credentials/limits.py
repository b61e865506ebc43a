"""How often something may be tried: counted in the database, so that all processes share the count.

Only failures (or mails) count, so that many people behind one address who sign in properly do not use it up.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.people.credentials.records import SpentAttempts

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts within `minutes`, counted from the first one."""

    name: str
    most: int
    minutes: int


SIGN_IN_BY_ADDRESS = Limit("sign_in.address", 50, 15)
# A directory closes accounts by rules of its own; ours keep others from having them closed.
DIRECTORY_BY_LOGIN = Limit("sign_in.directory", 5, 15)
CODES = Limit("second_factor", 5, 15)
# Whoever sits at somebody else's open browser must not guess the password there.
PASSWORD_AGAIN = Limit("password_again", 5, 15)
RESET_BY_ADDRESS = Limit("reset.address", 20, 60)
RESET_BY_PERSON = Limit("reset.person", 3, 60)

_COUNT = text("""
    INSERT INTO spent_attempts AS spent (key, count, until) VALUES (:key, 1, :until)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN spent.until <= :now THEN 1 ELSE spent.count + 1 END,
        until = CASE WHEN spent.until <= :now THEN excluded.until ELSE spent.until END
    RETURNING count
""")


def seconds_left(session: Session, limit: Limit, who: str | int) -> int:
    """Return for how many seconds nothing more may be tried; 0 when it may."""
    now = clock.now()
    query = select(SpentAttempts.until).where(
        SpentAttempts.key == _key(limit, who), SpentAttempts.count >= limit.most, SpentAttempts.until > now
    )
    until = session.scalar(query)
    return max(1, int((until - now).total_seconds())) if until else 0


def count(session: Session, limit: Limit, who: str | int) -> bool:
    """Count one attempt; tells whether it was the last one that may be made."""
    now = clock.now()
    values = {"key": _key(limit, who), "now": now, "until": now + timedelta(minutes=limit.minutes)}
    return int(session.execute(_COUNT, values).scalar_one()) == limit.most


def clear(session: Session, limit: Limit, who: str | int) -> None:
    """Forget what somebody has spent."""
    session.execute(delete(SpentAttempts).where(SpentAttempts.key == _key(limit, who)))


def forget_old(session: Session) -> int:
    """Remove counts that no longer matter; returns how many."""
    result = session.execute(delete(SpentAttempts).where(SpentAttempts.until <= clock.now()))
    return int(getattr(result, "rowcount", 0))


def place(address: str | None) -> str:
    """Return whom an address stands for: itself, or the network of 64 bits that one IPv6 subscriber has."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


def _key(limit: Limit, who: str | int) -> str:
    return f"{limit.name}:{who}"[:LONGEST_KEY]
