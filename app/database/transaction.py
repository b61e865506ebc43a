"""The one place that commits: a block of work is one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Conflict, Unavailable

# Classes of SQLSTATE after which the same may work a moment later: connection lost, deadlock or serialisation, no
# resources, lock not to be had, server stopping or its disk in trouble. Others, such as a text too
# long to be indexed, never pass.
PASSING = frozenset(["08", "40", "53", "55", "57", "58"])

# A row is locked with FOR NO KEY UPDATE, as an UPDATE does: nobody else changes it meanwhile, but others may refer to
# it. FOR UPDATE would let every insert with a foreign key to it wait, and two of them for each other.
LOCKED: dict[str, Any] = {"key_share": True}
# Whoever refers to a row without a foreign key holds it as one would: it is not removed meanwhile. Whoever removes rows
# leaves alone those that are held so; they are looked at again another time.
REFERRED: dict[str, Any] = {"read": True, "key_share": True}
REMOVED: dict[str, Any] = {"skip_locked": True}
# Whoever has counted by what a row says holds it, beside others who do, until what depends on it can be seen: nobody
# changes it meanwhile.
UNCHANGED: dict[str, Any] = {"read": True}

# A statement may wait for a lock for as long as a step may compute, and longer; a transaction that does nothing waits
# for a mail server at most. Whatever takes longer has lost its process or its way and must not hold locks for ever.
TIMEOUTS = "-c statement_timeout=60s -c idle_in_transaction_session_timeout=5min"

# What SQLAlchemy says to further work in a transaction whose connection has died.
CONNECTION_DIED = "8s2b"


def dump(value: object) -> str:
    """Write JSON as all columns hold it."""
    return orjson.dumps(value).decode()


class Database:
    """A pool of connections and the transactions made on it."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        """Open no connection yet. `url` is a SQLAlchemy URL (`postgresql+psycopg://…`)."""
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=2,
            pool_timeout=10,
            json_serializer=dump,
            json_deserializer=orjson.loads,
            connect_args={"options": f"-c timezone=UTC {TIMEOUTS}"},
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session; commit once at the end, roll back when the block raises.

        Raises:
            Unavailable: the server went away, cannot be reached or is too busy; nothing was stored.
            Conflict: a row with a version was changed by somebody else meanwhile; nothing was stored.
        """
        with self._ending(self._sessions()) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session for looking only: each statement stands for itself, which saves two ways to the server.

        Nothing is lost by it: a transaction of ours shows each of its statements what is stored by then, too.

        Raises:
            Unavailable: the server went away, cannot be reached or is too busy.
            RuntimeError: something was to be stored.
        """
        with self._ending(self._sessions()) as session:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            yield session
            if session.new or session.dirty or session.deleted:
                raise RuntimeError("This was opened for reading alone.")

    @contextmanager
    def _ending(self, session: Session) -> Iterator[Session]:
        try:
            yield session
            session.commit()
        except BaseException as error:
            session.rollback()
            if is_passing(error) and not isinstance(error, Unavailable):
                raise Unavailable("The database does not answer. Nothing was stored; please try again.") from error
            if isinstance(error, StaleDataError):
                raise Conflict("Somebody else changed this at the same moment. Load the page again.") from error
            raise
        finally:
            session.close()

    @contextmanager
    def as_one(self) -> Iterator["Database"]:
        """Yield a database whose transactions are parts of a single one: all of them are stored at the end, or none.

        Nobody else sees anything before. It is for one thread alone.
        """
        with self.engine.connect() as connection, connection.begin():
            yield _Within(self.engine, connection)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


class _Within(Database):
    """A database on one connection, in a transaction that somebody else ends."""

    def __init__(self, engine: Engine, connection: Connection) -> None:
        self.engine = engine
        self._sessions = sessionmaker(
            connection, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint"
        )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session inside the one transaction: what stands in it is what is to be seen."""
        with self.transaction() as session:
            yield session

    def close(self) -> None:
        """Leave the connection to whoever made it."""


def is_passing(error: BaseException) -> bool:
    """Tell whether an error is the database's trouble of the moment, so that trying the same again may help."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        lost = error.connection_invalidated or (isinstance(error, OperationalError) and state is None)
        return lost or (state or "")[:2] in PASSING
    if isinstance(error, PendingRollbackError):
        return error.code == CONNECTION_DIED
    return isinstance(error, Unavailable | PoolTimeout)
