"""Real web processes under load: `stellwerk web` as `stellwerk serve` starts it, and clients in another process."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import psycopg

from app.cli.serve import listen
from tests.bench.clients import Job, Load
from tests.bench.figures import percentile
from tests.bench.world import World

ROOT = Path(__file__).parent.parent.parent
WRITTEN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
"""The next transaction number: it moves on by one with each transaction that writes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A load and what it cost; CPU and commits are per request, all times in milliseconds.

    `commits` counts transactions that wrote; those that only read leave no trace in the database.
    """

    processes: int
    clients: int
    count: int
    per_second: float
    p50: float
    p99: float
    web_cpu: float
    database_cpu: float
    client_cpu: float
    commits: float


@dataclass(slots=True)
class Served:
    """Running web processes."""

    world: World
    port: int
    children: list[subprocess.Popen[bytes]]

    def load(self, job: Job) -> Measured:
        """Put a load on and measure it."""
        web, database = self._cpu(), self._database_cpu()
        before = self._commits()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.clients"],
            input=json.dumps(asdict(job)).encode(),
            stdout=subprocess.PIPE, cwd=ROOT, check=True,
        )  # fmt: skip
        load = Load(**json.loads(done.stdout))
        count = len(load.latencies)
        # Warming up costs too, about as much as all others, and is counted here.
        asked = count + load.warmed
        return Measured(
            processes=len(self.children),
            clients=job.clients,
            count=count,
            per_second=count / load.seconds,
            p50=percentile(load.latencies, 0.50) * 1000,
            p99=percentile(load.latencies, 0.99) * 1000,
            web_cpu=(self._cpu() - web) / asked * 1000,
            database_cpu=(self._database_cpu() - database) / asked * 1000,
            client_cpu=load.cpu / count * 1000,
            commits=(self._commits() - before) / asked,
        )

    def _cpu(self) -> float:
        return sum(_seconds(psutil.Process(child.pid)) for child in self.children)

    def _database_cpu(self) -> float:
        pid = int((self.world.cluster.data / "postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        ended = server.cpu_times()
        total = _seconds(server) + ended.children_user + ended.children_system
        for process in server.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                total += _seconds(process)
        return total

    def _commits(self) -> int:
        with psycopg.connect(self.world.url, autocommit=True) as connection:
            row = connection.execute(WRITTEN).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def web(world: World, processes: int) -> Iterator[Served]:
    """Run web processes on one socket, as `stellwerk serve` does."""
    environment = os.environ | {
        "STELLWERK_DATABASE_URL": world.cluster.url(),
        "STELLWERK_VAR": str(world.parts.settings.var),
        "STELLWERK_LOG_LEVEL": "warning",
        "STELLWERK_API_CALLS_PER_MINUTE": "0",
    }
    with listen("127.0.0.1", 0) as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        command = [sys.executable, "-m", "app", "web", "--fd", str(descriptor)]
        children = [
            subprocess.Popen(command, env=environment, cwd=ROOT, pass_fds=(descriptor,)) for _ in range(processes)
        ]
        try:
            _await(port)
            yield Served(world, port, children)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(timeout=60)


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
