"""The statements that move a job through Procrastinate's tables: claimed, finished, put back, given up.

Procrastinate's own worker holds no session of ours, gives up when the database restarts, and does not ask whose job
it finishes; so a worker here claims and settles jobs itself, in the tables and states of Procrastinate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, TextClause, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.jobs.records import JobFailure


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job: `attempts` tries lie behind it, `allowed` there may be in all; `worker_id` is who claimed it.

    `last_error` and `last_traceback` are those of the last attempt that failed in an orderly way.
    """

    id: int
    task: str
    arguments: dict[str, Any]
    attempts: int
    allowed: int
    worker_id: int | None
    last_error: str | None = None
    last_traceback: str | None = None


# The dedupe key ends with the claim: it must not keep a later job out, nor get in the way of this one's retry.
CLAIM = text("""
    WITH candidate AS (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now) AND task_name = ANY(:tasks)
        ORDER BY priority DESC, id LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE procrastinate_jobs AS job SET status = 'doing', worker_id = :worker_id, queueing_lock = NULL
    FROM candidate WHERE job.id = candidate.id
    RETURNING job.id, job.task_name, job.args, job.attempts, job.priority,
        (SELECT message FROM job_failure WHERE job_id = job.id) AS last_error,
        (SELECT traceback FROM job_failure WHERE job_id = job.id) AS last_traceback
""")

# Only who claimed a job may settle it: a worker that was taken for dead finds that its job has gone.
MINE = "WHERE id = :id AND status = 'doing' AND worker_id IS NOT DISTINCT FROM :worker_id"
FINISH = text(f"DELETE FROM procrastinate_jobs {MINE}")  # noqa: S608
PUT_BACK = text(f"""
    UPDATE procrastinate_jobs
    SET status = 'todo', attempts = attempts + 1, scheduled_at = :at, worker_id = NULL {MINE}
""")  # noqa: S608
BURY = text(f"UPDATE procrastinate_jobs SET status = 'failed', attempts = :attempts, worker_id = NULL {MINE}")  # noqa: S608

LOSE = text("""
    UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL
    WHERE status = 'doing' AND worker_id = :worker_id AND id <> ALL(CAST(:running AS bigint[]))
""")
REGISTER = text("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
BEAT = text("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = :worker_id")
UNREGISTER = text("DELETE FROM procrastinate_workers WHERE id = :worker_id")


def changed(session: Session, statement: TextClause, **values: Any) -> int:
    """Carry out a statement and return how many rows it changed."""
    result = session.execute(statement, values)
    return result.rowcount if isinstance(result, CursorResult) else 0


def claim(session: Session, tasks: Sequence[str], worker_id: int | None, limit: int) -> list[Job]:
    """Take up to `limit` jobs that are due and whose functions this process knows; oldest first within a priority."""
    values = {"now": clock.now(), "tasks": list(tasks), "limit": limit, "worker_id": worker_id}
    rows = sorted(session.execute(CLAIM, values), key=lambda row: (-row.priority, row.id))
    return [
        Job(
            row.id, row.task_name, row.args["arguments"], row.attempts, row.args["attempts"], worker_id,
            row.last_error, row.last_traceback,
        )
        for row in rows
    ]  # fmt: skip


def finish(session: Session, job: Job) -> bool:
    """Remove a job that succeeded; False when it is no longer this worker's."""
    if job.attempts:
        session.execute(delete(JobFailure).where(JobFailure.job_id == job.id))
    return changed(session, FINISH, id=job.id, worker_id=job.worker_id) > 0


def put_back(session: Session, job: Job, at: datetime, message: str, traceback: str) -> bool:
    """Let a job that failed wait for its next attempt, with its error; False when it is no longer this worker's."""
    if not changed(session, PUT_BACK, id=job.id, worker_id=job.worker_id, at=at):
        return False
    remember(session, job, message, traceback)
    return True


def bury(session: Session, job: Job, attempts: int, message: str, traceback: str) -> bool:
    """Make a job a dead letter, with its error; False when it is no longer this worker's."""
    if not changed(session, BURY, id=job.id, worker_id=job.worker_id, attempts=attempts):
        return False
    remember(session, job, message, traceback)
    return True


def remember(session: Session, job: Job, message: str, traceback: str) -> None:
    """Keep the last error of a job."""
    failure = {"attempt": job.attempts + 1, "message": message, "traceback": traceback, "at": clock.now()}
    session.execute(
        insert(JobFailure)
        .values(job_id=job.id, **failure)
        .on_conflict_do_update(index_elements=["job_id"], set_=failure)
    )


def register_worker(session: Session) -> int:
    """Enter a worker with its first heartbeat and return its id."""
    return int(session.execute(REGISTER).scalar_one())


def heartbeat(session: Session, worker_id: int) -> bool:
    """Show that a worker lives; False when it was taken for dead meanwhile."""
    return changed(session, BEAT, worker_id=worker_id) > 0


def unregister_worker(session: Session, worker_id: int) -> None:
    """Strike a worker that has nothing left to do off the list."""
    session.execute(UNREGISTER, {"worker_id": worker_id})


def release_lost(session: Session, worker_id: int, running: Sequence[int]) -> int:
    """Put back what a living worker holds without knowing it: its claim was stored, but the answer was lost."""
    return changed(session, LOSE, worker_id=worker_id, running=list(running))
