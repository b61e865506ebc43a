"""Looks at files before they are published, together with what is published already."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from app.errors import Problem
from app.operations import Registry
from app.processes.definition import Diagram
from app.processes.draft import Draft
from app.processes.lint import Known, lint
from app.processes.lint_description import lint_description
from app.processes.process_description import ProcessDescription
from app.processes.sources import Kind, relative_path


class Parser(Protocol):
    """The engine, as far as publishing needs it."""

    def check(self, xml_by_key: dict[str, bytes], key: str) -> list[Problem]:
        """Parse a diagram with all that it calls; return what keeps it from running."""
        ...


def examine(
    draft: Draft,
    *,
    parser: Parser,
    registry: Registry,
    record_kinds: Mapping[str, str],
    lists: Collection[str] | None = None,
) -> list[Problem]:
    """Return every problem of a draft: unreadable files, what the linter says, what the engine cannot run.

    Published diagrams that use a changed file are looked at too; only what the change has done to them counts.
    """
    known = Known(registry, draft.form, draft.decision, draft.diagram, record_kinds, lists)
    problems = list(draft.problems)
    for source in draft.sources:
        match draft.compiled.get((source.kind, source.key)):
            case ProcessDescription() as description:
                problems += lint_description(description, source.key, source.file, is_diagram=draft.is_diagram)
            case Diagram() as diagram:
                found = [problem for problem in lint(diagram, known) if not _follows(problem, diagram, draft.broken)]
                # The engine's messages are poorer than the linter's; it is asked only about what the linter lets pass.
                if not any(problem.severity == "error" for problem in found):
                    found += parser.check(draft.xml(diagram.key), diagram.key)
                problems += [replace(problem, file=problem.file or source.file) for problem in found]
            case _:
                pass
    return problems + _done_to_users(draft, known)


def _done_to_users(draft: Draft, known: Known) -> list[Problem]:
    before = Draft((), draft.published)
    known_before = replace(known, form=before.form, decision=before.decision, diagram=before.diagram)
    problems: list[Problem] = []
    for version in draft.users():
        diagram = draft.diagram(version.key)
        if diagram is not None:
            old = lint(diagram, known_before)
            file = str(relative_path(version.kind, version.key, version.area))
            problems += [replace(problem, file=file) for problem in lint(diagram, known) if problem not in old]
    return problems


def _follows(problem: Problem, diagram: Diagram, broken: set[tuple[Kind, str]]) -> bool:
    """Tell whether a diagram misses only what was given but cannot be read: that is said once, at the other file."""
    element = diagram.elements.get(problem.element)
    if element is None:
        return False
    missed: dict[str, tuple[Kind, str]] = {
        "unknown-form": ("form", element.form_reference(diagram.area)),
        "unknown-decision": ("decision", element.decision),
        "unknown-diagram": ("diagram", element.calls),
    }
    return missed.get(problem.rule) in broken
