"""What a schedule starts cases for: queries by name, declared beside the domain's rules as operations are."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.errors import StellwerkError

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class UnknownSubjects(StellwerkError):
    """A schedule names a query that does not exist."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that a case is started for.

    `key` tells it apart from the others (`record:17`), `record_id` is the record that the case is about. `due_at` is
    its own date, where it has one: a review that is due since March is started once for that March, however often the
    schedule looks. `values` become data of the case.
    """

    key: str
    record_id: int | None = None
    due_at: datetime | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_record(cls, record_id: int, due_at: datetime | None = None, **values: Any) -> "Subject":
        """Return a record as the subject."""
        return cls(f"record:{record_id}", record_id, due_at, values)


Find = Callable[[Session, datetime], Iterable[Subject]]
Function = TypeVar("Function", bound=Find)


@dataclass(frozen=True, slots=True)
class SubjectQuery:
    """A query that finds the subjects of an occurrence which is due at a moment.

    `dated` tells that its subjects have dates of their own: a calendar shows these instead of each time at which the
    schedule looks for them.
    """

    name: str
    title: str
    description: str
    find: Find
    dated: bool = False


class SubjectGroup:
    """The queries about one noun: `SubjectGroup("agreement")` makes `agreement.due_for_review`, …"""

    def __init__(self, noun: str) -> None:
        """`noun` is snake_case."""
        if not _WORD.fullmatch(noun):
            raise ValueError(f"the noun of a subject query is snake_case, {noun!r} is not")
        self.noun = noun
        self.queries: list[SubjectQuery] = []

    def subjects(self, which: str, *, title: str, dated: bool = False) -> Callable[[Function], Function]:
        """Let start events name the decorated function as `for_each`: `<noun>.<which>`.

        Raises:
            TypeError: the function has no docstring; process owners read it.
        """
        if not _WORD.fullmatch(which):
            raise ValueError(f"a subject query is called in snake_case, {which!r} is not")

        def declare(function: Function) -> Function:
            description = inspect.getdoc(function) or ""
            if not description:
                raise TypeError(f"subject query {self.noun}.{which} needs a docstring: process owners read it")
            self.queries.append(SubjectQuery(f"{self.noun}.{which}", title, description, function, dated))
            return function

        return declare


class Subjects:
    """All subject queries by name."""

    def __init__(self) -> None:
        """Begin without any."""
        self._by_name: dict[str, SubjectQuery] = {}

    def add(self, group: SubjectGroup) -> None:
        """Take in a group.

        Raises:
            ValueError: a name is taken already.
        """
        for query in group.queries:
            if query.name in self._by_name:
                raise ValueError(f"two subject queries are called {query.name}")
            self._by_name[query.name] = query

    def get(self, name: str) -> SubjectQuery:
        """Find a query.

        Raises:
            UnknownSubjects: there is none; the message names a similar one.
        """
        if name not in self._by_name:
            raise UnknownSubjects(f"There is no subject query “{name}”.{self.hint(name)}")
        return self._by_name[name]

    def hint(self, name: str) -> str:
        """Say what a wrong name may have meant."""
        similar = get_close_matches(name, self._by_name, n=1)
        return f" Did you mean “{similar[0]}”?" if similar else ""

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def all(self) -> list[SubjectQuery]:
        """Return every query, by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]
