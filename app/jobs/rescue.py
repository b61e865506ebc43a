"""Jobs of workers that died come back; a worker is dead when its heartbeat is old."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.jobs.store import changed

STALE_SECONDS = 20.0

# An attempt that killed its worker counts, so that a job which always does is given up in the end.
COME_BACK = text("""
    WITH stalled AS (
        SELECT job.id FROM procrastinate_jobs AS job
        LEFT JOIN procrastinate_workers AS worker
            ON worker.id = job.worker_id AND worker.last_heartbeat >= now() - make_interval(secs => :seconds)
        WHERE job.status = 'doing' AND worker.id IS NULL
        FOR UPDATE OF job SKIP LOCKED
    )
    UPDATE procrastinate_jobs AS job
    SET status = 'todo', attempts = job.attempts + 1, scheduled_at = NULL, worker_id = NULL
    FROM stalled WHERE job.id = stalled.id
""")
FORGET = text("DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :seconds)")


def rescue(session: Session, *, stale_seconds: float = STALE_SECONDS) -> int:
    """Put the jobs of dead workers back into the queue and forget those workers.

    Args:
        stale_seconds: age of the last heartbeat from which a worker counts as dead; it must be some times the
            interval of heartbeats, since a job that comes back too early runs twice.

    Returns:
        How many jobs came back.
    """
    count = changed(session, COME_BACK, seconds=stale_seconds)
    changed(session, FORGET, seconds=stale_seconds)
    return count
