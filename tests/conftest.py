"""What all tests share: a PostgreSQL cluster of the test run's own, and an empty, migrated database per test."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from hypothesis import settings
from sqlalchemy.orm import Session

from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.database.transaction import Database
from tests.databases import Contents, Sweeper, copy_database
from tests.stage import Stage, bare_stage, make_stage

# How long an example takes says more about the machine and its other work than about us.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

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
def migrated(cluster: Cluster) -> str:
    """The name of a database that the migrations made; it stays empty and unused, to be copied."""
    migrate(cluster.url())
    copy_database(cluster, "stellwerk", "migrated")
    return "migrated"


@pytest.fixture(scope="session")
def sweeper(cluster: Cluster, migrated: str) -> Iterator[Sweeper]:
    """What empties the database that most tests share."""
    sweeper = Sweeper(cluster.url())
    yield sweeper
    sweeper.close()


@pytest.fixture
def database_url(sweeper: Sweeper) -> Iterator[str]:
    """The URL of a migrated database that is empty before and after the test."""
    yield sweeper.url
    sweeper.sweep()


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


@pytest.fixture(scope="session")
def people(sweeper: Sweeper, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], Contents]:
    """The people of every stage: their ids by name, and all that the database then holds."""
    stage = make_stage(sweeper.url, tmp_path_factory.mktemp("people"))
    stage.parts.database.close()
    contents = sweeper.contents()
    sweeper.sweep()
    return stage.people, contents


@pytest.fixture
def stage(
    people: tuple[dict[str, int], Contents], sweeper: Sweeper, database_url: str, tmp_path: Path
) -> Iterator[Stage]:
    """People and the real engine on an empty database; the test publishes its own diagrams."""
    ids, contents = people
    sweeper.fill(contents)
    stage = bare_stage(database_url, tmp_path)
    stage.people.update(ids)
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
