"""The syntax of patterns: the part of ECMA-262's regular expressions that needs no backtracking."""

import string
from dataclasses import dataclass

from app.errors import StellwerkError

MAX_LENGTH = 300
MAX_DEPTH = 20
MAX_REPEAT = 500


class PatternError(StellwerkError):
    """A pattern is not accepted; the message says at which character (from 1)."""


@dataclass(frozen=True, slots=True)
class Chars:
    """A set of characters: ranges of code points and other sets, perhaps turned round."""

    ranges: tuple[tuple[int, int], ...] = ()
    parts: tuple["Chars", ...] = ()
    negated: bool = False
    space: bool = False

    def __contains__(self, char: str) -> bool:
        code = ord(char)
        found = (
            any(low <= code <= high for low, high in self.ranges)
            or (self.space and char.isspace())
            or any(char in part for part in self.parts)
        )
        return found != self.negated


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of the text."""

    begin: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Alternation:
    """One of several branches."""

    branches: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` to `most` times; `most` None means without end."""

    part: "Node"
    least: int
    most: int | None


Node = Chars | Edge | Sequence | Alternation | Repeat

_DIGITS = Chars(((48, 57),))
_WORD = Chars(((48, 57), (65, 90), (95, 95), (97, 122)))
_SPACE = Chars(space=True)
_CLASSES = {
    "d": _DIGITS,
    "w": _WORD,
    "s": _SPACE,
    "D": Chars(_DIGITS.ranges, negated=True),
    "W": Chars(_WORD.ranges, negated=True),
    "S": Chars(space=True, negated=True),
}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_ANY = Chars(((10, 10), (13, 13), (0x2028, 0x2029)), negated=True)


def parse(text: str) -> Node:
    """Read a pattern.

    Raises:
        PatternError: for bad syntax, back references, look-around, word boundaries, and what is too long or too deep.
    """
    if len(text) > MAX_LENGTH:
        raise PatternError(f"The pattern is longer than {MAX_LENGTH} characters.")
    reader = _Reader(text)
    node = reader.alternation(0)
    if reader.at < len(text):
        raise reader.error("this bracket closes nothing")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def error(self, what: str) -> PatternError:
        return PatternError(f"The pattern is not accepted at character {self.at + 1}: {what}.")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, expected: str) -> bool:
        if not self.text.startswith(expected, self.at):
            return False
        self.at += len(expected)
        return True

    def alternation(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error("brackets are nested too deeply")
        branches = [self.sequence(depth)]
        while self.take("|"):
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Alternation(tuple(branches))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self.quantified(self.atom(depth)))
        return Sequence(tuple(parts))

    def atom(self, depth: int) -> Node:
        if self.take("("):
            if self.take("?") and not self.take(":"):
                raise self.error("only plain groups and (?:…) are supported")
            node = self.alternation(depth + 1)
            if not self.take(")"):
                raise self.error("a bracket is not closed")
            return node
        if self.take("["):
            return self.charset()
        if self.take("."):
            return _ANY
        if self.take("^"):
            return Edge(begin=True)
        if self.take("$"):
            return Edge(begin=False)
        if self.peek() in "*+?{":
            raise self.error("there is nothing to repeat; write \\ before a sign that is meant literally")
        return self.char()

    def quantified(self, part: Node) -> Node:
        if self.take("*"):
            least, most = 0, None
        elif self.take("+"):
            least, most = 1, None
        elif self.take("?"):
            least, most = 0, 1
        elif self.take("{"):
            least, most = self.counts()
        else:
            return part
        if isinstance(part, Edge):
            raise self.error("an edge of the text cannot be repeated")
        self.take("?")  # lazy or greedy makes no difference to whether there is a match
        if self.peek() and self.peek() in "*+?{":
            raise self.error("this repeats a repetition")
        return Repeat(part, least, most)

    def counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at : max(end, self.at)].partition(",")
        if not _is_count(low) or (high and not _is_count(high)):
            raise self.error("write {2}, {2,} or {2,5}")
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise self.error(f"a repetition goes from a smaller to a larger number, at most {MAX_REPEAT}")
        self.at = end + 1
        return least, most

    def char(self) -> Chars:
        if not self.take("\\"):
            code = ord(self.peek())
            self.at += 1
            return Chars(((code, code),))
        return self.escape()

    def escape(self) -> Chars:
        char = self.peek()
        if char in _CLASSES:
            self.at += 1
            return _CLASSES[char]
        if char in ("x", "u"):
            digits = self.text[self.at + 1 : self.at + (3 if char == "x" else 5)]
            if len(digits) != (2 if char == "x" else 4) or not all(digit in string.hexdigits for digit in digits):
                raise self.error("write \\x2a or \\u002a")
            self.at += 1 + len(digits)
            return Chars(((int(digits, 16), int(digits, 16)),))
        if not char or (char not in _CONTROLS and char.isalnum()):
            raise self.error("this escape is not supported")
        self.at += 1
        code = _CONTROLS.get(char, ord(char))
        return Chars(((code, code),))

    def charset(self) -> Chars:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        parts: list[Chars] = []
        while not self.take("]"):
            if not self.peek():
                raise self.error("a set of characters is not closed")
            first = self.char()
            if len(first.ranges) != 1 or first.negated or first.ranges[0][0] != first.ranges[0][1]:
                parts.append(first)
                continue
            low = high = first.ranges[0][0]
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                last = self.char()
                high = last.ranges[0][0] if len(last.ranges) == 1 and not last.negated else -1
                if high < low or last.ranges[0][0] != last.ranges[0][1]:
                    raise self.error("a range goes from a smaller to a larger character")
            ranges.append((low, high))
        return Chars(tuple(ranges), tuple(parts), negated)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
