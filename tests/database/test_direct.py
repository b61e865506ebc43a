"""Direct statements: the same transaction, constants, JSON and errors as through SQLAlchemy."""

from uuid import uuid4

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database.direct import Direct, json
from app.database.transaction import Database
from app.domain.people.records import Team
from app.errors import Unavailable

TEAMS = Team.__table__
ADD = Direct(insert(Team).values(key=bindparam("key"), name="50 % of   both").returning(Team.id, Team.name))


def test_a_statement_is_part_of_the_sessions_transaction(session: Session) -> None:
    found = ADD.first(session, {"key": "night"})
    assert found is not None and found[1] == "50 % of   both"
    assert session.scalar(select(Team.id).where(Team.key == "night")) == found[0]
    session.rollback()
    assert session.scalar(select(Team.id).where(Team.key == "night")) is None


def test_json_goes_in_and_comes_out(session: Session) -> None:
    asked = Direct(text("SELECT CAST(:some AS jsonb), CAST(:none AS jsonb) IS NULL, :text"))
    values = {"some": json({"a": ["ü", 1.5, None]}), "none": json(None), "text": "100 %"}
    assert asked.rows(session, values) == [({"a": ["ü", 1.5, None]}, True, "100 %")]


def test_a_refusal_is_the_same_error(session: Session) -> None:
    broken = Direct(text("SELECT CAST(:word AS integer)"))
    with pytest.raises(DBAPIError, match="invalid input syntax") as caught:
        broken.first(session, {"word": "secret of somebody"})
    assert caught.value.orig is not None and caught.value.orig.sqlstate == "22P02"  # type: ignore[attr-defined]
    session.rollback()
    assert ADD.first(session, {"key": str(uuid4())}) is not None


def test_a_lost_connection_is_the_moments_trouble_and_the_next_transaction_has_another(database: Database) -> None:
    end = Direct(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(Unavailable), database.transaction() as session:
        end.run(session, {})
    with database.transaction() as session:
        assert Direct(text("SELECT 1")).first(session, {}) == (1,)


def test_only_statements_are_taken() -> None:
    with pytest.raises(TypeError, match="str is no statement"):
        Direct("SELECT 1")  # type: ignore[arg-type]


def test_reading_stores_nothing_by_mistake(database: Database) -> None:
    with pytest.raises(RuntimeError, match="reading alone"), database.reading() as session:
        session.add(Team(key="night", name="Night"))
    with database.reading() as session:
        assert session.scalars(select(Team.key).where(Team.key == "night")).all() == []
        begun = text("SELECT transaction_timestamp() = statement_timestamp()")
        assert session.scalar(begun), "each statement is a transaction of its own"
        assert session.scalar(begun)
