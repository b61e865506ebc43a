"""Conditions of a filter: which there are for each type of column, what they need, and their SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

from sqlalchemy import ColumnElement, func, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, array
from sqlalchemy.sql.expression import cast

from app import clock
from app.domain.people.records import TeamMember
from app.domain.records.values import LARGEST_NUMBER
from app.errors import Message
from app.insight.access import Viewer
from app.insight.lists.columns import Column

MOST_CONDITIONS = 12
MOST_VALUES = 50
LONGEST_VALUE = 200
MOST_DAYS = 36_500
ALWAYS = ("empty", "filled")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": ("contains", "lacks", "is", *ALWAYS),
    "key": ("any", "none", *ALWAYS),
    "keys": ("any", "none", *ALWAYS),
    "number": ("equals", "at_least", "at_most", *ALWAYS),
    "flag": ("yes", "no"),
    "date": ("within", "older", "before", "after", "on", *ALWAYS),
    "time": ("within", "older", "before", "after", "on", *ALWAYS),
    "reference": ("named", "any", "none", *ALWAYS),
    "file": ALWAYS,
    "other": ALWAYS,
}
WITHOUT_VALUE = frozenset({*ALWAYS, "yes", "no", "me", "my_teams"})
MANY = frozenset({"any", "none"})
DAYS = frozenset({"within", "older"})
DATES = frozenset({"before", "after", "on"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as a person wrote it: the name of a column, an operator and its values."""

    name: str
    operator: str
    values: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it says enough to be asked; one that does not is still being written and filters nothing."""
        return self.operator in WITHOUT_VALUE or any(self.values)


def operators_of(column: Column) -> tuple[str, ...]:
    """Return the operators for a column, the usual one first."""
    if column.type == "reference" and column.entity == "person":
        return ("me", *OPERATORS["reference"])
    if column.type == "reference" and column.entity == "team":
        return ("my_teams", *OPERATORS["reference"])
    return OPERATORS[column.type]


def asks(column: Column, condition: Condition, viewer: Viewer, zone: tzinfo) -> ColumnElement[bool]:
    """Return a complete condition as SQL.

    Args:
        zone: where the reader's days begin and end.

    Raises:
        ValueError: says in plain words what does not fit.
    """
    if condition.operator not in operators_of(column):
        raise ValueError(Message("This comparison does not fit the column."))
    if len(condition.values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in condition.values):
        raise ValueError(Message("Please use at most {limit} characters.", limit=LONGEST_VALUE))
    value, operator = column.value, condition.operator
    if operator in ALWAYS:
        return _empty(column) if operator == "empty" else not_(_empty(column))
    if operator in ("yes", "no"):
        return value.is_(True) if operator == "yes" else value.is_not(True)
    if operator == "me":
        return value == viewer.person_id
    if operator == "my_teams":
        return value.in_(select(TeamMember.team_id).where(TeamMember.person_id == viewer.person_id))
    return _BY_TYPE[column.type](column, condition, zone)


def _empty(column: Column) -> ColumnElement[bool]:
    if column.type in ("text", "key"):
        return or_(column.value.is_(None), column.value == "")
    if column.type in ("keys", "file", "other"):
        nothing = [cast(text, JSONB) for text in ("null", "[]", "{}", '""')]
        return or_(column.value.is_(None), column.value.in_(nothing))
    return column.value.is_(None)


def _text(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    text, value = condition.values[0], column.value
    if condition.operator == "is":
        return func.lower(value) == text.lower()
    contains: ColumnElement[bool] = value.icontains(text, autoescape=True)
    return contains if condition.operator == "contains" else or_(value.is_(None), not_(contains))


def _key(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    any_of: ColumnElement[bool] = column.value.in_(condition.values)
    return any_of if condition.operator == "any" else or_(column.value.is_(None), not_(any_of))


def _keys(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    wanted = cast(array(list(condition.values)), ARRAY(TEXT))
    any_of: ColumnElement[bool] = column.value.op("?|", is_comparison=True)(wanted)
    return any_of if condition.operator == "any" else or_(column.value.is_(None), not_(any_of))


def _number(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    try:
        number = Decimal(condition.values[0].replace(",", "."))
    except InvalidOperation:
        raise ValueError(Message("Please give a number.")) from None
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise ValueError(Message("Please give a number."))
    comparisons: dict[str, ColumnElement[bool]] = {
        "equals": column.value == number, "at_least": column.value >= number, "at_most": column.value <= number,
    }  # fmt: skip
    return comparisons[condition.operator]


def _date(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    text, value = condition.values[0], column.value
    if condition.operator in DAYS:
        today = clock.now().astimezone(zone).date()
        since = (today - timedelta(days=_days(text))).isoformat()
        # Days in forms may lie ahead; those are not among the last.
        within = (value >= since) & (value <= today.isoformat())
        return within if condition.operator == "within" else value < since
    day = _day(text, zone)[0].date().isoformat()
    comparisons: dict[str, ColumnElement[bool]] = {"before": value < day, "after": value > day, "on": value == day}
    return comparisons[condition.operator]


def _time(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    text = condition.values[0]
    if condition.operator in DAYS:
        since = _as_held(column, clock.now() - timedelta(days=_days(text)))
        within: ColumnElement[bool] = column.value >= since
        return within if condition.operator == "within" else column.value < since
    begins, ends = (_as_held(column, moment) for moment in _day(text, zone))
    if condition.operator == "before":
        before: ColumnElement[bool] = column.value < begins
        return before
    after: ColumnElement[bool] = column.value >= ends
    on_day: ColumnElement[bool] = (column.value >= begins) & (column.value < ends)
    return after if condition.operator == "after" else on_day


def _as_held(column: Column, moment: datetime) -> datetime | str:
    return moment.astimezone(UTC).isoformat() if column.written else moment


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) <= MOST_DAYS):
        raise ValueError(Message("Please give a number of days from 1 to {limit}.", limit=MOST_DAYS))
    return int(text)


def _day(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(text)
        begins = datetime.combine(day, time(), zone)
        return begins, datetime.combine(day + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise ValueError(Message("Please give a date, like 2026-03-31.")) from None


def _reference(column: Column, condition: Condition, zone: tzinfo) -> ColumnElement[bool]:
    if condition.operator == "named":
        assert column.label is not None
        named: ColumnElement[bool] = column.label.icontains(condition.values[0], autoescape=True)
        return named
    if not all(value.isascii() and value.isdecimal() and len(value) < 19 for value in condition.values):
        raise ValueError(Message("Please choose from the list."))
    any_of: ColumnElement[bool] = column.value.in_([int(value) for value in condition.values])
    return any_of if condition.operator == "any" else or_(column.value.is_(None), not_(any_of))


_BY_TYPE: Mapping[str, Callable[[Column, Condition, tzinfo], ColumnElement[bool]]] = {
    "text": _text, "key": _key, "keys": _keys, "number": _number, "date": _date, "time": _time, "reference": _reference,
}  # fmt: skip
