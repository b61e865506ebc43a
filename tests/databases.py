"""Databases for tests: copies of one that has been made ready, and one that is emptied after each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL, Identifier

from app.database.embedded import Cluster

NOT_KEPT = "tablename NOT IN ('alembic_version', 'library_state')"
EMPTIED = "IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF;"
BEGUN_ANEW = "IF (SELECT is_called FROM {name}) THEN PERFORM setval({literal}, 1, false); END IF;"
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


_numbers = count(1)


def plain(url: str) -> str:
    """Return a SQLAlchemy URL as psycopg reads it."""
    return url.replace("+psycopg", "")


def run(cluster: Cluster, statement: str, *names: str) -> None:
    """Carry out a statement about databases; each `{}` in it stands for a name."""
    with psycopg.connect(plain(cluster.url("postgres")), autocommit=True) as connection:
        connection.execute(SQL(statement).format(*map(Identifier, names)))  # type: ignore[arg-type]


def copy_database(cluster: Cluster, template: str, name: str) -> str:
    """Copy a database that nobody uses at the moment; returns the URL of the copy."""
    run(cluster, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
    return cluster.url(name)


@contextmanager
def copied(cluster: Cluster, template: str) -> Iterator[str]:
    """Yield the URL of a copy, which is removed at the end."""
    name = f"{template}_{next(_numbers)}"
    yield copy_database(cluster, template, name)
    run(cluster, "DROP DATABASE {} WITH (FORCE)", name)


@dataclass(frozen=True)
class Contents:
    """Rows by table, as the database copies them, and the last numbers that were given."""

    rows: dict[str, bytes]
    numbers: dict[str, int]


class Sweeper:
    """A connection that stays open: to look into every table for the first time takes a connection ten times as long.

    Neither foreign keys nor the journal's guard stand in its way.
    """

    def __init__(self, url: str) -> None:
        """Learn the tables; `url` is a SQLAlchemy URL of a migrated database that no test makes tables in."""
        self.url = url
        self.connection = psycopg.connect(plain(url), autocommit=True)
        self.connection.execute("SET session_replication_role = replica")
        self.tables = self._names(f"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND {NOT_KEPT}")
        self.sequences = self._names("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        # As a function the server plans it once: it has more than a hundred parts.
        parts = [SQL(EMPTIED).format(name=Identifier(name)) for name in self.tables]
        parts += [SQL(BEGUN_ANEW).format(name=Identifier(name), literal=name) for name in self.sequences]
        body = SQL("BEGIN UPDATE library_state SET generation = 1; {} END").format(SQL(" ").join(parts))
        self.connection.execute(
            SQL("CREATE FUNCTION pg_temp.sweep() RETURNS void LANGUAGE plpgsql AS {}").format(
                body.as_string(self.connection)
            )
        )

    def _names(self, query: LiteralString) -> list[str]:
        return [str(name) for (name,) in self.connection.execute(query)]

    def sweep(self) -> None:
        """Remove all rows and begin all numbers anew; a transaction that a test left open is ended first."""
        self.connection.execute(END_OTHERS)
        self.connection.execute("SELECT pg_temp.sweep()")

    def contents(self) -> Contents:
        """Return what is in the database now."""
        rows, numbers = {}, {}
        for name in self.tables:
            with self.connection.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(name))) as copy:
                rows[name] = b"".join(copy)
        for name in self.sequences:
            given = self.connection.execute(SQL("SELECT last_value, is_called FROM {}").format(Identifier(name)))
            numbers[name] = next(int(number) if called else 0 for number, called in given)
        return Contents(_without_empty(rows), _without_empty(numbers))

    def fill(self, contents: Contents) -> None:
        """Put contents into the empty database."""
        with self.connection.transaction():
            for name, rows in contents.rows.items():
                with self.connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(name))) as copy:
                    copy.write(rows)
            for name, number in contents.numbers.items():
                self.connection.execute("SELECT setval(%s, %s)", [name, number])

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
