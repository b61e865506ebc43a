"""Waiting for what another process or thread will do, with a generous limit."""

import time
from collections.abc import Callable

LIMIT_SECONDS = 60.0


def until(seen: Callable[[], bool], what: str) -> None:
    """Return as soon as `seen()` is true; fail the test with `what` when it never is."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        if seen():
            return
        time.sleep(0.02)
    raise AssertionError(f"waited {LIMIT_SECONDS:.0f} s in vain: {what}")
