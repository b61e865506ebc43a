"""The clock of a process: calls what is due again and again; rows in the database say what that is."""

import logging
from collections.abc import Callable
from datetime import UTC, timedelta
from threading import Event

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app import clock
from app.errors import Unavailable

log = logging.getLogger(__name__)

Fire = Callable[[], int]


class Ticker:
    """Calls `fire()` every `seconds` until it returns 0, in a thread of its own.

    APScheduler keeps the rhythm in memory only: what is due stands in the database, so any number of nodes may tick.
    A tick that takes longer than its interval is not joined by a second one, and an error does not end the ticking.
    """

    def __init__(self, fire: Fire, seconds: float = 1.0) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        # One thread for each rhythm: a long duty must not hold up timers.
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(4)})
        self._stopping = Event()
        self._cut_off: set[str] = set()
        self.add("timers", fire, seconds)

    def add(self, name: str, fire: Fire, seconds: float) -> None:
        """Call another function in its own rhythm; as with the first, it is called until it returns 0."""
        self._scheduler.add_job(
            self._tick,
            "interval",
            args=(name, fire),
            id=name,
            name=name,
            seconds=seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=clock.now() + timedelta(milliseconds=10),
        )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing new and wait for what is being fired."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _tick(self, name: str, fire: Fire) -> None:
        try:
            while not self._stopping.is_set() and fire():
                pass
            self._cut_off.discard(name)
        except Unavailable as error:
            # Once is enough: the next tick comes in a second, and the database may be away for long.
            if name not in self._cut_off:
                log.warning("The tick of %s waits: %s", name, error)
            self._cut_off.add(name)
        except Exception:
            log.exception("The tick of %s failed; the next one comes.", name)
