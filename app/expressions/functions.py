"""The functions of the language; there are no others, and none of them reaches outside."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Protocol

from app import clock
from app.expressions.durations import read_date, read_datetime, read_duration
from app.expressions.errors import ExpressionError
from app.expressions.limits import Work, check_integer
from app.expressions.values import calculate, contained, is_number, kind_of, order

MISSING: Any = object()


class WorkingTime(Protocol):
    """Counts working time from a start; a calendar's key may be given, else it is the case's own."""

    def add(self, start: datetime, *, hours: float = 0, days: float = 0, calendar: str | None = None) -> datetime: ...


class Run(Work):
    """One evaluation under way: the names it may read, the calendar, and what work is left."""

    __slots__ = ("scope", "subject", "working_time")

    def __init__(self, scope: Mapping[str, Any], working_time: WorkingTime | None = None, subject: Any = None) -> None:
        super().__init__()
        self.scope = scope
        self.working_time = working_time
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: how many arguments it takes and what they are called; `many` takes any number."""

    run: Callable[..., Any]
    parameters: tuple[str, ...] = ()
    required: int = 0
    many: bool = False

    @property
    def signature(self) -> str:
        """The parameters as a person would write them."""
        parts = list(self.parameters[: self.required]) + [f"{name}=…" for name in self.parameters[self.required :]]
        return ", ".join(parts + (["…"] if self.many else []))


def _now(run: Run) -> datetime:
    return clock.now()


def _today(run: Run) -> date:
    return clock.now().date()


def _date(run: Run, value: Any) -> date | None:
    return None if value is None else read_date(value)


def _datetime(run: Run, value: Any) -> datetime | None:
    return None if value is None else read_datetime(value)


def _duration(run: Run, value: Any) -> Any:
    if not isinstance(value, str):
        raise ExpressionError(f"A duration is a text such as “PT4H”, not {kind_of(value)}.")
    return read_duration(value)


def _working(unit: str) -> Callable[..., datetime]:
    def add(run: Run, amount: Any, start: Any = None, calendar: Any = None) -> datetime:
        if not is_number(amount) or not 0 <= amount <= 100_000:
            raise ExpressionError(f"working_{unit} needs a number between 0 and 100000.")
        if calendar is not None and not isinstance(calendar, str):
            raise ExpressionError("A calendar is named by a text.")
        if run.working_time is None:
            raise ExpressionError(f"working_{unit} is not possible here: there is no calendar.")
        begin = clock.now() if start is None else read_datetime(start)
        try:
            return run.working_time.add(begin, **{unit: float(amount)}, calendar=calendar)
        except (OverflowError, ValueError, LookupError) as error:
            raise ExpressionError(f"working_{unit}: {error}") from None

    return add


def _len(run: Run, value: Any) -> int:
    if isinstance(value, str | list | tuple | set | frozenset | Mapping):
        return len(value)
    if value is None:
        return 0
    raise ExpressionError(f"len works on texts, lists and maps, not on {kind_of(value)}.")


def _items(run: Run, name: str, values: Sequence[Any]) -> Sequence[Any]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
    run.spend(len(items) + 1)
    for item in items:
        if item is None:
            raise ExpressionError(f"{name} does not work on nothing; use coalesce(…) for missing values.")
    return items


def _extreme(name: str, operator: str) -> Callable[..., Any]:
    def choose(run: Run, *values: Any) -> Any:
        items = _items(run, name, values)
        if not items:
            raise ExpressionError(f"{name} needs at least one value.")
        best = items[0]
        for item in items[1:]:
            if order(operator, item, best):
                best = item
        return best

    return choose


def _sum(run: Run, *values: Any) -> Any:
    items = _items(run, "sum", values)
    total: Any = items[0] if items else 0
    if not isinstance(total, str | list):
        for item in items[1:]:
            total = calculate("+", total, item, run)
        return total
    raise ExpressionError(f"sum works on numbers and durations, not on {kind_of(total)}.")


