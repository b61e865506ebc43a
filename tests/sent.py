"""What is sent to a database, heard at the driver: whichever way through our layers it comes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

Heard = Callable[[psycopg.Cursor[Any], str, Any], None]


@contextmanager
def hearing(engine: Engine, heard: Heard) -> Iterator[None]:
    """Call `heard` with cursor, text and values before each statement to this engine's database in this process."""
    ways = {name: getattr(psycopg.Cursor, name) for name in ("execute", "executemany")}

    def listening(name: str) -> Callable[..., Any]:
        def carry_out(cursor: psycopg.Cursor[Any], query: Any, params: Any = None, **options: Any) -> Any:
            if cursor.connection.info.dbname == engine.url.database:
                heard(cursor, query.decode() if isinstance(query, bytes) else str(query), params)
            return ways[name](cursor, query, params, **options)

        return carry_out

    with pytest.MonkeyPatch.context() as patch:
        for name in ways:
            patch.setattr(psycopg.Cursor, name, listening(name))
        yield


@contextmanager
def sent(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements sent inside the block, savepoints left out."""
    texts: list[str] = []
    with hearing(engine, lambda _cursor, text, _values: None if "SAVEPOINT" in text else texts.append(text)):
        yield texts
