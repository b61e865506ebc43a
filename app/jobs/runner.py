"""A worker: claims jobs that are due, carries them out in threads, shows that it lives, stops in an orderly way."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.errors import Unavailable
from app.jobs import store
from app.jobs.attempt import carry_out
from app.jobs.queue import Queue
from app.jobs.store import Job

log = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
TROUBLE_PAUSE = 1.0


class Worker:
    """Carries out jobs in up to `concurrency` threads until it is told to stop.

    It looks for jobs often while there are some and less often while there are none (20 ms to half a second), and it
    outlives a restart of the database: a job that ran to its end is settled as soon as the database answers again.
    """

    def __init__(self, queue: Queue, database: Database, concurrency: int, *, heartbeat_seconds: float = 5.0) -> None:
        self._queue = queue
        self._database = database
        self._concurrency = concurrency
        self._heartbeat_seconds = heartbeat_seconds
        self._running: dict[int, Job] = {}
        self._worker_id: int | None = None
        self._lost = False
        self._room = threading.Event()
        self._over = threading.Event()

    def run(self, stop: threading.Event, *, grace_seconds: float = 30.0) -> bool:
        """Work until `stop` is set, then wait up to `grace_seconds` for what still runs.

        Returns:
            Whether everything was finished; what was not comes back when its heartbeat is old.
        """
        beating = threading.Thread(target=self._beat, name="jobs-heartbeat", daemon=True)
        beating.start()
        pause, trouble = SHORTEST_PAUSE, False
        while not stop.is_set():
            try:
                claimed = self._claim(after_trouble=trouble)
                trouble = False
            except (Unavailable, SQLAlchemyError) as error:
                if not trouble:
                    log.warning("Jobs cannot be fetched, trying again: %s", error)
                trouble, claimed = True, 0
            pause = SHORTEST_PAUSE if claimed else min(pause * 1.5, LONGEST_PAUSE)
            self._wait(stop, TROUBLE_PAUSE if trouble else pause)
        return self._end(grace_seconds)

    def _claim(self, *, after_trouble: bool) -> int:
        self._lost = self._lost or after_trouble
        free = self._concurrency - len(self._running)
        if free <= 0:
            return 0
        lost, self._lost = self._lost, False
        with self._database.transaction() as session:
            worker_id = self._worker_id or store.register_worker(session)
            if lost:
                store.release_lost(session, worker_id, list(self._running))
            jobs = store.claim(session, self._queue.names, worker_id, free)
        self._worker_id = worker_id
        for job in jobs:
            self._running[job.id] = job
            # Daemon threads: a job that hangs must not keep the process from ending.
            threading.Thread(target=self._carry_out, args=(job,), name=f"job-{job.id}", daemon=True).start()
        return len(jobs)

    def _carry_out(self, job: Job) -> None:
        try:
            carry_out(self._queue, job, self._settle)
        except Exception:
            log.exception("Job %s (%s) could not be settled.", job.id, job.task)
            self._lost = True
        finally:
            del self._running[job.id]
            self._room.set()

    def _settle(self, change: Callable[[Session], bool]) -> bool:
        """Store what became of a job, however long the database stays away, unless the worker must end."""
        told = False
        while True:
            try:
                with self._database.transaction() as session:
                    return change(session)
            except (Unavailable, PoolTimeout):
                if self._over.is_set():
                    raise
                if not told:
                    log.warning("A finished job waits for the database.")
                told = True
                time.sleep(TROUBLE_PAUSE)

    def _beat(self) -> None:
        missed = False
        while not self._over.wait(self._heartbeat_seconds):
            worker_id = self._worker_id
            if worker_id is None:
                continue
            try:
                with self._database.transaction() as session:
                    lives = store.heartbeat(session, worker_id)
            except (Unavailable, SQLAlchemyError) as error:
                if not missed:
                    log.warning("No heartbeat: %s", error)
                missed = True
                continue
            missed = False
            if not lives:
                log.warning("This worker was taken for dead; it goes on under a new number.")
                self._worker_id = None

    def _wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait for the pause to pass; when all threads are taken, until one becomes free."""
        if len(self._running) < self._concurrency:
            stop.wait(seconds)
            return
        while not stop.is_set() and not self._room.wait(LONGEST_PAUSE):
            pass
        self._room.clear()

    def _end(self, grace_seconds: float) -> bool:
        deadline = time.monotonic() + grace_seconds
        while self._running and time.monotonic() < deadline:
            self._room.wait(0.05)
            self._room.clear()
        self._over.set()
        left = list(self._running.values())
        for job in left:
            log.warning("Job %s (%s) still runs; another worker will take it up.", job.id, job.task)
        if not left and self._worker_id is not None:
            try:
                with self._database.transaction() as session:
                    store.unregister_worker(session, self._worker_id)
            except (Unavailable, SQLAlchemyError) as error:
                log.warning("The worker could not be struck off the list: %s", error)
        return not left


def run_worker(
    queue: Queue,
    database: Database,
    concurrency: int,
    *,
    stop: threading.Event,
    grace_seconds: float = 30.0,
    heartbeat_seconds: float = 5.0,
) -> bool:
    """Carry out jobs in this thread's process until `stop` is set; see `Worker.run`."""
    worker = Worker(queue, database, concurrency, heartbeat_seconds=heartbeat_seconds)
    return worker.run(stop, grace_seconds=grace_seconds)


def carry_out_due(queue: Queue, database: Database, *, limit: int = 10_000) -> int:
    """Carry out every job that is due by `clock.now()`, here and now, one after the other.

    For scenarios and demo history in simulated time, where no worker runs. Jobs that these jobs put are carried
    out, too.

    Returns:
        How many attempts were made.

    Raises:
        RuntimeError: after `limit` attempts there were still jobs due.
    """

    def settle(change: Callable[[Session], bool]) -> bool:
        with database.transaction() as session:
            return change(session)

    for count in range(limit):
        with database.transaction() as session:
            jobs = store.claim(session, queue.names, None, 1)
        if not jobs:
            return count
        carry_out(queue, jobs[0], settle)
    raise RuntimeError(f"After {limit} jobs there are still some due; do two of them put each other?")
