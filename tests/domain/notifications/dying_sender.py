"""Delivers what waits and kills itself before the mail after N: `dying_sender.py URL CASE FILE N`."""

import os
import signal
import sys
from pathlib import Path

import app.domain.incidents.records
import app.engine.records  # noqa: F401 - the tables that notifications refer to
from app.database.transaction import Database
from app.domain.notifications import outbox


class DyingMailer:
    """Writes down whom it wrote to; after so many it dies before the next."""

    def __init__(self, file: Path, lives: int) -> None:
        self._file = file
        self._lives = lives

    def send(self, recipient: str, subject: str, body: str, *, identity: str, thread: str = "") -> None:
        if not self._lives:
            os.kill(os.getpid(), signal.SIGKILL)
        self._lives -= 1
        with self._file.open("a") as lines:
            lines.write(recipient + "\n")


if __name__ == "__main__":
    database = Database(sys.argv[1])
    outbox.deliver(database, DyingMailer(Path(sys.argv[3]), int(sys.argv[4])), int(sys.argv[2]))
    database.close()
