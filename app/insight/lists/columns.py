"""The columns of a list: attributes and custom fields, each with what the reader may see of it as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    SQLColumnExpression,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from app.domain.people.records import Person, Team
from app.domain.records.kinds import Attribute, Kind, Kinds
from app.domain.records.records import Record
from app.domain.service_levels.records import TargetClock
from app.domain.service_levels.words import METRICS_OF
from app.errors import Message
from app.insight.access import OPEN_KINDS, Viewer, inner_records, visible_records

ColumnType = Literal["text", "key", "keys", "number", "flag", "date", "time", "reference", "file", "other"]
# The column for when the next target clock of a record is due.
NEXT_DUE = "next_due"
# As much of a text as rows are put in order by.
SORTED_BY = 200
# As forms store them. Days and moments of UTC written like this are in order as texts, whatever day there never was.
DAY = r"^\d{4}-\d\d-\d\d$"
MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$"


@dataclass(frozen=True, slots=True)
class CustomField:
    """What forms say of a custom field; `options` are the labels of its answers, `fields` those of a list's rows."""

    name: str
    title: str
    type: ColumnType = "text"
    options: Mapping[str, str] = field(default_factory=dict)
    entity: str = ""
    fields: Mapping[str, "CustomField"] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Column:
    """One column: `value` is its SQL, null where the reader may not see it, and so for filters and order.

    `label` is what people read for a reference, `options` for a word; `title` and `options` of a `custom` column are
    in the reader's language already. `fields` are those in the rows of a list.
    """

    name: str
    title: str
    type: ColumnType
    value: SQLColumnExpression[Any]
    entity: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    label: SQLColumnExpression[Any] | None = None
    custom: bool = False
    ranks: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, CustomField] = field(default_factory=dict)

    @property
    def order(self) -> SQLColumnExpression[Any]:
        """What rows are put in order by: labels of references, statuses in the order of their life."""
        if self.label is not None:
            return func.left(func.lower(self.label), SORTED_BY)
        if self.type == "flag":
            return case((self.value.is_(True), 1), else_=0)
        if self.ranks:
            return case(dict(self.ranks), value=self.value, else_=len(self.ranks))
        if self.type in ("text", "key"):
            return func.left(func.lower(self.value), SORTED_BY)
        return self.value

    @property
    def sortable(self) -> bool:
        """Whether rows can be put in order by it."""
        return self.type not in ("keys", "file", "other")

    @property
    def written(self) -> bool:
        """Whether days or moments are texts in ISO form, as they are in custom fields."""
        return self.custom and self.type in ("date", "time")


def of_kind(kinds: Kinds, viewer: Viewer, kind: Kind, fields: Mapping[str, CustomField]) -> dict[str, Column]:
    """Return the columns that a list of this kind may show to a person, by name.

    What staff wrote beside the attributes is theirs: in the rows of records that the person does not work with, custom
    fields are empty, and who works with none is not told that they exist.

    Args:
        fields: the custom fields that forms declare or records hold.
    """
    found = {
        name: _of_attribute(kinds, viewer, kind, attribute)
        for name, attribute in kind.attributes.items()
        if name not in ("id", "kind")
    }
    if kind.key in METRICS_OF:
        found[NEXT_DUE] = Column(NEXT_DUE, Message("Next agreed time"), "time", _next_due())
    if viewer.knows_people:
        found |= {name: _of_field(kinds, viewer, one) for name, one in fields.items() if name not in found}
    return found


def _next_due() -> SQLColumnExpression[Any]:
    """Return when the next clock of a record is due, as SQL: of those that whoever asked may read, and that run."""
    running = and_(TargetClock.record_id == Record.id, TargetClock.level == "sla", TargetClock.state == "running")
    return select(func.min(TargetClock.due_at)).where(running).correlate(Record).scalar_subquery()


def known_references(viewer: Viewer, value: SQLColumnExpression[Any], entity: str) -> SQLColumnExpression[Any]:
    """Return ids of records as far as the person may know of the records; of all others nothing."""
    if viewer.sees_all or entity in OPEN_KINDS or entity in ("person", "team"):
        return value
    known = select(Record.id).where(visible_records(viewer)).correlate(None)
    return case((value.in_(known), value))


def label_of(entity: str, value: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """Return what people read for a reference, as SQL."""
    table = {"person": Person, "team": Team}.get(entity, Record).__table__.alias()
    columns: ReadOnlyColumnCollection[str, Any] = table.c
    name = columns.name if entity in ("person", "team") else columns.title
    if entity not in ("person", "team", *OPEN_KINDS):
        name = columns.number + literal(" ") + columns.title
    return select(name).where(columns.id == value).scalar_subquery()


def _of_attribute(kinds: Kinds, viewer: Viewer, kind: Kind, attribute: Attribute) -> Column:
    value: SQLColumnExpression[Any] = getattr(kind.model, attribute.column)
    options: Mapping[str, str] = kind.words.get(attribute.name, {})
    ranks: Mapping[str, int] = {}
    if attribute.name == "status":
        options = kind.statuses
        ranks = {status: place for place, status in enumerate(kind.statuses)}
    label = None
    if attribute.type == "reference":
        value = known_references(viewer, value, attribute.entity)
        label = label_of(attribute.entity, value)
    return Column(
        attribute.name, attribute.title, attribute.type, value,
        entity=attribute.entity, options=options, label=label, ranks=ranks,
    )  # fmt: skip


def _of_field(kinds: Kinds, viewer: Viewer, one: CustomField) -> Column:
    stored = Record.custom[one.name]
    words = Record.custom[one.name].astext
    if not viewer.sees_all:
        stored, words = (case((inner_records(viewer), part)) for part in (stored, words))
    kind_of = func.jsonb_typeof(stored)
    label, entity = None, ""
    # What a form declares is not what was stored under the same name by another; only what fits its type counts.
    match one.type:
        case "number":
            value: SQLColumnExpression[Any] = case((kind_of == "number", cast(words, Numeric)))
        case "flag":
            value = case((kind_of == "boolean", words == "true"))
        case "reference":
            value = case((words.regexp_match(r"^\d{1,18}$"), cast(words, BigInteger)))
            if one.entity not in ("person", "team"):
                known = [Record.kind == one.entity] if one.entity in kinds else [false()]
                there = select(Record.id).where(and_(*known, visible_records(viewer))).correlate(None)
                value = case((value.in_(there), value))
            label, entity = label_of(one.entity, value), one.entity
        case "date" | "time":
            value = case((words.regexp_match(DAY if one.type == "date" else MOMENT), words.collate("C")))
        case "keys" | "file" | "other":
            value = cast(stored, JSONB)
        case _:
            value = case((kind_of.in_(["string", "number", "boolean"]), words), else_=null())
    return Column(
        one.name, one.title, one.type, value,
        entity=entity, options=one.options, label=label, custom=True, fields=one.fields,
    )  # fmt: skip
