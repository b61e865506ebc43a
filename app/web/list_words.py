"""The cells of a list, and the form of its filters, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.people.records import Person, Team
from app.domain.records import queries
from app.domain.records.records import Record
from app.insight.access import visible_records
from app.insight.lists.catalogue import CASES
from app.insight.lists.columns import Column, CustomField
from app.insight.lists.conditions import DATES, DAYS, MANY, WITHOUT_VALUE, Condition, operators_of
from app.insight.lists.listing import Listing, ListLine
from app.insight.lists.state import ListState
from app.insight.record_view import Fact
from app.web.custom_words import asked_by, fact_of, file_names, files_in, is_moment, numbers_of
from app.web.dependencies import number
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.lists import Asking, declared_fields
from app.web.names import priority_text

OPERATORS = {
    "contains": mark("contains"), "lacks": mark("does not contain"), "is": mark("is exactly"),
    "any": mark("is one of"), "none": mark("is none of"), "equals": mark("equals"),
    "at_least": mark("is at least"), "at_most": mark("is at most"), "yes": mark("yes"), "no": mark("no"),
    "within": mark("in the last … days"), "older": mark("more than … days ago"), "before": mark("before the day"),
    "after": mark("after the day"), "on": mark("on the day"), "named": mark("has in its name"),
    "me": mark("is me"), "my_teams": mark("is one of my teams"), "empty": mark("is empty"),
    "filled": mark("is filled in"),
}  # fmt: skip
PRIORITIES = ("P1", "P2", "P3", "P4", "P5", "P6")
# Longer texts are cut off in a list.
CUT = 120
MOST_CHOICES = 60


@dataclass(slots=True)
class Row:
    """One condition in the form: its place from 1, its operators, what kind of input its value needs."""

    number: int
    column: str
    title: str
    operator: str
    operators: list[tuple[str, str]]
    input: str
    values: tuple[str, ...]
    choices: list[tuple[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    without: str = ""

    @property
    def value(self) -> str:
        """The only value."""
        return self.values[0] if self.values else ""


def title_of(column: Column) -> str:
    """Return a column's title in the reader's language."""
    return column.title if column.custom else _(column.title)


def options_of(it: Asking, listing: Listing, column: Column) -> Mapping[str, str]:
    """Return the words of a column and what people read for them, empty where any text may stand."""
    if column.name == "priority" and not column.custom:
        return {code: priority_text(code) for code in PRIORITIES}
    if column.custom or listing.key == CASES:
        return column.options if column.name != "status" else {key: _(word) for key, word in column.options.items()}
    declared = declared_fields(it, it.parts.records.catalogue.get(listing.key)).get(column.name)
    if declared is not None and declared.options:
        return declared.options
    return {key: _(word) for key, word in column.options.items()}


def facts_of(
    it: Asking, listing: Listing, columns: Sequence[Column], lines: Sequence[ListLine], *, cut: int = CUT
) -> list[list[Fact]]:
    """Return the cells of some rows, references with what people read for them; texts longer than `cut` are cut."""
    wanted: dict[str, set[str]] = {}
    for place, column in enumerate(columns):
        if column.entity:
            wanted.setdefault(column.entity, set()).update(str(line.values[place]) for line in lines)
    rows = {place: _as_field(column) for place, column in enumerate(columns) if column.fields}
    inner, held = asked_by((field, line.values[place]) for place, field in rows.items() for line in lines)
    for entity, ids in inner.items():
        wanted.setdefault(entity, set()).update(ids)
    labels = queries.labels(it.session, wanted, visible=visible_records(it.viewer))
    numbers = numbers_of(it, labels) | _of_cases(it, listing, columns, lines)
    held += [line.values[place] for place, column in enumerate(columns) if column.type == "file" for line in lines]
    files = file_names(it, held)
    words = [options_of(it, listing, column) for column in columns]
    return [
        [
            _file_fact(column, value, files)
            if column.type == "file"
            else fact_of(rows[place], value, labels, numbers, files)
            if place in rows
            else _fact(listing, column, options, value, labels, numbers, cut)
            for place, (column, options, value) in enumerate(zip(columns, words, line.values, strict=True))
        ]
        for line in lines
    ]


def rows_of(it: Asking, listing: Listing, state: ListState, problems: Mapping[int, list[str]]) -> list[Row]:
    """Return the conditions of a state as rows of the form."""
    rows = []
    for place, condition in enumerate(state.conditions):
        rest = state.conditions[:place] + state.conditions[place + 1 :]
        without = state.query(conditions=rest)
        column = listing.columns.get(condition.name)
        if column is None:
            gone = Row(place + 1, condition.name, condition.name, condition.operator, [], "none", condition.values)
            gone.errors, gone.without = problems.get(place, []), without
            rows.append(gone)
            continue
        operator = condition.operator or operators_of(column)[0]
        choices = _choices(it, listing, column, condition)
        operators = [one for one in operators_of(column) if one not in MANY or choices or column.type == "key"]
        if operator not in operators:
            operator = operators[0]
        rows.append(
            Row(
                place + 1,
                column.name,
                title_of(column),
                operator,
                [(one, _(OPERATORS[one])) for one in operators],
                _input(operator, choices),
                condition.values,
                choices,
                problems.get(place, []),
                without,
            )  # fmt: skip
        )
    return rows


def in_words(it: Asking, listing: Listing, condition: Condition) -> str:
    """Return a condition as a phrase."""
    column = listing.columns.get(condition.name)
    if column is None:
        return condition.name
    choices = dict(_choices(it, listing, column, condition))
    values = ", ".join(choices.get(value, value if not column.entity else "?") for value in condition.values)
    if condition.operator in WITHOUT_VALUE:
        values = ""
    elif condition.operator not in MANY:
        values = condition.values[0]
    operator = _(OPERATORS.get(condition.operator, condition.operator))
    if "…" in operator:
        return f"{title_of(column)} {operator.replace('…', values)}"
    return f"{title_of(column)} {operator} {values}".strip()


def _input(operator: str, choices: list[tuple[str, str]]) -> str:
    if operator in WITHOUT_VALUE:
        return "none"
    if operator in MANY and choices:
        return "choices"
    return "date" if operator in DATES else "number" if operator in DAYS else "text"


def _choices(it: Asking, listing: Listing, column: Column, condition: Condition) -> list[tuple[str, str]]:
    """Return the values that a condition may be asked with, those that it is asked with among them."""
    if column.type in ("key", "keys"):
        options = dict(options_of(it, listing, column))
        return [*options.items(), *((value, value) for value in condition.values if value not in options)]
    if column.type != "reference":
        return []
    found: dict[str, str] = {}
    if column.entity == "team":
        teams = select(Team.id, Team.name).where(_named_in(it, listing, column, Team.id)).order_by(Team.name)
        found = {str(team.id): team.name for team in it.session.execute(teams)}
    elif column.entity == "service":
        services = select(Record.id, Record.title).where(Record.kind == "service", visible_records(it.viewer))
        rows = it.session.execute(services.order_by(Record.title, Record.id).limit(MOST_CHOICES))
        found = {str(row.id): row.title for row in rows}
    missing = [value for value in condition.values if condition.operator in MANY and value not in found]
    if missing:
        known = {}
        if column.entity not in ("person", "team") or it.viewer.knows_people:
            known = queries.labels(it.session, {column.entity: missing}, visible=visible_records(it.viewer))
        elif column.entity == "person":
            ids = [one for one in map(number, missing) if one is not None]
            people = select(Person.id, Person.name).where(Person.id.in_(ids), _named_in(it, listing, column, Person.id))
            known = {("person", str(row.id)): row.name for row in it.session.execute(people)}
        found |= {value: known.get((column.entity, value), "?") for value in missing}
    return list(found.items())


def _named_in(it: Asking, listing: Listing, column: Column, name: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Condition on a person or team that the reader may be told: who only uses services knows those in their rows."""
    if it.viewer.knows_people:
        return true()
    return name.in_(select(column.value).where(listing.known, column.value.is_not(None)))


