"""A node as a process of its own: `firing_process.py URL FOLDER NAME`; fires what is due, and ends when nothing is.

The node `clumsy` kills itself in the middle of its third step.
"""

import os
import signal
import sys
import time
from pathlib import Path

from app.bootstrap import build
from app.engine import background
from app.operations import OperationContext
from app.settings import Settings
from tests.stage import probes


def main(url: str, folder: Path, name: str) -> None:
    parts = build(Settings(var=folder, secret_key="a test's own"), url)
    steps = 0

    def act(context: OperationContext) -> None:
        nonlocal steps
        steps += 1
        if name == "clumsy" and steps == 3:
            (folder / "stumbled").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    parts.registry.add(probes({"act": act}))
    (folder / f"{name}.ready").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    # The steady ones wait for what the clumsy one has locked; it is free as soon as the server notices its death.
    idle = 0
    while idle < 20:
        # On a busy machine the others would be done before the clumsy one has got to its third step.
        while name != "clumsy" and steps >= 5 and not (folder / "stumbled").exists():
            time.sleep(0.01)
        idle = 0 if background.fire_due(parts.engine) else idle + 1
        if idle:
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
