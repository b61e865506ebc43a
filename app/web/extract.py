"""Finds every text that pages show; `python -m app.web.extract` brings the .po files up to date."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from app.expressions import load_decision
from app.forms import load_form
from app.processes.definition import read_diagram
from app.processes.sources import Source, read_sources
from app.web.content import diagram_said, form_said
from app.web.i18n import CONTENT, PAGES

APP = Path(__file__).resolve().parents[1]
LOCALES = Path(__file__).with_name("locale")
# Calls whose first text is shown to people, wherever they stand in Python.
CALLS = frozenset(
    {"_", "gettext", "mark", "N_", "Message", "StellwerkError", "Conflict", "Forbidden", "NotFound", "Unavailable"}
)
FOLDERS = ("web", "engine", "insight", "domain", "forms", "processes", "integrations", "schedule")
ABOUT = {PAGES: "What Stellwerk says", CONTENT: "What the shipped processes and forms say"}
HEADER = """# {about}; `python -m app.web.extract` adds what is new.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""

Key = str | tuple[str, str]


def messages() -> dict[Key, list[str]]:
    """Return all texts (pairs for singular and plural) with the files that they stand in."""
    found: dict[Key, list[str]] = {}
    for key, place in (*_of_templates(), *_of_python(), *_of_names()):
        if key and place not in found.setdefault(key, []):
            found[key].append(place)
    return found


def _of_templates() -> Iterator[tuple[Key, str]]:
    folder = APP / "web" / "templates"
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for path in sorted(folder.rglob("*.html")):
        with path.open("rb") as file:
            for _line, function, text, _comments in babel_extract(
                file, ("_", "gettext", "ngettext", "mark"), [], options
            ):
                parts = [part for part in ((text,) if isinstance(text, str) else text or ()) if isinstance(part, str)]
                if parts:
                    key: Key = (parts[0], parts[1]) if function == "ngettext" else parts[0]
                    yield key, path.relative_to(APP.parent).as_posix()


def _of_python() -> Iterator[tuple[Key, str]]:
    for folder in FOLDERS:
        for path in sorted((APP / folder).rglob("*.py")):
            place = path.relative_to(APP.parent).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    for key in _of_call(node):
                        yield key, place


def _of_call(node: ast.Call) -> Iterator[Key]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    texts = [text for argument in node.args if (text := _text(argument))]
    if name == "ngettext" and len(texts) >= 2:
        yield texts[0], texts[1]
    elif name in CALLS and node.args:
        yield _text(node.args[0])
    elif name == "Invalid":
        values = [value for argument in node.args for value in _values(argument)]
        yield from (text for part in values if " " in (text := _text(part)))
    elif name == "BusinessError":
        yield from texts[1:]


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """Walk through a dictionary's values and a list's entries, but not into f-strings."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _values(value)
    elif isinstance(node, ast.List):
        for entry in node.elts:
            yield from _values(entry)
    else:
        yield node


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _of_names() -> Iterator[tuple[Key, str]]:
    """Names of record kinds, their attributes and statuses, and of roles: data of the product itself."""
    from app.domain.record_kinds import KINDS

    for kind in KINDS:
        place = f"app/domain/{kind.area}/kind.py"
        words = [kind.title, kind.plural, *kind.statuses.values(), kind.status_title(kind.opening)]
        words += [kind.status_title(status) for status in kind.closed]
        words += [word for known in kind.words.values() for word in known.values()]
        words += [a.title for a in kind.attributes.values() if a.name not in ("id", "kind")]
        yield from ((word, place) for word in words)
    path = APP / "processes" / "roles.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    place = path.relative_to(APP.parent).as_posix()
    for role in data["roles"].values():
        yield role["title"], place
        yield from ((task, place) for task in role.get("tasks", ()))
    for tasks in (*(part["tasks"] for part in data["area_roles"].values()), *data["manager_tasks"].values()):
        yield from ((task, place) for task in tasks)
    for area in data["areas"].values():
        for part in data["area_roles"].values():
            yield part["title"].format(area=area), place
    for family in data["families"].values():
        yield family["title"], place


def contents() -> dict[Key, list[str]]:
    """Return what the shipped processes, forms and decisions say to people, with the files that it stands in."""
    found: dict[Key, list[str]] = {}
    for source in read_sources(APP.parent):
        for text in _said_by(source):
            if source.file not in found.setdefault(text, []):
                found[text].append(source.file)
    return found


def _said_by(source: Source) -> list[str]:
    said: list[str] = []

    def note(text: str) -> str:
        said.append(text)
        return text

    # Whatever the pages translate of a form or diagram, they translate through these functions.
    if source.kind == "diagram":
        diagram_said(read_diagram(source.content, source.file), note)
    elif source.kind == "form":
        form_said(load_form(source.content, source.key, source.file), note)
    elif source.kind == "decision":
        note(load_decision(source.content, source.file).name)
    return said


CATALOGUES = {PAGES: messages, CONTENT: contents}


def update(language: str, catalogue: str = PAGES) -> list[str]:
    """Bring a .po file of a language up to date and return the texts that still need a translation."""
    path = LOCALES / language / "LC_MESSAGES" / f"{catalogue}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    known = Catalog(locale=language)
    if path.is_file():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    fresh = Catalog(locale=language)
    for key, places in sorted(CATALOGUES[catalogue]().items(), key=lambda entry: (entry[1][0], str(entry[0]))):
        old = known.get(key if isinstance(key, str) else key[0])
        fresh.add(key, old.string if old is not None else "", locations=[(place, 0) for place in places[:3]])
    with path.open("wb") as file:
        file.write(HEADER.format(about=ABOUT[catalogue], plural=fresh.plural_forms).encode())
        write_po(file, fresh, width=120, omit_header=True, include_lineno=False)
    return missing(language, catalogue)


def missing(language: str, catalogue: str = PAGES) -> list[str]:
    """Return the texts of a catalogue that a language does not say yet."""
    path = LOCALES / language / "LC_MESSAGES" / f"{catalogue}.po"
    with path.open("rb") as file:
        known = read_po(file, locale=language)
    wanting = []
    for key in CATALOGUES[catalogue]():
        entry = known.get(key if isinstance(key, str) else key[0])
        said = entry.string if entry is not None else ""
        complete = all(said) if isinstance(said, tuple | list) else bool(said)
        if not complete or (isinstance(key, tuple) != isinstance(said, tuple | list)):
            wanting.append(str(key))
    return wanting


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.name for path in LOCALES.iterdir() if path.is_dir()):
        for catalogue in CATALOGUES:
            sys.stdout.writelines(f"{catalogue}: {text}\n" for text in update(name, catalogue))
