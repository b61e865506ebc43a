"""The process that carries out jobs and keeps the clock, until it is told to stop."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.database.transaction import Database
from app.errors import Unavailable
from app.jobs.queue import Queue
from app.jobs.runner import run_worker
from app.schedule.duties import Duties
from app.schedule.health import Pulse
from app.schedule.ticker import Ticker

log = logging.getLogger(__name__)

DUTY_SECONDS = 1.0


def run(
    *,
    queue: Queue,
    database: Database,
    fire: Callable[[], int],
    fire_schedules: Callable[[], int],
    duties: Duties,
    node: str,
    concurrency: int = 4,
    tick_seconds: float = 1.0,
    grace_seconds: float = 30.0,
    heartbeat_seconds: float = 5.0,
    stop: threading.Event | None = None,
) -> bool:
    """Carry out jobs, fire timers and see to periodic duties until SIGTERM, SIGINT or `stop`.

    Args:
        queue: whose jobs are carried out.
        database: where jobs, timers and duties stand.
        fire: fires timers that are due and returns how many it were; called until it returns 0.
        fire_schedules: the same for schedules.
        duties: what is to be done periodically, once for all nodes.
        node: name of this process, as `app.schedule.health.node_name` gives it.
        concurrency: how many jobs run at the same time.
        tick_seconds: how often timers are looked at.
        grace_seconds: how long running jobs may take to end after the signal.
        heartbeat_seconds: how often this worker shows that it lives; `app.jobs.rescue` must allow some times as long.
        stop: ends the loop as a signal does, for callers that run it in a thread.

    Returns:
        Whether everything had been finished at the end.
    """
    ending = stop or threading.Event()
    pulse = Pulse(database, node)
    ticker = Ticker(lambda: _beat(fire, pulse), tick_seconds)
    # A rhythm of their own: ten thousand timers that are due at once must not hold up what starts new cases.
    ticker.add("schedules", fire_schedules, tick_seconds)
    ticker.add("duties", duties.fire, DUTY_SECONDS)
    with stopping_by_signal(ending):
        ticker.start()
        log.info("Worker %s is ready: %s jobs at a time, duties: %s.", node, concurrency, ", ".join(duties.names))
        try:
            done = run_worker(
                queue, database, concurrency,
                stop=ending, grace_seconds=grace_seconds, heartbeat_seconds=heartbeat_seconds,
            )  # fmt: skip
        finally:
            ticker.stop()
            try:
                pulse.end()
            except Unavailable as error:
                log.warning("Worker %s could not sign off: %s", node, error)
    log.info("Worker %s has stopped%s.", node, "" if done else ", leaving jobs unfinished")
    return done


def _beat(fire: Callable[[], int], pulse: Pulse) -> int:
    """Fire once and report it, also when it failed."""
    try:
        fired = fire()
    except Unavailable:
        raise
    except Exception as error:
        pulse.beat(0, f"{type(error).__name__}: {error}")
        raise
    pulse.beat(fired)
    return fired


@contextmanager
def stopping_by_signal(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT inside the block; a second signal acts as it did before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def end(number: int, _frame: FrameType | None) -> None:
        log.info("Stopping on %s; a second one ends at once.", signal.Signals(number).name)
        stop.set()
        restore()

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        restore()
