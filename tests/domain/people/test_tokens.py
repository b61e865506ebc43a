"""API tokens: shown once, digest only, expiring and revocable."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import identity, tokens
from app.domain.people.records import ApiToken, Person
from app.errors import Invalid, NotFound


def test_a_token_acts_as_its_person(session: Session, anna: Person) -> None:
    made = tokens.create_token(session, anna.id, "  monitoring ")
    assert made.token.startswith("stw_")
    who = identity.by_token(session, made.token)
    assert who is not None
    assert who.person_id == anna.id
    assert [token.name for token in tokens.tokens_of(session, anna.id)] == ["monitoring"]
    stored = session.scalars(select(ApiToken)).one()
    assert made.token.encode() not in stored.digest


def test_an_expired_token_is_worth_nothing(session: Session, anna: Person) -> None:
    with clock.at(datetime(2026, 3, 6, 8, 0, tzinfo=UTC)):
        made = tokens.create_token(session, anna.id, "import", expires_at=clock.now() + timedelta(days=1))
        assert identity.by_token(session, made.token) is not None
        clock.advance(timedelta(days=1))
        assert identity.by_token(session, made.token) is None


def test_a_person_revokes_only_their_own(session: Session, anna: Person, ben: Person) -> None:
    made = tokens.create_token(session, anna.id, "import")
    with pytest.raises(NotFound):
        tokens.revoke(session, ben.id, made.id)
    assert identity.by_token(session, made.token) is not None
    tokens.revoke(session, anna.id, made.id)
    assert identity.by_token(session, made.token) is None
    assert tokens.tokens_of(session, anna.id) == []
    with pytest.raises(NotFound):
        tokens.revoke(session, anna.id, made.id)


def test_how_long_and_for_what_a_person_may_make_a_token(session: Session, anna: Person) -> None:
    with clock.at(datetime(2026, 3, 6, 8, 0, tzinfo=UTC)):
        made = tokens.create_own(session, anna.id, "import", scopes=["read"], days=365, administrator=False)
        row = session.get_one(ApiToken, made.id)
        assert (row.scopes, row.expires_at) == (["read"], clock.now() + timedelta(days=365))
        for days in (None, 0, 366, 10**9):
            with pytest.raises(Invalid):
                tokens.create_own(session, anna.id, "import", scopes=["read"], days=days, administrator=False)
        for scopes in ([], ["administration"], ["everything"]):
            with pytest.raises(Invalid):
                tokens.create_own(session, anna.id, "import", scopes=scopes, days=9, administrator=False)
        eternal = tokens.create_own(session, anna.id, "x", scopes=["administration"], days=None, administrator=True)
        assert session.get_one(ApiToken, eternal.id).expires_at is None


def test_its_use_is_noted_now_and_then_in_the_one_statement(
    session: Session, anna: Person, statements: list[str]
) -> None:
    with clock.at(datetime(2026, 3, 6, 8, 0, tzinfo=UTC)):
        made = tokens.create_token(session, anna.id, "import", scopes=["read"])
        used = []
        for minutes in (0, 4, 2):
            clock.advance(timedelta(minutes=minutes))
            statements.clear()
            who = identity.by_token(session, made.token)
            assert len(statements) == 1
            assert who is not None and who.token is not None
            assert (who.token.id, who.token.scopes) == (made.id, {"read"})
            session.expire_all()
            used.append(session.get_one(ApiToken, made.id).last_used_at)
        assert used == [datetime(2026, 3, 6, 8, minute, tzinfo=UTC) for minute in (0, 0, 6)]


def test_a_token_needs_a_name_and_a_future(session: Session, anna: Person) -> None:
    with pytest.raises(Invalid):
        tokens.create_token(session, anna.id, " ")
    with pytest.raises(Invalid):
        tokens.create_token(session, anna.id, "import", expires_at=clock.now())
