"""Whether service tasks call operations as these want to be called."""

from collections.abc import Iterator
from typing import Any

from app.errors import Problem
from app.expressions import Expression, ExpressionError, parse
from app.operations import InvalidParameters, Operation, UnknownOperation
from app.processes.elements import Diagram, Element
from app.processes.lint_rules.rule import Known, named, rule

NO_OPERATION = rule("missing-operation", "A service task without an operation.")
UNKNOWN_OPERATION = rule("unknown-operation", "An operation that does not exist.")
UNKNOWN_PARAMETER = rule("unknown-parameter", "A parameter that the operation does not take.")
NO_PARAMETER = rule("missing-parameter", "A parameter that the operation needs is not given.")
BAD_PARAMETER = rule("bad-parameter", "A fixed value that the operation does not accept.")
NO_RESULT = rule("operation-without-result", "A result variable for an operation that gives nothing.", "warning")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at every service task."""
    for element in diagram.elements.values():
        if element.type != "serviceTask":
            continue
        if not element.operator:
            yield NO_OPERATION.at(diagram, element, f"{named(element)} calls no operation.",
                                  "Choose the operation in the properties panel.")  # fmt: skip
            continue
        try:
            operation = known.registry.get(element.operator)
        except UnknownOperation as error:
            yield UNKNOWN_OPERATION.at(diagram, element, f"{named(element)}: {error.message}",
                                       "Choose an operation from the list in the properties panel.")  # fmt: skip
            continue
        yield from _parameters(diagram, element, operation)
        if element.result and operation.result.get("type") == "null":
            yield NO_RESULT.at(diagram, element, f"{named(element)} keeps the result of {operation.name} as "
                               f"'{element.result}', but that operation gives nothing.",
                               "Remove the result variable.")  # fmt: skip


def _parameters(diagram: Diagram, element: Element, operation: Operation) -> Iterator[Problem]:
    fields = operation.parameters.model_fields
    for name in element.parameters:
        if name not in fields:
            yield UNKNOWN_PARAMETER.at(diagram, element, f"{named(element)}: {operation.name} takes no parameter "
                                       f"'{name}'.", f"It takes: {', '.join(fields) or 'none'}.")  # fmt: skip
    given = {name for name, text in element.parameters.items() if text}
    for name, field in fields.items():
        if field.is_required() and name not in given:
            yield NO_PARAMETER.at(diagram, element, f"{named(element)}: {operation.name} needs the parameter '{name}'.",
                                  "Give it a value: an expression, a text in quotes, a number.")  # fmt: skip
    fixed = {name: value for name, value in _fixed(element) if name in fields}
    try:
        operation.check(fixed)
    except InvalidParameters as invalid:
        for name, messages in invalid.fields.items():
            if name in fixed:
                yield BAD_PARAMETER.at(diagram, element, f"{named(element)}: parameter '{name}' of {operation.name} "
                                       f"{'; '.join(messages)}.", "Correct the value.")  # fmt: skip


def _fixed(element: Element) -> Iterator[tuple[str, Any]]:
    """Yield the parameters whose value is known already: it depends on nothing."""
    for name, text in element.parameters.items():
        try:
            expression: Expression = parse(text)
            if not expression.names and not expression.functions:
                yield name, expression.evaluate({})
        except ExpressionError:
            continue  # bad-expression tells
