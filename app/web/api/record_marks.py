"""Tags and watchers of a record over the API."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.domain.records import tags, watching
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.errors import Forbidden, Invalid, Message
from app.insight import record_view
from app.insight.access import inner_records
from app.insight.watching import may_know
from app.web.api.call import Call, as_id, bearer, call, problems
from app.web.api.record_links import readable_record, workable_record
from app.web.api.routing import BASE
from app.web.api.shapes import Body
from app.web.api.values import Text

router = APIRouter(prefix=BASE, tags=["records"], dependencies=[Depends(bearer)])
PLACE = "/records/{kind}/{number}"


class TagBody(Body):
    """A tag to put on a record."""

    name: Text = Field(max_length=200)


class TagsOut(BaseModel):
    """Tags as they are written."""

    items: list[str]


class WatcherOut(BaseModel):
    """Somebody who watches a record."""

    person: str
    name: str


class WatchersOut(BaseModel):
    """Who watches a record; who does not work with it sees themselves alone."""

    items: list[WatcherOut]


@router.get("/tags", responses=problems())
def list_tags(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="How the tag begins.")] = "",
) -> TagsOut:
    """List the tags of the records that you work with, the most used first."""
    with call(request) as it:
        return TagsOut(items=tags.suggestions(it.session, inner_records(it.viewer), q))


@router.get(PLACE + "/tags", responses=problems(403, 404))
def read_tags(request: Request, kind: str, number: str) -> TagsOut:
    """List the tags of a record that you work with."""
    with call(request) as it:
        record = readable_record(it, kind, number)
        if not record_view.standing_of(it.session, it.viewer, record.id).inside:
            raise Forbidden("You may not do this")
        return TagsOut(items=tags.tags_of(it.session, record.id))


@router.post(PLACE + "/tags", responses=problems(403, 404, 409, 413))
def add_tag(request: Request, kind: str, number: str, body: TagBody) -> TagsOut:
    """Put a tag on a record; one that is there already stays."""
    with call(request) as it:
        locked = _locked(it, workable_record(it, kind, number))
        tags.add_tag(it.session, it.parts.records, locked, body.name, Trace(it.actor.person_id))
        return TagsOut(items=tags.tags_of(it.session, locked.id))


@router.delete(PLACE + "/tags/{name}", responses=problems(403, 404, 409))
def remove_tag(request: Request, kind: str, number: str, name: str) -> TagsOut:
    """Take a tag off a record; one that is not there is no error."""
    with call(request) as it:
        locked = _locked(it, workable_record(it, kind, number))
        tags.remove_tag(it.session, it.parts.records, locked, name, Trace(it.actor.person_id))
        return TagsOut(items=tags.tags_of(it.session, locked.id))


@router.get(PLACE + "/watchers", responses=problems(404))
def read_watchers(request: Request, kind: str, number: str) -> WatchersOut:
    """List who watches a record."""
    with call(request) as it:
        return _watchers(it, readable_record(it, kind, number))


@router.put(PLACE + "/watchers/{person}", responses=problems(403, 404, 409))
def add_watcher(request: Request, kind: str, number: str, person: str) -> WatchersOut:
    """Watch a record (`me`), or let somebody else watch one that you work with and they may know of."""
    with call(request) as it:
        record, whom = _whom(it, kind, number, person)
        if not may_know(it.session, whom, record.id):
            name = record_view.name_of(it.session, whom) or person
            raise Invalid({"person": [Message("{name} may not know of this record.", name=name)]})
        watching.watch(it.session, it.parts.records, _locked(it, record), whom, Trace(it.actor.person_id))
        return _watchers(it, record)


@router.delete(PLACE + "/watchers/{person}", responses=problems(403, 404, 409))
def remove_watcher(request: Request, kind: str, number: str, person: str) -> WatchersOut:
    """Watch a record no longer (`me`), or let somebody else watch it no longer."""
    with call(request) as it:
        record, whom = _whom(it, kind, number, person)
        watching.unwatch(it.session, it.parts.records, _locked(it, record), whom, Trace(it.actor.person_id))
        return _watchers(it, record)


def _whom(it: Call, kind: str, number: str, person: str) -> tuple[Record, int]:
    if person in ("me", str(it.actor.person_id)):
        return readable_record(it, kind, number), it.actor.person_id
    return workable_record(it, kind, number), as_id(person)


def _locked(it: Call, record: Record) -> Record:
    locked: Record = it.parts.records.locked(it.session, record.kind, record.id)
    return locked


def _watchers(it: Call, record: Record) -> WatchersOut:
    inside = record_view.standing_of(it.session, it.viewer, record.id).inside
    found = watching.watchers_of(it.session, record.id)
    return WatchersOut(
        items=[WatcherOut(person=str(one.id), name=one.name) for one in found if inside or one.id == it.actor.person_id]
    )
