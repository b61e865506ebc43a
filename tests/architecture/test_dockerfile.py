"""The image's install steps run in an empty environment as an unprivileged user, and what they leave starts."""

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
NOT_COPIED = shutil.ignore_patterns("__pycache__", "node_modules")


def instructions(stage: int) -> list[tuple[str, str]]:
    """Return the instructions of one stage of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    stages: list[list[tuple[str, str]]] = []
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest.strip()))
    return stages[stage]


def unprivileged() -> dict[str, Any]:
    """Return what makes `subprocess` start as nobody when the tests run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def python_for_everybody(folder: Path, environment: dict[str, str]) -> str:
    """Return a Python that the unprivileged user may start: ours, the system's, or a copy of ours."""
    for candidate in (sys._base_executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        if is_enough(candidate, environment):
            return candidate
    copy = folder / "python"
    ignored = shutil.ignore_patterns("site-packages", "test", "__pycache__", "share")
    shutil.copytree(sys.base_prefix, copy, symlinks=True, ignore=ignored)
    environment["LD_LIBRARY_PATH"] = str(copy / "lib")
    copied = str(copy / "bin" / f"python3.{sys.version_info.minor}")
    assert is_enough(copied, environment), "no Python can be started by an unprivileged user"
    return copied


def is_enough(python: str, environment: dict[str, str]) -> bool:
    """Tell whether the unprivileged user may start this Python and make virtual environments with it."""
    code = "import ensurepip, ssl, sys, venv; sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run([python, "-c", code], env=environment, capture_output=True, check=False, **unprivileged())
    except OSError:
        return False
    return done.returncode == 0


class Image:
    """The first stage's results in a folder instead of a container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build = folder / "build"
        self.build.mkdir()
        (folder / "opt").mkdir()
        (folder / "home").mkdir()
        if os.geteuid() == 0:
            for path in (self.build, folder / "opt", folder / "home"):
                shutil.chown(path, "nobody")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STELLWERK_", "VIRTUAL_"))}
        self.environment = kept | {"HOME": str(folder / "home"), "TMPDIR": str(folder / "home")}
        self.environment["PATH"] = "/usr/bin:/bin"
        self.python = python_for_everybody(folder, self.environment)

    def run(self, command: str) -> str:
        """Run a shell command as the unprivileged user, with /opt moved into the folder."""
        command = re.sub(r"^python ", f"{self.python} ", command).replace("/opt/", f"{self.folder}/opt/")
        done = subprocess.run(
            ["/bin/sh", "-ec", command], cwd=self.build, env=self.environment, capture_output=True, text=True,
            check=False, **unprivileged(),
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def copy(self, what: str) -> None:
        """Do what COPY does with files of the project."""
        *sources, target = what.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, self.build / target, ignore=NOT_COPIED)
            else:
                shutil.copy(ROOT / source, self.build / target)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The build stage, carried out."""
    folder = Path(tempfile.mkdtemp(prefix="stellwerk-image-"))
    folder.chmod(0o755)
    image = Image(folder)
    for name, rest in instructions(0):
        if name == "COPY":
            image.copy(rest)
        elif name == "RUN":
            image.run(rest)
    yield image
    shutil.rmtree(folder)


def test_the_command_is_there_and_the_shipped_processes_with_it(image: Image) -> None:
    assert "doctor" in image.run("/opt/stellwerk/bin/stellwerk --help")
    shipped = next((image.folder / "opt/stellwerk/lib").glob("python3.*")) / "site-packages/app/shipped"
    assert {path.name for path in (ROOT / "bpmn").iterdir() if path.is_dir()} <= {
        path.name for path in (shipped / "bpmn").iterdir()
    }
    assert (shipped / "migrations" / "env.py").is_file()


def test_the_image_is_small(image: Image) -> None:
    files = [path for path in (image.folder / "opt/stellwerk").rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < 260_000_000


def test_what_was_installed_serves_pages(image: Image, database_url: str, free_port: int) -> None:
    image.environment |= {
        "STELLWERK_DATABASE_URL": database_url,
        "STELLWERK_PORT": str(free_port),
        "STELLWERK_VAR": str(image.folder / "home" / "var"),
    }
    image.run("/opt/stellwerk/bin/stellwerk publish --new")
    process = subprocess.Popen(
        [image.folder / "opt/stellwerk/bin/stellwerk", "web"],
        cwd=image.folder / "home", env=image.environment, stderr=subprocess.PIPE, **unprivileged(),
    )  # fmt: skip
    with process:
        try:
            assert wait_for(f"http://127.0.0.1:{free_port}/healthz", process) == 200
        finally:
            process.terminate()
            process.communicate(timeout=30)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> int:
    """Return the status of the first answer; fail when the process ends before."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the web process ended: {process.stderr.read().decode() if process.stderr else ''}")


def test_it_runs_as_nobody_in_particular_with_a_health_check() -> None:
    final = instructions(-1)
    user = [rest for name, rest in final if name == "USER"]
    assert user and user[-1] not in ("root", "0")
    assert [name for name, _ in final].index("USER") < [name for name, _ in final].index("CMD")
    assert any(name == "HEALTHCHECK" and "/healthz" in rest for name, rest in final)
    assert not any(name == "ADD" or "http:" in rest.replace("http://127.0.0.1", "") for name, rest in final)
