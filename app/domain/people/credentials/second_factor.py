"""The second factor: codes of an authenticator (TOTP, RFC 6238) and recovery codes, each accepted once."""

import hmac
import secrets as random
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people import secrets
from app.domain.people.credentials import limits
from app.domain.people.credentials.records import RecoveryCode, SecondFactor
from app.domain.people.credentials.sealing import Seal, Unreadable
from app.domain.people.records import Person
from app.errors import Conflict

PURPOSE = "second factor"
RECOVERY_CODES = 10
STEP_SECONDS = 30
# A code counts one step longer and one earlier: clocks differ, and people type slowly.
STEPS_AROUND = (-1, 0, 1)
# Without signs that look alike on paper.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"

Used = Literal["code", "recovery_code"]


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator must know: `uri` as a QR code, `secret` to type."""

    secret: str
    uri: str


def is_on(session: Session, person_id: int) -> bool:
    """Tell whether a person is asked for a code."""
    query = select(SecondFactor.person_id).where(
        SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_not(None)
    )
    return session.scalar(query) is not None


def begin(session: Session, person_id: int, seal: Seal) -> None:
    """Make a new secret for a person's authenticator; nothing is asked for before a code has confirmed it.

    Raises:
        Conflict: a second factor is on already.
    """
    values = {"secret": seal.close(pyotp.random_base32(), _owner(person_id)), "made_at": clock.now()}
    stored = session.scalar(
        insert(SecondFactor)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values, where=SecondFactor.confirmed_at.is_(None))
        .returning(SecondFactor.person_id)
    )
    if stored is None:
        raise Conflict("Your second factor is on already.")
    session.expire_all()


def setup(session: Session, person: Person, seal: Seal, *, issuer: str) -> Setup | None:
    """Return what the authenticator must know while it is not confirmed yet; nothing before and after.

    `issuer` is what the authenticator shows above the code.
    """
    row = session.get(SecondFactor, person.id)
    if row is None or row.confirmed_at is not None:
        return None
    try:
        secret = seal.open(row.secret, _owner(person.id))
    except Unreadable:
        return None
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=issuer))


def confirm(session: Session, person_id: int, code: str, seal: Seal) -> list[str] | None:
    """Switch the second factor on by its first code.

    Returns:
        The recovery codes, which are shown now and never again; nothing when the code is wrong.
    """
    row = _row(session, person_id)
    if row is None or row.confirmed_at is not None or not _fits(row, code, seal):
        return None
    row.confirmed_at = clock.now()
    system.note(session, "person.second_factor_set", subject=f"person:{person_id}", actor_id=person_id)
    return _new_codes(session, person_id)


def renew_codes(session: Session, person_id: int) -> list[str]:
    """Replace the recovery codes by new ones, which are shown now and never again."""
    system.note(session, "person.recovery_codes_renewed", subject=f"person:{person_id}", actor_id=person_id)
    return _new_codes(session, person_id)


def codes_left(session: Session, person_id: int) -> int:
    """Count the recovery codes that were not used yet."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person_id)
    return session.scalar(query) or 0


def check(session: Session, person_id: int, code: str, seal: Seal) -> Used | None:
    """Accept a code of the authenticator or a recovery code, for this once.

    It answers and does not raise, because the transaction must keep the count of wrong codes. After several of them
    no code is accepted for a while (`limits.CODES`).
    """
    # The row lock lets attempts take turns: a code sent twice at once is accepted once.
    row = _row(session, person_id)
    if row is None or row.confirmed_at is None or limits.seconds_left(session, limits.CODES, person_id):
        return None
    used: Used | None = None
    if _fits(row, code, seal):
        used = "code"
    elif _spend(session, person_id, code):
        used = "recovery_code"
        data = {"left": codes_left(session, person_id)}
        system.note(session, "person.recovery_code_used", subject=f"person:{person_id}", actor_id=person_id, data=data)
    if used is None:
        last = limits.count(session, limits.CODES, person_id)
        event = "person.codes_locked" if last else "person.code_refused"
        system.note(session, event, subject=f"person:{person_id}")
    else:
        limits.clear(session, limits.CODES, person_id)
    session.flush()
    return used


def remove(session: Session, person_id: int, *, by_id: int | None) -> bool:
    """Switch a person's second factor off and forget all its codes; tells whether there was one.

    `by_id` is the person who did it; somebody else than its owner resets it.
    """
    result = session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    if not getattr(result, "rowcount", 0):
        return False
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    limits.clear(session, limits.CODES, person_id)
    event = "person.second_factor_removed" if by_id == person_id else "person.second_factor_reset"
    system.note(session, event, subject=f"person:{person_id}", actor_id=by_id)
    return True


def _row(session: Session, person_id: int) -> SecondFactor | None:
    return session.get(SecondFactor, person_id, with_for_update=LOCKED, populate_existing=True)


def _fits(row: SecondFactor, code: str, seal: Seal) -> bool:
    typed = "".join(code.split())
    try:
        device = pyotp.TOTP(seal.open(row.secret, _owner(row.person_id)))
    except Unreadable:
        return False
    now, found = clock.now(), 0
    for offset in STEPS_AROUND:
        at = now + timedelta(seconds=offset * STEP_SECONDS)
        step = int(at.timestamp()) // STEP_SECONDS
        # All of them are compared, so that the time it takes does not tell which one came close.
        if hmac.compare_digest(device.at(at).encode(), typed.encode(errors="replace")) and step > row.last_step:
            found = step
    if found:
        row.last_step = found
    return bool(found)


def _new_codes(session: Session, person_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(digest=_digest(person_id, code), person_id=person_id) for code in codes)
    session.flush()
    return codes


def _new_code() -> str:
    return "-".join("".join(random.choice(_SIGNS) for _ in range(4)) for _ in range(4))


def _spend(session: Session, person_id: int, code: str) -> bool:
    spent = delete(RecoveryCode).where(
        RecoveryCode.digest == _digest(person_id, code), RecoveryCode.person_id == person_id
    )
    return bool(getattr(session.execute(spent), "rowcount", 0))


def _digest(person_id: int, code: str) -> bytes:
    # 79 random bits need no slow hash; the id makes each person's codes their own.
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return secrets.digest(f"{person_id}:{plain}")


def _owner(person_id: int) -> str:
    return f"person:{person_id}"
