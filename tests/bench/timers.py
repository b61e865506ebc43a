"""(e) Ten thousand timers that come due at one moment, fired by a real worker while people read their inbox."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app.engine import commands
from tests.bench.clients import Job
from tests.bench.served import web
from tests.bench.world import TIMED, World

ROOT = Path(__file__).parent.parent.parent
# Eight people, each of whom opens a page every half a second.
CLIENTS, PAGES, PAUSE = 8, 32, 0.5

# The one case that was started is there as often as wanted: what it waits for stands in its state.
_COPY = (
    """INSERT INTO process_case (id, number, diagram, area, diagram_version, bundle_id, title, status, state, waits,
                                 started_at, requester_id, version, journal_length)
       OVERRIDING SYSTEM VALUE
       SELECT 50000000 + g, 'BENCH-T-' || g, diagram, area, diagram_version, bundle_id, title, status, state, waits,
              started_at, requester_id, version, 0
       FROM process_case, generate_series(1, %(count)s) g WHERE id = %(case)s""",
    """INSERT INTO timer (case_id, engine_id, element, due_at, status)
       SELECT 50000000 + g, engine_id, element, due_at, status FROM timer, generate_series(1, %(count)s) g
       WHERE case_id = %(case)s""",
)
_WAITING = "SELECT count(*) FROM timer WHERE status = 'waiting'"


@dataclass(frozen=True, slots=True)
class Fired:
    """How long it took until all timers had fired, in seconds, and the slowest hundredth of pages meanwhile, in ms."""

    count: int
    seconds: float
    p99: float
    pages: int


def timers(world: World, count: int) -> Fired:
    """Let so many timers come due at once and fire them by one worker, with clients reading from one web process."""
    with world.parts.database.transaction() as session:
        case = commands.start_case(world.parts.engine, session, TIMED, world.person, {"title": "Waits"}).case.id
    slowest, pages = 0.0, 0
    with psycopg.connect(world.url, autocommit=True) as connection, web(world, 1) as served:
        for statement in _COPY:
            connection.execute(statement.encode(), {"count": count - 1, "case": case})
        connection.execute("VACUUM ANALYZE process_case, timer")
        job = Job(
            port=served.port, clients=CLIENTS, header=f"cookie: stellwerk_session={world.cookie}", path="/work",
            pages=PAGES, warm=2, pause=PAUSE,
        )  # fmt: skip
        served.load(job)
        with _worker(world):
            connection.execute("UPDATE timer SET due_at = now() WHERE status = 'waiting'")
            begun = time.monotonic()
            while _waiting(connection):
                load = served.load(job)
                slowest, pages = max(slowest, load.p99), pages + load.count
            return Fired(count, time.monotonic() - begun, slowest, pages)


def _waiting(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(_WAITING).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def _worker(world: World) -> Iterator[None]:
    """Run a worker as `stellwerk worker` does; it ticks when the block begins."""
    environment = os.environ | {
        "STELLWERK_DATABASE_URL": world.cluster.url(),
        "STELLWERK_VAR": str(world.parts.settings.var),
        "STELLWERK_LOG_LEVEL": "warning",
    }
    child = subprocess.Popen([sys.executable, "-m", "app", "worker"], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        with psycopg.connect(world.url, autocommit=True) as connection:
            while connection.execute("SELECT 1 FROM schedule_node").fetchone() is None:
                if time.monotonic() > deadline:
                    raise RuntimeError("The worker did not begin to tick.")
                time.sleep(0.1)
        yield
    finally:
        child.terminate()
        child.wait(timeout=60)
