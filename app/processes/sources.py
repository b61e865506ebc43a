"""Files that hold definitions: finding them below a directory and writing them back."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from app.errors import Problem, Refused

Kind = Literal["diagram", "form", "decision", "process"]

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
FORM_REFERENCE = re.compile(r"[a-z][a-z0-9_]{0,63}/[a-z][a-z0-9_]{0,63}")
PROCESS_FILE = "process.yaml"
_ENDINGS: dict[str, Kind] = {".bpmn": "diagram", ".dmn": "decision"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may become a version: `key` as in `Definition.key`, `file` as shown in problems."""

    kind: Kind
    key: str
    file: str
    content: bytes

    @property
    def folder(self) -> str:
        """The area's folder that the file lies in; empty for a bare file name."""
        return PurePosixPath(self.file).parent.name


def is_key(kind: Kind, key: str) -> bool:
    """Tell whether a key has the allowed shape; such a key can never name a path outside of its folder."""
    return bool((FORM_REFERENCE if kind == "form" else KEY).fullmatch(key))


def read_sources(home: Path) -> list[Source]:
    """Return all definition files below `home/bpmn/<area>` and `home/forms/<area>`, called diagrams not first.

    Raises:
        Refused: a file cannot be read.
    """
    found: list[Source] = []
    for path in sorted((home / "bpmn").glob("*/*")):
        area = path.parent.name
        if path.name == PROCESS_FILE:
            found.append(_source("process", area, path, home))
        elif path.suffix in _ENDINGS:
            found.append(_source(_ENDINGS[path.suffix], path.stem, path, home))
    for path in sorted((home / "forms").glob("*/*.form")):
        found.append(_source("form", f"{path.parent.name}/{path.stem}", path, home))
    return found


def read_source(path: Path, home: Path) -> Source:
    """Return one file; its kind and key follow from its name and folder.

    Raises:
        Refused: the file cannot be read, or its name says nothing.
    """
    if path.name == PROCESS_FILE:
        return _source("process", path.absolute().parent.name, path, home)
    if path.suffix == ".form":
        return _source("form", f"{path.absolute().parent.name}/{path.stem}", path, home)
    if path.suffix in _ENDINGS:
        return _source(_ENDINGS[path.suffix], path.stem, path, home)
    raise Refused(
        [
            Problem(
                "file-kind",
                f"'{path.name}' is neither a diagram nor a form, decision or process description.",
                f"Files end in .bpmn, .dmn or .form, or are called {PROCESS_FILE}.",
                path.name,
            )
        ]
    )


def relative_path(kind: Kind, key: str, area: str) -> PurePosixPath:
    """Return where a definition lies below the home directory (`bpmn/incidents/incident.bpmn`).

    Raises:
        ValueError: the key or the area could lead elsewhere.
    """
    if not is_key(kind, key) or not KEY.fullmatch(area):
        raise ValueError(f"'{key}' in '{area}' is not a key of a {kind}")
    match kind:
        case "diagram":
            return PurePosixPath("bpmn", area, f"{key}.bpmn")
        case "decision":
            return PurePosixPath("bpmn", area, f"{key}.dmn")
        case "process":
            return PurePosixPath("bpmn", key, PROCESS_FILE)
        case "form":
            return PurePosixPath("forms", f"{key}.form")


def _source(kind: Kind, key: str, path: Path, home: Path) -> Source:
    file = path.relative_to(home).as_posix() if path.is_relative_to(home) else f"{path.parent.name}/{path.name}"
    try:
        return Source(kind, key, file, path.read_bytes())
    except OSError as error:
        problem = Problem("file", f"The file cannot be read: {error.strerror}.", "Check the path.", file)
        raise Refused([problem]) from error
