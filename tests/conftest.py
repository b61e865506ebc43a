"""What all tests share: a PostgreSQL cluster of the test run's own, and an empty, migrated database per test."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from hypothesis import settings
from sqlalchemy.orm import Session

from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.database.transaction import Database
from tests.stage import Stage, make_stage

# How long an example takes says more about the machine and its other work than about us.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

EMPTY_EVERY_TABLE = """
DO $$
DECLARE item text; filled boolean;
BEGIN
    -- Neither foreign keys nor the journal's guard stand in the way of sweeping up after a test.
    SET LOCAL session_replication_role = replica;
    FOR item IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'library_state') LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', item) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', item); END IF;
    END LOOP;
    UPDATE library_state SET generation = 1;
    FOR item IN SELECT sequencename FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', item);
    END LOOP;
END $$
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


# A database is some six hundred files; copying them for a test takes a disk half a second, memory a fortieth of that.
MEMORY = Path("/dev/shm")  # noqa: S108 - only the beginning of a name of our own
ROOM = 2_000_000_000


def short_folder() -> Path:
    """Make a folder that PostgreSQL's own user may enter and whose path leaves room for a socket's name."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix="stellwerk-", dir=MEMORY if in_memory else None))
    folder.chmod(0o711)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop() -> Iterator[None]:
    """One event loop for the requests of all tests: to start and end one for each costs as much as most requests."""
    with start_blocking_portal() as portal:
        TestClient.portal = portal
        yield
        TestClient.portal = None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One running cluster per test process; nothing in it survives a crash, and nothing needs to."""
    folder = short_folder()
    cluster = Cluster(folder, durable=False)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_url(cluster: Cluster) -> str:
    """The URL of a database that the migrations made."""
    migrate(cluster.url())
    return cluster.url()


@pytest.fixture
def database_url(migrated_url: str) -> Iterator[str]:
    """The URL of a migrated database that is empty before and after the test."""
    yield migrated_url
    with psycopg.connect(migrated_url.replace("+psycopg", ""), autocommit=True) as connection:
        # A test that left a transaction open would otherwise block the next one.
        connection.execute(END_OTHERS)
        connection.execute(EMPTY_EVERY_TABLE)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """An open transaction that is rolled back after the test."""
    with Session(database.engine, expire_on_commit=False, autoflush=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """People and the real engine on an empty database; the test publishes its own diagrams."""
    stage = make_stage(database_url, tmp_path)
    yield stage
    stage.parts.database.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short path that other users may pass through; pytest's own are closed to them."""
    folder = short_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def new_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster of the test's own, not yet started: for tests that stop, crash or fill one."""
    cluster = Cluster(folder, durable=False)
    yield cluster
    cluster.halt()
    cluster.stop()


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a test was skipped: a missing browser or database must not look like success."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("A test was skipped; here nothing may be.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
