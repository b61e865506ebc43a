"""One attempt at a job: carried out, tried again later, or given up."""

import logging
from collections.abc import Callable
from datetime import timedelta
from traceback import format_exception

from sqlalchemy.orm import Session

from app import clock
from app.jobs import store
from app.jobs.queue import JobTask, Queue
from app.jobs.store import Job

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=30)

Settle = Callable[[Callable[[Session], bool]], bool]


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`-th failure: 5 s, 15 s, 45 s, … up to half an hour."""
    return min(timedelta(seconds=5 * 3 ** min(attempt - 1, 10)), LONGEST_WAIT)


def carry_out(queue: Queue, job: Job, settle: Settle) -> None:
    """Call the job's function and store what became of the job.

    `settle` carries out a change of the job in a transaction of its own and passes on what it returned.
    """
    task = queue.task(job.task)
    if job.attempts >= job.allowed:
        # It came back from a worker that died, or from a give-up that failed: there is no attempt left.
        died = f"The worker died in the middle of this job; it was tried {job.attempts} times."
        give_up(task, job, job.attempts, job.last_error or died, job.last_traceback or "", settle)
        return
    attempt = job.attempts + 1
    try:
        task.function(job.arguments, attempt)
    except Exception as error:
        message, traceback = describe(error)
        if attempt >= job.allowed:
            give_up(task, job, attempt, message, traceback, settle)
            return
        wait = backoff(attempt)
        log.warning(
            "Job %s (%s) failed at attempt %s of %s, next in %s: %s",
            job.id, job.task, attempt, job.allowed, wait, message,
        )  # fmt: skip
        kept = settle(lambda session: store.put_back(session, job, clock.now() + wait, message, traceback))
    else:
        kept = settle(lambda session: store.finish(session, job))
    if not kept:
        log.warning("Job %s (%s) was given to another worker meanwhile.", job.id, job.task)


def give_up(task: JobTask, job: Job, attempts: int, message: str, traceback: str, settle: Settle) -> None:
    """Tell whoever put the job that it failed for good, then make it a dead letter."""
    log.error("Job %s (%s) is given up after %s attempts: %s", job.id, job.task, attempts, message)
    if task.on_give_up is not None:
        try:
            task.on_give_up(job.arguments, message)
        except Exception:
            # Nobody would hear of the failure otherwise: the job stays, and the news is tried again later.
            log.exception("Job %s (%s): giving up failed, too.", job.id, job.task)
            later = clock.now() + backoff(job.attempts + 1)
            settle(lambda session: store.put_back(session, job, later, message, traceback))
            return
    settle(lambda session: store.bury(session, job, attempts, message, traceback))


def describe(error: BaseException) -> tuple[str, str]:
    """Return an error in one line, and its traceback."""
    text = str(error).strip()
    name = type(error).__name__
    return (f"{name}: {text}" if text else name), "".join(format_exception(error))
