"""What can be set, called or written is documented, and what the documentation points to is there."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.bootstrap import build
from app.cli.commands import application, person
from app.forms.fields import Kind
from app.operations.catalogue import describe
from app.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SUBJECTS_HEAD = """# Subjects

What a schedule may start cases for: the property `for_each` of a timer start event names one of these queries. Each
subject that it finds gets one case for each time. This page is made from the code, and a test compares it.
"""
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def default_in_words(field: FieldInfo) -> str:
    """Return a setting's default as its row shows it."""
    if field.default_factory is not None:
        return "the installation's own"
    value: Any = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return f"`{value}`" if str(value) else "empty"


def row(name: str, field: FieldInfo) -> str:
    """Return the line of docs/settings.md that a setting has to have."""
    return f"| `STELLWERK_{name.upper()}` | {default_in_words(field)} | {field.description} |"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description
    assert row(name, field) in (ROOT / "docs" / "settings.md").read_text().splitlines()


def test_no_setting_is_documented_that_is_gone() -> None:
    named = set(re.findall(r"^\| `STELLWERK_([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text()) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "how-to" / "operate.md").read_text()
    commands = [command.callback.__name__ for command in application.registered_commands if command.callback]
    commands += [f"person {command.name}" for command in person.registered_commands]
    assert [name for name in commands if f"`stellwerk {name}" not in text] == []


def test_decisions_are_numbered_without_gaps_and_say_why() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    for path in files:
        text = path.read_text()
        assert all(heading in text for heading in ("## Situation", "## Decision", "## Consequences")), path.name


def test_every_field_kind_is_documented() -> None:
    text = (ROOT / "docs" / "how-to" / "write-a-form.md").read_text()
    assert [kind for kind in get_args(Kind) if f"`{kind}`" not in text] == []


def test_the_layers_are_those_that_are_kept() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    kept = next(one["layers"] for one in linter["contracts"] if one.get("containers") == ["app"])
    text = (ROOT / "docs" / "architecture.md").read_text()
    told = re.findall(r"^\| \d+ \| (`.+?`) \|", text, re.MULTILINE)
    # What starts `python -m app` is no package.
    assert [re.findall(r"`(\w+)`", layer) for layer in told] == [re.findall(r"\w+", layer) for layer in kept[1:]]


def operation_in_words(entry: dict[str, Any]) -> str:
    """Return the section of docs/operations.md that an operation has to have."""
    lines = [f"## `{entry['name']}`", "", f"{entry['title']}. {entry['description'].strip()}", ""]
    if entry["runs"] == "after_commit":
        lines += ["Runs after the commit, as a job; the case waits for its answer.", ""]
    if entry["parameters"]:
        lines += ["| parameter | type | what it is |", "|---|---|---|"]
    for parameter in entry["parameters"]:
        kind = parameter["type"].replace("|", " or ") + ("" if parameter["required"] else ", optional")
        lines.append(f"| `{parameter['name']}` | {kind} | {parameter['description'] or parameter['title']} |")
    return "\n".join(lines).rstrip() + "\n"


def operations_document() -> str:
    """Return what docs/operations.md has to say; `python -m tests.architecture.test_documentation` writes it."""
    parts = build(Settings(), "postgresql+psycopg://")
    head = "# Operations\n\nWhat a service task may call. This page is made from the code, and a test compares it.\n"
    return "\n".join([head, *(operation_in_words(entry) for entry in describe(parts.registry))])


def test_every_operation_is_documented() -> None:
    assert (ROOT / "docs" / "operations.md").read_text() == operations_document(), (
        "run `python -m tests.architecture.test_documentation`"
    )


def subjects_document() -> str:
    """Return what docs/subjects.md has to say."""
    queries = build(Settings(database_url="postgresql+psycopg://nowhere/none")).registry.subjects.all()
    parts = [f"## `{query.name}`\n\n{query.title}. {query.description}\n" for query in queries]
    return "\n".join([SUBJECTS_HEAD, *(parts or ["There are none yet.\n"])])


def test_every_subject_query_is_documented() -> None:
    assert (ROOT / "docs" / "subjects.md").read_text() == subjects_document(), (
        "run `python -m tests.architecture.test_documentation`"
    )


if __name__ == "__main__":
    (ROOT / "docs" / "operations.md").write_text(operations_document())
    (ROOT / "docs" / "subjects.md").write_text(subjects_document())
