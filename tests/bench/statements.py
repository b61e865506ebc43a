"""What the database server is asked for, read from its own log, so that no statement goes unseen."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from app.bootstrap import Parts
from app.database.embedded import Cluster

_LINE = re.compile(r"\[(\d+)\] LOG: +(?:statement|execute [^:]*): (.*)$")
# What a web process asks by itself every two seconds, beside its requests (app/main.py).
_BESIDE = re.compile(r"^SELECT coalesce\(max\(setting\.generation\)")
_BEGIN = re.compile(r"BEGIN|START TRANSACTION", re.IGNORECASE)


@dataclass(slots=True)
class Asked:
    """Statements in their order, without the beginnings and ends of transactions; savepoints count."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0
    rollbacks: int = 0

    def add(self, statement: str) -> None:
        """Sort in one line."""
        word = statement.strip().rstrip(";").upper()
        if word == "COMMIT":
            self.commits += 1
        elif word == "ROLLBACK":
            self.rollbacks += 1
        elif not _BEGIN.match(word):
            self.statements.append(statement)


@contextmanager
def listening(cluster: Cluster, parts: Parts) -> Iterator[Asked]:
    """Listen to what these parts ask their database inside the block; nobody else may use the cluster meanwhile."""
    asked = Asked()
    url = cluster.url().replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        try:
            connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'".encode())
            # Only new connections hear of it. They ask questions of their own at first, so one is opened now.
            parts.database.engine.dispose()
            with parts.database.transaction() as session:
                session.connection()
            marker = f"listening {time.monotonic_ns()}"
            with parts.database.transaction() as session:
                session.connection().exec_driver_sql(f"/* {marker} */ SELECT 1")
            yield asked
            text = cluster.log.read_text(errors="replace").rpartition(marker)[2]
            # The rest of the marker's line and its transaction's end come first.
            for statement in _statements(text.split("\n", 1)[1])[1:]:
                asked.add(statement)
        finally:
            connection.execute(f"ALTER DATABASE {name} RESET log_statement".encode())
            parts.database.engine.dispose()


def _statements(log: str) -> list[str]:
    """Return the statements of a log; further lines of one begin with a tab."""
    found: list[tuple[str, str]] = []
    for line in log.splitlines():
        head = _LINE.search(line)
        if head:
            found.append((head[1], head[2]))
        elif line.startswith("\t") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
    return _without_looks(found)


def _without_looks(found: list[tuple[str, str]]) -> list[str]:
    """Return the statements without the transactions in which a process looked for changed settings."""
    dropped: set[int] = set()
    for place, (process, statement) in enumerate(found):
        if _BESIDE.match(statement):
            around = [at for at, (other, _) in enumerate(found) if other == process]
            here = around.index(place)
            dropped.update(around[max(here - 1, 0) : here + 2])
    return [statement for place, (_, statement) in enumerate(found) if place not in dropped]
