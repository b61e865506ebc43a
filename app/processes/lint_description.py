"""Checks that a process description names only roles, areas, identifiers, messages and diagrams that exist."""

from collections.abc import Callable, Iterator

from app.errors import Problem
from app.processes import catalogue
from app.processes.messages import known_message
from app.processes.process_description import ProcessDescription
from app.processes.roles import known_role


def lint_description(
    description: ProcessDescription, area: str, file: str, *, is_diagram: Callable[[str], bool]
) -> list[Problem]:
    """Return what a description names in vain; `is_diagram` tells whether a diagram of that key will be current."""
    return [
        Problem("unknown-" + kind, f"There is no {kind} '{name}'.", advice, file, name)
        for kind, name, advice in _named(description, area, is_diagram)
    ]


def _named(
    description: ProcessDescription, area: str, is_diagram: Callable[[str], bool]
) -> Iterator[tuple[str, str, str]]:
    codes = catalogue.codes_of(area)
    if description.code and description.code not in codes:
        yield "code", description.code, f"The codes of '{area}' are: {', '.join(codes) or 'none'}."
    for role in (description.owner, *(part.role for part in description.roles)):
        if role and not known_role(role):
            yield "role", role, "Roles are listed in the catalogue of roles, such as incidents.process_owner."
    exchanged = [part.identifier for part in (*description.inputs, *description.outputs)]
    for identifier in (*exchanged, *(interface.identifier for interface in description.interfaces)):
        if identifier and not catalogue.known(identifier):
            yield "identifier", identifier, "Use one of the catalogue's identifiers, such as ISRM-I1."
    for interface in description.interfaces:
        if interface.area != "any" and interface.area not in catalogue.folders():
            yield "area", interface.area, "Use an area's folder name, or 'any'."
        if interface.message and not known_message(interface.message):
            yield "message", interface.message, "Use a message of the catalogue, such as incident.closed."
    for procedure in description.procedures:
        if procedure.diagram and not is_diagram(procedure.diagram):
            yield "diagram", procedure.diagram, "Publish the diagram with the description, or leave it out."
