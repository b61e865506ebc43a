"""Statements that are asked at every turn: written once, and given to the driver without the layers between."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from sqlalchemy import Dialect, Executable
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ClauseElement

from app.database.transaction import dump

_DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]
_BLANKS = re.compile(r"\s+")


class Direct:
    """One statement in the driver's words, carried out in a session's transaction.

    SQLAlchemy takes three times as long as the driver to carry out a statement of twenty columns, which with the
    four of a completion was a fifth of it. What the session holds back is not stored before, as everywhere here.
    """

    __slots__ = ("_constants", "_text")

    def __init__(self, statement: Executable) -> None:
        """Translate a statement; its parameters keep their names, and any run of blanks in it becomes one."""
        if not isinstance(statement, ClauseElement):
            raise TypeError(f"{type(statement).__name__} is no statement")
        compiled = statement.compile(dialect=_DIALECT)
        # The driver remembers how to read texts of up to 4096 characters, and would read longer ones anew each time.
        self._text = _BLANKS.sub(" ", str(compiled)).strip().encode()
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def rows(self, session: Session, values: Mapping[str, Any]) -> Sequence[TupleRow]:
        """Carry the statement out and return its rows.

        Args:
            values: by parameter; JSON is wrapped by `json`.

        Raises:
            DBAPIError: the database refuses, as it would through SQLAlchemy.
        """
        return self._carry_out(session, values).fetchall()

    def first(self, session: Session, values: Mapping[str, Any]) -> TupleRow | None:
        """Carry the statement out and return its first row, if there is one; as `rows` otherwise."""
        return self._carry_out(session, values).fetchone()

    def run(self, session: Session, values: Mapping[str, Any]) -> None:
        """Carry out a statement that gives no rows; as `rows` otherwise."""
        self._carry_out(session, values)

    def _carry_out(self, session: Session, values: Mapping[str, Any]) -> psycopg.Cursor[TupleRow]:
        connection = session.connection()
        driver: psycopg.Connection[TupleRow] | None = connection.connection.driver_connection
        if driver is None:
            raise RuntimeError("The connection was given back.")
        try:
            return driver.execute(self._text, {**self._constants, **values} if self._constants else values)
        except psycopg.Error as error:
            # As SQLAlchemy does it: who asks need not know which way the statement went.
            if driver.closed:
                connection.invalidate(error)
            raise DBAPIError.instance(
                self._text.decode(), None, error, psycopg.Error, hide_parameters=True,
                connection_invalidated=driver.closed, dialect=_DIALECT,
            ) from error  # fmt: skip


def json(value: Any) -> Jsonb | None:
    """Wrap a value for a JSON column; nothing is NULL."""
    return None if value is None else Jsonb(value, dumps=dump)
