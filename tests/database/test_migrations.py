"""Migrations build what the models say, and the journal only grows."""

import threading

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.database.embedded import Cluster
from app.database.migrate import configuration, head, migrate, revision
from app.database.transaction import Database
from app.errors import Unavailable

ENTRY = """
INSERT INTO journal_entry (chain, position, at, event, data, hash)
VALUES ('case:1', 1, now(), 'case.started', '{}', '\\x00')
"""

OLD_CALENDARS = """
INSERT INTO calendar (key, name, time_zone, hours, days_off) VALUES
    ('office', 'Office', 'UTC', '{}', '["2026-12-25", "2026-12-24", "2026-12-25"]'),
    ('never_off', 'Never off', 'UTC', '{}', '[]')
"""


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database.engine.url.render_as_string(hide_password=False))
    with database.engine.connect() as connection:
        assert revision(connection) == head()


def test_two_hosts_that_start_together_migrate_once(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE together")
    failures: list[Exception] = []

    def start() -> None:
        try:
            migrate(cluster.url("together"))
        except Exception as error:
            failures.append(error)

    hosts = [threading.Thread(target=start) for _ in range(2)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert failures == []
    with psycopg.connect(cluster.url("together").replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT generation FROM library_state").fetchall() == [(1,)]


def test_a_server_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(Unavailable, match="cannot be reached.*\n.*\n.*STELLWERK_DATABASE_URL"):
        migrate("postgresql+psycopg://stellwerk@/stellwerk?host=/nonexistent")


def test_a_user_who_may_not_make_tables_is_told_so_plainly(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
        connection.execute("CREATE DATABASE of_somebody_else")
    url = cluster.url("of_somebody_else").replace("//stellwerk@", "//guest@")
    with pytest.raises(Unavailable, match="permission denied for schema public(.|\n)*the owner of the database"):
        migrate(url)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET event = 'other'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
        "UPDATE journal_payload SET content = '{}'",
    ],
)
def test_the_journal_is_append_only(session: Session, statement: str) -> None:
    session.execute(text(ENTRY))
    with pytest.raises(ProgrammingError, match="append-only"):
        session.execute(text(statement))


def test_every_kind_of_record_has_its_numbers(session: Session) -> None:
    for prefix in ("inc", "svc", "ker", "req", "maj", "prb", "ci", "chg", "rel", "imp", "agr", "rpt", "rsk"):
        assert session.scalar(text(f"SELECT nextval('record_number_{prefix}_seq')")) == 1


def test_jobs_do_not_notify(session: Session) -> None:
    triggers = session.scalars(text("SELECT tgname FROM pg_trigger WHERE tgrelid = 'procrastinate_jobs'::regclass"))
    assert "procrastinate_jobs_notify_queue_job_inserted_v1" not in set(triggers)


def test_days_off_become_exceptions(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_days_off")
    engine = create_engine(cluster.url("with_days_off"))
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "0025")
        connection.execute(text(OLD_CALENDARS))
        connection.commit()
        command.upgrade(configuration(connection), "0026")
        found = connection.execute(text("SELECT key, exceptions, region FROM calendar ORDER BY key")).all()
    engine.dispose()
    days = [{"from": day, "to": day, "hours": [], "remark": ""} for day in ("2026-12-24", "2026-12-25")]
    assert [tuple(row) for row in found] == [("never_off", [], ""), ("office", days, "")]
