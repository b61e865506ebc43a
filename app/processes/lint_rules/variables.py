"""Whether the names that a diagram reads are written anywhere: by forms, operations, scripts, decisions, messages."""

from collections.abc import Iterator
from difflib import get_close_matches

from app.errors import Problem
from app.expressions import FUNCTIONS
from app.processes.elements import Diagram, Element, Flow
from app.processes.lint_rules.rule import Known, named, rule
from app.processes.lint_rules.texts import read_expressions, read_scripts
from app.processes.messages import catalogue

GIVEN = frozenset(["record", "case"])

UNKNOWN_NAME = rule("unknown-name", "A name that nothing in the diagram writes.", "warning")
NO_INPUT = rule("missing-input", "A called diagram needs data that nothing in the diagram writes.")
NO_OUTPUT = rule("missing-output", "A declared output that nothing in the diagram writes.", "warning")
BAD_NAME = rule("bad-variable", "A variable whose name is taken or cannot be written in an expression.")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Compare what is read with what is written."""
    for element, name in _named_by_hand(diagram):
        if not name.isidentifier() or name in FUNCTIONS or name in GIVEN or name.startswith("_"):
            yield BAD_NAME.at(diagram, element, f"{named(element)}: '{name}' cannot name a variable.",
                              "Use letters, digits and underscores; record, case and functions are taken.")  # fmt: skip
    names = written(diagram, known)
    if names is None:
        return
    for place, what, used in _used(diagram, known):
        for name in sorted(used - names):
            if what == "input":
                yield NO_INPUT.at(diagram, place, f"{_who(place)} calls a diagram that needs '{name}', which nothing "
                                  "here writes.", _advice(name, names))  # fmt: skip
            else:
                yield UNKNOWN_NAME.at(diagram, place, f"The {what} of {_who(place)} reads '{name}', which nothing here "
                                      "writes.", _advice(name, names))  # fmt: skip
    for name in diagram.outputs:
        if name not in names:
            yield NO_OUTPUT.at(diagram, None, f"The output '{name}' is never written.", _advice(name, names))


def written(diagram: Diagram, known: Known) -> frozenset[str] | None:
    """Return every name that a case of the diagram may hold; None when something unknown may write more."""
    names = {*GIVEN, *diagram.inputs}
    for _, _, assignments in read_scripts(diagram):
        names.update(assignment.name for assignment in assignments)
    for element in diagram.elements.values():
        more = _written_by(diagram, element, known)
        if more is None:
            return None
        names |= more
    return frozenset(names)


def _written_by(diagram: Diagram, element: Element, known: Known) -> set[str] | None:
    names = {element.result} if element.result else set()
    if element.loop is not None:
        names |= {element.loop.item, element.loop.result, element.loop.result_item}
    if element.event == "error":
        names.add("error")
    if element.properties.get("for_each"):
        return None
    reference = element.form_reference(diagram.area)
    if reference:
        form = known.form(reference)
        if form is None:
            return None
        names.update(form.variables.values())
    if element.type == "businessRuleTask" and not element.result:
        decision = known.decision(element.decision)
        if decision is None:
            return None
        names |= {output.name for output in decision.outputs} | {decision.id}
    if element.type == "callActivity":
        called = known.diagram(element.calls)
        if called is None:
            return None
        names.update(called.outputs)
    if element.message and element.type not in ("sendTask", "intermediateThrowEvent", "endEvent"):
        message = catalogue().get(element.message)
        if message is None:
            return None
        names.update(message.payload)
    return names


def _used(diagram: Diagram, known: Known) -> Iterator[tuple[Element | Flow | None, str, set[str]]]:
    for place, what, expression in read_expressions(diagram):
        yield place, what, {name.partition(".")[0] for name in expression.names}
    for element, what, assignments in read_scripts(diagram):
        used = {name for assignment in assignments for name in assignment.expression.names}
        yield element, what, {name.partition(".")[0] for name in used}
    for element in diagram.elements.values():
        if element.type == "businessRuleTask":
            decision = known.decision(element.decision)
            if decision is not None:
                yield element, "decision table", {name.partition(".")[0] for name in decision.names}
        if element.type == "callActivity":
            called = known.diagram(element.calls)
            if called is not None:
                yield element, "input", set(called.inputs)


def _named_by_hand(diagram: Diagram) -> Iterator[tuple[Element, str]]:
    for element in diagram.elements.values():
        loop = element.loop
        names = [element.result, *((loop.item, loop.result, loop.result_item) if loop else ())]
        yield from ((element, name) for name in names if name)


def _who(place: Element | Flow | None) -> str:
    return named(place) if place else "the process"


def _advice(name: str, names: frozenset[str]) -> str:
    similar = get_close_matches(name, names, n=1)
    hint = f"Did you mean '{similar[0]}'? " if similar else ""
    return f"{hint}Let a form's field hand it over ('variable'), or an operation, script, decision or message set it."
