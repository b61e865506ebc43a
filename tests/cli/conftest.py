"""What the tests of `stellwerk serve` share."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database.embedded import Cluster
from tests.cli.serving import ROOT, Serving, Start


@pytest.fixture
def start(folder: Path, free_port: int) -> Iterator[Start]:
    """Start `stellwerk serve` with its own folder, as often as the test likes."""
    running: list[Serving] = []
    # Where the test process may write but PostgreSQL's user may enter, too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STELLWERK_")}
    environment |= {"STELLWERK_VAR": str(folder / "var"), "STELLWERK_PORT": str(free_port)}

    def call(*arguments: str, **settings: str) -> Serving:
        chosen = {f"STELLWERK_{name.upper()}": value for name, value in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", *arguments],
            cwd=ROOT, env=environment | chosen, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        running.append(Serving(process, folder / "var", free_port))
        return running[-1]

    yield call
    for serving in running:
        with serving.process as process:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=60)
    Cluster(folder / "var").halt()
