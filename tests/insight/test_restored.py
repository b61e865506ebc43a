"""A backup that is restored elsewhere proves the same, and guards its journal as the original did."""

import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.database.embedded import Cluster
from app.database.transaction import Database
from app.database.unprivileged import programs
from app.domain.journal import anchors, erasure, system
from app.domain.journal.erasure import Named
from app.insight import verification
from tests.engine.drawings import end, extensions, flows, start, user
from tests.stage import Stage, draw, form
from tests.stage import text as text_field


@pytest.fixture
def kept(stage: Stage) -> list[anchors.Line]:
    """A case with record and evidence, an erasure, and the line of an anchor that was kept elsewhere."""
    look = user("look", extensions(activity="ISRM-A1.2"))
    stage.publish(draw("walk", start() + look + end() + flows("s look e"), record="incident"),
                  form("look", text_field("title")))  # fmt: skip
    stage.start()
    stage.complete("look", title="Chiara Ricci's “storage” is gone, 1e3 \u00e9 \U0001f525")
    with stage.parts.database.transaction() as session:
        numbers = {"a": 1.0, "b": 1e300, "c": 0.1, "d": -0.0, "e": 2**53 + 1}
        system.note(session, "settings.changed", subject="settings", data=numbers)
        erasure.erase(session, Named(5, ("Chiara Ricci",)), reason="asked", actor_id=1)
        anchors.write(session)
        return [anchors.line_of(anchor) for anchor in anchors.listed(session, 5)]


@pytest.fixture
def restored(cluster: Cluster, kept: list[anchors.Line], stage: Stage) -> Iterator[Database]:
    """What `pg_dump` wrote of it, in another database."""
    server = cluster.url("postgres").replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored TEMPLATE template0")
    folder = programs(cluster.folder, cluster._owner)
    dump = subprocess.run([folder / "pg_dump", cluster.url().replace("+psycopg", "")], capture_output=True, check=True)
    other = cluster.url("restored")
    subprocess.run([folder / "psql", "--quiet", "--set=ON_ERROR_STOP=1", other.replace("+psycopg", "")],
                   input=dump.stdout, capture_output=True, check=True)  # fmt: skip
    database = Database(other)
    yield database
    database.close()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE restored WITH (FORCE)")


def test_a_restored_backup_verifies(stage: Stage, kept: list[anchors.Line], restored: Database) -> None:
    before = verification.verify(stage.parts.database, kept=kept)
    after = verification.verify(restored, kept=kept)
    assert (after.faults, after.broken) == ([], 0)
    for name in ("chains", "lines", "erased", "anchors", "evidence"):
        assert getattr(after, name) == getattr(before, name)
        assert getattr(after, name) > 0


def test_a_restored_backup_guards_its_journal(restored: Database) -> None:
    for statement in ("UPDATE journal_entry SET event = 'x'", "DELETE FROM journal_payload", "DELETE FROM evidence",
                      "TRUNCATE journal_anchor"):  # fmt: skip
        with pytest.raises(ProgrammingError, match="append-only"), restored.transaction() as session:
            session.execute(text(statement))


def test_a_restored_backup_goes_on_where_it_was(restored: Database) -> None:
    with restored.transaction() as session:
        system.note(session, "settings.changed", subject="settings")
        assert anchors.write(session) == 1
    assert verification.verify(restored).sound
