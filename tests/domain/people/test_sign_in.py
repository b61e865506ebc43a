"""Signing in: the right password opens a session, failures close the account for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import identity, secrets, sessions, sign_in
from app.domain.people.records import AuthSession, Person
from app.domain.people.sign_in import Lockout

PASSWORD = "harbour gulls at noon"
MORNING = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)


@pytest.fixture
def dora(person) -> Person:
    """Dora Lind has a password."""
    return person("Dora Lind", password=PASSWORD)


def attempt(session: Session, password: str, login: str = "dora.lind") -> sign_in.SignedIn | None:
    return sign_in.sign_in(session, login, password, hours=8, lockout=Lockout(attempts=3, minutes=15))


def test_the_right_password_opens_a_session(session: Session, dora: Person) -> None:
    signed_in = attempt(session, PASSWORD, "Dora.Lind")
    assert signed_in is not None
    assert signed_in.person_id == dora.id
    who = identity.by_session(session, signed_in.secret, hours=8)
    assert who is not None
    assert who.name == "Dora Lind"


def test_only_the_digest_of_a_secret_is_stored(session: Session, dora: Person) -> None:
    signed_in = attempt(session, PASSWORD)
    assert signed_in is not None
    row = session.scalars(select(AuthSession)).one()
    assert row.digest == secrets.digest(signed_in.secret)
    assert signed_in.secret.encode() not in row.digest


def test_wrong_password_unknown_login_and_missing_password_get_the_same_answer(
    session: Session, dora: Person, ben: Person
) -> None:
    assert attempt(session, "wrong") is None
    assert attempt(session, PASSWORD, "nobody") is None
    assert attempt(session, PASSWORD, ben.login) is None


def test_failures_lock_the_account_for_a_while(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        for _ in range(3):
            assert attempt(session, "wrong") is None
        assert attempt(session, PASSWORD) is None
        clock.advance(timedelta(minutes=15, seconds=1))
        assert attempt(session, PASSWORD) is not None


def test_a_success_in_between_starts_the_count_again(session: Session, dora: Person) -> None:
    for _ in range(3):
        attempt(session, "wrong")
        attempt(session, "wrong")
        assert attempt(session, PASSWORD) is not None


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(session: Session, dora: Person) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    dora.password_hash = old
    session.flush()
    assert attempt(session, PASSWORD) is not None
    assert dora.password_hash != old
    assert attempt(session, PASSWORD) is not None


def test_a_used_session_lives_on_and_an_unused_one_ends(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        secret = sign_in.open_session(session, dora.id, hours=8)
        for _ in range(3):
            clock.advance(timedelta(hours=7))
            assert identity.by_session(session, secret, hours=8) is not None
        clock.advance(timedelta(hours=8, seconds=1))
        assert identity.by_session(session, secret, hours=8) is None
        assert sessions.forget_expired(session) == 1


def test_even_a_busy_session_ends_after_thirty_days(session: Session, dora: Person) -> None:
    with clock.at(MORNING):
        secret = sign_in.open_session(session, dora.id, hours=24)
        for _ in range(59):
            clock.advance(timedelta(hours=12))
            assert identity.by_session(session, secret, hours=24) is not None
        clock.advance(timedelta(hours=12, seconds=1))
        assert identity.by_session(session, secret, hours=24) is None


def test_signing_out_ends_one_session_or_all(session: Session, dora: Person) -> None:
    first, second, third = (sign_in.open_session(session, dora.id, hours=1) for _ in range(3))
    sessions.sign_out(session, first)
    sessions.sign_out(session, "never given out")
    assert identity.by_session(session, first, hours=1) is None
    assert identity.by_session(session, second, hours=1) is not None
    assert sessions.sign_out_everywhere(session, dora.id) == 2
    assert identity.by_session(session, third, hours=1) is None


def test_a_form_token_fits_its_own_session_only() -> None:
    mine, older = secrets.new_session_secret(), secrets.new_session_secret()
    token = secrets.csrf_token(mine)
    assert secrets.csrf_matches(mine, token)
    assert not secrets.csrf_matches(older, token)
    for wrong in (None, "", "ünexpected", token[:-1], token + "0"):
        assert not secrets.csrf_matches(mine, wrong)
    assert not secrets.csrf_matches("", secrets.csrf_token(""))


@pytest.mark.parametrize("secret", ["", "x" * 1_000_000, "\udcff", "'; DROP TABLE person; --"])
def test_senseless_secrets_sign_nobody_in(session: Session, secret: str) -> None:
    assert identity.by_session(session, secret, hours=1) is None
    assert identity.by_token(session, "stw_" + secret) is None
