"""The linter: everything that is wrong with a diagram, with element, line and what to do about it."""

from app.errors import Problem
from app.processes.elements import Diagram
from app.processes.lint_rules import (
    calls,
    drawing,
    events,
    flows,
    operations,
    people,
    properties,
    reminders,
    rounds,
    structure,
    texts,
    variables,
)
from app.processes.lint_rules.rule import RULES, Check, Known, Rule

__all__ = ["RULES", "Known", "Rule", "lint"]

CHECKS: tuple[Check, ...] = (
    structure.check,
    flows.check,
    people.check,
    properties.check,
    operations.check,
    calls.check,
    events.check,
    texts.check,
    reminders.check,
    rounds.check,
    variables.check,
    drawing.check,
)


def lint(diagram: Diagram, known: Known) -> list[Problem]:
    """Return every problem of a diagram in the order of its lines; an error keeps it from being published."""
    problems = [problem for check in CHECKS for problem in check(diagram, known)]
    return sorted(problems, key=lambda problem: (problem.line, problem.element, problem.severity, problem.rule))
