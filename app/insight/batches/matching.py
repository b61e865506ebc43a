"""Finds the records that rows are about, by number or by a field that tells records apart."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session

from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.insight.access import Viewer, visible_records
from app.insight.batches.fields import NUMBER, Target


def tells_apart(target: Target) -> bool:
    """Tell whether records may be known by this field."""
    return target.name == NUMBER or target.type in ("text", "key") or (target.custom and target.type == "number")


def key_of(target: Target, text: str, values: Mapping[str, Any]) -> str:
    """Return what a row says in this field, in the one way in which it is compared."""
    if target.name == NUMBER:
        return text.strip().upper()
    value = values.get(target.name)
    return " ".join(str(value).split()) if value is not None else ""


def find(
    session: Session, viewer: Viewer, kind: Kind, target: Target, keys: Collection[str]
) -> dict[str, list[tuple[int, str]]]:
    """Return ids and numbers of the records that have these keys, with one statement."""
    if not keys:
        return {}
    column: ColumnElement[Any]
    if target.custom:
        column = Record.custom[target.name].astext
    else:
        column = cast(getattr(kind.model, kind.attributes[target.name].column), String)
    said = func.unnest(cast(sorted(keys), ARRAY(TEXT)), type_=TEXT).column_valued("said")
    query = select(said.label("said"), kind.model.id, kind.model.number).where(
        column == said, Record.kind == kind.key, visible_records(viewer)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for row in session.execute(query.order_by(kind.model.id)):
        found.setdefault(row.said, []).append((row.id, row.number))
    return found
