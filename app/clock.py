"""The one source of time, so that scenarios and demo history can live in simulated time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_simulated: ContextVar[datetime | None] = ContextVar("simulated", default=None)


def now() -> datetime:
    """Return the current time in UTC: simulated where a simulation is under way, real otherwise."""
    return _simulated.get() or datetime.now(UTC)


def is_simulated() -> bool:
    """Tell whether time stands still at a simulated point."""
    return _simulated.get() is not None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let time stand still at `moment` (aware) inside the block; `advance` and `set_to` move it."""
    if moment.tzinfo is None:
        raise ValueError("simulated time needs a time zone")
    token = _simulated.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _simulated.reset(token)


def set_to(moment: datetime) -> None:
    """Move simulated time to `moment` (aware).

    Raises:
        RuntimeError: outside a simulation.
    """
    if not is_simulated():
        raise RuntimeError("time can be moved only inside clock.at()")
    _simulated.set(moment.astimezone(UTC))


def advance(by: timedelta) -> None:
    """Move simulated time on by `by`."""
    set_to(now() + by)
