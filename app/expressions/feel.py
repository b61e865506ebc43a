"""Reads the subset of FEEL that form and decision editors write, into the same tree as the Python-like notation."""

from typing import Any

from app.expressions.durations import read_date, read_datetime, read_duration
from app.expressions.errors import ExpressionError
from app.expressions.parser import Parser
from app.expressions.syntax import (
    Compare,
    Conditional,
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
)
from app.expressions.tokens import Token, tokenize

_COMPARISONS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_RESERVED = frozenset(["and", "or", "in", "if", "then", "else", "between", *_CONSTANTS])
_REFUSED = frozenset(["for", "some", "every", "return", "satisfies", "function", "instance"])
# FEEL's names of what the language has under its own name.
_FUNCTIONS = {
    "count": "len", "string length": "len", "upper case": "upper", "lower case": "lower", "list contains": "contains",
    "starts with": "starts_with", "ends with": "ends_with", "date and time": "datetime", "string": "str",
    "number": "float", "trim": "strip", "is defined": "coalesce",
}  # fmt: skip
_AFTER_RANGE = frozenset([",", ")", "]", "and", "or", "then", "else"])
_FIRST_WORDS = {name.split()[0] for name in _FUNCTIONS if " " in name}


class FeelParser(Parser):
    """The notation of forms' conditions and decision tables."""

    first_index = 1
    naming = ":"

    def __init__(self, text: str, tokens: list[Token] | None = None) -> None:
        super().__init__(text, tokens)
        self.subject = False  # whether “?” stands for a tested value
        self.subjects = 0

    @classmethod
    def of(cls, text: str) -> "FeelParser":
        """Return a parser placed after the leading “=” that marks an expression in form-js."""
        parser = cls(text, tokenize(text))
        parser.accept("=")
        return parser

    def expression(self) -> Node:
        self.enter()
        tree = self._if() if self.is_word("if") else self.logic("or", self._and)
        self.leave()
        return tree

    def _if(self) -> Node:
        at = self.next().at
        condition = self.expression()
        self._word("then")
        then = self.expression()
        self._word("else")
        return self.made(Conditional(at, condition, then, self.expression()))

    def _word(self, word: str) -> None:
        if not self.is_word(word):
            self.refuse(f"“{word}” is missing before {self.said()}.")
        self.next()

    def _and(self) -> Node:
        return self.logic("and", self._comparison)

    def _comparison(self) -> Node:
        first = self.arithmetic()
        at = self.token.at
        if self.is_sign("=") and self.tokens[self.place + 1].value == "=":
            self.refuse("FEEL compares with a single “=”.")
        if self.is_sign("=="):
            self.refuse("FEEL compares with a single “=”.")
        if self.is_sign(*_COMPARISONS):
            operator = _COMPARISONS[self.next().value]
            return self.made(Compare(at, first, ((operator, self.arithmetic()),), lenient=True))
        if self.is_word("between"):
            self.next()
            low = self.arithmetic()
            self._word("and")
            return self.made(Range(at, first, low, self.arithmetic(), lenient=True))
        if self.is_word("in"):
            self.next()
            if not self.is_sign("("):
                return self.test(first)
            span = self._range(first)
            if span is not None:
                return span
            self.expect("(")
            self.enter()
            tests = self.tests(first)
            self.leave()
            self.expect(")")
            return tests
        return first

    # Unary tests: what stands in a decision cell, or after “in” -------------------------------------------------------

    def tests(self, value: Node) -> Node:
        """Read tests with commas; one of them must hold."""
        at = self.token.at
        found = [self.test(value)]
        while self.accept(","):
            found.append(self.test(value))
        return found[0] if len(found) == 1 else self.made(Logic(at, "or", tuple(found)))

    def test(self, value: Node) -> Node:
        """Read one test: a comparison with the operand missing, a range, or a value to be equal to."""
        at = self.token.at
        if self.is_sign(*_COMPARISONS):
            operator = _COMPARISONS[self.next().value]
            return self.made(Compare(at, value, ((operator, self.arithmetic()),), lenient=True))
        span = self._range(value)
        if span is not None:
            return span
        before = self.subjects
        expected = self.expression()
        if self.subjects != before or _is_test(expected):
            return expected
        return self.made(Matches(at, value, expected))

    def trailed(self, node: Node) -> Node:
        """Read what follows a value; the “[” that closes the open range ]1..3[ is no index."""
        following = self.tokens[self.place + 1] if self.is_sign("[") else None
        if following and (following.kind == "end" or following.value in _AFTER_RANGE):
            return node
        return super().trailed(node)

    def _range(self, value: Node) -> Node | None:
        opening = self.token
        if not self.is_sign("[", "(", "]"):
            return None
        start = self.place
        self.next()
        self.enter()
        low = None if self.is_sign("]", ")", *_COMPARISONS) else self.arithmetic()
        self.leave()
        if low is None or not self.accept(".."):
            if opening.value == "]":
                self.refuse("A range is written [1..3].")
            self.place = start
            return None
        high = self.arithmetic()
        closing = self.token
        if not self.accept("]", ")", "["):
            self.refuse("The range has no closing bracket.")
        return self.made(
            Range(opening.at, value, low, high, opening.value in "(]", closing.value in ")[", lenient=True)
        )

    # Values ---------------------------------------------------------------------------------------------------------

    def primary(self) -> Node:
        token = self.next()
        if token.kind in ("number", "text"):
            return self.made(Literal(token.at, token.value))
        if token.kind == "name":
            return self._name(token)
        sign = token.value if token.kind == "sign" else ""
        if sign == "?" and self.subject:
            self.subjects += 1
            return self.made(Subject(token.at))
        if sign == "@" and self.token.kind == "text":
            return self.made(Literal(token.at, _temporal(self, self.next())))
        if sign == "(":
            self.enter()
            inner = self.expression()
            self.expect(")")
            self.leave()
            return inner
        if sign == "[":
            self.enter()
            items = self.listed("]")
            self.leave()
            return self.made(ListOf(token.at, tuple(items)))
        if sign != "{":
            self.place -= 1
            self.refuse("The expression is not complete." if token.kind == "end" else "")
        return self._map(token)

    def _name(self, token: Token) -> Node:
        word = token.value
        if word in _CONSTANTS:
            return self.made(Literal(token.at, _CONSTANTS[word]))
        if word in _RESERVED:
            self.place -= 1
            self.refuse()
        if word in _REFUSED:
            self.refuse(f"“{word}” is not part of the supported FEEL.", token.at)
        if word in ("True", "False", "None"):
            self.refuse(f"FEEL writes {'null' if word == 'None' else word.lower()} instead of {word}.", token.at)
        if word == "not" and self.is_sign("("):
            return self._not(token)
        if word in _FIRST_WORDS:
            word = self._long_name(word)
        if self.is_sign("("):
            if word == "is defined":
                return self._is_defined(token)
            return self.call(token, _FUNCTIONS.get(word, word))
        return self.made(Name(token.at, self.name(token)))

    def _not(self, token: Token) -> Node:
        self.next()
        self.enter()
        operand = self.expression()
        self.expect(")")
        self.leave()
        return self.made(Unary(token.at, "not", operand))

    def _long_name(self, word: str) -> str:
        """Take the further words of a function whose FEEL name has blanks."""
        for name in _FUNCTIONS:
            words = name.split()
            following = [token.value for token in self.tokens[self.place : self.place + len(words)]]
            if len(words) > 1 and words[0] == word and following == [*words[1:], "("]:
                self.place += len(words) - 1
                return name
        return word

    def _is_defined(self, token: Token) -> Node:
        call = self.call(token, "coalesce")
        return self.made(Compare(token.at, call, (("!=", Literal(token.at, None)),)))

    def _map(self, opening: Token) -> Node:
        self.enter()
        entries: list[tuple[Node, Node]] = []
        while not self.is_sign("}"):
            key = self.next()
            if key.kind not in ("name", "text"):
                self.refuse("The key of a map is a name or a text.", key.at)
            self.expect(":")
            entries.append((self.made(Literal(key.at, key.value)), self.expression()))
            if not self.accept(","):
                break
        self.expect("}")
        self.leave()
        return self.made(MapOf(opening.at, tuple(entries)))


def _is_test(node: Node) -> bool:
    """Tell whether a cell's expression is a question itself rather than a value to be equal to."""
    return isinstance(node, Compare | Range | Matches | Logic) or (isinstance(node, Unary) and node.operator == "not")


def _temporal(parser: FeelParser, token: Token) -> Any:
    text = token.value
    try:
        if text.lstrip("-").startswith("P"):
            return read_duration(text)
        return read_datetime(text) if "T" in text else read_date(text)
    except ExpressionError as error:
        parser.refuse(error.bare, token.at)
