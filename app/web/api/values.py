"""What JSON from outside may hold: nothing that neither a case nor the database could keep."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator

DEEPEST = 30
LARGEST = 2**63 - 1


def storable(value: Any, depth: int = 0) -> Any:
    """Return the value as it is.

    Raises:
        ValueError: it is nested too deep, or holds a number or character that cannot be stored.
    """
    if depth > DEEPEST:
        raise ValueError(f"Values may be nested at most {DEEPEST} levels deep.")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("A text contains a character that cannot be stored.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("A number is not finite.")
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError("A number is too large.")
    elif isinstance(value, dict):
        for name, item in value.items():
            storable(name, depth + 1)
            storable(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            storable(item, depth + 1)
    return value


Text = Annotated[str, AfterValidator(storable)]
Values = Annotated[dict[str, Any], AfterValidator(storable)]
