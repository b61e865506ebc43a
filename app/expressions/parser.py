"""Reads the Python-like notation: a Pratt parser whose tree holds only what the language knows."""

from typing import Any, NoReturn

from app.expressions.functions import FUNCTIONS
from app.expressions.limits import MAX_DEPTH, MAX_NODES, MAX_TEXT
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
    Name,
    Node,
    Unary,
    children,
    dotted,
)
from app.expressions.tokens import Token, fail, tokenize

COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">="])
_BINDING = {"+": 50, "-": 50, "*": 60, "/": 60, "//": 60, "%": 60, "**": 80}
_CONSTANTS: dict[str, Any] = {"True": True, "False": False, "None": None}
_FOREIGN = {"true": "True", "false": "False", "null": "None", "none": "None"}
RESERVED = frozenset(["and", "or", "not", "in", "is", "if", "else", *_CONSTANTS])
# Words of Python that people try; each gets a message of its own instead of "there is no variable lambda".
_PYTHON = frozenset([
    "lambda", "for", "while", "def", "class", "import", "from", "return", "yield", "await", "async", "with", "try",
    "except", "finally", "raise", "assert", "del", "global", "nonlocal", "pass", "break", "continue", "exec", "eval",
    "print",
])  # fmt: skip


class Parser:
    """What both notations share: tokens, limits, brackets, calls, arithmetic."""

    first_index = 0
    naming = "="  # stands between the name of an argument and its value

    def __init__(self, text: str, tokens: list[Token] | None = None) -> None:
        self.text = text
        self.tokens = tokenize(text) if tokens is None else tokens
        self.place = 0
        self.nodes = 0
        self.nesting = 0
        self.depths: dict[int, int] = {}

    # Tokens ------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.place]

    def next(self) -> Token:
        """Take a token."""
        token = self.tokens[self.place]
        self.place += 1
        return token

    def is_sign(self, *signs: str) -> bool:
        """Tell whether one of these signs comes next."""
        return self.token.kind == "sign" and self.token.value in signs

    def is_word(self, *words: str) -> bool:
        """Tell whether one of these words comes next."""
        return self.token.kind == "name" and self.token.value in words

    def accept(self, *signs: str) -> bool:
        """Take one of these signs if it comes next."""
        if self.is_sign(*signs):
            self.place += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        """Take this sign.

        Raises:
            ExpressionError: something else comes.
        """
        if not self.accept(sign):
            self.refuse(f"“{sign}” is missing before {self.said()}.")

    def said(self) -> str:
        """Return the next token as a person would point at it."""
        return {"end": "the end", "line": "the end of the line"}.get(self.token.kind) or f"“{self.token.value}”"

    def refuse(self, message: str = "", at: int | None = None) -> NoReturn:
        """Raise an error about the next token."""
        fail(self.text, self.token.at if at is None else at, message or f"{self.said()} does not fit here.")

    # Limits ------------------------------------------------------------------------------------------------------

    def made(self, node: Node) -> Node:
        """Count a new node and refuse trees that are too big or too deep."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse(f"The expression has more than {MAX_NODES} parts.", node.at)
        depth = 1 + max((self.depths.get(id(part), 1) for part in children(node)), default=0)
        if depth > MAX_DEPTH:
            self.refuse(f"The expression is nested more than {MAX_DEPTH} levels deep.", node.at)
        self.depths[id(node)] = depth
        return node

    def enter(self) -> None:
        """Go one bracket or sign deeper."""
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            self.refuse(f"The expression is nested more than {MAX_DEPTH} levels deep.")

    def leave(self) -> None:
        """Come back from a bracket."""
        self.nesting -= 1

    # Rules -------------------------------------------------------------------------------------------------------

    def whole(self) -> Node:
        """Read an expression that ends with the text."""
        if self.token.kind == "end":
            self.refuse("The expression is empty.")
        tree = self.expression()
        if self.token.kind != "end":
            self.refuse()
        return tree

    def expression(self) -> Node:
        """Read one expression of the notation."""
        raise NotImplementedError

    def primary(self) -> Node:
        """Read a value without operators around it."""
        raise NotImplementedError

    def logic(self, operator: str, part: Any) -> Node:
        """Read `a and b and c` (or `or`) as one node."""
        at = self.token.at
        parts = [part()]
        while self.is_word(operator):
            self.next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else self.made(Logic(at, operator, tuple(parts)))

    def arithmetic(self, binding: int = 0) -> Node:
        """Read + - * / // % ** by their binding strength."""
        left = self.signed()
        while self.token.kind == "sign" and _BINDING.get(self.token.value, -1) > binding:
            operator = self.next()
            strength = _BINDING[operator.value]
            self.enter()
            right = self.arithmetic(strength - 1 if operator.value == "**" else strength)
            self.leave()
            left = self.made(Binary(operator.at, operator.value, left, right))
        return left

    def signed(self) -> Node:
        """Read a value with signs before it."""
        if not self.is_sign("-", "+"):
            return self.trailed(self.primary())
        sign = self.next()
        self.enter()
        operand = self.arithmetic(_BINDING["**"] - 1)
        self.leave()
        if isinstance(operand, Literal) and sign.value == "-" and type(operand.value) in (int, float):
            return self.made(Literal(sign.at, -operand.value))
        return self.made(Unary(sign.at, sign.value, operand))

    def trailed(self, node: Node) -> Node:
        """Read `.name` and `[index]` after a value."""
        while True:
            if self.accept("."):
                if self.token.kind != "name":
                    self.refuse("A name is missing after the dot.")
                name = self.name(self.next())
                if self.is_sign("("):
                    self.refuse(f"Values have no functions; write {name}(…) instead of ….{name}(…).")
                node = self.made(Attribute(node.at, node, name))
            elif self.is_sign("["):
                at = self.next().at
                self.enter()
                index = self.expression()
                if self.is_sign(":"):
                    self.refuse("Parts of lists are not part of the language.")
                self.expect("]")
                self.leave()
                node = self.made(Index(at, node, index, self.first_index))
            elif self.is_sign("("):
                self.refuse(f"“{dotted(node)}” is not a function." if dotted(node) else "Only functions can be called.")
            else:
                return node

    def name(self, token: Token) -> str:
        """Return a name, unless it begins with an underscore."""
        if token.value.startswith("_"):
            self.refuse(f"“{token.value}”: names do not begin with an underscore.", token.at)
        return str(token.value)

    def call(self, token: Token, name: str) -> Node:
        """Read the arguments of a function and check their number."""
        function = FUNCTIONS.get(name)
        if function is None:
            self.refuse(f"There is no function “{name}”.", token.at)
        arguments: list[Node] = []
        named: list[tuple[str, Node]] = []
        self.expect("(")
        self.enter()
        while not self.is_sign(")"):
            following = self.tokens[self.place + 1] if self.token.kind == "name" else None
            if following and following.kind == "sign" and following.value == self.naming:
                word = self.next()
                self.next()
                if word.value not in function.parameters or word.value in dict(named):
                    self.refuse(f"{name}({function.signature}) takes no “{word.value}”.", word.at)
                named.append((word.value, self.expression()))
            else:
                if named:
                    self.refuse("Arguments without a name come first.")
                arguments.append(self.expression())
            if not self.accept(","):
                break
        self.expect(")")
        self.leave()
        given = set(function.parameters[: len(arguments)])
        twice = given & set(dict(named))
        missing = set(function.parameters[: function.required]) - given - set(dict(named))
        if twice or missing or (len(arguments) > len(function.parameters) and not function.many):
            self.refuse(f"The function is written {name}({function.signature}).", token.at)
        return self.made(Call(token.at, name, tuple(arguments), tuple(named)))

    def listed(self, closing: str) -> list[Node]:
        """Read expressions with commas up to a closing sign."""
        items: list[Node] = []
        while not self.is_sign(closing):
            items.append(self.expression())
            if self.is_word("for"):
                self.refuse("Comprehensions are not part of the language.")
            if not self.accept(","):
                break
        self.expect(closing)
        return items


