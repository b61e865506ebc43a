"""Batches over the API: importing a table, changing several records, looking at what would become of it, storing it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.errors import Forbidden, Invalid, Message, read_told
from app.insight.access import visible_records
from app.insight.batches import batches as made
from app.insight.batches import choosing, guard, lines
from app.insight.batches.guessing import heading
from app.insight.batches.lines import PAGE, Fate
from app.insight.batches.planning import Recipe
from app.insight.batches.records import Batch
from app.insight.lists.state import ListState
from app.web import batches
from app.web.api.call import MOST, Call, as_id, bearer, call, once, problems
from app.web.api.lists import Asked
from app.web.api.routing import BASE
from app.web.api.shapes import Body, Page, ReasonBody
from app.web.api.uploads import sent, uploading
from app.web.api.values import Text
from app.web.batch_words import faults_file, faults_of
from app.web.i18n import tell
from app.web.lists import list_of

router = APIRouter(prefix=BASE, tags=["imports"], dependencies=[Depends(bearer)])
BATCH = "/batches/{batch_id}"
FORM = uploading(
    "A table, XLSX or CSV.", recipe={"type": "string", "description": "How to take it: JSON as `RecipeBody`."}
)


class RecipeBody(Body):
    """How a table is to be taken; what is left out is guessed from its headings and from how the last one was."""

    columns: dict[Text, Text | None] = Field(
        {}, max_length=200, description="Fields by heading; nothing leaves the column out."
    )
    match: Text | None = Field(None, max_length=100, description="The field that records are known by; empty: none.")
    found: Literal["update", "skip", "refuse"] | None = None
    missing: Literal["create", "refuse"] | None = None
    empty: Literal["leave", "clear"] | None = None
    zone: Text | None = Field(None, max_length=64, description="Time zone of dates and times, like `Europe/Berlin`.")


class ChangesBody(Body):
    """One change to many records: those with the given numbers, or all that the list's query shows."""

    numbers: list[Text] = Field([], max_length=choosing.MOST, description="Numbers of records.")
    all: bool = Field(False, description="Take all that the query of this address shows, instead of `numbers`.")
    values: dict[Text, Text | bool | int | float | None] = Field({}, max_length=200, description="Fields by name.")
    tags_added: list[Text] = Field([], max_length=30)
    tags_removed: list[Text] = Field([], max_length=30)
    watch: list[Text] = Field([], max_length=50, description="Logins or names.")
    unwatch: list[Text] = Field([], max_length=50)


class FieldOut(BaseModel):
    """A field that a table may bring, with its answers where only some fit."""

    name: str
    title: str
    type: str
    custom: bool
    answers: dict[str, str]


class ColumnOut(BaseModel):
    """A column of a table, and the field that it is taken for."""

    heading: str
    field: str | None


class BatchOut(BaseModel):
    """A batch of changes; `counts` says what would become of how many rows, or what has."""

    id: str
    kind: str
    source: str
    state: str = Field(description="`checking`, `checked`, `storing`, `stored` or `failed`.")
    name: str
    rows: int
    columns: list[ColumnOut]
    counts: dict[str, int]
    done: int
    reason: str
    problem: str | None
    at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, batch: Batch) -> "BatchOut":
        """Show a batch."""
        fields = batch.recipe.get("columns", [])
        columns = [ColumnOut(heading=one, field=field or None) for one, field in zip(batch.head, fields, strict=False)]
        told = batch.fault.get("told") if batch.fault else None
        return cls(
            id=str(batch.id), kind=batch.kind, source=batch.source, state=batch.state, name=batch.name,
            rows=batch.rows, columns=columns, counts=batch.counts, done=batch.done, reason=batch.reason,
            problem=tell(read_told(told)) if told is not None else None, at=batch.at, finished_at=batch.finished_at,
        )  # fmt: skip


class FaultOut(BaseModel):
    """What is wrong with a row; without a column it is the row itself."""

    column: str | None
    message: str


