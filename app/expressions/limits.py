"""How big an expression, its values and its work may become; diagrams are data that people upload."""

from collections.abc import Mapping
from typing import Any

from app.expressions.errors import ExpressionError

MAX_TEXT = 5_000
"""Characters of one expression."""
MAX_SCRIPT = 20_000
"""Characters of one script task."""
MAX_ASSIGNMENTS = 100
MAX_NODES = 1_000
"""Nodes of one syntax tree."""
MAX_DEPTH = 40
"""Levels of one syntax tree, and of brackets in its text."""
MAX_STRING = 1_000_000
"""Characters of one text value."""
MAX_ITEMS = 10_000
"""Entries of one list or map made by an expression."""
MAX_VALUE_DEPTH = 40
"""Levels of lists and maps in a value."""
MAX_INTEGER = 2**63 - 1
"""Whole numbers must fit what JSON and the database store exactly."""
MAX_WORK = 200_000
"""Values that one evaluation may look at inside lists and maps."""


class Work:
    """What one evaluation may still do; every look into a list, map or text takes from it."""

    __slots__ = ("left",)

    def __init__(self, left: int = MAX_WORK) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """Take `amount` away.

        Raises:
            ExpressionError: there is not that much left.
        """
        self.left -= amount
        if self.left < 0:
            raise ExpressionError("This takes too long: the lists are too big.")

    def weigh(self, value: Any) -> None:
        """Walk through a value and refuse one that is too big, too deep or not storable.

        A value that holds the same list many times counts it many times: stored, it would be that big.
        """
        level = [value]
        depth = 0
        while level:
            if depth > MAX_VALUE_DEPTH:
                raise ExpressionError(f"The value is nested more than {MAX_VALUE_DEPTH} levels deep.")
            below: list[Any] = []
            for item in level:
                if isinstance(item, str):
                    self.spend(len(check_text(item)) // 50)
                elif isinstance(item, int):
                    check_integer(item)
                elif isinstance(item, Mapping):
                    self.spend(len(item))
                    below.extend(item.values())
                elif isinstance(item, list | tuple | set | frozenset):
                    self.spend(len(item))
                    below.extend(item)
            level, depth = below, depth + 1


def check_text(value: str) -> str:
    """Return the text, or refuse it for its length."""
    if len(value) > MAX_STRING:
        raise ExpressionError(f"The text would have more than {MAX_STRING} characters.")
    return value


def check_integer(value: int) -> int:
    """Return the number, or refuse it for its size."""
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ExpressionError("The number is too big.")
    return value
