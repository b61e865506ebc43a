"""Expressions as others use them: read once, asked for their names, evaluated often."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.expressions.compiler import Compiler, checked
from app.expressions.errors import ExpressionError
from app.expressions.feel import FeelParser
from app.expressions.functions import FUNCTIONS, Run, WorkingTime
from app.expressions.limits import MAX_ASSIGNMENTS, MAX_SCRIPT
from app.expressions.parser import RESERVED, PythonParser, parse_tree
from app.expressions.syntax import Node, functions_of, names_of
from app.expressions.tokens import tokenize

_NOT_STORED = frozenset(["record", "case"])


class Expression:
    """One expression.

    `names` holds the dotted names that it reads (`priority`, `record.impact`), `functions` what it calls.
    """

    __slots__ = ("_evaluator", "functions", "names", "text", "tree")

    def __init__(self, text: str, tree: Node, *, lenient: bool = False, source: str | None = None) -> None:
        """Compile `tree`, which was read from `source` (the text itself by default)."""
        self.text = text
        self.tree = tree
        self.names = names_of(tree)
        self.functions = functions_of(tree)
        self._evaluator = Compiler(text if source is None else source, lenient=lenient).compile(tree)

    def __repr__(self) -> str:
        return f"<Expression {self.text}>"

    def evaluate(self, scope: Mapping[str, Any], working_time: WorkingTime | None = None) -> Any:
        """Return the value; bounded in time and memory.

        Raises:
            ExpressionError: a name is missing, values do not go together, or the result would be too big.
        """
        return evaluate(self._evaluator, Run(scope, working_time))


def evaluate(evaluator: Any, run: Run) -> Any:
    """Carry out a compiled tree; whatever goes wrong becomes an ExpressionError."""
    try:
        return checked(evaluator(run), run)
    except ExpressionError:
        raise
    except (RecursionError, MemoryError):
        raise ExpressionError("The values are too big or nested too deep.") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ExpressionError(f"The values do not go together ({error}).") from error


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name = expression` in a script task; `line` counts from 1."""

    name: str
    expression: Expression
    line: int


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression in the Python-like notation; the same text is read once per process.

    Raises:
        ExpressionError: it is not part of the language, with line and column.
    """
    return Expression(text, parse_tree(text))


def parse_feel(text: str, *, strict: bool = False) -> Expression:
    """Read a FEEL expression as form-js and dmn-js write it (`= impact = "site" and not(x)`).

    A name that is not there is nothing, unless `strict`.

    Raises:
        ExpressionError: it is not part of the subset, with line and column.
    """
    return Expression(text, FeelParser.of(text).whole(), lenient=not strict)


def parse_assignments(text: str) -> list[Assignment]:
    """Read a script: one `name = expression` per line, `#` for comments, brackets may span lines.

    Raises:
        ExpressionError: a line is something else, or stores into a name that is not free.
    """
    parser = PythonParser(text, tokenize(text, script=True, limit=MAX_SCRIPT))
    assignments: list[Assignment] = []
    while True:
        while parser.token.kind == "line":
            parser.next()
        if parser.token.kind == "end":
            return assignments
        if len(assignments) == MAX_ASSIGNMENTS:
            parser.refuse(f"A script has at most {MAX_ASSIGNMENTS} lines.")
        assignments.append(_assignment(parser))


def _assignment(parser: PythonParser) -> Assignment:
    token = parser.token
    if token.kind != "name" or token.value in RESERVED:
        parser.refuse("A line of a script is “name = expression”.")
    parser.next()
    name = parser.name(token)
    if parser.is_sign("."):
        parser.refuse("Only plain names can be stored; a form or an operation writes the record.")
    if parser.is_sign("+", "-", "*", "/", "%", "**", "//") and parser.tokens[parser.place + 1].value == "=":
        sign = parser.token.value
        parser.refuse(f"“{sign}=” is not part of the language; write {name} = {name} {sign} ….")
    if not parser.is_sign("="):
        parser.refuse("A line of a script is “name = expression”.")
    if name in FUNCTIONS or name in _NOT_STORED:
        parser.refuse(f"“{name}” is taken; choose another name.", token.at)
    parser.next()
    parser.nodes, parser.nesting, parser.depths = 0, 0, {}
    begin = parser.token.at
    tree = parser.expression()
    if parser.token.kind not in ("line", "end"):
        parser.refuse()
    line = parser.text.count("\n", 0, token.at) + 1
    text = parser.text[begin : parser.tokens[parser.place - 1].end]
    return Assignment(name, Expression(text, tree, source=parser.text), line)
