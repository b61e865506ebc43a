"""A worker as a process of its own, for tests that kill it: `worker_process.py URL FOLDER NAME`.

The job `carry` writes `NAME` into FOLDER/started, then waits while FOLDER/hold exists, then writes it into
FOLDER/done. The job `crash` takes its whole process along.
"""

import logging
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.database.transaction import Database
from app.jobs.queue import Queue
from app.jobs.rescue import rescue
from app.schedule.duties import Duties, Duty
from app.worker.loop import run

STALE_SECONDS = 3.0


def queue_of(folder: Path, name: str) -> Queue:
    queue = Queue()

    def write(file: str, arguments: dict[str, Any], attempt: int) -> None:
        with (folder / file).open("a") as lines:
            lines.write(f"{name} {arguments['n']} {attempt}\n")

    def carry(arguments: dict[str, Any], attempt: int) -> None:
        write("started", arguments, attempt)
        while (folder / "hold").exists():
            threading.Event().wait(0.02)
        write("done", arguments, attempt)

    def crash(arguments: dict[str, Any], attempt: int) -> None:
        write("started", arguments, attempt)
        os.kill(os.getpid(), signal.SIGKILL)

    def given_up(arguments: dict[str, Any], error: str) -> None:
        with (folder / "given_up").open("a") as lines:
            lines.write(f"{name} {arguments['n']} {error}\n")

    queue.register("carry", carry)
    queue.register("crash", crash, attempts=2, on_give_up=given_up)
    return queue


def main(url: str, folder: Path, name: str) -> None:
    logging.basicConfig(level=logging.INFO)
    database = Database(url)
    duties = Duties(database, name)
    duties.add(Duty("jobs.rescue", timedelta(seconds=1), lambda session: rescue(session, stale_seconds=STALE_SECONDS)))
    (folder / f"{name}.ready").touch()
    done = run(
        queue=queue_of(folder, name), database=database, fire=lambda: 0, fire_schedules=lambda: 0, duties=duties,
        node=name, concurrency=2, grace_seconds=1.0 if (folder / "hurry").exists() else 30.0, heartbeat_seconds=0.5,
    )  # fmt: skip
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
