"""Packages lean only on those below them, and foreign libraries stay where they belong."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_layers_and_forbidden_imports() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_starting_the_command_line_loads_no_heavy_library() -> None:
    code = "import sys, app.cli; print(*(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"SpiffWorkflow", "sqlalchemy", "fastapi", "lxml", "alembic"} & set(done.stdout.split())
