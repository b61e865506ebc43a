"""A world around a case in which there is nothing to ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.advance import OperationAnswer, Work


@dataclass(frozen=True, slots=True)
class NoPorts:
    """The step's ports where a case knows only its own data; what would need more is refused."""

    working_time: None = None

    def scope(self, names: frozenset[str]) -> Mapping[str, Any]:
        """Know nothing."""
        return {}

    def executed(self, work: Work) -> None:
        """Note nothing."""

    def send(self, work: Work, name: str, key: str, payload: dict[str, Any]) -> None:
        """Refuse: the measured diagrams send nothing."""
        raise NotImplementedError

    def decide(self, work: Work, decision: str, scope: Mapping[str, Any]) -> Any:
        """Refuse: the measured diagrams decide nothing."""
        raise NotImplementedError

    def operation(self, work: Work, name: str, parameters: dict[str, Any]) -> OperationAnswer:
        """Refuse: the measured diagrams call nothing."""
        raise NotImplementedError


PORTS = NoPorts()
