"""The supervisor keeps its processes running, ends them in order, and takes them along when it is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has to come; the test run's own limit ends a wait in vain."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come")


def numbers(folder: Path, what: str) -> set[int]:
    """Return the process ids that left a file of this name."""
    return {int(path.name.partition("-")[2]) for path in folder.glob(f"{what}-*")}


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor of two processes that leave files behind."""
    process = subprocess.Popen([sys.executable, "-m", "tests.cli.supervised", "supervise", str(tmp_path)], cwd=ROOT)
    with process:
        until(lambda: len(numbers(tmp_path, "started")) == 2)
        yield process
        if process.poll() is None:
            process.terminate()


def test_a_killed_process_is_started_again(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    victim = min(numbers(tmp_path, "started"))
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(numbers(tmp_path, "started")) == 3)
    assert supervisor.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_in_order(
    supervisor: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    supervisor.send_signal(number)
    assert supervisor.wait() == 0
    assert numbers(tmp_path, "ended") == numbers(tmp_path, "started")


def test_a_killed_supervisor_leaves_nobody_behind(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    supervisor.kill()
    supervisor.wait()
    until(lambda: numbers(tmp_path, "ended") == numbers(tmp_path, "started"))


def test_a_signal_that_meets_a_destructor_is_remembered(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.cli.supervised", "signalled", str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE) as process:
        until(lambda: process.poll() is not None)
    assert process.returncode == 0
    # Python has dropped the exception; still nothing was started.
    assert [path.name for path in tmp_path.iterdir()] == ["unheard"]
