"""Whether everything that is written in the expression language can be read."""

from collections.abc import Iterator

from app.errors import Problem
from app.expressions import Assignment, Expression, ExpressionError, parse, parse_assignments
from app.processes.elements import Diagram, Element, Flow
from app.processes.lint_rules.events import CRON, ISO
from app.processes.lint_rules.rule import Known, named, rule

PROPERTIES = ("due", "priority", "remind", "assignee")

BAD_EXPRESSION = rule("bad-expression", "An expression that cannot be read.")
BAD_SCRIPT = rule("bad-script", "A script that is not a list of assignments.")
EMPTY_SCRIPT = rule("empty-script", "A script task without a script.", "warning")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at every expression and script."""
    for place, what, text in expressions(diagram):
        try:
            parse(text)
        except ExpressionError as error:
            who = named(place) if place else "the process"
            yield BAD_EXPRESSION.at(diagram, place, f"The {what} of {who} cannot be read: {error.message}",
                                    "Write names, numbers and \"texts\" with ==, and, or, in, +; "
                                    "docs/linter.md shows the language.")  # fmt: skip
    for element, what, text in scripts(diagram):
        try:
            parse_assignments(text)
        except ExpressionError as error:
            yield BAD_SCRIPT.at(diagram, element, f"The {what} of {named(element)} cannot be read: {error.message}",
                                "Write one 'name = expression' per line; a diagram holds no Python.")  # fmt: skip
    for element in diagram.elements.values():
        if element.type == "scriptTask" and not element.script:
            yield EMPTY_SCRIPT.at(diagram, element, f"{named(element)} has no script.", "Write one, or remove it.")


def expressions(diagram: Diagram) -> Iterator[tuple[Element | Flow | None, str, str]]:
    """Yield every text that is an expression, with its place and what it is."""
    if diagram.title:
        yield None, "property 'title'", diagram.title
    for flow in diagram.flows.values():
        if flow.condition:
            yield flow, "condition", flow.condition
    for element in diagram.elements.values():
        for what, text in _of(element):
            if text:
                yield element, what, text


def _of(element: Element) -> Iterator[tuple[str, str]]:
    for name in PROPERTIES:
        yield f"property '{name}'", element.properties.get(name, "").strip()
    for name, text in element.parameters.items():
        yield f"parameter '{name}'", text
    if element.type != "startEvent":
        yield "message key", element.key
        yield "payload", element.payload
    if not ISO.fullmatch(element.timer) and not CRON.fullmatch(element.timer):
        yield "timer", element.timer
    if element.loop is not None:
        yield "number of rounds", element.loop.cardinality
        yield "collection", element.loop.collection
        yield "condition of its rounds", element.loop.condition


def scripts(diagram: Diagram) -> Iterator[tuple[Element, str, str]]:
    """Yield every script, with its element and what it is."""
    for element in diagram.elements.values():
        for what, text in (
            ("script before it", element.pre_script),
            ("script", element.script),
            ("script after it", element.post_script),
        ):
            if text:
                yield element, what, text


def read_expressions(diagram: Diagram) -> Iterator[tuple[Element | Flow | None, str, Expression]]:
    """Yield every expression that can be read, those inside scripts left out."""
    for place, what, text in expressions(diagram):
        try:
            yield place, what, parse(text)
        except ExpressionError:
            continue


def read_scripts(diagram: Diagram) -> Iterator[tuple[Element, str, list[Assignment]]]:
    """Yield every script that can be read."""
    for element, what, text in scripts(diagram):
        try:
            yield element, what, parse_assignments(text)
        except ExpressionError:
            continue
