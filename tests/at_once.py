"""Several threads that begin together."""

import threading
from collections.abc import Callable
from typing import Any

from app.errors import StellwerkError


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Let threads begin together; returns what each gave, or the error that it was told."""
    gate = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def carry_out(place: int) -> None:
        gate.wait()
        try:
            answers[place] = works[place]()
        except StellwerkError as error:
            answers[place] = error

    threads = [threading.Thread(target=carry_out, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
