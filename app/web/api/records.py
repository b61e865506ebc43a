"""Records over the API: list and read."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import func, select

from app.domain.records.records import Record
from app.errors import NotFound
from app.insight.access import OPEN_KINDS, inner_records, visible_records
from app.web.api.call import MOST, PAGE, Call, bearer, call, cursor, problems, read_cursor
from app.web.api.routing import BASE
from app.web.api.shapes import Page

router = APIRouter(prefix=f"{BASE}/records", tags=["records"], dependencies=[Depends(bearer)])


@router.get("/{kind}", responses=problems(404))
def list_records(
    request: Request,
    kind: str,
    q: Annotated[str | None, Query(max_length=200, description="Words to search for.")] = None,
    status: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[dict[str, Any]]:
    """List records of a kind that you may know of, newest first."""
    with call(request) as it:
        if kind not in it.parts.records.kinds():
            raise NotFound
        query = select(Record.id).where(Record.kind == kind, visible_records(it.viewer))
        if q:
            query = query.where(Record.search.op("@@")(func.plainto_tsquery("simple", q)))
        if status:
            query = query.where(Record.status == status)
        last = read_cursor(after)
        if last is not None:
            query = query.where(Record.id < last)
        found = query.add_columns(inner_records(it.viewer).label("inside")).order_by(Record.id.desc()).limit(limit + 1)
        inside = {row.id: bool(row.inside) for row in it.session.execute(found)}
        shown = list(inside)[:limit]
        known = it.parts.records.read_many(it.session, kind, shown)
        items = [readable(it, kind, values, inside[int(values["id"])]) for values in without_hidden(it, kind, known)]
        return Page(items=items, next=cursor(shown[-1]) if len(inside) > limit else None)


@router.get("/{kind}/{number}", responses=problems(404))
def read_record(request: Request, kind: str, number: str) -> dict[str, Any]:
    """Read a record: its attributes and, for those who work with it, its custom fields."""
    with call(request) as it:
        row = it.session.execute(
            select(Record.id, inner_records(it.viewer)).where(
                Record.kind == kind, Record.number == number, visible_records(it.viewer)
            )
        ).first()
        if row is None:
            raise NotFound
        [values] = without_hidden(it, kind, [it.parts.records.read(it.session, kind, row[0])])
        return readable(it, kind, values, bool(row[1]))


def readable(it: Call, kind: str, values: dict[str, Any], inside: bool) -> dict[str, Any]:
    """Leave out what staff wrote beside the attributes for those who do not work with the record."""
    known = it.parts.records.attributes(kind)
    return values if inside else {name: value for name, value in values.items() if name in known}


def without_hidden(it: Call, kind: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put null where records refer to others that the caller may not know of; one statement for all of them."""
    kinds = it.parts.records.catalogue
    names = [
        name
        for name, attribute in kinds.get(kind).attributes.items()
        if attribute.entity in kinds and attribute.entity not in OPEN_KINDS
    ]
    wanted = {int(values[name]) for values in rows for name in names if values.get(name)}
    if not wanted or it.viewer.sees_all:
        return list(rows)
    query = select(Record.id).where(Record.id.in_(wanted), visible_records(it.viewer))
    hidden = {str(one) for one in wanted - set(it.session.scalars(query))}
    return [
        {name: None if name in names and value in hidden else value for name, value in values.items()}
        for values in rows
    ]
