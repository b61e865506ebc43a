"""Kinds of records: their number prefix, model, attributes and the words that pages use for them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import inspect
from sqlalchemy.sql.elements import NamedColumn

from app.database.numbers import sequence_of
from app.domain.records.records import Record
from app.errors import Message, NotFound

AttributeType = Literal["text", "key", "number", "flag", "time", "reference"]

# What keeps a record together; no page shows it and no form writes it.
INNER = frozenset({"record_id", "custom", "journal_head", "journal_length", "search", "words", "custom_words"})
# Set by the product itself or by operations that know the rules of the kind.
PROTECTED = frozenset({"id", "kind", "number", "area", "status", "opened_at", "updated_at", "closed_at"}) | INNER
# Of a column that has a place and a way to be written of its own; it is no attribute of its kind.
APART = {"apart": True}
TITLES = {
    "number": "Number",
    "title": "Title",
    "status": "Status",
    "priority": "Priority",
    "owner": "Owner",
    "requester": "Requester",
    "team": "Team",
    "service": "Service",
    "opened_at": "Opened",
    "updated_at": "Last change",
    "closed_at": "Closed",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a kind: its name in forms, expressions and diagrams, and the column behind it.

    `key` is a text that holds one of a few words (a status); `text` is what people write and may name persons.
    `entity` says what a reference points to: `person`, `team` or a record kind.
    """

    name: str
    column: str
    title: str
    type: AttributeType
    entity: str = ""
    required: bool = False
    protected: bool = False


@dataclass(frozen=True)
class Kind:
    """What there is to know about a kind of record.

    Args:
        key: `incident`; singular, as in diagrams and addresses.
        prefix: of its numbers, `INC`.
        model: the mapped class.
        area: the process that looks after it.
        title, plural: for people.
        columns: names of the attributes that a list shows.
        keys: text attributes that hold one of a few words and name no person.
        protected: attributes of the kind that only operations write.
        opening: status of a new record.
        closed: statuses in which a record is done with.
        titles: labels of the kind's own attributes.
        statuses: the statuses of the kind and what people read for them.
        words: what people read for the words that a key attribute holds, where no form says it.
        importable: whether its records may come from a table; of a kind that is born in cases alone, none may.
    """

    key: str
    prefix: str
    model: type[Record]
    area: str
    title: str
    plural: str
    columns: tuple[str, ...] = ("number", "title", "status", "owner", "updated_at")
    keys: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    opening: str = "open"
    closed: frozenset[str] = frozenset({"closed"})
    titles: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    importable: bool = True

    @property
    def sequence(self) -> str:
        """Name of the sequence that numbers come from."""
        return sequence_of(self.prefix)

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """All attributes by name, in the order of the model."""
        found = (
            _attribute(self, attribute.key, attribute.columns[0])
            for attribute in inspect(self.model).column_attrs
            if not attribute.columns[0].info.get("apart")
        )
        return {attribute.name: attribute for attribute in found if attribute.name not in INNER}

    @cached_property
    def writable(self) -> frozenset[str]:
        """Names of the attributes that a form may write."""
        return frozenset(name for name, attribute in self.attributes.items() if not attribute.protected)

    def status_title(self, status: str) -> str:
        """Return what people read for a status."""
        return self.statuses.get(status, status.replace("_", " ").capitalize())


class Kinds:
    """The kinds of records there are, by key."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        """Refuse two kinds of one key or prefix with `ValueError`."""
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            if kind.key in self._kinds or any(kind.prefix == other.prefix for other in self):
                raise ValueError(f"there is already a kind of records with the key {kind.key} or {kind.prefix}")
            self._kinds[kind.key] = kind

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __contains__(self, key: object) -> bool:
        return key in self._kinds

    def get(self, key: str) -> Kind:
        """Return the kind with this key.

        Raises:
            NotFound: there is none.
        """
        try:
            return self._kinds[key]
        except KeyError:
            raise NotFound(Message("There are no records of the kind “{key}”.", key=key)) from None

    def of_number(self, number: str) -> Kind | None:
        """Return the kind that a record number belongs to, by its prefix."""
        prefix = number.partition("-")[0].upper()
        return next((kind for kind in self if kind.prefix == prefix), None)


def _attribute(kind: Kind, key: str, column: NamedColumn[Any]) -> Attribute:
    name, entity = key, ""
    target = next(iter(column.foreign_keys), None)
    if target is not None and key.endswith("_id") and key not in INNER:
        name = key.removesuffix("_id")
        table = target.target_fullname.partition(".")[0]
        entity = name if table == "record" else table
    own_titles = {**TITLES, **kind.titles}
    return Attribute(
        name=name,
        column=key,
        title=own_titles.get(name, name.replace("_", " ").capitalize()),
        type=_type(kind, name, column, entity),
        entity=entity,
        required=not column.nullable,
        protected=name in PROTECTED | kind.protected,
    )


def _type(kind: Kind, name: str, column: NamedColumn[Any], entity: str) -> AttributeType:
    if entity:
        return "reference"
    if name in {"kind", "number", "status", "priority"} | kind.keys:
        return "key"
    try:
        python = column.type.python_type
    except NotImplementedError:  # a type of PostgreSQL's own, as the search column has
        return "text"
    types: dict[type, AttributeType] = {bool: "flag", int: "number", datetime: "time"}
    return types.get(python, "text")
