"""Keeps web processes and a worker running: starts them again when they end, ends them when it ends."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
# A process that ran this long did start; the next failure is a new one.
STEADY_SECONDS = 10.0
LONGEST_DELAY = 30.0


@dataclass(slots=True)
class Child:
    """A process to keep running: the supervisor's program with these arguments."""

    name: str
    arguments: Sequence[str]
    descriptors: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = 0.0

    def start(self, program: Sequence[str], alive: int, environment: dict[str, str]) -> None:
        """Start the process; it ends by itself when the other end of the pipe `alive` is closed."""
        self.process = subprocess.Popen(
            [*program, *self.arguments, "--alive-fd", str(alive)],
            stdin=subprocess.DEVNULL,
            pass_fds=(alive, *self.descriptors),
            # Ctrl-C in the terminal reaches the supervisor alone, which then ends the others in order.
            start_new_session=True,
            env=environment,
        )
        self.started = time.monotonic()

    def look(self) -> None:
        """Notice when the process has ended, and settle when it is started again."""
        if self.process is None or (code := self.process.poll()) is None:
            return
        now = time.monotonic()
        self.failures = 1 if now - self.started > STEADY_SECONDS else self.failures + 1
        delay = 0.0 if self.failures == 1 else min(2.0 ** (self.failures - 2), LONGEST_DELAY)
        log.warning("%s ended (%s); it starts again in %.0f s.", self.name, _in_words(code), delay)
        self.process, self.next_start = None, now + delay


@dataclass(slots=True)
class Supervisor:
    """Runs `children` until SIGTERM or SIGINT; `look_after` is called now and then (the embedded database)."""

    children: list[Child]
    environment: dict[str, str]
    program: Sequence[str] = (sys.executable, "-m", "app")
    look_after: Callable[[], None] = lambda: None
    ready: Callable[[], bool] = lambda: True
    announce: Callable[[], None] = lambda: None
    grace_seconds: float = 40.0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Start everything, keep it running, and end it in order."""
        read_end, write_end = os.pipe()
        announced = False
        with self._stopping_by_signal():
            try:
                while not self.stopping.is_set():
                    self.look_after()
                    for child in self.children:
                        child.look()
                        if child.process is None and time.monotonic() >= child.next_start:
                            child.start(self.program, read_end, self.environment)
                    if not announced and self.ready():
                        announced = True
                        self.announce()
                    self.stopping.wait(LOOK_SECONDS)
            finally:
                self._end()
                os.close(write_end)
                os.close(read_end)

    def _end(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + self.grace_seconds
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("Process %s did not end in time and is killed.", process.pid)
                process.kill()
                process.wait()

    @contextmanager
    def _stopping_by_signal(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stopping.set()

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def end_with(alive: int) -> None:
    """End this process in order (SIGTERM to itself) as soon as the supervisor at the other end of the pipe is gone."""

    def watch() -> None:
        # Nothing is ever written: a read returns only when the last writing end is closed, by kill -9 too.
        os.read(alive, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()


def _in_words(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
