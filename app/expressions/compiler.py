"""Turns a syntax tree into nested functions, once, so that evaluating it many times is fast."""

from collections.abc import Callable
from typing import Any, NoReturn

from app.expressions.errors import ExpressionError
from app.expressions.functions import FUNCTIONS, MISSING, Run
from app.expressions.limits import MAX_ITEMS, check_integer, check_text
from app.expressions.syntax import (
    Attribute,
    Binary,
    Call,
    Compare,
    Conditional,
    Index,
    ListOf,
    Literal,
    Logic,
    MapOf,
    Matches,
    Name,
    Node,
    Range,
    Subject,
    Unary,
    dotted,
)
from app.expressions.tokens import fail
from app.expressions.values import calculate, contained, entry, equal, item, kind_of, negative, order

Evaluator = Callable[[Run], Any]

_SCALAR = (str, int, float, type(None))


class Compiler:
    """Makes evaluators for one text; with `lenient`, a name that is not there is nothing (FEEL in forms)."""

    def __init__(self, text: str, *, lenient: bool = False) -> None:
        self.text = text
        self.lenient = lenient

    def compile(self, node: Node) -> Evaluator:
        """Return the evaluator of a tree."""
        match node:
            case Literal(value=value):
                return lambda run: value
            case Name():
                return self._name(node)
            case Subject():
                return lambda run: run.subject
            case Attribute():
                return self._attribute(node)
            case Index():
                return self._index(node)
            case ListOf():
                return self._list(node)
            case MapOf():
                return self._map(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Compare():
                return self._compare(node)
            case Logic():
                return self._logic(node)
            case Conditional():
                return self._conditional(node)
            case Call():
                return self._call(node)
            case Range():
                return self._range(node)
            case Matches():
                return self._matches(node)
        raise TypeError(type(node).__name__)

    def _located(self, error: ExpressionError, node: Node) -> NoReturn:
        if error.column:
            raise error
        try:
            fail(self.text, node.at, error.bare)
        except ExpressionError as located:
            raise located from None

    def _name(self, node: Name) -> Evaluator:
        name = node.name
        if self.lenient:
            return lambda run: run.scope.get(name)

        def evaluate(run: Run) -> Any:
            value = run.scope.get(name, MISSING)
            if value is MISSING:
                fail(self.text, node.at, f"There is no “{name}” here.")
            return value

        return evaluate

    def _attribute(self, node: Attribute) -> Evaluator:
        of, name = self.compile(node.of), node.name

        def evaluate(run: Run) -> Any:
            value = of(run)
            if type(value) is dict:
                return value.get(name)
            try:
                return entry(value, name)
            except ExpressionError as error:
                self._located(error, node)

        return evaluate

    def _index(self, node: Index) -> Evaluator:
        of, index, first = self.compile(node.of), self.compile(node.index), node.first

        def evaluate(run: Run) -> Any:
            try:
                return item(of(run), index(run), first)
            except ExpressionError as error:
                self._located(error, node)

        return evaluate

    def _list(self, node: ListOf) -> Evaluator:
        if all(isinstance(one, Literal) for one in node.items):
            fixed = [one.value for one in node.items if isinstance(one, Literal)]
            return lambda run: fixed.copy()
        items = [self.compile(one) for one in node.items]
        return lambda run: [one(run) for one in items]

    def _map(self, node: MapOf) -> Evaluator:
        entries = [(self.compile(key), self.compile(value), key.at) for key, value in node.entries]

        def evaluate(run: Run) -> dict[str, Any]:
            made: dict[str, Any] = {}
            for key, value, at in entries:
                name = key(run)
                if not isinstance(name, str):
                    fail(self.text, at, f"The key of a map is a text, not {kind_of(name)}.")
                made[name] = value(run)
            return made

        return evaluate

    def _unary(self, node: Unary) -> Evaluator:
        operand = self.compile(node.operand)
        if node.operator == "not":
            return lambda run: not operand(run)

        def evaluate(run: Run) -> Any:
            try:
                value = negative(operand(run))
                return value if node.operator == "-" else negative(value)
            except ExpressionError as error:
                self._located(error, node)

        return evaluate

    def _binary(self, node: Binary) -> Evaluator:
        operator, left, right = node.operator, self.compile(node.left), self.compile(node.right)
        lenient = self.lenient

        def evaluate(run: Run) -> Any:
            one, other = left(run), right(run)
            if lenient and (one is None or other is None):
                return None
            try:
                return calculate(operator, one, other, run)
            except ExpressionError as error:
                self._without_value(node, ((node.left, one), (node.right, other)), operator)
                self._located(error, node)

        return evaluate

    def _without_value(self, node: Node, operands: tuple[tuple[Node, Any], ...], operator: str) -> None:
        for operand, value in operands:
            if value is None and dotted(operand):
                fail(self.text, operand.at, f"“{dotted(operand)}” has no value, so “{operator}” is not possible.")

    def _compare(self, node: Compare) -> Evaluator:
        first = self.compile(node.first)
        rest = [(operator, self.compile(part)) for operator, part in node.rest]
        nodes = (node.first, *(part for _, part in node.rest))

        if len(rest) == 1 and rest[0][0] in ("==", "!="):
            wanted, other = rest[0][0] == "==", rest[0][1]
            return lambda run: equal(first(run), other(run), run) is wanted

        def evaluate(run: Run) -> bool:
            left = first(run)
            for place, (operator, part) in enumerate(rest):
                right = part(run)
                try:
                    holds = _holds(operator, left, right, run, node.lenient)
                except ExpressionError as error:
                    if operator not in ("in", "not in"):
                        self._without_value(node, ((nodes[place], left), (nodes[place + 1], right)), operator)
                    else:
                        self._without_value(node, ((nodes[place + 1], right),), operator)
                    self._located(error, nodes[place + 1])
                if not holds:
                    return False
                left = right
            return True

        return evaluate

    def _logic(self, node: Logic) -> Evaluator:
        parts = [self.compile(part) for part in node.parts]
        wanted = node.operator == "or"

        def evaluate(run: Run) -> Any:
            value: Any = None
            for part in parts:
                value = part(run)
                if bool(value) is wanted:
                    return value
            return value

        return evaluate

    def _conditional(self, node: Conditional) -> Evaluator:
        condition, then = self.compile(node.condition), self.compile(node.then)
        otherwise = self.compile(node.otherwise)
        return lambda run: then(run) if condition(run) else otherwise(run)

    def _call(self, node: Call) -> Evaluator:
        function = FUNCTIONS[node.function].run
        arguments = [self.compile(one) for one in node.arguments]
        named = [(name, self.compile(one)) for name, one in node.named]

        def evaluate(run: Run) -> Any:
            values = [one(run) for one in arguments]
            others = {name: one(run) for name, one in named}
            try:
                return function(run, *values, **others)
            except ExpressionError as error:
                self._located(error, node)

        return evaluate

    def _range(self, node: Range) -> Evaluator:
        value, low, high = self.compile(node.value), self.compile(node.low), self.compile(node.high)
        above, below = ">" if node.low_open else ">=", "<" if node.high_open else "<="

        def evaluate(run: Run) -> bool:
            tested = value(run)
            try:
                return order(above, tested, low(run), node.lenient) and order(below, tested, high(run), node.lenient)
            except ExpressionError as error:
                self._located(error, node)

        return evaluate

    def _matches(self, node: Matches) -> Evaluator:
        value, expected = self.compile(node.value), self.compile(node.expected)

        def evaluate(run: Run) -> bool:
            tested, wanted = value(run), expected(run)
            if isinstance(wanted, list | tuple) and not isinstance(tested, list | tuple):
                return contained(tested, wanted, run)
            return equal(tested, wanted, run)

        return evaluate


def _holds(operator: str, left: Any, right: Any, run: Run, lenient: bool) -> bool:
    if operator == "==":
        return equal(left, right, run)
    if operator == "!=":
        return not equal(left, right, run)
    if operator == "in":
        return contained(left, right, run)
    if operator == "not in":
        return not contained(left, right, run)
    return order(operator, left, right, lenient)


def checked(value: Any, run: Run) -> Any:
    """Return a result that may be stored: neither too big nor too deep."""
    if isinstance(value, str):
        return check_text(value)
    if type(value) is int:
        return check_integer(value)
    if isinstance(value, _SCALAR):
        return value
    if isinstance(value, list | tuple) and len(value) > MAX_ITEMS:
        raise ExpressionError(f"The list has more than {MAX_ITEMS} entries.")
    run.weigh(value)
    return value
