"""A batch of changes: what would become of each row, what is wrong, storing it, and how far that is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records.kinds import Kind
from app.errors import Conflict, Invalid, read_told
from app.insight.batches import lines
from app.insight.batches.fields import read_targets
from app.insight.batches.lines import Line
from app.insight.batches.records import Batch
from app.web import batches
from app.web.batch_words import faults_file, said_of
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import gettext as _
from app.web.i18n import mark, tell
from app.web.lists import path_of
from app.web.pages.imports import found

router = APIRouter(prefix="/lists/{key}/batches/{batch_id}")
Form = Annotated[FormData, Depends(posted)]
LONGEST_ROW = 8


@router.get("")
def look(request: Request, key: str, batch_id: RowId) -> Response:
    """Show what would become of each row, or what has become of it."""
    with visit(request) as it:
        return _show(it, it.parts.records.catalogue.get(key), found(it, key, batch_id))


@router.post("")
def carry_out(request: Request, key: str, batch_id: RowId, data: Form) -> Response:
    """Store what is planned, or find out anew what would become of it."""
    with visit(request) as it:
        kind, batch = it.parts.records.catalogue.get(key), found(it, key, batch_id)
        path = f"/lists/{kind.key}/batches/{batch.id}"
        if text(data, "do") == "check":
            it.parts.batches.check(it.session, batch)
            return it.to(path)
        reason = text(data, "reason")
        try:
            it.parts.batches.carry_out(it.session, batch, reason)
        except (Conflict, Invalid) as refusal:
            it.undo()
            batch = found(it, key, batch_id)
            if batch.state in ("stored", "storing"):
                # The first of two clicks has done it.
                return it.to(path)
            told = next((tell(one[0]) for one in refusal.fields.values()), "") if isinstance(refusal, Invalid) else ""
            status = 422 if told else 409
            return _show(it, kind, batch, refusal=told or tell(refusal.message), reason=reason, status=status)
        return it.to(path, mark("Everything is stored.") if batch.state == "stored" else "")


@router.get("/faults.csv")
def faults(request: Request, key: str, batch_id: RowId) -> Response:
    """Send what is wrong as a table: row, column, complaint."""
    with visit(request) as it:
        return faults_file(it, found(it, key, batch_id))


def _show(it: Visit, kind: Kind, batch: Batch, *, refusal: str = "", reason: str = "", status: int = 200) -> Response:
    counted = batches.counted(batch.counts)
    asked = it.request.query_params.get("fate", "")
    fate = asked if batch.counts.get(asked) else counted[0][0] if counted else ""
    after = it.request.query_params.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < LONGEST_ROW else 0
    shown: list[Line] = []
    more = False
    if fate and batch.state in ("checked", "stored", "failed"):
        shown, more = lines.page(it.session, batch.id, fate, start)
    path = f"/lists/{kind.key}/batches/{batch.id}"
    targets = read_targets(batch.recipe.get("targets", ()))
    fault = batch.fault.get("told") if batch.fault else None
    return it.page(
        "lists/batch.html",
        status=status,
        kind=kind,
        plural=_(kind.plural),
        back=path_of(kind.key),
        path=path,
        batch=batch,
        name=batch.name or _("Change of several records"),
        working=batch.state in ("checking", "storing"),
        counted=[(f"{path}?fate={key}", count, word, colour, key == fate) for key, count, word, colour in counted],
        fate=fate,
        rows=said_of(it, kind, targets, shown),
        more=f"{path}?fate={fate}&after={shown[-1].row}" if more else "",
        first=f"{path}?fate={fate}" if start else "",
        refusal=refusal or (tell(read_told(fault)) if fault is not None else ""),
        reason=reason,
        to_do=batch.counts.get("new", 0) + batch.counts.get("changed", 0),
    )
