"""Links of a record over the API: list, add, remove, and the thread of what caused what."""

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from app.domain.records import links
from app.domain.records.link_types import BACK, read_choice
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.errors import Forbidden, Invalid, Message, NotFound
from app.insight import record_view, relations
from app.insight.access import visible_records
from app.insight.relations import Knot, Relation
from app.web import merging
from app.web.api.call import Call, as_id, bearer, call, problems
from app.web.api.routing import BASE
from app.web.api.shapes import Body
from app.web.api.values import Text
from app.web.i18n import tell

router = APIRouter(prefix=BASE + "/records/{kind}/{number}", tags=["records"], dependencies=[Depends(bearer)])


class LinkBody(Body):
    """A link to make."""

    type: Text = Field(max_length=50, description=f"Key of a type of links; with `{BACK}` the other way round.")
    to: Text = Field(max_length=50, description="Number of the other record.")


class MergeBody(Body):
    """Which record stays, and why."""

    into: Text = Field(max_length=50, description="Number of the record that stays.")
    reason: Text = Field(max_length=2000, description="Whoever asked for the other one reads it.")


class LinkOut(BaseModel):
    """A link as the record sees it that was asked for."""

    id: str
    type: str = Field(description=f"Key of the type; with `{BACK}` the other way round.")
    words: str = Field(description="What the record is to the other one.")
    kind: str
    number: str
    title: str
    status: str

    @classmethod
    def of(cls, one: Relation) -> "LinkOut":
        """Show a link."""
        key = one.type if one.outward else one.type + BACK
        return cls(
            id=str(one.id), type=key, words=tell(one.words), kind=one.kind, number=one.number, title=one.title,
            status=one.status,
        )  # fmt: skip


class LinksOut(BaseModel):
    """The links of a record to what you may know of."""

    items: list[LinkOut]


class KnotOut(BaseModel):
    """A record in a thread; `depth` counts the causes above it."""

    kind: str
    number: str
    title: str
    status: str
    depth: int
    here: bool

    @classmethod
    def of(cls, knot: Knot) -> "KnotOut":
        """Show a record of a thread."""
        return cls(
            kind=knot.kind, number=knot.number, title=knot.title, status=knot.status, depth=knot.depth, here=knot.here
        )


class ThreadOut(BaseModel):
    """What caused what, causes before effects, as far as you may know of it."""

    items: list[KnotOut]


@router.get("/links", responses=problems(404))
def list_links(request: Request, kind: str, number: str) -> LinksOut:
    """List what a record is to others that you may know of."""
    with call(request) as it:
        return _links(it, readable_record(it, kind, number))


@router.post("/links", status_code=201, responses=problems(403, 404, 409, 413))
def add_link(request: Request, kind: str, number: str, body: LinkBody) -> LinkOut:
    """Link a record that you work with to one that you may know of."""
    with call(request) as it:
        record = workable_record(it, kind, number)
        link, outward = read_choice(body.type)
        if link is None:
            raise Invalid({"type": ["There is no such type of links."]})
        wanted = body.to.strip().upper()
        other = it.session.scalar(select(Record.id).where(Record.number == wanted, visible_records(it.viewer)))
        if other is None:
            raise Invalid({"to": [Message("There is no record “{number}”.", number=body.to)]})
        ends = (record.id, other) if outward else (other, record.id)
        added = links.add_link(it.session, it.parts.records, link, *ends, Trace(it.actor.person_id))
        return next(one for one in _links(it, record).items if one.id == str(added.id))


@router.delete("/links/{link_id}", responses=problems(403, 404, 409))
def remove_link(request: Request, kind: str, number: str, link_id: str) -> LinksOut:
    """Take a link away; the answer lists those that remain."""
    with call(request) as it:
        record = workable_record(it, kind, number)
        found = relations.find_link(it.session, it.viewer, record.id, as_id(link_id))
        links.remove_link(it.session, it.parts.records, found, Trace(it.actor.person_id))
        return _links(it, record)


@router.post("/merge", responses=problems(403, 404, 409, 413))
def merge(request: Request, kind: str, number: str, body: MergeBody) -> LinksOut:
    """Close a record as a duplicate of another one; its cases end, whoever asked is told. Returns its links."""
    with call(request) as it:
        record = workable_record(it, kind, number)
        wanted = body.into.strip().upper()
        into = it.session.scalar(select(Record).where(Record.number == wanted, visible_records(it.viewer)))
        if into is None:
            raise Invalid({"into": [Message("There is no record “{number}”.", number=body.into)]})
        merging.merge(it.parts, it.session, it.actor, record, into, body.reason)
        return _links(it, record)


@router.get("/thread", responses=problems(404))
def read_thread(request: Request, kind: str, number: str) -> ThreadOut:
    """Read what caused a record and what it has caused, as far as you may know of it."""
    with call(request) as it:
        record = readable_record(it, kind, number)
        knots = relations.thread_of(it.session, it.parts.records.catalogue, it.viewer, record.id)
        return ThreadOut(items=[KnotOut.of(knot) for knot in knots])


def readable_record(it: Call, kind: str, number: str) -> Record:
    """Return a record that the caller may know of.

    Raises:
        NotFound: there is none.
    """
    if kind not in it.parts.records.kinds():
        raise NotFound
    return record_view.find_record(it.session, it.viewer, it.parts.records.catalogue.get(kind), number)


def workable_record(it: Call, kind: str, number: str) -> Record:
    """Return a record that the caller works with.

    Raises:
        NotFound: there is none that they may know of.
        Forbidden: they may know of it alone.
    """
    record = readable_record(it, kind, number)
    standing = record_view.standing_of(it.session, it.viewer, record.id)
    if not (standing.inside and standing.writes):
        raise Forbidden("You may not do this")
    return record


def _links(it: Call, record: Record) -> LinksOut:
    found = relations.relations_of(it.session, it.parts.records.catalogue, it.viewer, record.id)
    return LinksOut(items=[LinkOut.of(one) for one in found])