def _round(run: Run, value: Any, digits: Any = 0) -> Any:
    if not is_number(value) or not isinstance(digits, int) or isinstance(digits, bool) or not -20 <= digits <= 20:
        raise ExpressionError("round needs a number, and between -20 and 20 digits.")
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    try:
        # Half is rounded up, as people expect, not to the even neighbour.
        rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    except InvalidOperation:
        return value
    if isinstance(value, Decimal):
        return rounded
    return float(rounded) if digits > 0 else _int(run, rounded)


def _abs(run: Run, value: Any) -> Any:
    if not is_number(value):
        raise ExpressionError(f"abs works on numbers, not on {kind_of(value)}.")
    return abs(value)


def _text(name: str, change: Callable[[str], str]) -> Callable[..., str]:
    def apply(run: Run, value: Any) -> str:
        if not isinstance(value, str):
            raise ExpressionError(f"{name} works on texts, not on {kind_of(value)}.")
        run.spend(len(value) // 100 + 1)
        return change(value)

    return apply


def _contains(run: Run, whole: Any, part: Any) -> bool:
    return False if whole is None else contained(part, whole, run)


def _affix(name: str, test: Callable[[str, str], bool]) -> Callable[..., bool]:
    def apply(run: Run, text: Any, part: Any) -> bool:
        if text is None:
            return False
        if not isinstance(text, str) or not isinstance(part, str):
            raise ExpressionError(f"{name} works on texts, not on {kind_of(text)} and {kind_of(part)}.")
        return test(text, part)

    return apply


def _coalesce(run: Run, *values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _str(run: Run, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | int | float | Decimal):
        return str(value)
    raise ExpressionError(f"str works on numbers, truth values and times, not on {kind_of(value)}.")


def _int(run: Run, value: Any) -> int:
    if isinstance(value, str) and len(value) > 30:
        raise ExpressionError("The text is too long for a number.")
    if isinstance(value, str | int | float | Decimal):
        try:
            return check_integer(int(value))
        except (ValueError, OverflowError, InvalidOperation):
            pass
    raise ExpressionError(f"int cannot make a whole number of {_told(value)}.")


def _float(run: Run, value: Any) -> float:
    if isinstance(value, str) and len(value) > 40:
        raise ExpressionError("The text is too long for a number.")
    if isinstance(value, str | int | float | Decimal):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise ExpressionError(f"float cannot make a number of {_told(value)}.")


def _told(value: Any) -> str:
    return f"“{value[:40]}”" if isinstance(value, str) else kind_of(value)


FUNCTIONS: dict[str, Function] = {
    "now": Function(_now),
    "today": Function(_today),
    "date": Function(_date, ("value",), 1),
    "datetime": Function(_datetime, ("value",), 1),
    "duration": Function(_duration, ("text",), 1),
    "working_hours": Function(_working("hours"), ("hours", "start", "calendar"), 1),
    "working_days": Function(_working("days"), ("days", "start", "calendar"), 1),
    "len": Function(_len, ("value",), 1),
    "min": Function(_extreme("min", "<"), ("value",), 1, many=True),
    "max": Function(_extreme("max", ">"), ("value",), 1, many=True),
    "sum": Function(_sum, ("value",), 1, many=True),
    "round": Function(_round, ("value", "digits"), 1),
    "abs": Function(_abs, ("value",), 1),
    "lower": Function(_text("lower", str.lower), ("text",), 1),
    "upper": Function(_text("upper", str.upper), ("text",), 1),
    "strip": Function(_text("strip", str.strip), ("text",), 1),
    "contains": Function(_contains, ("whole", "part"), 2),
    "starts_with": Function(_affix("starts_with", str.startswith), ("text", "part"), 2),
    "ends_with": Function(_affix("ends_with", str.endswith), ("text", "part"), 2),
    "coalesce": Function(_coalesce, ("value",), 1, many=True),
    "str": Function(_str, ("value",), 1),
    "int": Function(_int, ("value",), 1),
    "float": Function(_float, ("value",), 1),
}
"""Every function by its name. What a person may write is listed here and nowhere else."""
