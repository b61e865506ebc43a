"""Where operations are declared and found: groups beside the domain's rules, one registry for all of them."""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from app.errors import StellwerkError
from app.operations.operation import Function, Operation, Runs
from app.operations.subjects import Subjects

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class UnknownOperation(StellwerkError):
    """A diagram names an operation that does not exist."""


class OperationGroup:
    """The operations on one noun: `OperationGroup("incident")` makes `incident.open`, `incident.resolve`, …"""

    def __init__(self, noun: str) -> None:
        """`noun` is snake_case, with the area in front where it would not be unique otherwise."""
        if not _WORD.fullmatch(noun):
            raise ValueError(f"an operation's noun is snake_case, {noun!r} is not")
        self.noun = noun
        self.operations: list[Operation] = []

    def operation(
        self, verb: str, *, title: str, runs: Runs = "in_step", aliases: Sequence[str] = ()
    ) -> Callable[[Function], Function]:
        """Make the decorated function callable from diagrams as `<noun>.<verb>`; the function itself stays as it is.

        Parameters:
            title: a few words for the modeller's drop-down.
            runs: `after_commit` for everything outside the database.
            aliases: full former names (`incident.create`) that old diagrams may still use.

        Raises:
            TypeError: the signature does not tell what a diagram may give and gets.
        """
        if not _WORD.fullmatch(verb):
            raise ValueError(f"an operation's verb is snake_case, {verb!r} is not")

        def declare(function: Function) -> Function:
            name = f"{self.noun}.{verb}"
            self.operations.append(Operation(name, function, title=title, runs=runs, aliases=aliases))
            return function

        return declare


class Registry:
    """All operations by name; `subjects` are the queries that schedules start cases for."""

    def __init__(self, *groups: OperationGroup) -> None:
        """Start with the given groups."""
        self.subjects = Subjects()
        self._by_name: dict[str, Operation] = {}
        self._by_alias: dict[str, Operation] = {}
        for group in groups:
            self.add(group)

    def add(self, group: OperationGroup) -> None:
        """Take in a group.

        Raises:
            ValueError: a name or alias is taken already; nothing of the group was added.
        """
        taken = {**self._by_name, **self._by_alias}
        for operation in group.operations:
            for name in (operation.name, *operation.aliases):
                if name in taken:
                    raise ValueError(f"two operations are called {name}")
                taken[name] = operation
        self._by_name.update({operation.name: operation for operation in group.operations})
        self._by_alias.update({alias: operation for operation in group.operations for alias in operation.aliases})

    def get(self, name: str) -> Operation:
        """Find an operation by name or alias.

        Raises:
            UnknownOperation: there is none; the message names a similar one.
        """
        operation = self._by_name.get(name) or self._by_alias.get(name)
        if operation is None:
            similar = get_close_matches(name, self._by_name, n=1)
            hint = f" Did you mean “{similar[0]}”?" if similar else ""
            raise UnknownOperation(f"There is no operation “{name}”.{hint}")
        return operation

    def __contains__(self, name: str) -> bool:
        return name in self._by_name or name in self._by_alias

    def all(self) -> list[Operation]:
        """Return every operation once, by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]
