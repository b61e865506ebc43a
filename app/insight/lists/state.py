"""What a list shows at the moment, as its address carries it: status, words, conditions, order, columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from app.insight.lists.conditions import LONGEST_VALUE, MOST_CONDITIONS, MOST_VALUES, Condition

OPEN = "open"
MOST_COLUMNS = 30
LONGEST_NAME = 100
_CONDITION = re.compile(r"[cov]\d{1,2}")


@dataclass(frozen=True, slots=True)
class ListState:
    """Everything but the page: `sort` is a column's name, with `-` before it for the greatest first."""

    status: str = OPEN
    text: str = ""
    conditions: tuple[Condition, ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()

    @property
    def sorted_by(self) -> str:
        """Name of the column that rows are put in order by; empty for the newest first."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.sort.startswith("-")

    @property
    def active(self) -> tuple[Condition, ...]:
        """The conditions that say enough to be asked."""
        return tuple(condition for condition in self.conditions if condition.complete)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the state as names and values of an address; what is as usual is left out, but not the status."""
        pairs = [("status", self.status)]
        if self.text:
            pairs.append(("q", self.text))
        for number, condition in enumerate(self.conditions, 1):
            pairs += [(f"c{number}", condition.name), (f"o{number}", condition.operator)]
            pairs += [(f"v{number}", value) for value in condition.values]
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.columns:
            pairs.append(("columns", ",".join(self.columns)))
        return pairs

    def query(self, *further: tuple[str, str], **changed: Any) -> str:
        """Return the state as the query of an address, some of it changed."""
        return urlencode([*replace(self, **changed).pairs(), *further])

    def as_json(self) -> dict[str, Any]:
        """Return the state as it is kept; `read_json` reads it back."""
        conditions = [[one.name, one.operator, *one.values] for one in self.active]
        return {
            "status": self.status, "text": self.text, "conditions": conditions, "sort": self.sort,
            "columns": list(self.columns),
        }  # fmt: skip


def says_something(params: Iterable[str]) -> bool:
    """Tell whether the names in an address say what a list is to show."""
    return any(name in ("status", "q", "sort", "columns") or _CONDITION.fullmatch(name) for name in params)


def read_params(pairs: Sequence[tuple[str, str]]) -> ListState:
    """Read a state from an address or a posted form; a column without operator is a condition still to be written."""
    many: dict[str, list[str]] = {}
    for name, value in pairs:
        many.setdefault(name, []).append(value.replace("\x00", "").strip()[:LONGEST_VALUE])
    numbers = sorted({int(name[1:]) for name in many if name.startswith("c") and _CONDITION.fullmatch(name)})
    conditions = [
        Condition(
            many[f"c{number}"][0][:LONGEST_NAME],
            many.get(f"o{number}", [""])[0][:LONGEST_NAME],
            tuple(value for value in many.get(f"v{number}", [])[:MOST_VALUES] if value),
        )
        for number in numbers
        if many.get(f"c{number}", [""])[0]
    ]
    columns = [name for part in many.get("columns", []) for name in part.split(",")]
    return ListState(
        many.get("status", [OPEN])[0][:LONGEST_NAME],
        many.get("q", [""])[0],
        tuple(conditions[:MOST_CONDITIONS]),
        many.get("sort", [""])[0][:LONGEST_NAME],
        tuple(dict.fromkeys(name[:LONGEST_NAME] for name in columns if name))[:MOST_COLUMNS],
    )


def read_json(kept: Mapping[str, Any]) -> ListState:
    """Read a state that was kept."""
    conditions = tuple(Condition(one[0], one[1], tuple(one[2:])) for one in kept.get("conditions", []))
    return ListState(
        kept.get("status", OPEN), kept.get("text", ""), conditions, kept.get("sort", ""),
        tuple(kept.get("columns", [])),
    )  # fmt: skip
