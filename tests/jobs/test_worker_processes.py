"""Real worker processes: killed in a job, stopped in a job, cut off from the database."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.database.transaction import Database
from app.jobs.dead_letters import list_dead
from app.schedule.health import nodes
from tests.jobs.waiting import until
from tests.jobs.worker_process import queue_of

ROOT = Path(__file__).resolve().parents[2]

StartWorker = Callable[[str, str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[StartWorker]:
    """Start worker processes by database URL and name; all of them end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(url: str, name: str) -> "subprocess.Popen[bytes]":
        program = [sys.executable, "-m", "tests.jobs.worker_process", url, str(tmp_path), name]
        with (tmp_path / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log, env={**os.environ})
        started.append(process)
        until(lambda: (tmp_path / f"{name}.ready").exists() or process.poll() is not None, f"{name} starts")
        assert process.poll() is None, (tmp_path / f"{name}.log").read_text()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def put(database: Database, folder: Path, *numbers: int, task: str = "carry") -> None:
    with database.transaction() as session:
        for number in numbers:
            queue_of(folder, "test").put(session, task, {"n": number})


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def jobs_left(database: Database) -> int:
    with database.transaction() as session:
        return session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'failed'")).scalar_one()


def test_a_job_of_a_killed_worker_is_carried_out_by_another(
    database: Database, database_url: str, tmp_path: Path, start_worker: StartWorker
) -> None:
    (tmp_path / "hold").touch()
    put(database, tmp_path, 1)
    first = start_worker(database_url, "first")
    until(lambda: lines(tmp_path / "started") == ["first 1 1"], "the first worker takes the job")
    first.kill()
    first.wait()
    (tmp_path / "hold").unlink()
    start_worker(database_url, "second")
    until(lambda: lines(tmp_path / "done") == ["second 1 2"], "the second worker does it")
    until(lambda: jobs_left(database) == 0, "the job is finished")


def test_a_job_that_kills_its_worker_every_time_is_given_up(
    database: Database, database_url: str, tmp_path: Path, start_worker: StartWorker
) -> None:
    put(database, tmp_path, 7, task="crash")
    for name in ("first", "second"):
        start_worker(database_url, name).wait()
    start_worker(database_url, "third")
    until(lambda: bool(lines(tmp_path / "given_up")), "the job is given up")
    assert lines(tmp_path / "started") == ["first 7 1", "second 7 2"]
    [told] = lines(tmp_path / "given_up")
    assert told.startswith("third 7 The worker died")

    def dead() -> bool:
        with database.transaction() as session:
            return [letter.task for letter in list_dead(session)] == ["crash"]

    until(dead, "it is a dead letter")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_finishes_what_it_does_and_begins_nothing(
    number: signal.Signals, database: Database, database_url: str, tmp_path: Path, start_worker: StartWorker
) -> None:
    (tmp_path / "hold").touch()
    put(database, tmp_path, 1, 2, 3)
    worker = start_worker(database_url, "only")
    until(lambda: len(lines(tmp_path / "started")) == 2, "both threads are busy")
    worker.send_signal(number)
    until(lambda: "Stopping on" in (tmp_path / "only.log").read_text(), "the worker hears the signal")
    (tmp_path / "hold").unlink()
    assert worker.wait() == 0
    assert sorted(lines(tmp_path / "done")) == ["only 1 1", "only 2 1"]
    assert jobs_left(database) == 1
    with database.transaction() as session:
        assert nodes(session) == []
        assert session.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one() == 0


def test_a_worker_does_not_wait_for_ever_and_another_takes_over(
    database: Database, database_url: str, tmp_path: Path, start_worker: StartWorker
) -> None:
    (tmp_path / "hold").touch()
    (tmp_path / "hurry").touch()
    put(database, tmp_path, 1)
    first = start_worker(database_url, "first")
    until(lambda: bool(lines(tmp_path / "started")), "the first worker takes the job")
    first.terminate()
    assert first.wait() == 1
    (tmp_path / "hold").unlink()
    start_worker(database_url, "second")
    until(lambda: lines(tmp_path / "done") == ["second 1 2"], "the second worker does it")


def test_a_worker_outlives_a_restart_of_the_database(
    new_cluster: Cluster, tmp_path: Path, start_worker: StartWorker
) -> None:
    new_cluster.start()
    migrate(new_cluster.url())
    database = Database(new_cluster.url())
    (tmp_path / "hold").touch()
    put(database, tmp_path, 1)
    worker = start_worker(new_cluster.url(), "only")
    until(lambda: bool(lines(tmp_path / "started")), "the worker takes the job")
    new_cluster.halt()
    (tmp_path / "hold").unlink()
    until(lambda: bool(lines(tmp_path / "done")), "the job ends while the database is away")
    new_cluster.start()
    database.close()

    def settled() -> bool:
        return jobs_left(database) == 0

    put(database, tmp_path, 2)
    until(settled, "both jobs are settled")
    assert lines(tmp_path / "done") == ["only 1 1", "only 2 1"]
    assert worker.poll() is None
    database.close()
