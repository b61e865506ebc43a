"""What the pure engine and the rest of the product tell each other: work, answers, results of an advance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from app.errors import StellwerkError
from app.expressions import WorkingTime
from app.processes.definition import Element


class ElementError(StellwerkError):
    """A case cannot go on at an element; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Work:
    """One place where a case is: an element in an instance of a diagram.

    `engine_id` identifies it for good, `diagram` is the key of the diagram that the element stands in, `data` what the
    case knows there (read only). `path` names the call activities from the case's diagram down to this one;
    `role_override` is the role that the innermost of them gives to the lanes of what it calls. `instance` counts the
    rounds of a multi-instance activity or loop from 0.
    """

    engine_id: UUID
    element: Element
    diagram: str
    data: Mapping[str, Any]
    path: tuple[str, ...] = ()
    role_override: str = ""
    instance: int | None = None

    @property
    def element_id(self) -> str:
        """The element's id in its diagram."""
        return self.element.id


@dataclass(frozen=True, slots=True)
class Done:
    """An operation was carried out and gave this value."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operation will be carried out after the commit; its answer is a later step."""


OperationAnswer = Done | Waiting


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where a case cannot go on. `error` is what was raised, known only in the step in which it happened."""

    engine_id: UUID
    element_id: str
    message: str
    traceback: str = ""
    error: BaseException | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Advance:
    """What a step led to: `status` is `waiting`, `completed` or `stuck`.

    `end_events` are the end events of the case's own diagram reached so far, in their order.
    """

    status: str
    stuck: Stuck | None = None
    end_events: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is on one diagram, for the picture: elements carried out, elements it is at, flows it took."""

    done: frozenset[str] = frozenset()
    current: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()


class StepPorts(Protocol):
    """What the engine asks for while it advances; given per step."""

    @property
    def working_time(self) -> WorkingTime | None:
        """The calendar that `working_hours` and `working_days` count in."""
        ...

    def operation(self, work: Work, name: str, parameters: dict[str, Any]) -> OperationAnswer:
        """Carry out an operation, or have it carried out after the commit.

        Raises:
            BusinessError: a rule says no; a boundary event may catch it.
            Exception: anything else makes the case stuck at the element.
        """
        ...

    def decide(self, work: Work, decision: str, scope: Mapping[str, Any]) -> Any:
        """Evaluate a decision table."""
        ...

    def scope(self, names: frozenset[str]) -> Mapping[str, Any]:
        """Return what expressions know beside the case's data (`record`, `case`), as far as `names` ask for it."""
        ...

    def send(self, work: Work, name: str, key: str, payload: dict[str, Any]) -> None:
        """Put a message into the mailbox."""
        ...

    def executed(self, work: Work) -> None:
        """Hear of each visible element that was carried out."""
        ...
