"""Decision tables: which rows match, and what the hit policy makes of them (DMN 1.3, chapter 8.2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.expressions.durations import read_date, read_datetime
from app.expressions.errors import DecisionError, ExpressionError
from app.expressions.evaluate import Expression
from app.expressions.limits import Work
from app.expressions.unary_tests import UnaryTests
from app.expressions.values import calculate, contained, equal, is_number, kind_of, order

HIT_POLICIES = ("UNIQUE", "FIRST", "ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is tested: `expression` gives the value, `allowed` what it may be."""

    label: str
    expression: Expression
    type: str = ""
    allowed: UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of answers: `allowed` lists them, the most important first; `default` answers when no row matches."""

    name: str
    label: str = ""
    type: str = ""
    allowed: tuple[Any, ...] = ()
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row; `number` counts from 1 as the editor shows it."""

    number: int
    tests: tuple[UnaryTests, ...]
    results: tuple[Expression | None, ...]
    annotation: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision table; `variable` is the name under which its answer is known."""

    id: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    variable: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The dotted names that the table reads from the scope."""
        cells = [test.names for rule in self.rules for test in rule.tests]
        results = [result.names for rule in self.rules for result in rule.results if result is not None]
        defaults = [output.default.names for output in self.outputs if output.default is not None]
        return frozenset().union(*(one.expression.names for one in self.inputs), *cells, *results, *defaults)

    def decide(self, scope: Mapping[str, Any]) -> Any:
        """Return the answer: a map of outputs, or for COLLECT, RULE ORDER and OUTPUT ORDER a list.

        The list holds the plain values of a table with one output and maps otherwise; with an aggregation COLLECT gives
        one value. SUM and COUNT of no rows are 0, MIN and MAX of none are nothing.

        Raises:
            DecisionError: no row matches, rows overlap or contradict each other where the hit policy forbids it, a
                value is missing, has the wrong type or is not allowed.
        """
        values = [self._value(one, scope) for one in self.inputs]
        matching = self._matching(values, scope)
        if self.hit_policy == "COLLECT":
            return self._collected(matching, scope)
        if not matching:
            return self._default(values, scope)
        if self.hit_policy == "RULE ORDER":
            return [self._plain(self._answer(rule, scope)) for rule in matching]
        if self.hit_policy == "OUTPUT ORDER":
            return [self._plain(answer) for answer in self._by_importance(matching, scope)]
        if self.hit_policy == "PRIORITY":
            return self._by_importance(matching, scope)[0]
        if self.hit_policy == "ANY":
            return self._agreed(matching, scope)
        if len(matching) > 1 and self.hit_policy == "UNIQUE":
            rows = tuple(rule.number for rule in matching)
            raise DecisionError(
                self.id, f"rows {_listed(rows)} match at once ({self._told(values)}), but only one row may.", rows
            )
        return self._answer(matching[0], scope)

    def _value(self, column: Input, scope: Mapping[str, Any]) -> Any:
        try:
            value = typed(column.expression.evaluate(scope), column.type)
            if value is not None and column.allowed is not None and not column.allowed.matches(value, scope):
                raise ExpressionError(
                    f"{_shown(value)} is not one of the allowed values {column.allowed.text.strip()}."
                )
        except ExpressionError as error:
            raise DecisionError(self.id, f"input “{column.label}”: {error.message}") from None
        return value

    def _matching(self, values: Sequence[Any], scope: Mapping[str, Any]) -> list[Rule]:
        matching: list[Rule] = []
        for rule in self.rules:
            try:
                matches = all(test.matches(value, scope) for test, value in zip(rule.tests, values, strict=True))
            except ExpressionError as error:
                raise DecisionError(self.id, f"row {rule.number}: {error.message}", (rule.number,)) from None
            if matches:
                matching.append(rule)
                if self.hit_policy == "FIRST":
                    break
        return matching

    def _answer(self, rule: Rule, scope: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for output, result in zip(self.outputs, rule.results, strict=True):
            try:
                value = None if result is None else typed(result.evaluate(scope), output.type)
                if output.allowed and not contained(value, output.allowed, Work()):
                    raise ExpressionError(f"{_shown(value)} is not one of the output's values.")
            except ExpressionError as error:
                raise DecisionError(
                    self.id, f"row {rule.number}, output “{output.name}”: {error.message}", (rule.number,)
                ) from None
            answer[output.name] = value
        return answer

    def _plain(self, answer: dict[str, Any]) -> Any:
        return answer[self.outputs[0].name] if len(self.outputs) == 1 else answer

    def _default(self, values: Sequence[Any], scope: Mapping[str, Any]) -> Any:
        if all(output.default is None for output in self.outputs):
            raise DecisionError(self.id, f"no row matches ({self._told(values)}).")
        results = tuple(output.default for output in self.outputs)
        answer = self._answer(Rule(0, (), results), scope)
        return [self._plain(answer)] if self.hit_policy in ("RULE ORDER", "OUTPUT ORDER") else answer

    def _agreed(self, matching: list[Rule], scope: Mapping[str, Any]) -> dict[str, Any]:
        first = self._answer(matching[0], scope)
        for rule in matching[1:]:
            if not equal(self._answer(rule, scope), first, Work()):
                rows = (matching[0].number, rule.number)
                raise DecisionError(self.id, f"rows {_listed(rows)} both match but give different answers.", rows)
        return first

    def _by_importance(self, matching: list[Rule], scope: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Sort answers by the place of their values in the outputs' lists, the first output first."""
        answers = [self._answer(rule, scope) for rule in matching]
        ranked = [output for output in self.outputs if output.allowed]
        return sorted(answers, key=lambda answer: [output.allowed.index(answer[output.name]) for output in ranked])

    def _collected(self, matching: list[Rule], scope: Mapping[str, Any]) -> Any:
        if not self.aggregation and not matching and any(output.default is not None for output in self.outputs):
            return [self._plain(self._answer(Rule(0, (), tuple(one.default for one in self.outputs)), scope))]
        answers = [self._plain(self._answer(rule, scope)) for rule in matching]
        if not self.aggregation:
            return answers
        try:
            return _AGGREGATE[self.aggregation](answers)
        except ExpressionError as error:
            rows = tuple(rule.number for rule in matching)
            raise DecisionError(self.id, f"{self.aggregation} of rows {_listed(rows)}: {error.message}", rows) from None

    def _told(self, values: Sequence[Any]) -> str:
        return ", ".join(f"{one.label} = {_shown(value)}" for one, value in zip(self.inputs, values, strict=True))


_NUMBERS = ("number", "integer", "long", "double")


def typed(value: Any, kind: str) -> Any:
    """Return the value as the column's type; texts become dates and points in time, everything else must fit.

    Raises:
        ExpressionError: it does not.
    """
    if value is None or kind in ("", "Any"):
        return value
    if kind == "date":
        return read_date(value)
    if kind in ("dateTime", "date and time"):
        return read_datetime(value)
    expected = "a text" if kind == "string" else "a truth value" if kind == "boolean" else ""
    if kind in _NUMBERS:
        expected = "a number"
    if expected and kind_of(value) != expected:
        raise ExpressionError(f"it must be {expected}, but is {_shown(value)}.")
    return value


def _total(values: Sequence[Any]) -> Any:
    total: Any = 0
    for value in values:
        if not is_number(value):
            raise ExpressionError(f"{_shown(value)} is not a number.")
        total = calculate("+", total, value, Work())
    return total


def _extreme(operator: str) -> Callable[[Sequence[Any]], Any]:
    def choose(values: Sequence[Any]) -> Any:
        best = values[0] if values else None
        for value in values[1:]:
            if order(operator, value, best):
                best = value
        return best

    return choose


_AGGREGATE: dict[str, Callable[[Sequence[Any]], Any]] = {
    "SUM": _total,
    "MIN": _extreme("<"),
    "MAX": _extreme(">"),
    "COUNT": len,
}


def _listed(rows: Sequence[int]) -> str:
    return " and ".join([", ".join(str(row) for row in rows[:-1]), str(rows[-1])]) if len(rows) > 1 else str(rows[0])


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = f"“{value}”" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