class PythonParser(Parser):
    """The notation of conditions, parameters, scripts, due dates."""

    def expression(self) -> Node:
        self.enter()
        tree = self.logic("or", self._and)
        if self.is_word("if"):
            at = self.next().at
            condition = self.logic("or", self._and)
            if not self.is_word("else"):
                self.refuse("“else” is missing.")
            self.next()
            tree = self.made(Conditional(at, condition, tree, self.expression()))
        self.leave()
        return tree

    def _and(self) -> Node:
        return self.logic("and", self._not)

    def _not(self) -> Node:
        if not self.is_word("not"):
            return self._comparison()
        at = self.next().at
        self.enter()
        operand = self._not()
        self.leave()
        return self.made(Unary(at, "not", operand))

    def _comparison(self) -> Node:
        first = self.arithmetic()
        at = self.token.at
        rest: list[tuple[str, Node]] = []
        while operator := self._operator():
            rest.append((operator, self.arithmetic()))
        if self.is_sign("="):
            self.refuse("“=” stores a value; write “==” to compare.")
        return self.made(Compare(at, first, tuple(rest))) if rest else first

    def _operator(self) -> str:
        if self.token.kind == "sign" and self.token.value in COMPARISONS:
            return str(self.next().value)
        if self.is_word("in"):
            self.next()
            return "in"
        if self.is_word("not"):
            self.next()
            if not self.is_word("in"):
                self.refuse("“in” is missing after “not”.")
            self.next()
            return "not in"
        if self.is_word("is"):
            self.next()
            negated = self.is_word("not")
            if negated:
                self.next()
            if not self.is_word("None"):
                self.refuse("“is” compares with None only; write “==”.")
            return "!=" if negated else "=="
        return ""

    def primary(self) -> Node:
        token = self.next()
        if token.kind in ("number", "text"):
            if token.kind == "text" and self.token.kind == "text":
                self.refuse("Two texts follow each other; join them with “+”.")
            return self.made(Literal(token.at, token.value))
        if token.kind == "name":
            return self._word(token)
        if token.kind == "sign" and token.value == "(":
            return self._bracket(token)
        if token.kind == "sign" and token.value == "[":
            self.enter()
            items = self.listed("]")
            self.leave()
            return self.made(ListOf(token.at, tuple(items)))
        if token.kind != "sign" or token.value != "{":
            self.place -= 1
            self.refuse("The expression is not complete." if token.kind in ("end", "line") else "")
        return self._map(token)

    def _word(self, token: Token) -> Node:
        word = token.value
        if word in _CONSTANTS:
            return self.made(Literal(token.at, _CONSTANTS[word]))
        if word in RESERVED:
            self.place -= 1
            self.refuse()
        if word in _PYTHON:
            self.refuse(f"“{word}” is not part of the language.", token.at)
        if self.is_sign("("):
            return self.call(token, word)
        if word in _FOREIGN:
            self.refuse(f"Write {_FOREIGN[word]} instead of {word}.", token.at)
        if word in FUNCTIONS:
            self.refuse(f"“{word}” is a function; its arguments stand in brackets.", token.at)
        if self.token.kind == "text":
            self.refuse(f"Texts have no prefix such as “{word}”.", token.at)
        return self.made(Name(token.at, self.name(token)))

    def _bracket(self, opening: Token) -> Node:
        self.enter()
        if self.accept(")"):
            self.leave()
            return self.made(ListOf(opening.at, ()))
        first = self.expression()
        if self.is_word("for"):
            self.refuse("Comprehensions are not part of the language.")
        if self.accept(","):
            first = self.made(ListOf(opening.at, (first, *self.listed(")"))))
        else:
            self.expect(")")
        self.leave()
        return first

    def _map(self, opening: Token) -> Node:
        self.enter()
        entries: list[tuple[Node, Node]] = []
        while not self.is_sign("}"):
            key = self.expression()
            self.expect(":")
            entries.append((key, self.expression()))
            if self.is_word("for"):
                self.refuse("Comprehensions are not part of the language.")
            if not self.accept(","):
                break
        self.expect("}")
        self.leave()
        return self.made(MapOf(opening.at, tuple(entries)))


def parse_tree(text: str) -> Node:
    """Read one Python-like expression.

    Raises:
        ExpressionError: it is empty, too long, too deep or not part of the language.
    """
    return PythonParser(text, tokenize(text, limit=MAX_TEXT)).whole()
