"""Reads lists: pages that follow on each other whatever the order, counts, and all rows one after the other."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.errors import Invalid, Message
from app.insight.access import Viewer
from app.insight.lists.columns import Column
from app.insight.lists.conditions import Condition, asks, operators_of
from app.insight.lists.state import OPEN, ListState

PAGE = 50
MOST_COUNTED = 1000
AT_ONCE = 500
# In characters.
BEGINNING = 300


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list that can be read: of one kind of records, or of cases.

    `id` and `number` are columns of what the list is of, `known` is what the reader may know of, `usual` the columns
    shown to who has chosen none, `open` the condition on what is not done with, and `matching` makes one from words.
    """

    key: str
    viewer: Viewer
    zone: tzinfo
    id: InstrumentedAttribute[int]
    number: InstrumentedAttribute[str]
    columns: Mapping[str, Column]
    known: ColumnElement[bool]
    usual: tuple[str, ...]
    open: ColumnElement[bool]
    matching: Callable[[str], ColumnElement[bool] | None]
    status: InstrumentedAttribute[str]
    statuses: tuple[str, ...] = ()

    def shown(self, state: ListState, own: Sequence[str] = ()) -> list[Column]:
        """Return the columns to show: those of the address, else the person's own, else the usual ones."""
        for names in (state.columns, own, self.usual):
            found = [self.columns[name] for name in names if name in self.columns]
            if found:
                return found
        return []

    def problems(self, state: ListState) -> dict[int, list[str]]:
        """Return what is wrong with the conditions by their place; a list with such a condition shows nothing."""
        wrong: dict[int, list[str]] = {}
        for place, condition in enumerate(state.conditions):
            try:
                if condition.name not in self.columns:
                    raise ValueError(Message("There is no such column."))
                if condition.complete:
                    self._asks(condition)
            except ValueError as error:
                wrong[place] = [error.args[0]]
        return wrong

    def condition(self, state: ListState) -> ColumnElement[bool]:
        """Return what the state asks for, within what the reader may know of.

        Raises:
            Invalid: names each condition (`c1`, …) that cannot be asked.
        """
        wrong = self.problems(state)
        if wrong:
            raise Invalid(_by_condition(wrong))
        parts = [self.known, *(self._asks(condition) for condition in state.active)]
        if state.status == OPEN:
            parts.append(self.open)
        elif state.status:
            parts.append(self.status == state.status)
        words = self.matching(state.text) if state.text else None
        return and_(*parts, *([words] if words is not None else []))

    def page(
        self,
        session: Session,
        state: ListState,
        shown: Sequence[Column],
        *,
        after: str = "",
        limit: int = PAGE,
        brief: bool = False,
    ) -> "ListPage":
        """Return one page; `after` is where the page before ended, as that page said.

        With `brief` only the beginnings of texts are read.

        Raises:
            Invalid: a condition or `after` cannot be understood.
        """
        query = self._query(state, shown, brief=brief)
        place = self._read(state, after)
        if place is not None:
            query = query.where(self._behind(state, *place))
        rows = session.execute(query.limit(limit + 1)).all()
        lines = [_line(row, shown) for row in rows[:limit]]
        return ListPage(lines, _written(rows[limit - 1]) if len(rows) > limit else "")

    def all(self, session: Session, state: ListState, shown: Sequence[Column]) -> "Iterator[list[ListLine]]":
        """Yield all rows in parts, read through a cursor of the database: as much memory for many as for few."""
        found = session.execute(self._query(state, shown), execution_options={"yield_per": AT_ONCE})
        for rows in found.partitions():
            yield [_line(row, shown) for row in rows]

    def ids(self, session: Session, state: ListState, limit: int) -> list[int]:
        """Return the ids of the first rows, at most `limit` of them."""
        return list(session.scalars(self._query(state, ()).limit(limit)))

    def counts(self, session: Session, states: Sequence[ListState]) -> list[int | None]:
        """Count the rows of some states with one statement, none of them beyond `MOST_COUNTED`.

        What cannot be asked any more, because a column is gone, has no count.
        """
        found: list[int | None] = [None] * len(states)
        parts = []
        for place, state in enumerate(states):
            if not self.problems(state):
                few = select(self.id).where(self.condition(state)).limit(MOST_COUNTED).subquery()
                parts.append(select(literal(place).label("place"), func.count().label("many")).select_from(few))
        for row in session.execute(union_all(*parts)) if parts else ():
            found[row.place] = row.many
        return found

    def _asks(self, condition: Condition) -> ColumnElement[bool]:
        column = self.columns[condition.name]
        if condition.operator not in operators_of(column):
            raise ValueError(Message("This comparison does not fit the column."))
        return asks(column, condition, self.viewer, self.zone)

    def _query(self, state: ListState, shown: Sequence[Column], *, brief: bool = False) -> Select[Any]:
        texts = [func.left(one.value, BEGINNING) if brief and one.type == "text" else one.value for one in shown]
        values: list[Any] = [value.label(f"value_{place}") for place, value in enumerate(texts)]
        sort = self._sort(state)
        key = sort.label("sort_key") if sort is not None else self.id.label("sort_key")
        query = select(self.id.label("row_id"), self.number.label("row_number"), key, *values)
        query = query.where(self.condition(state))
        if sort is None:
            return query.order_by(self.id.desc())
        first = sort.desc() if state.descending else sort.asc()
        return query.order_by(first.nulls_last(), self.id.desc())

    def _sort(self, state: ListState) -> SQLColumnExpression[Any] | None:
        column = self.columns.get(state.sorted_by)
        return column.order if column is not None and column.sortable else None

    def _behind(self, state: ListState, key: Any, last: int) -> ColumnElement[bool]:
        sort, later = self._sort(state), self.id < last
        if sort is None:
            return later
        if key is None:
            return and_(sort.is_(None), later)
        beyond = sort < key if state.descending else sort > key
        return or_(beyond, and_(sort == key, later), sort.is_(None))

    def _key_types(self, state: ListState) -> str:
        """Return which marks of types the place of a page may have in this order."""
        column = self.columns.get(state.sorted_by)
        if column is None or not column.sortable:
            return "i"
        if column.type == "flag" or column.ranks:
            return "i"
        if column.written:
            return "ns"
        return {"time": "nt", "number": "nid"}.get(column.type, "ns") if column.label is None else "ns"

    def _read(self, state: ListState, after: str) -> tuple[Any, int] | None:
        if not after:
            return None
        try:
            type_of, key, last = orjson.loads(base64.urlsafe_b64decode(after.encode("ascii")))
            if type(last) is not int or not 0 < last < 2**63 or type_of not in self._key_types(state):
                raise ValueError(after)
            return _READ[type_of](key), last
        except (ValueError, TypeError, KeyError, ArithmeticError, binascii.Error):
            raise Invalid({"after": [Message("This place in the list is not one that the list gave.")]}) from None


