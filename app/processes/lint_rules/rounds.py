"""Whether repeated activities say how often."""

from collections.abc import Iterator

from app.errors import Problem
from app.processes.elements import Diagram
from app.processes.lint_rules.rule import Known, named, rule

NO_NUMBER = rule("rounds-without-number", "A multi-instance activity without a collection or number of rounds.")
NO_BOUND = rule("loop-without-bound", "A loop without a condition or maximum.")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at every loop."""
    for element in diagram.elements.values():
        loop = element.loop
        if loop is None:
            continue
        if loop.kind != "standard" and not loop.collection and not loop.cardinality:
            yield NO_NUMBER.at(diagram, element, f"{named(element)} does not say how often it is done.",
                               "Set the input collection, or the cardinality.")  # fmt: skip
        if loop.kind == "standard" and not loop.maximum.isdigit() and (loop.maximum or not loop.condition):
            told = f"'{loop.maximum}' is no maximum" if loop.maximum else "it would never end"
            yield NO_BOUND.at(diagram, element, f"{named(element)} is a loop without a bound: {told}.",
                              "Set the condition under which it goes on, or a maximum (a number).")  # fmt: skip
