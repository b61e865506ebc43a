"""A node as a process of its own: `moving_process.py URL FOLDER NAME`; moves what moves, and ends when nothing does.

The node `clumsy` kills itself in the middle of its third step, before that is stored.
"""

import os
import signal
import sys
import time
from pathlib import Path

from app.bootstrap import build
from app.engine import moving, recounting
from app.engine.step import Step
from app.settings import Settings


def main(url: str, folder: Path, name: str) -> None:
    parts = build(Settings(var=folder, secret_key="a test's own"), url)
    steps, carry_over = 0, recounting.carry_over

    def stumble(step: Step, counted: recounting.Counted) -> bool:
        nonlocal steps
        steps += 1
        if name == "clumsy" and steps == 3:
            (folder / "stumbled").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return carry_over(step, counted)

    recounting.carry_over = stumble
    (folder / f"{name}.ready").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    idle = 0
    while idle < 20:
        # On a busy machine the others would be done before the clumsy one has got to its third step.
        while name != "clumsy" and not (folder / "stumbled").exists():
            time.sleep(0.01)
        idle = 0 if moving.fire_due(parts.engine) else idle + 1
        if idle:
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
