"""The house rules that a reader can rely on, each as a test."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LONGEST = 500
CODE = sorted((ROOT / "app").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
IN_WORDS = {path: str(path.relative_to(ROOT)) for path in (*CODE, *TESTS)}


def tracked() -> list[Path]:
    """Return all files under version control, or all files that would be in a clone where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    left_out = {".venv", "var", "node_modules", "__pycache__"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not left_out & set(path.parts)]


def lines_of(path: Path) -> int:
    """Count the lines of a file."""
    return len(path.read_text().splitlines())


def test_only_one_place_commits() -> None:
    found = [IN_WORDS[path] for path in CODE if re.search(r"\.commit\(", path.read_text())]
    assert found == ["app/database/transaction.py"]


def test_no_file_is_too_long_to_read() -> None:
    templates = sorted((ROOT / "app/web/templates").rglob("*.html"))
    sources = sorted((ROOT / "app/web/frontend/src").rglob("*.*")) if (ROOT / "app/web/frontend/src").is_dir() else []
    long = {
        str(path.relative_to(ROOT)): lines_of(path)
        for path in (*CODE, *TESTS, *templates, *sources)
        if lines_of(path) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("path", [*CODE, *TESTS], ids=IN_WORDS.__getitem__)
def test_every_module_opens_with_one_sentence(path: Path) -> None:
    documentation = ast.get_docstring(ast.parse(path.read_text()))
    if documentation is None:
        assert path.name == "__init__.py" and not path.read_text().strip(), "there is no docstring"
        assert "tests" in path.parts, "packages of the product say what they are"
        return
    first = documentation.split("\n\n")[0].strip()
    assert first.endswith((".", "?", "!")), f"not a sentence: {first!r}"


def test_every_process_says_what_tasks_are_called_in_the_language_of_the_reader() -> None:
    """Mails are written by web processes and commands, too, not by workers alone."""
    built, silent = [], []
    for path in CODE:
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        for call in calls:
            if ast.unparse(call.func) == "build":
                built.append(IN_WORDS[path])
                silent += [] if "say" in {word.arg for word in call.keywords} else [f"{IN_WORDS[path]}:{call.lineno}"]
    assert len(built) > 4 and silent == []


def now_calls(tree: ast.AST) -> list[int]:
    """Return the lines that ask for the time behind the clock's back."""
    asking = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$|^time\.time$")
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return [node.lineno for node in attributes if asking.search(ast.unparse(node))]


def test_time_comes_from_the_clock() -> None:
    found = {IN_WORDS[path]: lines for path in CODE if (lines := now_calls(ast.parse(path.read_text())))}
    assert set(found) <= {"app/clock.py"}


def test_nothing_is_called_after_a_layer() -> None:
    names = r"(utils?|helpers?|managers?|misc|common)(\.py)?$"
    assert [
        IN_WORDS[path] for path in CODE if any(re.match(names, part) for part in path.relative_to(ROOT).parts)
    ] == []
    classes = [
        f"{IN_WORDS[path]}: {node.name}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and re.search(r"(Service|Manager|Helper|Utils?)$", node.name)
    ]
    assert classes == ["app/domain/portfolio/records.py: Service"], "“Service” always means the FitSM service"


def test_no_mocks_and_no_skips() -> None:
    pattern = re.compile(r"unittest\.mock|MagicMock|mark\.skip|pytest\.skip|importorskip|mark\.xfail")
    found = [IN_WORDS[path] for path in TESTS if path != Path(__file__) and pattern.search(path.read_text())]
    assert found == []


def test_the_top_level_stays_as_it_is() -> None:
    expected = {
        ".ci", ".dockerignore", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile",
        "NOTICE", "README.md", "app", "bpmn", "compose.yaml", "docs", "forms", "migrations", "pyproject.toml",
        "requirements-build.lock", "requirements-dev.lock", "requirements.lock", "tests",
    }  # fmt: skip
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= expected


def test_areas_carry_the_same_name_everywhere() -> None:
    areas = {path.name for path in (ROOT / "bpmn").iterdir() if path.is_dir()}
    assert {path.name for path in (ROOT / "forms").iterdir() if path.is_dir()} <= areas


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_lock_files_hold_exact_versions_and_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), "no options: the index is the machine's own affair"
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", block), block
        assert "--hash=sha256:" in block, block


def test_lock_files_cover_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
        "requirements-build.lock": project["dependency-groups"]["build"],
    }
    for name, wanted in groups.items():
        locked = {plain(line) for line in (ROOT / name).read_text().splitlines() if "==" in line}
        assert {plain(item) for item in wanted} <= locked, f"run `make lock`: {name} is behind"


def plain(requirement: str) -> str:
    """Return a package's normalised name."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>!~; ]", requirement)[0]).lower()


def test_the_code_of_both_lock_files_is_the_same() -> None:
    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line[:80]}

    assert pins("requirements.lock") <= pins("requirements-dev.lock"), "what is tested must be what runs"
