"""Lists as pages and API make them: which there are, and what forms and diagrams call their columns."""

from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from app.bootstrap import Parts
from app.domain.records.kinds import Kind
from app.forms import Form
from app.forms.fields import Field
from app.insight.access import Viewer
from app.insight.lists.catalogue import CASES, case_list, held_fields, record_list
from app.insight.lists.columns import ColumnType, CustomField
from app.insight.lists.listing import Listing
from app.processes.compiled import compile_published
from app.processes.library import Library
from app.processes.versions import contents_of
from app.web.content import form_named
from app.web.i18n import here, label
from app.web.names import AREA_NAMES, area_name

TYPES: Mapping[str, ColumnType] = {
    "number": "number", "checkbox": "flag", "select": "key", "radio": "key", "checklist": "keys", "taglist": "keys",
    "reference": "reference", "date": "date", "datetime": "time", "file": "file", "repeat": "other",
}  # fmt: skip
_forms: WeakKeyDictionary[Library, tuple[int, dict[str, list[Form]]]] = WeakKeyDictionary()


class Asking(Protocol):
    """A visit of a page or a call of the API."""

    @property
    def parts(self) -> Parts: ...

    @property
    def session(self) -> Session: ...

    @property
    def viewer(self) -> Viewer: ...


def list_of(it: Asking, key: str) -> Listing:
    """Return the list of a kind's records, or of cases (`case`).

    Raises:
        NotFound: there is no such list.
    """
    if key == CASES:
        diagrams = it.parts.library.current(it.session).diagrams
        processes = {name: label(version.name) for name, version in diagrams.items()}
        areas = {area: area_name(area) for area in AREA_NAMES}
        return case_list(it.viewer, here().zone, processes, areas)
    kind = it.parts.records.catalogue.get(key)
    return record_list(it.parts.records.catalogue, it.viewer, here().zone, kind, custom_fields(it, kind))


def path_of(key: str) -> str:
    """Return where a list stands."""
    return "/cases" if key == CASES else f"/records/{key}"


def custom_fields(it: Asking, kind: Kind) -> dict[str, CustomField]:
    """Return the custom fields of a kind: those that forms of its diagrams declare, and those that records hold."""
    found = {name: field for name, field in declared_fields(it, kind).items() if name not in kind.attributes}
    if it.viewer.knows_people:
        for name in held_fields(it.session, it.viewer, kind):
            found.setdefault(name, CustomField(name, name.replace("_", " ").capitalize()))
    return found


def declared_fields(it: Asking, kind: Kind) -> dict[str, CustomField]:
    """Return what the forms of all diagrams about this kind ask, attributes too, with the labels of their answers."""
    found: dict[str, CustomField] = {}
    for form in _forms_about(it).get(kind.key, ()):
        for field in form_named(it, form).section.walk():
            if field.key and field.key not in found:
                found[field.key] = custom_field(field)
    return found


def answer_lists(it: Asking, kind: Kind) -> dict[str, str]:
    """Return the keys of the shared lists that declared fields take their answers from; by field."""
    found: dict[str, str] = {}
    for form in _forms_about(it).get(kind.key, ()):
        for name, key in form.lists.items():
            found.setdefault(name, key)
    return found


def custom_field(field: Field) -> CustomField:
    """Return what a field of a form says of the custom field that it asks for."""
    options = {option.value: option.label for option in field.options}
    of_rows = {key: custom_field(one) for key, one in field.section.inputs.items()} if field.section else {}
    type_of = TYPES.get(field.kind, "text")
    return CustomField(field.key, field.label or field.key, type_of, options, field.entity, of_rows)


def _forms_about(it: Asking) -> dict[str, list[Form]]:
    """Return the published forms by the kind of records that their diagrams are about; read once per publishing."""
    library = it.parts.library
    current = library.current(it.session)
    known = _forms.get(library)
    if known is not None and known[0] == current.generation:
        return known[1]
    wanted: dict[str, dict[str, Any]] = {}
    for diagram in current.diagrams.values():
        if diagram.meta.get("record"):
            names = [name for name in diagram.meta.get("forms", []) if name in current.forms]
            wanted.setdefault(diagram.meta["record"], {}).update({name: current.forms[name] for name in names})
    content = contents_of(it.session, {version.id for forms in wanted.values() for version in forms.values()})
    read = {
        kind: [compile_published("form", name, content[version.id]) for name, version in sorted(forms.items())]
        for kind, forms in wanted.items()
    }
    _forms[library] = current.generation, read
    return read
