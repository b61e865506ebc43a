"""What the values of a form refer to by id: records, people and stored files, in the rows of its lists too."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.forms.definition import Form
from app.forms.fields import FILE_ENTITY, Section


def references_in(form: Form, values: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (entity, id) of everything that `values` refer to, stored files included."""
    return set(_references(form.section, values))


def files_in(form: Form, values: Mapping[str, Any]) -> list[int]:
    """Return the ids of the stored files that checked answers name."""
    return [int(identity) for entity, identity in references_in(form, values) if entity == FILE_ENTITY]


def _references(section: Section, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, question in section.inputs.items():
        value = values.get(key)
        if question.kind == "reference" and isinstance(value, str) and value:
            yield question.entity, value
        elif question.kind == "file" and isinstance(value, list):
            yield from ((FILE_ENTITY, entry) for entry in value if isinstance(entry, str))
        elif question.section is not None and isinstance(value, list):
            for row in value:
                if isinstance(row, Mapping):
                    yield from _references(question.section, row)
