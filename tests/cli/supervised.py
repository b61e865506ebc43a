"""A stand-in for the supervised processes, and a supervisor of it, for tests that kill one or the other."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from app.cli.serve import leave_when_told
from app.cli.supervisor import Child, Supervisor, end_with


def child(folder: Path, alive: int) -> None:
    """Leave a file named after the process, and another one when ended in order."""
    signal.signal(signal.SIGTERM, lambda *_: ended(folder))
    end_with(alive)
    (folder / f"started-{os.getpid()}").touch()
    while True:
        time.sleep(0.05)


def ended(folder: Path) -> None:
    """Say that this process ended in order."""
    (folder / f"ended-{os.getpid()}").touch()
    raise SystemExit(0)


def supervise(folder: Path, told: threading.Event | None = None) -> None:
    """Run two of them until told to stop."""
    children = [Child(name, ["child", str(folder)]) for name in ("One", "Two")]
    program = (sys.executable, "-m", "tests.cli.supervised")
    Supervisor(children, dict(os.environ), program=program, stopping=told or threading.Event()).run()


class Signalled:
    """A signal comes while the last reference to this is given up."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)


if __name__ == "__main__":
    if sys.argv[1] == "child":
        child(Path(sys.argv[2]), int(sys.argv[4]))
    elif sys.argv[1] == "signalled":
        word = leave_when_told()
        Signalled()
        (Path(sys.argv[2]) / "unheard").touch()
        supervise(Path(sys.argv[2]), word)
    else:
        supervise(Path(sys.argv[2]))
