"""Accounts are made, found, closed."""

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import accounts, identity, sign_in, tokens
from app.domain.people.records import Person
from app.errors import Invalid, NotFound


def test_a_login_is_found_whatever_its_capitals(session: Session, anna: Person) -> None:
    found = accounts.find_by_login(session, " Anna.NOVAK ")
    assert found is not None
    assert found.id == anna.id


def test_everything_wrong_is_told_at_once(session: Session, anna: Person) -> None:
    with pytest.raises(Invalid) as refusal:
        accounts.create_person(
            session, login="ANNA.novak", name=" ", email="nowhere", password="short", time_zone="Mars/Base"
        )
    assert set(refusal.value.fields) == {"login", "name", "email", "password", "time_zone"}
    assert "taken" in refusal.value.fields["login"][0]


@pytest.mark.parametrize("login", ["", "anna novak", "../../x", "anna\nnovak", "-anna"])
def test_malformed_logins_are_refused(session: Session, login: str) -> None:
    with pytest.raises(Invalid) as refusal:
        accounts.create_person(session, login=login, name="Anna Novak")
    assert set(refusal.value.fields) == {"login"}


def test_a_new_password_ends_other_sessions_and_lifts_the_lock(session: Session, anna: Person) -> None:
    here = sign_in.open_session(session, anna.id, hours=1)
    elsewhere = sign_in.open_session(session, anna.id, hours=1)
    anna.locked_until = clock.now()
    accounts.set_password(session, anna.id, "harbour gulls at noon", keep_session=identity.secrets.digest(here))
    assert identity.by_session(session, here, hours=1) is not None
    assert identity.by_session(session, elsewhere, hours=1) is None
    assert anna.locked_until is None


def test_who_has_left_can_do_nothing_more(session: Session, anna: Person) -> None:
    secret = sign_in.open_session(session, anna.id, hours=1)
    token = tokens.create_token(session, anna.id, "backup script")
    accounts.deactivate(session, anna.id)
    assert identity.by_session(session, secret, hours=1) is None
    assert identity.by_token(session, token.token) is None
    assert identity.of_person(session, anna.id) is None


def test_unknown_persons_have_no_password(session: Session) -> None:
    with pytest.raises(NotFound):
        accounts.set_password(session, 4711, "harbour gulls at noon")
    with pytest.raises(NotFound):
        accounts.deactivate(session, 4711)
