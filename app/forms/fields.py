"""What a form consists of: fields of a closed list of kinds, in sections whose conditions are put in order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.expressions import Expression

Kind = Literal[
    "text",
    "textarea",
    "number",
    "select",
    "radio",
    "checkbox",
    "checklist",
    "taglist",
    "date",
    "time",
    "datetime",
    "file",
    "reference",
    "repeat",
    "group",
    "note",
    "separator",
    "spacer",
]

KINDS: dict[Kind, str] = {
    "text": "textfield",
    "textarea": "textarea",
    "number": "number",
    "select": "select",
    "radio": "radio",
    "checkbox": "checkbox",
    "checklist": "checklist",
    "taglist": "taglist",
    "date": "datetime",
    "time": "datetime",
    "datetime": "datetime",
    "file": "filepicker",
    "reference": "reference",
    "repeat": "dynamiclist",
    "group": "group",
    "note": "text",
    "separator": "separator",
    "spacer": "spacer",
}
"""Each kind of field with the name of its form-js component."""

LISTS = frozenset({"checklist", "taglist", "file"})
"""Kinds whose value is a list of strings."""

WITHOUT_VALUE = frozenset({"group", "note", "separator", "spacer"})

FILE_ENTITY = "file"
"""The entity under which stored files are checked by a `ReferenceCheck`."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value must keep to; lengths in characters, `max_items` in list entries or rows."""

    min_length: int = 0
    max_length: int = 0
    minimum: int | float | None = None
    maximum: int | float | None = None
    step: int | float | None = None
    max_items: int = 0
    pattern: str = ""
    pattern_message: str = ""
    format: Literal["", "email", "phone"] = ""
    not_past: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a form; `key` is empty for what has no value of its own (group, note, separator, spacer).

    `list` names the shared list that its options come from; they are put in when the form is shown or checked.
    `columns` counts sixteenths of the width; `row_start` says that it begins a new row of the layout.
    `initial_rows` and `fixed_rows` concern repeats, `multiple` and `accept` files, `prefix` and `suffix` are shown
    beside the input. `line` is its place in the file, from 1.
    """

    kind: Kind
    key: str = ""
    label: str = ""
    description: str = ""
    required: bool = False
    readonly: bool = False
    options: tuple[Option, ...] = ()
    list: str = ""
    entity: str = ""
    variable: str | None = None
    hide: Expression | None = None
    default: Any = None
    limits: Limits = Limits()
    text: str = ""
    prefix: str = ""
    suffix: str = ""
    multiple: bool = False
    accept: tuple[str, ...] = ()
    initial_rows: int = 0
    fixed_rows: bool = False
    columns: int = 16
    row_start: bool = True
    section: "Section | None" = None
    fields: tuple["Field", ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Fields that share one object of values: the form itself, or the row of a repeat.

    `inputs` are the fields with values, groups dissolved; `conditional` names those that may be hidden, each after the
    ones that its conditions depend on, with the conditions of the field and of the groups around it.
    """

    fields: tuple[Field, ...]
    inputs: Mapping[str, Field]
    conditional: tuple[tuple[str, tuple[Expression, ...]], ...] = ()
    watched: frozenset[str] = field(default_factory=frozenset)

    def walk(self) -> Iterator[Field]:
        """Yield every field of this section, groups before their members, repeats without their rows' fields."""
        todo = list(reversed(self.fields))
        while todo:
            current = todo.pop()
            yield current
            if current.kind == "group":
                todo.extend(reversed(current.fields))
