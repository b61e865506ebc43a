"""Whether called diagrams and decision tables exist and can be called."""

from collections.abc import Iterator

from app.errors import Problem
from app.processes.elements import Diagram
from app.processes.lint_rules.rule import Known, named, rule

NO_CALL = rule("missing-call", "A call activity that names no diagram.")
UNKNOWN_DIAGRAM = rule("unknown-diagram", "A called diagram that does not exist.")
NO_DATA = rule("called-without-data", "A called diagram that does not declare what goes in and comes out.")
CALL_LOOP = rule("call-loop", "A diagram that calls itself, directly or through others.", "warning")
NO_DECISION = rule("missing-decision", "A business rule task that names no decision table.")
UNKNOWN_DECISION = rule("unknown-decision", "A decision table that does not exist.")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at call activities and business rule tasks."""
    for element in diagram.elements.values():
        if element.type == "callActivity":
            called = known.diagram(element.calls) if element.calls else None
            if not element.calls:
                yield NO_CALL.at(diagram, element, f"{named(element)} calls nothing.", "Set the called element.")
            elif called is None:
                yield UNKNOWN_DIAGRAM.at(diagram, element, f"{named(element)} calls '{element.calls}', but there is "
                                         "no such diagram.", "Publish it too, or call another.")  # fmt: skip
            elif not called.has_io_specification:
                yield NO_DATA.at(diagram, element, f"{named(element)} calls '{element.calls}', which declares neither "
                                 "inputs nor outputs, so nothing would go in or come out.",
                                 "Add an ioSpecification to the called process.")  # fmt: skip
            elif _leads_to(known, element.calls, diagram.key):
                yield CALL_LOOP.at(diagram, element, f"{named(element)} calls '{element.calls}', which calls this.",
                                   "See to it that this ends, or repeat with a flow instead.")  # fmt: skip
        if element.type == "businessRuleTask":
            if not element.decision:
                yield NO_DECISION.at(diagram, element, f"{named(element)} asks no decision table.",
                                     "Set the called decision.")  # fmt: skip
            elif known.decision(element.decision) is None:
                yield UNKNOWN_DECISION.at(diagram, element, f"{named(element)} asks the decision table "
                                          f"'{element.decision}', which does not exist.",
                                          "Publish it too, or ask another.")  # fmt: skip


def _leads_to(known: Known, start: str, end: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key == end:
            return True
        if key not in seen:
            seen.add(key)
            diagram = known.diagram(key)
            waiting += diagram.calls if diagram else ()
    return False
