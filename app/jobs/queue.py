"""The queue: named functions, and jobs for them that are stored in the caller's transaction."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.errors import Unavailable

ATTEMPTS = 8


JobFunction = Callable[[dict[str, Any], int], None]
GiveUpFunction = Callable[[dict[str, Any], str], None]


@dataclass(frozen=True, slots=True)
class JobTask:
    """A named function that jobs carry out, and what happens when it never succeeds."""

    name: str
    function: JobFunction
    attempts: int
    on_give_up: GiveUpFunction | None


class UnknownTaskError(KeyError):
    """No function was registered under this name."""


class Queue:
    """Names of functions, and the way to have one carried out after the present transaction commits."""

    def __init__(self) -> None:
        # The app is never opened: every job travels on the connection of the caller's session.
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        self._app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        self._tasks: dict[str, JobTask] = {}

    def register(
        self, name: str, function: JobFunction, *, attempts: int = ATTEMPTS, on_give_up: GiveUpFunction | None = None
    ) -> None:
        """Let jobs named `name` call `function(arguments, attempt)`; `attempt` counts from 1.

        The function may run more than once for one job (at least once), so it must be idempotent. When it raises,
        the job is tried again later, `attempts` times in all; then `on_give_up(arguments, error)` is called with the
        last error in words, also at least once, and the job becomes a dead letter.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._tasks:
            raise ValueError(f"A job function named {name!r} is registered already.")
        self._tasks[name] = JobTask(name, function, attempts, on_give_up)

    def task(self, name: str) -> JobTask:
        """Return what is registered under `name`.

        Raises:
            UnknownTaskError: nothing is.
        """
        try:
            return self._tasks[name]
        except KeyError:
            raise UnknownTaskError(name) from None

    @property
    def names(self) -> list[str]:
        """Names of all registered functions, sorted."""
        return sorted(self._tasks)

    def put(
        self,
        session: Session,
        task: str,
        arguments: dict[str, Any],
        *,
        at: datetime | None = None,
        dedupe: str | None = None,
        attempts: int | None = None,
        priority: int = 0,
    ) -> int | None:
        """Store a job in the transaction of `session`: it exists when that commits, and never otherwise.

        Args:
            session: whose transaction it joins.
            task: a registered name.
            arguments: JSON-able values for the function.
            at: not before this moment (aware); at once by default.
            dedupe: while another job of this key waits, no second one is stored.
            attempts: how often it is tried in all; by default as registered.
            priority: higher ones come first.

        Returns:
            The job's id, or None when one of the same `dedupe` key waits already.

        Raises:
            UnknownTaskError: no function of that name is registered.
            Unavailable: the database went away.
        """
        deferred = {"arguments": arguments, "attempts": attempts or self.task(task).attempts}
        connection = session.connection()
        if dedupe is None:
            return self._defer(connection, task, deferred, at, None, priority)
        # A taken key is a unique violation, which would spoil the caller's transaction without a savepoint.
        try:
            with connection.begin_nested():
                return self._defer(connection, task, deferred, at, dedupe, priority)
        except AlreadyEnqueued:
            return None

    def _defer(
        self,
        connection: Connection,
        task: str,
        deferred: dict[str, Any],
        at: datetime | None,
        dedupe: str | None,
        priority: int,
    ) -> int:
        try:
            return self._app.configure_task(
                task,
                allow_unknown=True,
                schedule_at=at,
                queueing_lock=dedupe,
                priority=priority,
                connection=connection.connection.driver_connection,
            ).defer(**deferred)
        except AlreadyEnqueued:
            raise
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.OperationalError):
                # SQLAlchemy did not see this statement fail, so it must be told that its connection is dead.
                connection.invalidate(error.__cause__)
                raise Unavailable("The database does not answer. Nothing was stored; please try again.") from error
            raise
