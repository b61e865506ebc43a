"""Shipped forms and diagrams in the reader's language; what an organisation wrote itself stays as it is."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.bootstrap import Parts
from app.forms import Form
from app.forms.fields import Field
from app.forms.visibility import section_of
from app.processes.bundle import contents
from app.processes.elements import Diagram
from app.web import i18n

Say = Callable[[str], str]
REMEMBERED = 512


class Asking(Protocol):
    """A visit of a page or a call of the API."""

    @property
    def parts(self) -> Parts: ...

    @property
    def session(self) -> Session: ...


def element_names(session: Session, bundle_id: int | None) -> dict[str, str]:
    """Return the names of the elements in a case's bundle by id."""
    names: dict[str, str] = {}
    for diagram in contents(session, bundle_id).diagrams.values() if bundle_id is not None else ():
        names |= {name: i18n.label(element.name) for name, element in diagram.elements.items()}
    return names


def form_here(form: Form) -> Form:
    """Return a form in the language of the current request."""
    return form if i18n.here().language == i18n.SOURCE else _form(form, i18n.here().language)


def diagram_here(diagram: Diagram) -> Diagram:
    """Return a diagram in the language of the current request."""
    return diagram if i18n.here().language == i18n.SOURCE else _diagram(diagram, i18n.here().language)


def form_now(it: Asking, form: Form, held: Mapping[str, Any] | None = None) -> Form:
    """Return a form in the language of the current request, with the answers that its lists offer now.

    Args:
        held: values that the record has; an answer that was retired since may stay.
    """
    return it.parts.lists.form(it.session, form_here(form), held=held, language=i18n.here().language)


def form_named(it: Asking, form: Form) -> Form:
    """Return a form in the language of the current request, to name what records hold: with retired answers, too."""
    return it.parts.lists.labelled(it.session, form_here(form), language=i18n.here().language)


@lru_cache(REMEMBERED)
def _form(form: Form, language: str) -> Form:
    return form_said(form, i18n.translations(language, i18n.CONTENT).gettext)


@lru_cache(REMEMBERED)
def _diagram(diagram: Diagram, language: str) -> Diagram:
    return diagram_said(diagram, i18n.translations(language, i18n.CONTENT).gettext)


def form_said(form: Form, say: Say) -> Form:
    """Return a form whose every text that people read has gone through `say`."""
    say = _unless_empty(say)
    section = section_of(tuple(_field(field, say) for field in form.fields))
    return Form(form.reference, say(form.title), section)


def diagram_said(diagram: Diagram, say: Say) -> Diagram:
    """Return a diagram whose every text that people read has gone through `say`; of its documentation, the purpose."""
    say = _unless_empty(say)
    return replace(
        diagram,
        name=say(diagram.name),
        documentation=say(purpose(diagram.documentation)),
        elements={
            key: replace(element, name=say(element.name), properties=_properties(element.properties, say))
            for key, element in diagram.elements.items()
        },
        flows={key: replace(flow, name=say(flow.name)) for key, flow in diagram.flows.items()},
        lanes={key: replace(lane, name=say(lane.name)) for key, lane in diagram.lanes.items()},
    )


def purpose(documentation: str) -> str:
    """Return the first paragraph of a diagram's documentation: what it is for."""
    return " ".join(documentation.strip().partition("\n\n")[0].split())


def _unless_empty(say: Say) -> Say:
    # An empty msgid stands for the head of a catalogue.
    return lambda text: say(text) if text else ""


def _properties(properties: Mapping[str, str], say: Say) -> Mapping[str, str]:
    guidance = properties.get("guidance", "")
    return {**properties, "guidance": say(guidance)} if guidance else properties


def _field(field: Field, say: Say) -> Field:
    fields = tuple(_field(inner, say) for inner in field.fields)
    return replace(
        field,
        label=say(field.label),
        description=say(field.description),
        text=say(field.text),
        prefix=say(field.prefix),
        suffix=say(field.suffix),
        options=tuple(replace(option, label=say(option.label)) for option in field.options),
        limits=replace(field.limits, pattern_message=say(field.limits.pattern_message)),
        fields=fields,
        section=section_of(fields) if field.section is not None else None,
    )
