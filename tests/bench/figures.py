"""What measurements yield: rates and spreads of latencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


class Paced(Protocol):
    """Anything that was done so often a second."""

    @property
    def per_second(self) -> float: ...


Kind = TypeVar("Kind", bound=Paced)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something was done in a time; `cpu` is what our own processes used of it, both in seconds."""

    count: int
    seconds: float
    cpu: float

    @property
    def per_second(self) -> float:
        """How often a second."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time each."""
        return self.cpu / self.count * 1000

    def document(self) -> dict[str, float]:
        """Return it for the JSON file."""
        return {"count": self.count, "per_second": round(self.per_second, 1), "cpu_ms": round(self.cpu_ms, 3)}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all values (0 to 1) does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def best(rounds: Sequence[dict[str, Kind]]) -> dict[str, Kind]:
    """Return of each measurement the round in which it went fastest."""
    names = list(rounds[0]) if rounds else []
    return {name: max((found[name] for found in rounds), key=lambda found: found.per_second) for name in names}
