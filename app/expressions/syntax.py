"""The one syntax tree behind both notations, the Python-like one and FEEL.

Each node knows its offset in the text, for error messages. There are no loops, no definitions and no calls of values:
the work of an evaluation is bounded by the tree and the sizes of the values it meets.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression; `at` is its offset in the text."""

    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, text, truth value, nothing, or a FEEL date."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Subject(Node):
    """The value that a decision cell is tested against."""


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`record.impact`: an entry of a map."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`teams[0]` or `answers["why"]`; FEEL counts lists from 1."""

    of: Node
    index: Node
    first: int = 0


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """A list written out."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """A map written out; its keys are texts."""

    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-x`, `+x` or `not x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`x + y` and the other operations on two values."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`a < b <= c`: neighbours are compared, all must hold.

    With `lenient`, an order against nothing does not hold (FEEL) instead of being an error.
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` or `or` over two or more parts; evaluated from the left, only as far as needed."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`a if condition else b`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of one of the language's functions."""

    function: str
    arguments: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`[1..3]`: whether `value` lies between the bounds; open ends exclude the bound."""

    value: Node
    low: Node
    high: Node
    low_open: bool = False
    high_open: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Matches(Node):
    """A plain value as a FEEL test: equal to it, or among it when it is a list."""

    value: Node
    expected: Node


def children(node: Node) -> tuple[Node, ...]:
    """Return a node's direct parts."""
    match node:
        case Attribute(of=of):
            return (of,)
        case Index(of=of, index=index):
            return (of, index)
        case ListOf(items=items):
            return items
        case MapOf(entries=entries):
            return tuple(part for entry in entries for part in entry)
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Compare(first=first, rest=rest):
            return (first, *(part for _, part in rest))
        case Logic(parts=parts):
            return parts
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Call(arguments=arguments, named=named):
            return (*arguments, *(part for _, part in named))
        case Range(value=value, low=low, high=high):
            return (value, low, high)
        case Matches(value=value, expected=expected):
            return (value, expected)
    return ()


def dotted(node: Node) -> str:
    """Return `record.impact` for a name or a chain of attributes of a name; empty for anything else."""
    names: list[str] = []
    while isinstance(node, Attribute):
        names.append(node.name)
        node = node.of
    if not isinstance(node, Name):
        return ""
    return ".".join([node.name, *reversed(names)])


def names_of(tree: Node) -> frozenset[str]:
    """Return the dotted names that a tree reads; the longest chain only."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        name = dotted(node)
        if name:
            found.add(name)
        else:
            waiting.extend(children(node))
    return frozenset(found)


def functions_of(tree: Node) -> frozenset[str]:
    """Return the names of the functions that a tree calls."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call):
            found.add(node.function)
        waiting.extend(children(node))
    return frozenset(found)
