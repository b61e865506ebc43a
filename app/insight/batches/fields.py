"""What can be set by a batch: fields with their types and words, kept with it so that a job needs no forms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.domain.options.lists import Choices
from app.domain.records.kinds import Attribute, Kind
from app.insight.lists.columns import ColumnType, CustomField

TargetType = ColumnType | Literal["tags"]
NUMBER, TAGS, WATCHERS = "number", "+tags", "+watchers"
# Only what is created without a case, or has never had one, may be told these.
OF_HISTORY = frozenset({"status", "opened_at", "closed_at"})
NEVER = frozenset({"id", "kind", "number", "updated_at"})


@dataclass(frozen=True, slots=True)
class Target:
    """A field that values go into.

    `words` are keys by what people write for them, in small letters; `shown` is what a reader reads for keys.
    `retired` are keys that records keep and nobody gives them any more, with the key to take instead, if there is one;
    `list` is the shared list that says so.
    """

    name: str
    title: str
    type: TargetType
    entity: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    custom: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)
    retired: Mapping[str, str] = field(default_factory=dict)
    list: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the field as it is kept."""
        return {
            "name": self.name, "title": self.title, "type": self.type, "entity": self.entity,
            "words": dict(self.words), "custom": self.custom, "shown": dict(self.shown),
            "retired": dict(self.retired), "list": self.list,
        }  # fmt: skip


def read_targets(kept: Iterable[Mapping[str, Any]]) -> dict[str, Target]:
    """Read fields that were kept, by name."""
    return {one["name"]: Target(**one) for one in kept}


def with_lists_of_now(recipe: Mapping[str, Any], lists: Mapping[str, Choices]) -> dict[str, Any]:
    """Return a recipe or an order that was kept, its fields with the answers that are retired by now."""
    targets = [
        {**one, "retired": retired_in(lists, one["list"])} if one.get("list") else one for one in recipe["targets"]
    ]
    return {**recipe, "targets": targets}


def retired_in(lists: Mapping[str, Choices], key: str) -> dict[str, str]:
    """Return the answers of a list that are offered no longer, each with the one to take instead."""
    choices = lists[key].choices if key in lists else ()
    return {one.key: one.replaced_by for one in choices if not one.active}


def importable(kind: Kind) -> list[Attribute]:
    """Return the attributes that a table may bring."""
    return [attribute for name, attribute in kind.attributes.items() if name not in NEVER]


def changeable(kind: Kind) -> list[Attribute]:
    """Return the attributes that may be changed for many records at once."""
    return [one for one in importable(kind) if one.name in kind.writable - {"title"} or one.name == "status"]


def of_custom(fields: Iterable[CustomField]) -> list[CustomField]:
    """Return the custom fields whose values can be written as a text."""
    return [one for one in fields if one.type not in ("file", "other") and not one.name.startswith("+")]
