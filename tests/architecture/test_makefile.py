"""The Makefile, where it decides more than which command runs."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_modules_are_compiled_once_and_not_at_every_start() -> None:
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "--silent", "--eval=show:;@env", "show"],
        cwd=ROOT, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "PATH=" in done.stdout
    assert "PYTHONDONTWRITEBYTECODE" not in done.stdout
