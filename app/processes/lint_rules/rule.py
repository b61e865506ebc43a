"""What a rule is, what it may look up, and the list of all rules."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from app.errors import Problem, Severity
from app.expressions import Decision
from app.forms import Form
from app.operations import Registry
from app.processes.elements import Diagram, Element, Flow, Lane


@dataclass(frozen=True, slots=True)
class Known:
    """What a diagram may refer to: operations, and forms, decisions and diagrams as they will be after publishing.

    `record_kinds` maps the kinds of records to the prefixes of their numbers; `lists` holds the keys of the shared
    lists, None where they cannot be known.
    """

    registry: Registry
    form: Callable[[str], Form | None]
    decision: Callable[[str], Decision | None]
    diagram: Callable[[str], Diagram | None]
    record_kinds: Mapping[str, str] = field(default_factory=dict)
    lists: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the linter looks for; an error keeps a diagram from being published, a warning does not."""

    id: str
    summary: str
    severity: Severity = "error"

    def at(self, diagram: Diagram, place: Element | Flow | Lane | None, message: str, advice: str) -> Problem:
        """Return a problem at a place of the diagram; None is the process itself."""
        element, line = (place.id, place.line) if place is not None else (diagram.key, diagram.line)
        return Problem(self.id, message, advice, diagram.file, element, line, self.severity)


Check = Callable[[Diagram, Known], Iterator[Problem]]

RULES: dict[str, Rule] = {}
"""Every rule by its id."""


def rule(name: str, summary: str, severity: Severity = "error") -> Rule:
    """Declare a rule.

    Raises:
        ValueError: there is one of this id already.
    """
    if name in RULES:
        raise ValueError(f"two rules are called {name}")
    RULES[name] = Rule(name, summary, severity)
    return RULES[name]


def named(place: Element | Flow | Lane) -> str:
    """Return how messages call an element: by its name, without one by its id."""
    return f"'{place.name or place.id}'"
