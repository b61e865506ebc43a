"""Cuts the text of an expression into tokens; linear in the length of the text."""

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from app.expressions.errors import ExpressionError
from app.expressions.limits import MAX_INTEGER, MAX_TEXT

_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r\n\u00a0]+)
    | (?P<comment>\#[^\n]*)
    | (?P<number>[0-9]+(?:\.(?!\.)[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d]\w*)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<sign>\*\*|//|\.\.|==|!=|<=|>=|[-+*/%<>=()\[\]{},.:?@])
    """,
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text: `kind` is number, text, name, sign, line or end; `at` and `end` are its offsets."""

    kind: str
    value: Any
    at: int
    end: int = 0


def fail(text: str, at: int, message: str) -> NoReturn:
    """Raise an ExpressionError that names line and column of an offset."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    raise ExpressionError(message, column=column, line=line)


def tokenize(text: str, *, script: bool = False, limit: int = MAX_TEXT) -> list[Token]:
    """Return the tokens of `text`, the last one of kind `end`.

    With `script`, line ends outside brackets become tokens of kind `line` and `#` starts a comment.

    Raises:
        ExpressionError: the text is too long or has a character that belongs to no token.
    """
    if len(text) > limit:
        raise ExpressionError(f"The text has {len(text)} characters; {limit} are allowed.")
    tokens: list[Token] = []
    at, open_brackets = 0, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or (match.lastgroup == "comment" and not script):
            _refuse_character(text, at)
        kind, said = match.lastgroup or "", match.group()
        if kind == "blank":
            if script and not open_brackets and "\n" in said:
                tokens.append(Token("line", None, at))
        elif kind == "number":
            tokens.append(Token("number", _number(text, at, said), at, match.end()))
        elif kind == "text":
            tokens.append(Token("text", _unescape(text, at, said), at, match.end()))
        elif kind == "name":
            tokens.append(Token("name", said, at, match.end()))
        elif kind == "sign":
            open_brackets += (said in _OPENING) - (said in _CLOSING)
            open_brackets = max(open_brackets, 0)
            tokens.append(Token("sign", said, at, match.end()))
        at = match.end()
    tokens.append(Token("end", None, len(text)))
    return tokens


def _refuse_character(text: str, at: int) -> NoReturn:
    character = text[at]
    if character in "\"'":
        fail(text, at, "This text has no closing quote.")
    if character in "“”„‘’":
        fail(text, at, f'{character} is a typographic quote; use a plain ".')
    if character == ";":
        fail(text, at, "“;” is not part of the language; one statement stands on a line.")
    if character == "#":
        fail(text, at, "Comments stand in scripts only.")
    fail(text, at, f"The character “{character}” is not part of the language." if character.isprintable()
         else "There is a character here that is not part of the language.")  # fmt: skip


def _number(text: str, at: int, said: str) -> int | float:
    if text[at + len(said) : at + len(said) + 1].isalpha() or text[at + len(said) : at + len(said) + 1] == "_":
        fail(text, at, f"“{said}” is followed directly by a letter.")
    if said.isdigit():
        # Python refuses to read thousands of digits, so the length comes first.
        if len(said) > 30 or int(said) > MAX_INTEGER:
            fail(text, at, "The number is too big.")
        return int(said)
    value = float(said)
    if value in (float("inf"), float("-inf")):
        fail(text, at, "The number is too big.")
    return value


def _unescape(text: str, at: int, said: str) -> str:
    inner = said[1:-1]
    if "\\" not in inner:
        return inner
    parts: list[str] = []
    position = 0
    while position < len(inner):
        character = inner[position]
        if character == "\\":
            position += 1
            if inner[position] not in _ESCAPES:
                fail(text, at + position, f"“\\{inner[position]}” is not an escape; write \\\\ for a backslash.")
            character = _ESCAPES[inner[position]]
        parts.append(character)
        position += 1
    return "".join(parts)
