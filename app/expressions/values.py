"""What the operators do with values: bounded, strict about types, and clear when they cannot."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.expressions.durations import CalendarDuration
from app.expressions.errors import ExpressionError
from app.expressions.limits import MAX_ITEMS, Work, check_integer, check_text

_MAX_EXPONENT = 64


def kind_of(value: Any) -> str:
    """Name a value's type in the words of people who draw diagrams."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a truth value"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "a text"
        case datetime():
            return "a point in time"
        case date():
            return "a date"
        case timedelta() | CalendarDuration():
            return "a duration"
        case list() | tuple() | set() | frozenset():
            return "a list"
        case Mapping():
            return "a map"
    return f"a {type(value).__name__}"


def is_number(value: Any) -> bool:
    """Tell whether it is a number; truth values are none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def equal(left: Any, right: Any, work: Work) -> bool:
    """Compare for equality; values of different types are never equal, truth values and numbers included."""
    if type(left) is str:
        return bool(left == right)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list | tuple | Mapping) and isinstance(right, list | tuple | Mapping):
        work.weigh(left)
        work.weigh(right)
        if isinstance(left, tuple):
            left = list(left)
        if isinstance(right, tuple):
            right = list(right)
    return bool(left == right)


def contained(item: Any, container: Any, work: Work) -> bool:
    """Tell whether a list has the item, a map the key, or a text the part."""
    if isinstance(container, str):
        if not isinstance(item, str):
            raise ExpressionError(f"A text contains only texts, not {kind_of(item)}.")
        work.spend(len(container) // 100 + 1)
        return item in container
    if isinstance(container, Mapping):
        return isinstance(item, str) and item in container
    if isinstance(container, list | tuple | set | frozenset):
        work.spend(len(container) + 1)
        if type(item) is str:
            return item in container
        return any(equal(item, one, work) for one in container)
    raise ExpressionError(f"“in” needs a list, a map or a text on its right, not {kind_of(container)}.")


def order(operator: str, left: Any, right: Any, lenient: bool = False) -> bool:
    """Carry out <, <=, > or >= on two values of one kind.

    Raises:
        ExpressionError: the kinds differ or have no order; nothing has none (with `lenient` it just does not hold).
    """
    if lenient and (left is None or right is None):
        return False
    same = (
        (is_number(left) and is_number(right))
        or (isinstance(left, str) and isinstance(right, str))
        or (isinstance(left, datetime) and isinstance(right, datetime))
        or (isinstance(left, timedelta) and isinstance(right, timedelta))
        or (isinstance(left, date) and isinstance(right, date)
            and isinstance(left, datetime) is isinstance(right, datetime))
    )  # fmt: skip
    if not same:
        raise ExpressionError(f"{kind_of(left).capitalize()} and {kind_of(right)} have no order.{_hint(left, right)}")
    try:
        return bool(_ORDERS[operator](left, right))
    except (TypeError, ArithmeticError):
        raise ExpressionError("A point in time without a time zone cannot be compared with one that has it.") from None


_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _hint(left: Any, right: Any) -> str:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str) and isinstance(other, datetime):
            return " Turn the text into a point in time with datetime(…)."
        if isinstance(one, str) and isinstance(other, date):
            return " Turn the text into a date with date(…)."
        if isinstance(one, datetime) and isinstance(other, date):
            return " Turn the point in time into a date with date(…)."
        if isinstance(one, str) and is_number(other):
            return " Turn the text into a number with float(…)."
    return ""


def calculate(operator: str, left: Any, right: Any, work: Work) -> Any:
    """Carry out an arithmetic operator.

    Raises:
        ExpressionError: the values do not go together, or the result is too big.
    """
    try:
        if is_number(left) and is_number(right):
            return _numbers(operator, left, right)
        if operator in ("+", "-"):
            done = _times(operator, left, right)
            if done is not None:
                return done
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            work.spend((len(left) + len(right)) // 100 + 1)
            return check_text(left + right)
        if operator == "+" and isinstance(left, list) and isinstance(right, list):
            if len(left) + len(right) > MAX_ITEMS:
                raise ExpressionError(f"The list would have more than {MAX_ITEMS} entries.")
            work.spend(len(left) + len(right))
            return left + right
        if operator in ("*", "/") and isinstance(left, timedelta) and is_number(right):
            return left * float(right) if operator == "*" else left / float(right)
        if operator == "*" and is_number(left) and isinstance(right, timedelta):
            return right * float(left)
        if operator == "/" and isinstance(left, timedelta) and isinstance(right, timedelta):
            return left / right
    except ZeroDivisionError:
        raise ExpressionError("Division by zero.") from None
    except (OverflowError, ArithmeticError, ValueError):
        raise ExpressionError("The result is too big.") from None
    except TypeError:
        raise ExpressionError("Points in time with and without a time zone do not go together.") from None
    hint = " Turn the other value into a text with str(…)." if _is_text_mix(operator, left, right) else ""
    raise ExpressionError(f"“{operator}” does not work on {kind_of(left)} and {kind_of(right)}.{hint}")


def _is_text_mix(operator: str, left: Any, right: Any) -> bool:
    return operator == "+" and isinstance(left, str) is not isinstance(right, str)


def _numbers(operator: str, left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) is not isinstance(right, Decimal):
        left, right = (one if isinstance(one, Decimal) else Decimal(str(one)) for one in (left, right))
    if operator == "**" and (abs(right) > _MAX_EXPONENT or (left == 0 and right < 0)):
        raise ExpressionError(f"Exponents lie between -{_MAX_EXPONENT} and {_MAX_EXPONENT}.")
    result = _ARITHMETIC[operator](left, right)
    if isinstance(result, int):
        return check_integer(result)
    if isinstance(result, complex) or not math.isfinite(result):
        raise ExpressionError("The result is not a number.")
    return result


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": lambda left, right: left**right,
}


def _times(operator: str, left: Any, right: Any) -> Any:
    duration = (timedelta, CalendarDuration)
    if isinstance(left, date) and isinstance(right, duration):
        return left + right if operator == "+" else left - right
    if operator == "+" and isinstance(left, duration) and isinstance(right, date):
        return right + left
    if operator == "-" and isinstance(left, date) and isinstance(right, date):
        if isinstance(left, datetime) is not isinstance(right, datetime):
            raise ExpressionError("A date and a point in time do not go together. Turn one with date(…).")
        return left - right
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left + right if operator == "+" else left - right
    return None


def negative(value: Any) -> Any:
    """Return the value with the other sign."""
    if is_number(value):
        return check_integer(-value) if isinstance(value, int) else -value
    if isinstance(value, timedelta | CalendarDuration):
        try:
            return -value
        except OverflowError:
            raise ExpressionError("The result is too big.") from None
    raise ExpressionError(f"“-” does not work on {kind_of(value)}.")


def entry(of: Any, name: str) -> Any:
    """Return `of.name`: the entry of a map, nothing when it has none or when there is no map at all.

    Raises:
        ExpressionError: the value is something else; values have no attributes.
    """
    if isinstance(of, dict):
        return of.get(name)
    if of is None:
        return None
    if isinstance(of, Mapping):
        return of.get(name)
    raise ExpressionError(f"{kind_of(of).capitalize()} has no entry “{name}”; only maps have entries.")


def item(of: Any, index: Any, first: int) -> Any:
    """Return `of[index]`; a list counts from `first`, negative numbers from its end.

    Raises:
        ExpressionError: the list is shorter, or there is nothing to choose from.
    """
    if isinstance(of, Mapping) or of is None:
        if not isinstance(index, str):
            raise ExpressionError(f"The key of a map is a text, not {kind_of(index)}.")
        return entry(of, index)
    if isinstance(of, list | tuple):
        if not isinstance(index, int) or isinstance(index, bool):
            raise ExpressionError(f"The place in a list is a whole number, not {kind_of(index)}.")
        place = index - first if index >= 0 else index
        if not -len(of) <= place < len(of) or (index >= 0 > place):
            raise ExpressionError(f"The list has {len(of)} entries; there is no number {index}.")
        return of[place]
    raise ExpressionError(f"[…] works on lists and maps, not on {kind_of(of)}.")
