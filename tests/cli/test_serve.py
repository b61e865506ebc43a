"""`stellwerk serve` starts everything from nothing, keeps it running, and ends it cleanly."""

import os
import signal
from pathlib import Path

from app.database.embedded import Cluster
from tests.cli.serving import Start, until


def test_from_nothing_to_pages_and_back(start: Start) -> None:
    serving = start()
    serving.ready()
    assert f"Stellwerk is ready at http://127.0.0.1:{serving.port}\n" in serving.said
    assert serving.status() == 200
    people, definitions = serving.counts("person", "definition")
    assert people == 0 and definitions > 10

    # A killed web process comes back and takes nothing along.
    (worker,) = serving.children("worker")
    (web,) = serving.children("web")
    os.kill(web, signal.SIGKILL)
    until(lambda: bool(serving.children("web") - {web}))
    until(lambda: serving.status() == 200)
    assert serving.children("worker") == {worker}
    assert Cluster(serving.var).running()

    # Somebody who starts it once more is told at once that the port is taken.
    second = start()
    output, _ = second.process.communicate(timeout=120)
    assert second.process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{serving.port}: Address already in use" in output
    assert "Traceback" not in output

    # It ends cleanly and takes its database along.
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(240) == 0
    assert not Cluster(serving.var).running()
    assert (serving.var / "postgres" / "PG_VERSION").is_file()


def test_it_survives_the_worst(start: Start) -> None:
    first = start()
    first.ready()

    # A database that died is started again.
    Cluster(first.var).halt(crash=True)
    until(lambda: Cluster(first.var).running())
    until(lambda: first.status() == 200)

    # After kill -9 the database lives on, the others go, and a second start finds everything.
    (web,) = first.children("web")
    first.process.kill()
    first.process.wait()
    assert Cluster(first.var).running()
    until(lambda: not Path(f"/proc/{web}").exists())
    second = start()
    second.ready()
    assert second.status() == 200
