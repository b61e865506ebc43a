"""Reading a form file: JSON within limits, with the line of every object, and problems collected on the way."""

import json
import re
from typing import Any

from app.errors import Findings, Problem

MAX_BYTES = 1_000_000
MAX_NESTING = 40

_STRING = r'"(?:[^"\\]|\\.?)*(?:"|\Z)'
_OBJECT_START = re.compile(_STRING + r"|[{\n]", re.DOTALL)
_BRACKET = re.compile(_STRING + r"|[{}\[\]]", re.DOTALL)


class Reading(Findings):
    """One file being read: gives typed values out of JSON objects and notes what is wrong with them."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self._lines: dict[int, int] = {}
        self._document: dict[str, Any] = {}

    def document(self, content: bytes | str) -> dict[str, Any] | None:
        """Return the JSON object in `content`, or None after noting why there is none."""
        size = len(content)
        if size > MAX_BYTES:
            self.note("form.size", f"The form has {size:,} bytes; at most {MAX_BYTES:,} are read.", "Divide the form.")
            return None
        try:
            text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
            if _nesting(text) > MAX_NESTING:
                raise ValueError(f"it is nested more than {MAX_NESTING} levels deep")
            document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        except UnicodeDecodeError:
            self.note("form.json", "The form is not UTF-8 text.", "Save it as UTF-8.")
            return None
        except json.JSONDecodeError as error:
            self.note("form.json", f"The form is not JSON: {error.msg}.", "Mend the file.", line=error.lineno)
            return None
        except (ValueError, RecursionError) as error:
            self.note("form.json", f"The form cannot be read: {error}.", "Mend the file.")
            return None
        if not isinstance(document, dict):
            self.note("form.json", "The form is not a JSON object.", "Start from a form saved by the form editor.")
            return None
        self._document = document  # kept alive, because lines are found by identity
        self._number_lines(text, document)
        return document

    def _number_lines(self, text: str, document: dict[str, Any]) -> None:
        """Objects open in the text in the order in which a walk meets them; so each gets the line of its brace."""
        starts, line = [], 1
        for match in _OBJECT_START.finditer(text):
            if match[0] == "{":
                starts.append(line)
            elif match[0] == "\n":
                line += 1
        todo: list[Any] = [document]
        position = 0
        while todo:
            value = todo.pop()
            if isinstance(value, dict):
                self._lines[id(value)] = starts[position]
                position += 1
                todo.extend(reversed(list(value.values())))
            elif isinstance(value, list):
                todo.extend(reversed(value))

    def line(self, item: dict[str, Any] | None) -> int:
        """Return the line of an object of the document, 0 when unknown."""
        return self._lines.get(id(item), 0)

    def note(self, rule: str, message: str, advice: str = "", *, item: Any = None, line: int = 0) -> None:
        """Note an error, at the line of the object `item` and under its id or key."""
        element = ""
        if isinstance(item, dict):
            line = line or self.line(item)
            element = next((str(item[name]) for name in ("id", "key", "path") if isinstance(item.get(name), str)), "")
        self.problems.append(Problem(rule, message, advice, self.file, element, line))

    def text(self, item: dict[str, Any], name: str, *, longest: int = 500) -> str:
        """Return the string `name` of `item`, "" when absent or wrong; expressions are refused."""
        value = item.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.note("form.value", f"“{name}” must be text.", item=item)
            return ""
        if len(value) > longest:
            self.note("form.value", f"“{name}” is longer than {longest} characters.", "Shorten it.", item=item)
            return ""
        if value.lstrip().startswith("=") or "{{" in value:
            self.note("form.value", f"“{name}” is an expression.", "Only “hide” may be computed.", item=item)
            return ""
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            self.note("form.value", f"“{name}” contains a character that cannot be stored.", "Remove it.", item=item)
            return ""
        return value

    def flag(self, item: dict[str, Any], name: str, default: bool = False) -> bool:
        """Return the truth value `name` of `item`."""
        value = item.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note("form.value", f"“{name}” must be true or false, not {_shown(value)}.", item=item)
            return default
        return value

    def number(self, item: dict[str, Any], name: str) -> int | float | None:
        """Return the number `name` of `item`; numbers written as text are taken too, as the form editor saves them."""
        value = item.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or value != value:
            self.note("form.value", f"“{name}” must be a number, not {_shown(item[name])}.", item=item)
            return None
        return int(value) if value == int(value) else value

    def count(self, item: dict[str, Any], name: str, largest: int) -> int | None:
        """Return the whole number `name` of `item`, from 0 to `largest`."""
        value = self.number(item, name)
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value <= largest:
            self.note("form.value", f"“{name}” must be a whole number from 0 to {largest:,}, not {value}.", item=item)
            return None
        return value

    def mapping(self, item: dict[str, Any], name: str) -> dict[str, Any]:
        """Return the object `name` of `item`, empty when absent or wrong."""
        value = item.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.note("form.value", f"“{name}” must be an object, not {_shown(value)}.", item=item)
            return {}
        return value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _nesting(text: str) -> int:
    """Measure how deeply brackets are nested, before a recursive parser meets them."""
    deepest = depth = 0
    for match in _BRACKET.finditer(text):
        if match[0] in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "}]":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object names “{twice[:60]}” twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
