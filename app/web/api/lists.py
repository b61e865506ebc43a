"""Lists over the API: their columns and kept filters, their rows by any condition and order, as JSON or as a file."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.errors import Invalid, Message
from app.insight.lists import saved, tables
from app.insight.lists.conditions import Condition, operators_of
from app.insight.lists.listing import Listing
from app.insight.lists.state import ListState, read_json
from app.web import list_words
from app.web.api.call import MOST, PAGE, Call, as_id, bearer, call, problems
from app.web.api.routing import BASE
from app.web.api.shapes import Page
from app.web.api.values import Text
from app.web.exports import export
from app.web.lists import list_of

router = APIRouter(prefix=BASE + "/lists/{kind}", tags=["lists"], dependencies=[Depends(bearer)])


class ColumnOut(BaseModel):
    """A column of a list: what it is called, and by which operators it can be asked for."""

    name: str
    title: str
    type: str
    custom: bool
    sortable: bool
    operators: list[str]


class FilterOut(BaseModel):
    """A kept filter that you may use."""

    id: str
    name: str
    shared_with: str = Field(description="Empty: with nobody. `everybody`, or the key of a role.")
    mine: bool
    state: dict[str, Any]


class LineOut(BaseModel):
    """One row of a list with the values of the columns asked for."""

    number: str
    values: dict[str, Any]


class Asked:
    """What a list is to show; everything but the page."""

    def __init__(
        self,
        status: Annotated[Text, Query(max_length=100, description="`open`, one status, or empty for all.")] = "",
        q: Annotated[Text, Query(max_length=200, description="Words or a number.")] = "",
        condition: Annotated[
            list[Text],
            Query(
                max_length=12, description="`column:operator:value|value`, like `priority:any:P1|P2`; all of them hold."
            ),
        ] = [],  # noqa: B006
        sort: Annotated[Text, Query(max_length=101, description="A column; `-` before it: greatest first.")] = "",
        columns: Annotated[Text, Query(max_length=2000, description="Names, separated by commas.")] = "",
        filter: Annotated[Text, Query(max_length=19, description="Id of a kept filter, instead of all others.")] = "",  # noqa: A002
    ) -> None:
        self.filter = filter
        names = tuple(name for name in columns.split(",") if name)
        self.state = ListState(status, q, tuple(_condition(one) for one in condition), sort, names)

    def of(self, it: Call, listing: Listing) -> ListState:
        """Return the state, checked.

        Raises:
            Invalid: a condition or a column cannot be asked for.
            NotFound: there is no such filter.
        """
        if self.filter:
            return read_json(saved.find(it.session, it.viewer, listing.key, as_id(self.filter)).state)
        wrong = {f"condition.{place}": messages for place, messages in listing.problems(self.state).items()}
        for name, asked in (("columns", self.state.columns), ("sort", (self.state.sorted_by,))):
            if any(one and one not in listing.columns for one in asked):
                wrong[name] = [Message("There is no such column.")]
        if wrong:
            raise Invalid(wrong)
        return self.state


@router.get("", responses=problems(404))
def list_rows(
    request: Request,
    kind: str,
    asked: Annotated[Asked, Depends()],
    after: Annotated[Text, Query(max_length=2000)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[LineOut]:
    """List records of a kind, or cases (`case`), that you may know of."""
    with call(request) as it:
        listing = list_of(it, kind)
        state = asked.of(it, listing)
        shown = listing.shown(state)
        page = listing.page(it.session, state, shown, after=after, limit=limit)
        items = [
            LineOut(
                number=line.number,
                values={
                    column.name: _as_json(value, reference=bool(column.entity))
                    for column, value in zip(shown, line.values, strict=True)
                },
            )
            for line in page.lines
        ]
        return Page(items=items, next=page.next or None)


@router.get("/columns", responses=problems(404))
def list_columns(request: Request, kind: str) -> list[ColumnOut]:
    """Name the columns of a list."""
    with call(request) as it:
        return [
            ColumnOut(
                name=one.name, title=list_words.title_of(one), type=one.type, custom=one.custom, sortable=one.sortable,
                operators=list(operators_of(one)),
            )
            for one in list_of(it, kind).columns.values()
        ]  # fmt: skip


@router.get("/filters", responses=problems(404))
def list_filters(request: Request, kind: str) -> list[FilterOut]:
    """Name the kept filters of a list that you may use."""
    with call(request) as it:
        list_of(it, kind)
        return [
            FilterOut(
                id=str(kept.id), name=kept.name, shared_with=kept.shared_with,
                mine=kept.owner_id == it.viewer.person_id, state=kept.state,
            )
            for kept in saved.filters_of(it.session, it.viewer, kind)
        ]  # fmt: skip


@router.get("/export.{format_of}", responses=problems(404), response_class=Response)
def take_away(request: Request, kind: str, format_of: tables.Format, asked: Annotated[Asked, Depends()]) -> Response:
    """Send a list as a file, in your language and time zone."""
    with call(request) as it:
        listing = list_of(it, kind)
        state = asked.of(it, listing)
        return export(it, listing, state, listing.shown(state), format_of)


def _condition(text: str) -> Condition:
    name, _, rest = text.partition(":")
    operator, _, values = rest.partition(":")
    return Condition(name, operator, tuple(value for value in values.split("|") if value))


def _as_json(value: Any, *, reference: bool) -> Any:
    if value is None:
        return None
    if reference:
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
