"""The queue: named functions, and jobs for them that are stored in the caller's transaction."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.errors import Unavailable

ATTEMPTS = 8
_WAITING = text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(:keys)")

JobFunction = Callable[[dict[str, Any], int], None]
GiveUpFunction = Callable[[dict[str, Any], str], None]


@dataclass(frozen=True, slots=True)
class JobTask:
    """A named function that jobs carry out, and what happens when it never succeeds."""

    name: str
    function: JobFunction
    attempts: int
    on_give_up: GiveUpFunction | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of many jobs that are stored together: with which arguments, not before when, and under which key."""

    arguments: dict[str, Any]
    at: datetime | None = None
    dedupe: str | None = None


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

    def put_all(self, session: Session, task: str, wanted: Sequence[Wanted]) -> None:
        """Store many jobs for one function as `put` would one by one, with a number of statements that stays the same.

        Raises:
            UnknownTaskError: no function of that name is registered.
            Unavailable: the database went away.
        """
        connection, attempts = session.connection(), self.task(task).attempts
        # Of those with the same key the first one counts.
        keyed = {one.dedupe: one for one in reversed(wanted) if one.dedupe is not None}
        if keyed:
            keys = sorted(keyed)
            known = {key for (key,) in connection.execute(_WAITING, {"keys": keys})}
            keyed = {key: keyed[key] for key in keys if key not in known}
        self._defer_all(connection, task, attempts, [one for one in wanted if one.dedupe is None])
        try:
            with connection.begin_nested():
                self._defer_all(connection, task, attempts, list(keyed.values()))
        except AlreadyEnqueued:
            # Somebody has just put one of them.
            for one in keyed.values():
                self.put(session, task, one.arguments, at=one.at, dedupe=one.dedupe)

    def _defer_all(self, connection: Connection, task: str, attempts: int, wanted: Sequence[Wanted]) -> None:
        if not wanted:
            return
        jobs = [
            self._app.configure_task(
                task, allow_unknown=True, schedule_at=one.at, queueing_lock=one.dedupe, priority=0
            ).make_new_job(arguments=one.arguments, attempts=attempts)
            for one in wanted
        ]
        with _told_of_the_end(connection):
            self._app.job_manager.batch_defer_jobs(jobs, connection=connection.connection.driver_connection)

    def _defer(
        self,
        connection: Connection,
        task: str,
        deferred: dict[str, Any],
        at: datetime | None,
        dedupe: str | None,
        priority: int,
    ) -> int:
        with _told_of_the_end(connection):
            return self._app.configure_task(
                task,
                allow_unknown=True,
                schedule_at=at,
                queueing_lock=dedupe,
                priority=priority,
                connection=connection.connection.driver_connection,
            ).defer(**deferred)


@contextmanager
def _told_of_the_end(connection: Connection) -> Iterator[None]:
    """Tell SQLAlchemy that its connection is dead, where a statement failed that it did not see."""
    try:
        yield
    except AlreadyEnqueued:
        raise
    except ConnectorException as error:
        if isinstance(error.__cause__, psycopg.OperationalError):
            connection.invalidate(error.__cause__)
            raise Unavailable("The database does not answer. Nothing was stored; please try again.") from error
        raise
