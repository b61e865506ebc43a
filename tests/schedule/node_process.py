"""A node as a process of its own: `node_process.py URL NAME DUTIES UNTIL`; sees to its duties until a simulated time.

Each duty writes a row into the table `turn_taken`; the node `clumsy` kills itself in the middle of its third one.
"""

import os
import signal
import sys
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.schedule.duties import Duties, Duty

START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
INTERVAL = timedelta(minutes=10)
STEP = timedelta(minutes=1)


def main(url: str, name: str, count: int, rounds: int) -> None:
    database = Database(url)
    taken = 0

    def take(duty: str, session: Session) -> int:
        nonlocal taken
        session.execute(
            text("INSERT INTO turn_taken (duty, node, at) VALUES (:duty, :node, :at)"),
            {"duty": duty, "node": name, "at": clock.now()},
        )
        taken += 1
        if name == "clumsy" and taken == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1

    duties = Duties(database, name)
    for number in range(count):
        key = f"duty-{number}"
        duties.add(Duty(key, INTERVAL, lambda session, key=key: take(key, session)))  # type: ignore[misc]
    with clock.at(START):
        for _ in range(rounds):
            while duties.fire():
                pass
            clock.advance(STEP)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