@dataclass(frozen=True, slots=True)
class ListLine:
    """One row: the values of the columns shown, in their order."""

    id: int
    number: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some rows, and where the next page begins; empty when there is none."""

    lines: list[ListLine] = field(default_factory=list)
    next: str = ""


def _line(row: Row[Any], shown: Sequence[Column]) -> ListLine:
    return ListLine(row.row_id, row.row_number, tuple(row[3 + place] for place in range(len(shown))))


def _written(row: Row[Any]) -> str:
    key = row.sort_key
    type_of = next(name for name, kind in _KINDS.items() if isinstance(key, kind))
    said = str(key) if isinstance(key, Decimal) else key
    return base64.urlsafe_b64encode(orjson.dumps([type_of, said, row.row_id])).decode()


_KINDS: dict[str, Any] = {"n": type(None), "i": int, "s": str, "t": datetime, "d": Decimal}


def _whole(key: Any) -> int:
    if type(key) is not int or abs(key) >= 2**63:
        raise ValueError(key)
    return key


def _text(key: Any) -> str:
    if type(key) is not str or "\x00" in key:
        raise ValueError(key)
    return key


def _decimal(key: Any) -> Decimal:
    number = Decimal(_text(key))
    if not number.is_finite() or len(str(key)) > 100:
        raise ValueError(key)
    return number


_READ: dict[str, Callable[[Any], Any]] = {
    "n": lambda _key: None, "i": _whole, "s": _text, "t": datetime.fromisoformat, "d": _decimal,
}  # fmt: skip


def _by_condition(wrong: Mapping[int, list[str]]) -> dict[str, list[str]]:
    """Return complaints by the names that conditions have in an address."""
    return {f"c{place + 1}": messages for place, messages in wrong.items()}
