"""Stores many rows of a table with one statement: they travel as JSON, and the database takes them apart."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    LargeBinary,
    Table,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_of
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.schema import DefaultClause

Row = dict[str, Any]


def row_of(table: FromClause, record: Any, names: Iterable[str] | None = None) -> Row:
    """Return the columns of a record that lie in this table; generated ones are left to the database."""
    return {
        one.key: _plain(record.id if one.key == "record_id" else getattr(record, one.key))
        for one in table.c
        if one.computed is None and (names is None or one.key in names)
    }


def insert(session: Session, table: FromClause, rows: Sequence[Row]) -> None:
    """Add rows that all have the same columns; a column that is empty takes its default."""
    if not rows:
        return
    values = _taken_apart(table, rows[0])
    filled = [_with_default(table.c[name], value) for name, value in values.items()]
    session.execute(insert_into(_table(table)).from_select(list(values), select(*filled)), _sent(rows))


def update(
    session: Session, table: FromClause, key: str, rows: Sequence[Row], *, within: ColumnElement[bool] | None = None
) -> None:
    """Change the rows with these keys, among those of which `within` holds; all rows name the same columns."""
    if not rows:
        return
    values = _taken_apart(table, rows[0])
    new = {name: value for name, value in values.items() if name != key}
    statement = update_of(_table(table)).where(table.c[key] == values[key]).values(new)
    if within is not None:
        statement = statement.where(within)
    session.execute(statement, _sent(rows), execution_options={"synchronize_session": False})


def _table(table: FromClause) -> Table:
    assert isinstance(table, Table)
    return table


def _sent(rows: Sequence[Row]) -> dict[str, str]:
    return {"lines": orjson.dumps(rows).decode()}


def _taken_apart(table: FromClause, row: Row) -> dict[str, ColumnElement[Any]]:
    types = {name: table.c[name].type for name in row}
    shape = [column(name, Text() if isinstance(of, LargeBinary) else of) for name, of in types.items()]
    sent = text("CAST(:lines AS jsonb)").bindparams(bindparam("lines", type_=Text()))
    lines = func.jsonb_to_recordset(sent).table_valued(*shape, name="line").render_derived(with_types=True)
    values: dict[str, ColumnElement[Any]] = {
        name: func.decode(lines.c[name], literal_column("'hex'")) if isinstance(of, LargeBinary) else lines.c[name]
        for name, of in types.items()
    }
    return values


def _with_default(one: Column[Any] | ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    default = getattr(one, "server_default", None)
    if not isinstance(default, DefaultClause) or isinstance(getattr(one, "type", None), JSONB):
        return value
    said = default.arg
    return func.coalesce(value, literal_column(f"'{said}'") if isinstance(said, str) else said)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
