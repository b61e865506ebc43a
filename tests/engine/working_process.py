"""A worker as a process of its own: `working_process.py URL FOLDER NAME`; carries out the jobs of cases.

The operation `probe.act_outside` writes NAME and its idempotency key into FOLDER/done. In a worker called `dies_in`
it then waits to be killed before it answers; in one called `dies_after` the worker dies after the operation is stored
and before its answer is.
"""

import logging
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.bootstrap import build
from app.engine import background
from app.jobs.rescue import rescue
from app.operations import OperationContext
from app.schedule.duties import Duties, Duty
from app.settings import Settings
from app.worker.loop import run
from tests.stage import probes

STALE_SECONDS = 3.0


def main(url: str, folder: Path, name: str) -> None:
    logging.basicConfig(level=logging.INFO)
    parts = build(Settings(var=folder, secret_key="a test's own"), url)

    def act(context: OperationContext) -> str:
        with (folder / "done").open("a") as lines:
            lines.write(f"{name} {context.key}\n")
        if name == "dies_in":
            threading.Event().wait(60)
        return name

    parts.registry.add(probes({"act": act, "inside": lambda context: None}))
    if name == "dies_after":

        def die(engine: Any, answer: dict[str, Any]) -> None:
            (folder / "answering").touch()
            os.kill(os.getpid(), signal.SIGKILL)

        background.take_answer = die
    duties = Duties(parts.database, name)
    duties.add(Duty("rescue", timedelta(seconds=1), lambda session: rescue(session, stale_seconds=STALE_SECONDS)))
    (folder / f"{name}.ready").touch()
    run(
        queue=parts.queue, database=parts.database, fire=lambda: background.fire_due(parts.engine),
        fire_schedules=parts.schedules.fire, duties=duties,
        node=name, concurrency=2, heartbeat_seconds=0.5,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
