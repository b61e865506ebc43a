"""`stellwerk serve` starts everything from nothing, keeps it running, and ends it cleanly."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from app.database.embedded import Cluster

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Serving:
    """A running `stellwerk serve`."""

    process: subprocess.Popen[str]
    var: Path
    port: int
    said: list[str] = field(default_factory=list)

    def status(self, path: str = "/healthz") -> int:
        """Return the status of a page, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except OSError:
            return 0

    def children(self, command: str) -> set[int]:
        """Return the process ids of its web processes or workers."""
        found = set()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            if command.encode() in line and parent == self.process.pid:
                found.add(int(entry.name))
        return found

    def ready(self) -> None:
        """Read what it prints until it says that it is ready."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "Stellwerk is ready at" in line:
                return
        raise AssertionError("it ended: " + "".join(self.said))


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has to come."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


Start = Callable[..., Serving]


@pytest.fixture
def start(folder: Path, free_port: int) -> Iterator[Start]:
    """Start `stellwerk serve` with its own folder, as often as the test likes."""
    running: list[Serving] = []
    # Where the test process may write but PostgreSQL's user may enter, too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STELLWERK_")}
    environment |= {"STELLWERK_VAR": str(folder / "var"), "STELLWERK_PORT": str(free_port)}

    def call(*arguments: str) -> Serving:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", *arguments],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        running.append(Serving(process, folder / "var", free_port))
        return running[-1]

    yield call
    for serving in running:
        with serving.process as process:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=60)
    Cluster(folder / "var").halt()


def test_from_nothing_to_pages_and_back(start: Start) -> None:
    serving = start("--demo")
    serving.ready()
    assert f"Stellwerk is ready at http://127.0.0.1:{serving.port}\n" in serving.said
    assert serving.status() == 200
    with psycopg.connect(Cluster(serving.var).url().replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM definition)").fetchone()
    assert rows is not None and rows[0] > 3 and rows[1] > 10

    # A killed web process comes back and takes nothing along.
    (worker,) = serving.children("worker")
    (web,) = serving.children("web")
    os.kill(web, signal.SIGKILL)
    until(lambda: bool(serving.children("web") - {web}))
    until(lambda: serving.status() == 200)
    assert serving.children("worker") == {worker}
    assert Cluster(serving.var).running()

    # Somebody who starts it once more is told at once that the port is taken.
    second = start()
    output, _ = second.process.communicate(timeout=120)
    assert second.process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{serving.port}: Address already in use" in output
    assert "Traceback" not in output

    # It ends cleanly and takes its database along.
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(120) == 0
    assert not Cluster(serving.var).running()
    assert (serving.var / "postgres" / "PG_VERSION").is_file()


def test_it_survives_the_worst(start: Start) -> None:
    first = start()
    first.ready()

    # A database that died is started again.
    Cluster(first.var).halt(crash=True)
    until(lambda: Cluster(first.var).running())
    until(lambda: first.status() == 200)

    # After kill -9 the database lives on, the others go, and a second start finds everything.
    (web,) = first.children("web")
    first.process.kill()
    first.process.wait()
    assert Cluster(first.var).running()
    until(lambda: not Path(f"/proc/{web}").exists())
    second = start()
    second.ready()
    assert second.status() == 200
