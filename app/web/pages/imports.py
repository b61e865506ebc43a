"""Importing records from a table: upload, then say which column is which field and how records are known again."""

from dataclasses import replace
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records.kinds import Kind
from app.errors import Invalid
from app.insight.batches import batches as made
from app.insight.batches import guard
from app.insight.batches.planning import Recipe
from app.insight.batches.reading import MOST_ROWS
from app.insight.batches.records import Batch
from app.web import batches
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import gettext as _

router = APIRouter(prefix="/lists/{key}/import")
Form = Annotated[FormData, Depends(posted)]
SAMPLES = 3
CUT = 60


@router.get("")
def ask(request: Request, key: str) -> Response:
    """Ask for the table."""
    with visit(request) as it:
        return _upload(it, _kind(it, key))


@router.post("")
def upload(request: Request, key: str, data: Form) -> Response:
    """Read the table and go on to its columns."""
    with visit(request) as it:
        kind = _kind(it, key)
        try:
            content, name = batches.content_of(data, it.parts.settings.upload_limit_mb)
            batch = it.parts.batches.read_table(it.session, it.viewer, kind, content, name)
        except Invalid as refusal:
            return _upload(it, kind, errors=refusal.fields, status=422)
        return it.to(f"/lists/{kind.key}/import/{batch.id}")


@router.get("/{batch_id}")
def map_columns(request: Request, key: str, batch_id: RowId) -> Response:
    """Show the columns with the fields that they are taken for."""
    with visit(request) as it:
        kind, batch = _kind(it, key), found(it, key, batch_id)
        guessed = batches.guessed(it, kind, batch.head)
        if batch.recipe:
            guessed = replace(Recipe.of(batch.recipe), targets=guessed.targets)
        return _mapping(it, kind, batch, guessed)


@router.post("/{batch_id}")
def check(request: Request, key: str, batch_id: RowId, data: Form) -> Response:
    """Take the table as it was said, and show what would become of it."""
    with visit(request) as it:
        kind, batch = _kind(it, key), found(it, key, batch_id)
        recipe = replace(
            batches.guessed(it, kind, batch.head),
            columns=tuple(text(data, f"field-{place}") for place in range(len(batch.head))),
            match=text(data, "match"), found=text(data, "found"), missing=text(data, "missing"),
            empty=text(data, "empty"), zone=text(data, "zone"),
        )  # fmt: skip
        wrong = batches.problems(recipe)
        if wrong:
            return _mapping(it, kind, batch, recipe, errors=wrong, status=422)
        it.parts.batches.take(it.session, batch, batches.narrowed(recipe))
        return it.to(f"/lists/{kind.key}/batches/{batch.id}")


def found(it: Visit, key: str, batch_id: int) -> Batch:
    """Return an own batch of this kind."""
    batch = made.find(it.session, it.viewer, batch_id)
    it.parts.records.catalogue.get(key if batch.kind == key else "")
    return batch


def _kind(it: Visit, key: str) -> Kind:
    kind = it.parts.records.catalogue.get(key)
    guard.refuse_import(it.viewer, kind)
    return kind


def _upload(it: Visit, kind: Kind, *, errors: dict[str, list[str]] | None = None, status: int = 200) -> Response:
    return it.page(
        "lists/import.html", status=status, kind=kind, plural=_(kind.plural), errors=errors or {}, most=MOST_ROWS,
        limit=it.parts.settings.upload_limit_mb,
    )  # fmt: skip


def _mapping(
    it: Visit,
    kind: Kind,
    batch: Batch,
    recipe: Recipe,
    *,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    samples: list[list[str]] = [[] for _column in batch.head]
    for _number, cells in batch.cells or ():
        for place, cell in enumerate(cells[: len(samples)]):
            if cell.strip() and len(samples[place]) < SAMPLES and cell not in samples[place]:
                samples[place].append(cell if len(cell) <= CUT else f"{cell[:CUT]}…")
    rows = [
        (place, head or _("Column %(number)s") % {"number": place + 1}, samples[place], recipe.columns[place])
        for place, head in enumerate(batch.head)
    ]
    return it.page(
        "lists/mapping.html",
        status=status,
        kind=kind,
        plural=_(kind.plural),
        batch=batch,
        rows=rows,
        recipe=recipe,
        fields=sorted(((one.name, one.title) for one in recipe.targets.values()), key=lambda one: one[1].casefold()),
        matches=[(one.name, one.title) for one in batches.matches(recipe.targets)],
        found={key: _(word) for key, word in batches.FOUND.items()},
        missing={key: _(word) for key, word in batches.MISSING.items()},
        empty={key: _(word) for key, word in batches.EMPTY.items()},
        zones=sorted(available_timezones()),
        errors=errors or {},
    )
