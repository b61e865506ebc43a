"""Names of inputs: `title`, `rows[0].name`, and marks such as `service~text` that belong to an input."""

import re

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
MAX_STEPS = 12

_STEP = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,59})(?:\[(\d{1,4})\])?")

TEXT = "text"
"""Mark of what was typed into a reference field."""
LABEL = "label"
"""Mark of the label that a reference field was sent with, so that a change of its text is noticed."""
SHOWN = "shown"
"""Mark of an input that was on the page, so that no ticks mean none rather than unknown."""
UPLOAD = "upload"
"""Mark of newly chosen files."""

Path = tuple[str | int, ...]


def is_key(text: str) -> bool:
    """Tell whether `text` may be the key of a field."""
    return KEY.fullmatch(text) is not None


def join(path: Path) -> str:
    """Write a path as an input's name: `("rows", 0, "name")` becomes `rows[0].name`."""
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def split(name: str) -> tuple[Path, str] | None:
    """Read an input's name into path and mark; None when it is not one."""
    name, _, mark = name.partition("~")
    path: list[str | int] = []
    at = 0
    while True:
        match = _STEP.match(name, at)
        if match is None or len(path) > MAX_STEPS:
            return None
        path.append(match[1])
        if match[2] is not None:
            path.append(int(match[2]))
        at = match.end()
        if at == len(name):
            return tuple(path), mark
        if name[at] != ".":
            return None
        at += 1
