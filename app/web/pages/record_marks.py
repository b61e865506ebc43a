"""Tags of a record and who watches it."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records import queries, tags, watching
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.errors import Forbidden, Invalid, Message
from app.insight.watching import may_know
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import mark
from app.web.pages.record import find, writing

router = APIRouter(prefix="/records/{kind_key}/{number}")


@router.post("/tags")
def add_tag(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Put a tag on the record."""
    with visit(request) as it:
        locked, trace = _to_work_on(it, kind_key, number)
        tags.add_tag(it.session, it.parts.records, locked, text(data, "tag")[:1000], trace)
        return it.to(f"/records/{kind_key}/{number}", mark("The tag was added."))


@router.post("/tags/remove")
def remove_tag(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Take a tag off the record."""
    with visit(request) as it:
        locked, trace = _to_work_on(it, kind_key, number)
        tags.remove_tag(it.session, it.parts.records, locked, text(data, "tag")[:1000], trace)
        return it.to(f"/records/{kind_key}/{number}", mark("The tag was removed."))


@router.post("/watch")
def watch(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Watch the record, or watch it no longer; whoever may know of it may."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        trace, me = Trace(actor_id=it.identity.person_id), it.identity.person_id
        if text(data, "watch") == "1":
            watching.watch(it.session, it.parts.records, locked, me, trace)
            return it.to(f"/records/{kind_key}/{number}", mark("You will be told how this goes on."))
        watching.unwatch(it.session, it.parts.records, locked, me, trace)
        return it.to(f"/records/{kind_key}/{number}", mark("You watch this no longer."))


@router.post("/watchers")
def add_watcher(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Let somebody else watch the record, who may know of it."""
    with visit(request) as it:
        locked, trace = _to_work_on(it, kind_key, number)
        person_id, name = _meant(it, text(data, "who")[:30], text(data, "who~text")[:200])
        if not may_know(it.session, person_id, locked.id):
            raise Invalid({"who": [Message("{name} may not know of this record.", name=name)]})
        watching.watch(it.session, it.parts.records, locked, person_id, trace)
        return it.to(f"/records/{kind_key}/{number}", mark("%(name)s will be told how this goes on."), name=name)


@router.post("/watchers/{person_id}/remove")
def remove_watcher(
    request: Request, kind_key: str, number: str, person_id: RowId, _data: FormData = Depends(posted)
) -> Response:
    """Let somebody watch the record no longer."""
    with visit(request) as it:
        locked, trace = _to_work_on(it, kind_key, number)
        watching.unwatch(it.session, it.parts.records, locked, person_id, trace)
        return it.to(f"/records/{kind_key}/{number}", mark("The watcher was removed."))


def _to_work_on(it: Visit, kind_key: str, number: str) -> tuple[Record, Trace]:
    kind, record = find(it, kind_key, number)
    if not writing(it, record).inside:
        raise Forbidden("You may not do this")
    return it.parts.records.locked(it.session, kind.key, record.id), Trace(actor_id=it.identity.person_id)


def _meant(it: Visit, identity: str, said: str) -> tuple[int, str]:
    """Return the person who was chosen, or whose name or login was typed."""
    if identity and (name := queries.label_of(it.session, "person", identity, active_only=True)):
        return int(identity), name
    found = queries.search(it.session, "person", said, 2) if said else []
    if len(found) != 1:
        told = mark("Several people fit; please give the login.") if found else mark("Choose somebody.")
        raise Invalid({"who": [told]})
    return int(found[0].id), found[0].label