def _of_cases(
    it: Asking, listing: Listing, columns: Sequence[Column], lines: Sequence[ListLine]
) -> dict[str, tuple[str, str]]:
    """Return kind and number of the records of cases by their numbers, as far as the person may open them."""
    places = [place for place, column in enumerate(columns) if listing.key == CASES and column.name == "record"]
    wanted = {line.values[place] for line in lines for place in places if line.values[place]}
    if not wanted:
        return {}
    known = select(Record.kind, Record.number).where(Record.number.in_(wanted), visible_records(it.viewer))
    return {row.number: (row.kind, row.number) for row in it.session.execute(known)}


def _as_field(column: Column) -> CustomField:
    return CustomField(column.name, title_of(column), column.type, fields=column.fields)


def _file_fact(column: Column, value: Any, names: Mapping[str, str]) -> Fact:
    found = files_in(value, names)
    return Fact(column.name, title_of(column), "file", found, ", ".join(name for _id, name in found))


def _fact(
    listing: Listing,
    column: Column,
    options: Mapping[str, str],
    value: Any,
    labels: Mapping[tuple[str, str], str],
    numbers: Mapping[str, tuple[str, str]],
    cut: int,
) -> Fact:
    name, shown, kind, number = column.name, "", "", ""
    if column.entity:
        shown = labels.get((column.entity, str(value)), "")
        # Persons and teams have ids of their own, which mean other things among records.
        if shown and column.entity not in ("person", "team"):
            kind, number = numbers.get(str(value), ("", ""))
        value = value if shown else None
    elif listing.key == CASES and name == "record" and value in numbers:
        shown, (kind, number) = value, numbers[value]
    elif isinstance(value, datetime):
        value = value.isoformat()
    elif isinstance(value, list) and options:
        shown = ", ".join(options.get(str(one), str(one)) for one in value)
    elif column.type == "key" and value is not None:
        shown = options.get(value, str(value).replace("_", " "))
    elif isinstance(value, str) and len(value) > cut:
        value = f"{value[:cut].rstrip()}…"
    if listing.key == CASES and name == "status":
        name = "case_status"
    of_type = "text" if column.type in ("key", "keys") else column.type
    if column.written and not is_moment(column.type, value):
        of_type = "text"
    return Fact(name, title_of(column), of_type, value, shown, kind, number)
