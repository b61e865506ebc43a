"""The committed scripts and assets belong to the committed sources."""

import hashlib
import json
from pathlib import Path

FRONTEND = Path(__file__).parents[2] / "app/web/frontend"
DIST = Path(__file__).parents[2] / "app/web/static/dist"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest() -> dict[str, dict[str, str]]:
    return json.loads((DIST / "MANIFEST.json").read_text())  # type: ignore[no-any-return]


def test_every_source_is_the_one_that_was_built() -> None:
    named = manifest()["inputs"]
    sources = {str(path.relative_to(FRONTEND)) for path in (FRONTEND / "src").rglob("*") if path.is_file()}
    assert sources | {"build.mjs", "package.json", "package-lock.json"} == set(named)
    assert {name: digest(FRONTEND / name) for name in named} == named


def test_every_built_file_is_unchanged_and_none_is_left_over() -> None:
    named = manifest()["outputs"]
    assert {path.name for path in DIST.iterdir()} == {*named, "MANIFEST.json"}
    assert {name: digest(DIST / name) for name in named} == named


def test_versions_are_exact_and_the_lock_names_no_host() -> None:
    package = json.loads((FRONTEND / "package.json").read_text())
    versions = package["dependencies"] | package["devDependencies"]
    assert all(version[0].isdigit() for version in versions.values())
    assert "://" not in (FRONTEND / "package-lock.json").read_text()


def test_every_bundled_package_has_its_licence_in_the_notices() -> None:
    notices = (DIST / "THIRD_PARTY.txt").read_text()
    for package in ("bpmn-js", "diagram-js", "htmx.org", "@fontsource-variable/inter", "@tabler/icons"):
        assert f"\n{package} " in notices
