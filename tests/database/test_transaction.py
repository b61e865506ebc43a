"""How transactions lock, and how long they may take."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

import app
from app import clock
from app.database.transaction import Database
from app.domain.people import sign_in
from app.domain.people.records import AuthSession
from app.domain.people.sign_in import Lockout
from app.errors import Unavailable
from tests.engine.drawings import end, extensions, flows, user
from tests.jobs.waiting import until
from tests.stage import Stage, draw, form
from tests.stage import text as text_field

# Of the first everybody makes use; the others are for what is referred to without a foreign key, or counted by.
WAYS = ("**LOCKED", "=LOCKED", "=locked", "**REFERRED", "**REMOVED", "**UNCHANGED")


def test_every_row_is_locked_in_one_of_the_known_ways() -> None:
    folder = Path(app.__file__).parent
    lines = [line for path in folder.rglob("*.py") for line in path.read_text().splitlines()]
    found = [line for line in lines if "with_for_update" in line]
    assert found
    assert [line for line in found if not any(way in line for way in WAYS)] == []


def test_others_may_refer_to_a_row_that_is_locked(stage: Stage) -> None:
    """Whoever tries passwords on Anna's account locks her row; what she does meanwhile must not wait for that."""
    anna = stage.people["Anna Novak"]
    with stage.parts.database.transaction() as session:
        sign_in.sign_in(session, "anna.novak", "wrong", hours=1, lockout=Lockout())
        with stage.parts.database.transaction() as other:
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            now = clock.now()
            other.add(AuthSession(digest=b"hers", person_id=anna, created_at=now, seen_at=now, expires_at=now))
            other.flush()


def test_two_cases_about_one_record_start_at_the_same_time(stage: Stage) -> None:
    """Each refers to the record before it writes to it."""
    asks = f'<startEvent id="s">{extensions(form="report")}</startEvent>'
    stage.publish(draw("walk", asks + user("look") + end() + flows("s look e"), record="incident"),
                  form("report", text_field("title", required=True)), form("look"))  # fmt: skip
    first = stage.case(stage.start(values={"title": "Storage is gone"}))
    failures: list[Exception] = []
    gate = threading.Barrier(4)

    def begin(number: int) -> None:
        gate.wait()
        try:
            for turn in range(5):
                stage.start(values={"title": f"Once more {number} {turn}"}, record_id=first.record_id)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(stage.tasks()) == 21


def test_nothing_runs_for_ever(database: Database) -> None:
    with database.transaction() as session:
        assert session.scalar(text("SHOW statement_timeout")) == "1min"
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5min"


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
def test_what_took_too_long_may_be_tried_again(database: Database, setting: str) -> None:
    with database.transaction() as holder:
        holder.execute(text("LOCK TABLE person"))
        with pytest.raises(Unavailable), database.transaction() as session:
            session.execute(text(f"SET LOCAL {setting} = '50ms'"))
            session.execute(text("SELECT count(*) FROM person"))


def test_whoever_falls_asleep_loses_the_transaction(database: Database) -> None:
    def gone() -> bool:
        with database.transaction() as watch:
            query = text("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = :me)")
            return bool(watch.scalar(query, {"me": me}))

    with pytest.raises(Unavailable), database.transaction() as session:
        me = session.scalar(text("SELECT pg_backend_pid()"))
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        until(gone, "the server has ended the connection")
        session.execute(text("SELECT 1"))
