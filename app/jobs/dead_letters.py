"""Jobs that were given up: seen, tried again, or thrown away; and how long the queue is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app import clock
from app.jobs.records import JobFailure
from app.jobs.store import changed

LIST = text("""
    SELECT job.id, job.task_name, job.args, job.attempts, failure.message, failure.traceback, failure.at
    FROM procrastinate_jobs AS job LEFT JOIN job_failure AS failure ON failure.job_id = job.id
    WHERE job.status = 'failed' AND (CAST(:before AS bigint) IS NULL OR job.id < :before)
    ORDER BY job.id DESC LIMIT :limit
""")
RETRY = text("""
    UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL
    WHERE id = :id AND status = 'failed'
""")
DISCARD = text("DELETE FROM procrastinate_jobs WHERE id = :id AND status = 'failed'")
FIGURES = text("""
    SELECT
        count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now)) AS due,
        count(*) FILTER (WHERE status = 'todo' AND scheduled_at > :now) AS later,
        count(*) FILTER (WHERE status = 'doing') AS running,
        count(*) FILTER (WHERE status = 'failed') AS dead,
        (SELECT count(*) FROM procrastinate_workers) AS workers
    FROM procrastinate_jobs
""")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up, with its last error; `at` is when it happened."""

    id: int
    task: str
    arguments: dict[str, Any]
    attempts: int
    message: str
    traceback: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How many jobs are due, wait for later, run, were given up; and how many workers there are."""

    due: int
    later: int
    running: int
    dead: int
    workers: int


def list_dead(session: Session, *, limit: int = 100, before: int | None = None) -> list[DeadLetter]:
    """Return jobs that were given up, newest first; `before` is the last id of the page before."""
    return [
        DeadLetter(
            row.id, row.task_name, row.args["arguments"], row.attempts, row.message or "", row.traceback or "", row.at
        )
        for row in session.execute(LIST, {"limit": limit, "before": before})
    ]


def retry_dead(session: Session, job_id: int) -> bool:
    """Let a dead letter start again with all its attempts; False when it is none (any more)."""
    return changed(session, RETRY, id=job_id) > 0


def discard_dead(session: Session, job_id: int) -> bool:
    """Throw a dead letter away; False when it is none (any more)."""
    if not changed(session, DISCARD, id=job_id):
        return False
    session.execute(delete(JobFailure).where(JobFailure.job_id == job_id))
    return True


def figures(session: Session) -> QueueFigures:
    """Count the queue, for metrics and the doctor."""
    row = session.execute(FIGURES, {"now": clock.now()}).one()
    return QueueFigures(row.due, row.later, row.running, row.dead, row.workers)
