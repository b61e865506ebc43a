"""Forms whose answers stand in shared lists: what these offer is put in at the moment of display or check."""

from collections.abc import Callable
from dataclasses import replace

from app.forms.definition import Form
from app.forms.fields import Field, Option
from app.forms.visibility import section_of

OptionsOf = Callable[[str, str], tuple[Option, ...]]
"""(key of the field, key of the list) → the answers that it offers now."""


def with_lists(form: Form, options_of: OptionsOf) -> Form:
    """Return a form in which every field that names a list has the answers of that list."""
    fields = tuple(_field(field, options_of) for field in form.fields)
    return Form(form.reference, form.title, section_of(fields))


def _field(field: Field, options_of: OptionsOf) -> Field:
    fields = tuple(_field(inner, options_of) for inner in field.fields)
    return replace(
        field,
        options=options_of(field.key, field.list) if field.list else field.options,
        fields=fields,
        section=section_of(fields) if field.section is not None else None,
    )
