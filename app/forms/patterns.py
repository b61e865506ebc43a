"""Regular expressions of forms, matched in time proportional to the text, so that no pattern can stall a process.

Python's `re` backtracks: `(a+)+$` against thirty letters takes minutes. Forms are written by process owners, so their
patterns run on a small automaton instead (Thompson's construction, simulated; Cox, "Regular Expression Matching Can Be
Simple And Fast"). What needs backtracking (back references, look-around) is refused. Meaning follows ECMA-262, as JSON
Schema asks: `\\d` and `\\w` are ASCII, `$` is the end of the text.
"""

from functools import lru_cache

from app.forms.pattern_syntax import MAX_LENGTH, Alternation, Chars, Edge, Node, PatternError, Repeat, Sequence, parse

__all__ = ["MAX_LENGTH", "Pattern", "PatternError", "compiled"]

MAX_INSTRUCTIONS = 1000
MAX_VISITS = 5000
MAX_CACHED = 4000

_CHAR, _SPLIT, _BEGIN, _END, _MATCH = range(5)


class Pattern:
    """A compiled pattern; `search` looks for it anywhere in a text, like JSON Schema's `pattern`."""

    def __init__(self, text: str) -> None:
        """Compile `text`.

        Raises:
            PatternError: when it is not a regular expression that runs in linear time and bounded memory.
        """
        self.text = text
        self._code: list[tuple[int, int, int, Chars | None]] = []
        self._visits = 0
        self._emit(parse(text))
        self._add(_MATCH)
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._first = self._closure({0}, begin=True)
        self._later = self._closure({0})

    def search(self, value: str) -> bool:
        """Tell whether the pattern occurs in `value`; time grows with its length, whatever the pattern."""
        states, match = self._first, len(self._code) - 1
        for char in value:
            if match in states:
                return True
            move = (states, char)
            following = self._moves.get(move)
            if following is None:
                following = self._step(states, char)
                if len(self._moves) >= MAX_CACHED:
                    self._moves.clear()
                self._moves[move] = following
            states = following
        return match in states or match in self._closure(set(states), begin=not value, end=True)

    def _step(self, states: frozenset[int], char: str) -> frozenset[int]:
        after = {self._code[at][1] for at in states if (chars := self._code[at][3]) is not None and char in chars}
        return self._closure(after) | self._later

    def _closure(self, states: set[int], *, begin: bool = False, end: bool = False) -> frozenset[int]:
        """Follow all edges that take no character; edges at the text's ends are kept to be followed there."""
        found: set[int] = set()
        todo = list(states)
        while todo:
            at = todo.pop()
            if at in found:
                continue
            found.add(at)
            kind, one, two, _ = self._code[at]
            if kind == _SPLIT:
                todo += (one, two)
            elif (kind == _BEGIN and begin) or (kind == _END and end):
                todo.append(one)
        return frozenset(found)

    def _add(self, kind: int, one: int = 0, two: int = 0, chars: Chars | None = None) -> int:
        if len(self._code) >= MAX_INSTRUCTIONS:
            raise PatternError("The pattern is too large; repeat less.")
        self._code.append((kind, one, two, chars))
        return len(self._code) - 1

    def _emit(self, node: Node) -> None:
        self._visits += 1
        if self._visits > MAX_VISITS:
            raise PatternError("The pattern is too large; repeat less.")
        here = len(self._code)
        if isinstance(node, Chars):
            self._add(_CHAR, here + 1, 0, node)
        elif isinstance(node, Edge):
            self._add(_BEGIN if node.begin else _END, here + 1)
        elif isinstance(node, Sequence):
            for part in node.parts:
                self._emit(part)
        elif isinstance(node, Alternation):
            self._emit_alternation(node)
        else:
            self._emit_repeat(node)

    def _emit_alternation(self, node: Alternation) -> None:
        jumps = []
        for branch in node.branches[:-1]:
            split = self._add(_SPLIT)
            self._emit(branch)
            jumps.append(self._add(_SPLIT))
            self._code[split] = (_SPLIT, split + 1, len(self._code), None)
        self._emit(node.branches[-1])
        for jump in jumps:
            self._code[jump] = (_SPLIT, len(self._code), len(self._code), None)

    def _emit_repeat(self, node: Repeat) -> None:
        for _ in range(node.least):
            self._emit(node.part)
        if node.most is None:
            split = self._add(_SPLIT)
            self._emit(node.part)
            self._add(_SPLIT, split, split)
            self._code[split] = (_SPLIT, split + 1, len(self._code), None)
            return
        splits = []
        for _ in range(node.most - node.least):
            splits.append(self._add(_SPLIT))
            self._emit(node.part)
        for split in splits:
            self._code[split] = (_SPLIT, split + 1, len(self._code), None)


@lru_cache(maxsize=512)
def compiled(text: str) -> Pattern:
    """Return the compiled pattern of `text`, kept for the next use.

    Raises:
        PatternError: when it is refused.
    """
    return Pattern(text)
