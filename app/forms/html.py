"""Values as a browser posts them: flat names and strings, turned into the JSON that `check` takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from app.forms.definition import Form
from app.forms.fields import LISTS, Field, Section
from app.forms.names import SHOWN, Path, split

MAX_INDEX = 999
TRUE = frozenset({"true", "on", "1"})


def from_html(form: Form, pairs: Iterable[tuple[str, str]], *, zone: tzinfo = UTC) -> dict[str, Any]:
    """Return the values in posted name and value pairs, for `check` and for showing the form again.

    What cannot be read stays the text that was typed, so that `check` complains and the page shows it again. A field
    that was not on the page stays out. Names that begin with `_` belong to the page; any other name that the form does
    not have is kept, so that `check` refuses it.

    Args:
        form: The form that was on the page.
        pairs: Names such as `rows[0].name`, `service` or `service~shown`, with their values.
        zone: Time zone in which local dates and times were typed.
    """
    root = _Node()
    other: dict[str, Any] = {}
    for name, value in pairs:
        if name.startswith("_"):
            continue
        parts = split(name)
        node = _place(root, form.section, parts[0]) if parts else None
        if parts is None or node is None:
            other[name] = value
        elif not parts[1]:
            node[0].values.setdefault(node[1], []).append(value)
        elif parts[1] == SHOWN:
            node[0].shown.add(node[1])
    return {**_read(form.section, root, zone), **other}


def apply_action(form: Form, values: Mapping[str, Any], action: str) -> dict[str, Any]:
    """Return `values` after `add:<list>` or `remove:<list>:<index>`; any other action changes nothing.

    `<list>` names a repeat or a file field, such as `rows` or `sites[0].rows`.
    """
    verb, _, rest = action.partition(":")
    name, _, position = rest.partition(":")
    parts = split(name)
    if parts is None or parts[1] or verb not in ("add", "remove"):
        return dict(values)
    question = _field_at(form.section, parts[0])
    if question is None or (question.fixed_rows and question.kind == "repeat"):
        return dict(values)
    if verb == "add" and question.kind == "repeat":
        return _changed(values, parts[0], lambda rows: [*rows, {}] if len(rows) < question.limits.max_items else rows)
    if verb == "remove" and position.isascii() and position.isdigit() and len(position) <= 4:
        at = int(position)
        return _changed(values, parts[0], lambda entries: [*entries[:at], *entries[at + 1 :]])
    return dict(values)


def initial_values(form: Form, prefill: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a form shows at first: values known from the record, else defaults, else a repeat's first rows."""
    return _initial(form.section, prefill or {})


def _initial(section: Section, prefill: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, question in section.inputs.items():
        known = prefill.get(key)
        if question.section is not None:
            rows = known if isinstance(known, list) else [{}] * question.initial_rows
            values[key] = [_initial(question.section, row) for row in rows if isinstance(row, Mapping)]
        elif known is None:
            values[key] = question.default
        elif question.kind in ("text", "textarea", "reference") and isinstance(known, int | float):
            values[key] = str(known)
        else:
            values[key] = known
    return {key: value for key, value in values.items() if value is not None}


@dataclass(slots=True)
class _Node:
    """What was posted for one section."""

    values: dict[str, list[str]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    rows: dict[str, dict[int, "_Node"]] = field(default_factory=dict)


def _place(node: _Node, section: Section, path: Path) -> tuple[_Node, str] | None:
    """Find the node and key of a path, making rows on the way; None for what the form does not have."""
    steps = list(path)
    while True:
        key = str(steps.pop(0))
        question = section.inputs.get(key)
        if question is None:
            return None
        if not steps:
            return node, key
        index = steps.pop(0)
        if question.section is None or not isinstance(index, int) or index > MAX_INDEX:
            return None
        node = node.rows.setdefault(key, {}).setdefault(index, _Node())
        section = question.section
        if not steps:  # the mark of a row: `rows[0]~shown`
            return node, ""


def _read(section: Section, node: _Node, zone: tzinfo) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, question in section.inputs.items():
        if question.section is not None:
            if key in node.rows or key in node.shown:
                rows = node.rows.get(key, {})
                values[key] = [_read(question.section, rows[index], zone) for index in sorted(rows)]
        elif key in node.values or key in node.shown:
            values[key] = _value(question, node.values.get(key, []), zone)
    return values


def _value(question: Field, posted: list[str], zone: tzinfo) -> Any:
    if question.kind in LISTS:
        return [value for value in posted if value]
    last = posted[-1] if posted else ""
    if question.kind == "checkbox":
        return last in TRUE
    if not last.strip():
        return None
    if question.kind == "number":
        return _number(last.strip())
    if question.kind == "datetime":
        return _moment(last.strip(), zone)
    return last


def _number(text: str) -> int | float | str:
    if len(text) > 40 or "_" in text:
        return text
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        number = float(plain)
    except ValueError:
        return text
    if not abs(number) < 1e18:
        return text
    return int(plain) if plain.lstrip("+-").isdecimal() else int(number) if number.is_integer() else number


def _moment(text: str, zone: tzinfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return text


def _field_at(section: Section, path: Path) -> Field | None:
    question: Field | None = None
    for step in path:
        if isinstance(step, int):
            continue
        if question is not None:
            if question.section is None:
                return None
            section = question.section
        question = section.inputs.get(step)
        if question is None:
            return None
    return question if isinstance(path[-1], str) else None


def _changed(values: Mapping[str, Any], path: Path, change: Any) -> dict[str, Any]:
    """Return a copy of `values` with the list at `path` changed; values are left alone where there is no such list."""
    copy = dict(values)
    key = str(path[0])
    entries = copy.get(key)
    entries = list(entries) if isinstance(entries, list) else []
    if len(path) == 1:
        copy[key] = change(entries)
    elif isinstance(path[1], int) and path[1] < len(entries) and isinstance(entries[path[1]], Mapping):
        entries[path[1]] = _changed(entries[path[1]], path[2:], change)
        copy[key] = entries
    return copy