class BatchLineOut(BaseModel):
    """What would become of a row; values by name of field."""

    row: int
    fate: str
    number: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    faults: list[FaultOut]


@router.get("/imports/{kind}/fields", responses=problems(403, 404))
def list_fields(request: Request, kind: str) -> list[FieldOut]:
    """Name the fields that a table of this kind may bring."""
    with call(request) as it:
        found = _importing(it, kind)
        return [
            FieldOut(
                name=one.name, title=one.title, type=one.type, custom=one.custom, answers=dict(batches.options(one))
            )
            for one in batches.to_import(it, found).values()
        ]


@router.post("/imports/{kind}", status_code=201, responses=problems(403, 404, 409, 413), openapi_extra=FORM)
def import_table(request: Request, kind: str, form: Annotated[FormData, Depends(sent)]) -> BatchOut:
    """Read a table and find out what would become of each row; nothing is stored before it is carried out."""
    with call(request) as it:
        found = _importing(it, kind)
        content, name = batches.content_of(form, it.parts.settings.upload_limit_mb)
        asked = _recipe(form.get("recipe"))

        def work() -> dict[str, Any]:
            batch = it.parts.batches.read_table(it.session, it.viewer, found, content, name)
            recipe = _taken(batches.guessed(it, found, batch.head), batch.head, asked)
            wrong = batches.problems(recipe)
            if wrong:
                raise Invalid({_input(field, batch.head): told for field, told in wrong.items()})
            it.parts.batches.take(it.session, batch, batches.narrowed(recipe))
            return BatchOut.of(batch).model_dump(mode="json")

        told = [name, len(content), asked.model_dump(mode="json")]
        return BatchOut.model_validate(once(it, request, told, work))


@router.post("/lists/{kind}/changes", status_code=201, responses=problems(403, 404, 409, 413))
def change_several(request: Request, kind: str, body: ChangesBody, asked: Annotated[Asked, Depends()]) -> BatchOut:
    """Find out what one change would do to many records; nothing is stored before it is carried out."""
    with call(request) as it:
        found = it.parts.records.catalogue.get(kind)
        if not it.viewer.knows_people:
            raise Forbidden("You may not do this")

        def work() -> dict[str, Any]:
            state = asked.of(it, list_of(it, kind)) if body.all else None
            order = batches.order_of(
                it, found, _ids(it, found, state, body.numbers),
                {name: _text(value) for name, value in body.values.items()}, added=",".join(body.tags_added),
                removed=",".join(body.tags_removed), watch=",".join(body.watch), unwatch=",".join(body.unwatch),
            )  # fmt: skip
            batch = it.parts.batches.choose(it.session, it.viewer, found, order)
            return BatchOut.of(batch).model_dump(mode="json")

        return BatchOut.model_validate(once(it, request, body.model_dump(mode="json"), work))


@router.get(BATCH, responses=problems(404))
def read_batch(request: Request, batch_id: str) -> BatchOut:
    """Read a batch of your own: how far it is, and what would become of how many rows."""
    with call(request) as it:
        return BatchOut.of(_own(it, batch_id))


