"""Links of a record: what it is to others, added and removed on its page."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records import links, queries
from app.domain.records.link_types import read_choice
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.errors import Forbidden, Invalid
from app.insight import relations
from app.insight.access import visible_records
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import mark
from app.web.pages import record as record_page
from app.web.pages.record import find, writing

router = APIRouter(prefix="/records/{kind_key}/{number}/links")


@router.post("")
def add(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Link the record with another one."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        _working(it, record)
        typed = {name: text(data, name)[:200] for name in ("type", "to", "to~text")}
        try:
            link, outward = read_choice(typed["type"])
            if link is None:
                raise Invalid({"type": [mark("Choose what the other record is.")]})
            other = meant(it, queries.ANY_KIND, typed, "to")
            ends = (record.id, other) if outward else (other, record.id)
            links.add_link(it.session, it.parts.records, link, *ends, Trace(actor_id=it.identity.person_id))
        except Invalid as refusal:
            it.undo()
            kind, record = find(it, kind_key, number)
            return record_page.page(it, kind, record, typed=typed, errors=refusal.fields)
        return it.to(f"/records/{kind.key}/{number}?view=links", mark("The link was added."))


@router.post("/{link_id}/remove")
def remove(request: Request, kind_key: str, number: str, link_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Take a link away."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        _working(it, record)
        found = relations.find_link(it.session, it.viewer, record.id, link_id)
        links.remove_link(it.session, it.parts.records, found, Trace(actor_id=it.identity.person_id))
        return it.to(f"/records/{kind.key}/{number}?view=links", mark("The link was removed."))


def _working(it: Visit, record: Record) -> None:
    """Refuse whoever only asked for something: links are the work of those who look after records."""
    if not writing(it, record).inside:
        raise Forbidden("You may not do this")


def meant(it: Visit, entity: str, typed: dict[str, str], field: str) -> int:
    """Return the id of the record that was chosen in a field, or whose number or words were typed.

    Raises:
        Invalid: there is none of this kind that the person may know of, or several.
    """
    visible = visible_records(it.viewer)
    if typed[field] and queries.exists(it.session, entity, typed[field], visible=visible):
        return int(typed[field])
    said = typed[f"{field}~text"][:200]
    found = queries.search(it.session, entity, said, 10, visible=visible) if said else []
    if len(found) == 1:
        return int(found[0].id)
    several = mark("Several records fit; please choose one.")
    raise Invalid({field: [several if found else mark("Choose a record by its number or words of its title.")]})
