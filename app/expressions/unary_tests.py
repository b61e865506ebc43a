"""The tests in the cells of a decision table (FEEL unary tests): `"a","b"`, `[1..3]`, `> 5`, `not("low")`, `-`."""

from collections.abc import Mapping
from typing import Any

from app.expressions.compiler import Compiler
from app.expressions.evaluate import evaluate
from app.expressions.feel import FeelParser
from app.expressions.functions import Run
from app.expressions.syntax import Literal, Node, Subject, Unary, names_of
from app.expressions.tokens import tokenize

_NOTHING: Mapping[str, Any] = {}


class UnaryTests:
    """The content of one input cell; `any` tells that it lets everything pass (`-` or empty)."""

    __slots__ = ("_evaluator", "any", "names", "text", "tree")

    def __init__(self, text: str, tree: Node) -> None:
        """Compile a tree whose `Subject` is the value of the input."""
        self.text = text
        self.tree = tree
        self.any = isinstance(tree, Literal) and tree.value is True
        self.names = names_of(tree)
        self._evaluator = Compiler(text).compile(tree)

    def __repr__(self) -> str:
        return f"<UnaryTests {self.text}>"

    def matches(self, value: Any, scope: Mapping[str, Any] = _NOTHING) -> bool:
        """Tell whether the value passes.

        Raises:
            ExpressionError: a name is missing, or the value has another type than the cell's.
        """
        if self.any:
            return True
        return bool(evaluate(self._evaluator, Run(scope, subject=value)))


def parse_unary(text: str) -> UnaryTests:
    """Read a decision cell.

    Raises:
        ExpressionError: it is not a unary test of the supported FEEL, with line and column.
    """
    stripped = text.strip()
    if stripped in ("", "-"):
        return UnaryTests(text, Literal(0, True))
    parser = FeelParser(text, tokenize(text))
    parser.subject = True
    subject = Subject(0)
    if parser.is_word("not") and parser.tokens[1].value == "(":
        tree = _negated(parser, subject)
    else:
        tree = parser.tests(subject)
    if parser.token.kind != "end":
        parser.refuse()
    return UnaryTests(text, tree)


def _negated(parser: FeelParser, subject: Node) -> Node:
    at = parser.next().at
    parser.next()
    parser.enter()
    inner = parser.tests(subject)
    parser.expect(")")
    parser.leave()
    return parser.made(Unary(at, "not", inner))
