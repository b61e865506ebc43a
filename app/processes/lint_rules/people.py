"""Whether somebody may do the work: lanes, roles, forms."""

from collections.abc import Iterator
from difflib import get_close_matches

from app.errors import Problem
from app.processes.elements import Diagram, Element, Flow, Lane
from app.processes.lint_rules.rule import Known, named, rule
from app.processes.roles import fixed_roles, known_role

UNKNOWN_ROLE = rule("unknown-role", "A role that does not exist.")
NO_ROLE = rule("lane-without-role", "A lane without the property 'role'.")
NO_LANE = rule("task-outside-lane", "A task for people that lies in no lane.")
NO_OWNER = rule("diagram-without-owner", "A diagram without the property 'owner_role'.", "warning")
NO_STARTER = rule("nobody-may-start", "A diagram that neither a person may start nor another diagram call.", "warning")
UNKNOWN_FORM = rule("unknown-form", "A form that does not exist.")
UNKNOWN_RECORD = rule("unknown-record", "A record kind that does not exist.")
UNKNOWN_LIST = rule("unknown-list", "A form that takes answers from a list that does not exist.")
UNKNOWN_OUTCOME = rule("unknown-outcome", "The property 'outcome' names no field of the form.")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at the process, its lanes and its tasks."""
    yield from _process(diagram, known)
    for lane in diagram.lanes.values():
        yield from _role(diagram, lane, lane.role, f"The lane {named(lane)}")
        if not lane.role and any(element.lane == lane.id for element in diagram.elements.values()):
            yield NO_ROLE.at(diagram, lane, f"The lane {named(lane)} has no role.",
                             "Set its property 'role' to who does the work in it.")  # fmt: skip
    for element in diagram.elements.values():
        if element.type in ("userTask", "manualTask") and not element.lane:
            yield NO_LANE.at(diagram, element, f"{named(element)} lies in no lane, so nobody would be asked to do it.",
                             "Draw it inside a lane that has a role.")  # fmt: skip
        for name in ("role_override", "escalate_to"):
            yield from _role(diagram, element, element.properties.get(name, "").strip(), f"{named(element)}: '{name}'")
        yield from _form(diagram, element, known)


def _process(diagram: Diagram, known: Known) -> Iterator[Problem]:
    yield from _role(diagram, None, diagram.owner_role, "The process: 'owner_role'")
    if not diagram.owner_role:
        yield NO_OWNER.at(diagram, None, "The process has no owner.",
                          "Set its property 'owner_role' to who answers for the diagram.")  # fmt: skip
    for role in diagram.start_roles:
        yield from _role(diagram, None, role, "The process: 'start_roles'")
    plain = any(not start.event for start in diagram.starts())
    if plain and not diagram.start_roles and not diagram.has_io_specification:
        yield NO_STARTER.at(diagram, None, "Nobody may start a case, and other diagrams cannot call it.",
                            "Set the property 'start_roles', or declare inputs and outputs.")  # fmt: skip
    if diagram.record and diagram.record not in known.record_kinds:
        kinds = ", ".join(sorted(known.record_kinds)) or "none"
        yield UNKNOWN_RECORD.at(diagram, None, f"There are no records of the kind '{diagram.record}'.",
                                f"Set the property 'record' to one of: {kinds}.")  # fmt: skip


def _role(diagram: Diagram, place: Element | Flow | Lane | None, role: str, who: str) -> Iterator[Problem]:
    if role and not known_role(role):
        similar = get_close_matches(role, fixed_roles(), n=1)
        hint = f" Did you mean '{similar[0]}'?" if similar else ""
        yield UNKNOWN_ROLE.at(diagram, place, f"{who} names the role '{role}', which does not exist.{hint}",
                              "Choose a role of app/processes/roles.json, record.<field> or team.<key>.")  # fmt: skip


def _form(diagram: Diagram, element: Element, known: Known) -> Iterator[Problem]:
    reference = element.form_reference(diagram.area)
    if not reference:
        return
    form = known.form(reference)
    if form is None:
        yield UNKNOWN_FORM.at(diagram, element, f"{named(element)} shows the form '{reference}', which does not exist.",
                              f"Add forms/{reference}.form, or name another with the property 'form'.")  # fmt: skip
        return
    for name in sorted(set(form.lists.values()) - set(known.lists)) if known.lists is not None else ():
        yield UNKNOWN_LIST.at(diagram, element, f"The form '{reference}' of {named(element)} takes answers from the "
                              f"list '{name}', which does not exist.",
                              "Add the list under Administration, Lists, or name another.")  # fmt: skip
    outcome = element.properties.get("outcome", "").strip()
    if outcome and outcome not in form.keys:
        yield UNKNOWN_OUTCOME.at(diagram, element, f"The form '{reference}' of {named(element)} has no field "
                                 f"'{outcome}'.", f"Set 'outcome' to one of: {', '.join(form.keys)}.")  # fmt: skip
