"""A form: read from form-js JSON, refused with every problem named, or ready to render and to check."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.forms.components import (
    MAX_ROWS,
    read_condition,
    read_input,
    read_key,
    read_label,
)
from app.forms.fields import Field, Kind, Limits, Section
from app.forms.reading import Reading
from app.forms.schema import accepts_default, section_schema
from app.forms.visibility import scope_of, section_of

MAX_COMPONENTS = 500
MAX_DEPTH = 6
MAX_SCHEMA_VERSION = 100
COLUMNS = 16


@dataclass(frozen=True, eq=False)
class Form:
    """What a person is asked at one task or start.

    `reference` is `<area>/<form>`; `section` holds the tree of fields with their conditions in order.
    """

    reference: str
    title: str
    section: Section

    @property
    def fields(self) -> tuple[Field, ...]:
        """The tree of fields in the order of the page."""
        return self.section.fields

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of all fields with values, groups dissolved, in the order of the page."""
        return tuple(self.section.inputs)

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """Key of each field that hands its value to the case → name of the case's variable."""
        return {key: field.variable for key, field in self.section.inputs.items() if field.variable}

    @cached_property
    def references(self) -> Mapping[str, str]:
        """Each reference field, rows included (`rows[].ci`) → the entity that it refers to."""
        return dict(_references(self.section, ""))

    @cached_property
    def lists(self) -> Mapping[str, str]:
        """Each field whose options come from a shared list, rows included by their own key → the key of the list."""
        return dict(_lists(self.section))

    @cached_property
    def conditional(self) -> bool:
        """Whether any field is shown or hidden by the answers."""
        return bool(self.section.watched)

    def json_schema(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the JSON Schema 2020-12 of what is asked while the answers are `values` (hidden fields left out)."""
        _, hidden = scope_of(self.section, values or {})
        schema = section_schema(self.section, hidden, public=True)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": self.title, **schema}


def load_form(content: bytes | str, reference: str = "", file: str = "") -> Form:
    """Read a form-js document.

    Args:
        content: The JSON text, at most 1 MB.
        reference: `<area>/<form>`, how diagrams name the form.
        file: Its path, for messages.

    Raises:
        Refused: with every problem: unknown components by name, missing or duplicate keys, bad patterns and conditions.
    """
    reading = Reading(file)
    document = reading.document(content)
    if document is None:
        reading.refuse_errors()
        raise AssertionError("a document is missing only with a problem")
    loader = _Loader(reading)
    section = loader.document(document)
    reading.refuse_errors()
    title = document.get("title")
    name = title if isinstance(title, str) and title else reference.rpartition("/")[2].replace("_", " ").capitalize()
    return Form(reference, name or str(document.get("id", "")), section)


class _Loader:
    """Walks through the components of one document."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.components = 0
        self.items: dict[int, dict[str, Any]] = {}

    def document(self, document: dict[str, Any]) -> Section:
        if document.get("type", "default") != "default":
            self.reading.note("form.type", "This is not a form-js form.", "Set “type” to “default”.", item=document)
        self.reading.count(document, "schemaVersion", MAX_SCHEMA_VERSION)
        self.reading.text(document, "title")
        fields = self.level(document, 0, {})
        section = self.section(fields, document, frozenset())
        if self.components > MAX_COMPONENTS:
            self.reading.note("form.size", f"The form has more than {MAX_COMPONENTS} components.", "Divide it.")
        return section

    def level(self, parent: dict[str, Any], depth: int, taken: dict[str, int]) -> tuple[Field, ...]:
        """Read the components of a form, group or row; `taken` holds the keys of the section with their lines."""
        components = parent.get("components")
        if not isinstance(components, list):
            self.reading.note("form.components", "“components” must be a list.", item=parent)
            return ()
        if depth > MAX_DEPTH:
            self.reading.note("form.depth", f"Groups are nested more than {MAX_DEPTH} levels deep.", item=parent)
            return ()
        items = []
        for item in components:
            self.components += 1
            if self.components > MAX_COMPONENTS:
                break
            if isinstance(item, dict) and isinstance(item.get("type"), str):
                items.append(item)
            else:
                self.reading.note("form.component", "A component is not an object with a type.", item=parent)
        fields = []
        for item, (columns, starts) in zip(items, self.layout(items), strict=True):
            field = self.component(item, depth, taken, columns, starts)
            if field is not None:
                self.items[id(field)] = item
                fields.append(field)
        return tuple(fields)

    def component(
        self, item: dict[str, Any], depth: int, taken: dict[str, int], columns: int, starts: bool
    ) -> Field | None:
        name = item["type"]
        if name == "button":
            if item.get("action", "submit") != "submit":
                self.reading.note(
                    "form.component",
                    f"Buttons of the action “{str(item.get('action'))[:60]}” are not supported.",
                    "Remove it; the page brings its own buttons.",
                    item=item,
                )
            return None
        if name == "group":
            return self.group(item, depth, taken, columns, starts)
        if name == "dynamiclist":
            field = self.repeat(item, depth, columns, starts)
        elif name in ("text", "separator", "spacer"):
            return self.decoration(item, columns, starts)
        else:
            field = read_input(self.reading, item, columns, starts)
        if field is None:
            return None
        self.claim(field, item, taken)
        if field.default is not None and not field.list and not accepts_default(field):
            self.reading.note("form.default", "“defaultValue” is not an answer that the field accepts.", item=item)
        return field

    def claim(self, field: Field, item: dict[str, Any], taken: dict[str, int]) -> None:
        if field.key in taken:
            place = f" (line {taken[field.key]})" if taken[field.key] else ""
            self.reading.note(
                "form.key",
                f"The key “{field.key}” is there twice{place}.",
                "Give each field a key of its own.",
                item=item,
            )
        taken.setdefault(field.key, field.line)

    def group(self, item: dict[str, Any], depth: int, taken: dict[str, int], columns: int, starts: bool) -> Field:
        if item.get("path"):
            self.reading.note(
                "form.path",
                "A group's path is not supported.",
                "Empty it; the keys inside are the form's own.",
                item=item,
            )
        return Field(
            kind="group",
            label=self.reading.text(item, "label").strip(),
            description=self.reading.text(item, "description", longest=1000),
            hide=read_condition(self.reading, item),
            columns=columns,
            row_start=starts,
            fields=self.level(item, depth + 1, taken),
            line=self.reading.line(item),
        )

    def repeat(self, item: dict[str, Any], depth: int, columns: int, starts: bool) -> Field | None:
        key = read_key(self.reading, item, "path")
        label = read_label(self.reading, item)
        fields = self.level(item, depth + 1, {})
        section = self.section(fields, item, None)
        for field in section.inputs.values():
            if field.variable:
                self.reading.note(
                    "form.variable",
                    f"“{field.key}” in a repeated row cannot set a variable.",
                    "Take the property “variable” away.",
                    item=self.items.get(id(field)),
                )
        if key is None:
            return None
        rules = self.reading.mapping(item, "validate")
        properties = self.reading.mapping(item, "properties")
        initial = self.reading.count(item, "defaultRepetitions", MAX_ROWS)
        variable = self.reading.text(properties, "variable")
        return Field(
            kind="repeat",
            key=key,
            label=label,
            description=self.reading.text(item, "description", longest=1000),
            required=self.reading.flag(rules, "required"),
            readonly=self.reading.flag(item, "readonly") or self.reading.flag(item, "disabled"),
            variable=variable or None,
            hide=read_condition(self.reading, item),
            limits=Limits(max_items=MAX_ROWS),
            initial_rows=1 if initial is None else initial,
            fixed_rows=not self.reading.flag(item, "allowAddRemove", default=True),
            columns=columns,
            row_start=starts,
            section=section,
            fields=fields,
            line=self.reading.line(item),
        )

    def decoration(self, item: dict[str, Any], columns: int, starts: bool) -> Field:
        kinds: dict[str, Kind] = {"text": "note", "separator": "separator", "spacer": "spacer"}
        return Field(
            kind=kinds[item["type"]],
            text=self.reading.text(item, "text", longest=10_000) if item["type"] == "text" else "",
            hide=read_condition(self.reading, item),
            columns=columns,
            row_start=starts,
            line=self.reading.line(item),
        )

    def section(self, fields: tuple[Field, ...], item: dict[str, Any], outer: frozenset[str] | None) -> Section:
        """Put the conditions of a section in order; the names of the form itself (`outer` given) must all be known."""
        try:
            section = section_of(fields)
        except ValueError as error:
            self.reading.note(
                "form.condition",
                f"Conditions depend on each other in a circle: {error}.",
                "Let one of these fields always be shown.",
                item=item,
            )
            section = section_of(tuple(dataclasses.replace(field, hide=None, fields=()) for field in fields))
        if outer is not None:
            self.check_names(section, outer)
        return section

    def check_names(self, section: Section, outer: frozenset[str]) -> None:
        known = outer | section.inputs.keys()
        for field in section.walk():
            for name in sorted(field.hide.names - known) if field.hide else ():
                self.reading.note(
                    "form.condition",
                    f"“hide” depends on “{name}”, which is not a field of this form.",
                    "Use the key of a field; a readonly field shows what is known from the record.",
                    item=self.items.get(id(field)),
                )
            if field.section:
                self.check_names(field.section, known)

    def layout(self, items: list[dict[str, Any]]) -> list[tuple[int, bool]]:
        """Return columns and whether a row starts, for each component; free widths share what is left of a row."""
        places: list[tuple[str | None, int | None]] = []
        for item in items:
            layout = self.reading.mapping(item, "layout")
            row = layout.get("row")
            width = self.reading.count(layout, "columns", COLUMNS)
            places.append((row if isinstance(row, str) and row else None, width or None))
        result: list[tuple[int, bool]] = []
        for index, (row, width) in enumerate(places):
            mates = [other for other_row, other in places if row is not None and other_row == row] or [width]
            free = sum(1 for mate in mates if mate is None)
            left = COLUMNS - sum(mate or 0 for mate in mates)
            starts = row is None or index == 0 or places[index - 1][0] != row
            result.append((width or max(2, left // free), starts))
        return result


def _lists(section: Section) -> Iterator[tuple[str, str]]:
    for key, field in section.inputs.items():
        if field.list:
            yield key, field.list
        elif field.section:
            yield from _lists(field.section)


def _references(section: Section, before: str) -> Iterator[tuple[str, str]]:
    for key, field in section.inputs.items():
        if field.kind == "reference":
            yield before + key, field.entity
        elif field.section:
            yield from _references(field.section, f"{before}{key}[].")
