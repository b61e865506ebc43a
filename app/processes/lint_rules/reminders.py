"""Whether reminders and escalations of tasks can happen: a time that can be read, a due time, somebody else to tell."""

from collections.abc import Iterator

from app.errors import Problem
from app.expressions import ExpressionError, parse
from app.expressions.durations import read_datetime, read_duration
from app.expressions.syntax import ListOf, Literal
from app.processes.elements import Diagram, Element
from app.processes.lint_rules.rule import Known, named, rule
from app.processes.roles import ANYONE

BAD_REMINDER = rule("bad-reminder", "A reminder whose fixed value is neither a point in time nor a duration.")
IDLE_ESCALATION = rule("idle-escalation", "An escalation that never happens or reaches nobody else.", "warning")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at the tasks for people."""
    for element in diagram.elements.values():
        for text in _unreadable(element.properties.get("remind", "").strip()):
            yield BAD_REMINDER.at(diagram, element, f"{named(element)}: {text} is no time for a reminder.",
                                  "Write working_days(3), duration(\"P2D\"), or a list of such.")  # fmt: skip
        if element.properties.get("escalate_to", "").strip():
            yield from _escalation(diagram, element)


def _unreadable(remind: str) -> Iterator[str]:
    """Yield the values written out that are no times; whatever has to be computed is seen at run time."""
    try:
        tree = parse(remind).tree if remind else ListOf(0, ())
    except ExpressionError:
        return  # bad-expression tells
    for node in tree.items if isinstance(tree, ListOf) else (tree,):
        if isinstance(node, Literal) and not _is_time(node):
            yield repr(node.value)


def _is_time(node: Literal) -> bool:
    value = node.value
    if not isinstance(value, str):
        return value is None
    try:
        read_duration(value) if value.strip().startswith(("P", "-P")) else read_datetime(value)
    except ExpressionError:
        return False
    return True


def _escalation(diagram: Diagram, element: Element) -> Iterator[Problem]:
    role = element.properties["escalate_to"].strip()
    if not element.properties.get("due", "").strip():
        yield IDLE_ESCALATION.at(diagram, element, f"{named(element)} has no due time, so it is never overdue.",
                                 "Set the property 'due', or take 'escalate_to' away.")  # fmt: skip
    elif role == ANYONE or role == element.role:
        yield IDLE_ESCALATION.at(diagram, element, f"{named(element)}: escalating it to '{role}' tells nobody new.",
                                 "Name a role that stands above those who do the task.")  # fmt: skip
