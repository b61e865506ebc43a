"""A real `stellwerk serve` in a process of its own, and what a test asks it."""

import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

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

    def counts(self, *tables: str) -> list[int]:
        """Return how many rows tables of its database have."""
        with psycopg.connect(Cluster(self.var).url().replace("+psycopg", "")) as connection:
            return [row[0] for table in tables for row in connection.execute(f"SELECT count(*) FROM {table}")]  # type: ignore[call-overload]

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