@router.get(BATCH + "/lines", responses=problems(404))
def list_lines(
    request: Request,
    batch_id: str,
    fate: Annotated[Fate, Query(description="Rows of which this becomes.")] = "wrong",
    after: Annotated[int, Query(ge=0, le=10**9, description="Rows after this one.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[BatchLineOut]:
    """List rows of a batch of your own, with values before and after or with what is wrong."""
    with call(request) as it:
        found, more = lines.page(it.session, _own(it, batch_id).id, fate, after, limit)
        items = [
            BatchLineOut(
                row=line.row, fate=line.fate, number=line.number or None, before=line.before, after=line.after,
                faults=[FaultOut(column=column or None, message=told) for column, told in faults_of(line)],
            )
            for line in found
        ]  # fmt: skip
        return Page(items=items, next=str(found[-1].row) if more else None)


@router.get(BATCH + "/faults.csv", responses=problems(404), response_class=Response)
def take_faults_away(request: Request, batch_id: str) -> Response:
    """Send what is wrong with rows of a batch of your own as a table."""
    with call(request) as it:
        return faults_file(it, _own(it, batch_id))


@router.post(BATCH + "/check", responses=problems(403, 404, 409))
def check_batch(request: Request, batch_id: str) -> BatchOut:
    """Find out anew what would become of each row."""
    with call(request) as it:
        batch = _own(it, batch_id)
        it.parts.batches.check(it.session, batch)
        return BatchOut.of(batch)


@router.post(BATCH + "/carry-out", responses=problems(403, 404, 409, 413))
def carry_out(request: Request, batch_id: str, body: ReasonBody) -> BatchOut:
    """Store everything that a batch of your own has planned, or nothing."""
    with call(request) as it:
        batch = _own(it, batch_id)
        it.parts.batches.carry_out(it.session, batch, body.reason)
        return BatchOut.of(batch)


def _own(it: Call, batch_id: str) -> Batch:
    return made.find(it.session, it.viewer, as_id(batch_id))


def _importing(it: Call, kind: str) -> Kind:
    found = it.parts.records.catalogue.get(kind)
    guard.refuse_import(it.viewer, found)
    return found


def _recipe(text: object) -> RecipeBody:
    if not isinstance(text, str) or not text.strip():
        return RecipeBody.model_validate({})
    try:
        return RecipeBody.model_validate_json(text)
    except ValidationError as error:
        wrong: dict[str, list[str]] = {}
        for one in error.errors():
            wrong.setdefault(".".join(["recipe", *(str(part) for part in one["loc"])]), []).append(one["msg"])
        raise Invalid(wrong) from None


def _taken(guessed: Recipe, head: list[str], asked: RecipeBody) -> Recipe:
    """Return the recipe as it is asked for, the rest as it is guessed."""
    named = {heading(name): field or "" for name, field in asked.columns.items()}
    unknown = named.keys() - {heading(one) for one in head}
    if unknown:
        told = Message("The table has no such column.")
        wrong: dict[str, list[str]] = {f"columns.{name}": [told] for name in asked.columns if heading(name) in unknown}
        raise Invalid(wrong)
    columns = tuple(named.get(heading(one), field) for one, field in zip(head, guessed.columns, strict=True))
    # A field that was guessed for one column and is asked for another belongs to that one.
    asked_for = set(named.values())
    columns = tuple(
        "" if field in asked_for and heading(one) not in named else field
        for one, field in zip(head, columns, strict=True)
    )
    match = asked.match if asked.match is not None else guessed.match if guessed.match in columns else ""
    return Recipe(
        columns, guessed.targets, match, asked.found or guessed.found, asked.missing or guessed.missing,
        asked.empty or guessed.empty, asked.zone or guessed.zone, guessed.asked,
    )  # fmt: skip


def _input(field: str, head: list[str]) -> str:
    place = field.removeprefix("field-")
    return f"columns.{head[int(place)]}" if place != field else field


def _ids(it: Call, kind: Kind, state: ListState | None, numbers: list[str]) -> list[int]:
    """Return the records that are meant; one that does not exist or may not be known of is named.

    Raises:
        Invalid: there is no such record.
    """
    if state is not None:
        return list_of(it, kind.key).ids(it.session, state, choosing.MOST + 1)
    query = select(Record.number, Record.id).where(
        Record.kind == kind.key, Record.number.in_(set(numbers)), visible_records(it.viewer)
    )
    known = {row.number: row.id for row in it.session.execute(query)}
    missing = [number for number in numbers if number not in known]
    if missing:
        raise Invalid({"numbers": [Message("There is no “{value}” that you may know of.", value=missing[0][:100])]})
    return [known[number] for number in dict.fromkeys(numbers)]


def _text(value: str | bool | int | float | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
