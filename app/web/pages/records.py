"""Records: lists of a kind, one record, its comments and files."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.domain.records import comments, files
from app.domain.records.history import ERASED, history_of
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.engine.records import Case
from app.errors import Forbidden, Invalid
from app.insight import case_view, record_view
from app.insight.case_view import CaseLine
from app.insight.record_view import Standing
from app.web import formats
from app.web.dependencies import Visit, posted, query, text, visit
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.names import process_names
from app.web.pages import events, tabs
from app.web.pages.tabs import RecordParts, Tab

router = APIRouter()


@dataclass(kw_only=True)
class Detail(RecordParts):
    """Everything that the template of a record shows."""

    view: str
    tabs: list[Tab]
    cases: list[CaseLine]
    history: list[dict[str, Any]]


@router.get("/records/{kind_key}")
def list_records(request: Request, kind_key: str, status: str = "open", q: str = "", before: str = "") -> Response:
    """List the records of a kind that the person may know of."""
    with visit(request) as it:
        kind = it.parts.records.catalogue.get(kind_key)
        statuses = [("open", _("Open")), *((key, _(kind.status_title(key))) for key in _further(kind)), ("", _("All"))]
        known = {value for value, _title in statuses}
        params = {"status": status if status in known else "open", "q": q.strip()[:100], "before": before}
        lines, more = record_view.list_records(
            it.session,
            it.parts.records.catalogue,
            it.viewer,
            kind,
            status=params["status"],
            text=params["q"],
            before=int(before) if before.isdecimal() and len(before) < 19 else None,
        )
        return it.page(
            "records/list.html",
            kind=kind,
            lines=lines,
            more=more,
            params=params,
            statuses=statuses,
            link=partial(_link, f"/records/{kind.key}", params),
        )


def _further(kind: Kind) -> list[str]:
    return [key for key in kind.statuses if key != "open"]


def _link(path: str, params: dict[str, str], **changed: Any) -> str:
    values = {**params, **changed}
    # The empty status means all; without the parameter the open ones are shown.
    status = "status=" + values.pop("status")
    rest = query(values)
    return f"{path}?{status}" + (f"&{rest[1:]}" if rest else "")


@router.get("/records/{kind_key}/{number}")
def show(request: Request, kind_key: str, number: str) -> Response:
    """Show one record."""
    with visit(request) as it:
        kind, record = _find(it, kind_key, number)
        return _page(it, kind, record)


@router.post("/records/{kind_key}/{number}/comments")
def comment(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Add a comment; what the requester writes is always public."""
    with visit(request) as it:
        kind, record = _find(it, kind_key, number)
        internal = _writing(it, record).inside
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        comments.add_comment(
            it.session,
            it.parts.records,
            locked,
            text(data, "body"),
            trace=Trace(actor_id=it.identity.person_id),
            public=not internal or text(data, "public") == "1",
        )
        return it.to(_back(request, f"/records/{kind.key}/{number}?view=comments"), mark("Your comment was added."))


@router.post("/records/{kind_key}/{number}/files")
def upload(request: Request, kind_key: str, number: str, data: FormData = Depends(posted)) -> Response:
    """Keep a file with the record."""
    sent = data.get("file")
    with visit(request) as it:
        kind, record = _find(it, kind_key, number)
        _writing(it, record)
        limit = it.parts.settings.upload_limit_mb
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Invalid({"file": ["Choose a file."]})
        locked = it.parts.records.locked(it.session, kind.key, record.id)
        file = files.store_file(
            it.session,
            sent.file.read(limit * 1_000_000 + 1),
            sent.filename,
            limit_mb=limit,
            uploaded_by_id=it.identity.person_id,
            record_id=record.id,
        )
        trace = Trace(actor_id=it.identity.person_id)
        facts = {"file": file.id, "size": file.size, "sha256": file.sha256}
        it.parts.records.note(it.session, locked, "file.added", trace, facts, {"name": file.name})
        return it.to(_back(request, f"/records/{kind.key}/{number}?view=files"), mark("The file was added."))


def _writing(it: Visit, record: Record) -> Standing:
    standing = record_view.standing_of(it.session, it.viewer, record.id)
    if not standing.writes:
        raise Forbidden("You may not do this")
    return standing


def _back(request: Request, path: str) -> str:
    """Return the page that the form stood on, when it is one of ours."""
    came_from = request.headers.get("referer", "")
    prefix = str(request.base_url)
    inside = came_from.removeprefix(prefix) if came_from.startswith(prefix) else ""
    return f"/{inside}" if inside.startswith(("work/tasks/", "cases/")) else path


def _find(it: Visit, kind_key: str, number: str) -> tuple[Kind, Record]:
    kind = it.parts.records.catalogue.get(kind_key)
    return kind, record_view.find_record(it.session, it.viewer, kind, number)


def _page(it: Visit, kind: Kind, record: Record) -> Response:
    standing = record_view.standing_of(it.session, it.viewer, record.id)
    names = ["record", "comments", "files", *(["history"] if standing.inside else [])]
    view = tabs.chosen(it, names)
    path = f"/records/{kind.key}/{record.number}"
    bundle_id = it.session.scalar(
        select(Case.bundle_id).where(Case.record_id == record.id).order_by(Case.id.desc()).limit(1)
    )
    remarks, attachments = record_view.tallies(it.session, record, internal=standing.inside)
    words = {"record": _("Record"), "comments": _("Comments"), "files": _("Files"), "history": _("History")}
    counts = {"comments": remarks, "files": attachments}
    parts = [(name, words[name], counts.get(name, 0)) for name in names]
    requester = record_view.name_of(it.session, record.requester_id)
    loaded = tabs.record_parts(it, record, standing, view, bundle_id=bundle_id, requester=requester)
    cases, _more = case_view.list_cases(it.session, it.viewer, record_id=record.id)
    process = process_names(it)
    detail = Detail(
        **{name: getattr(loaded, name) for name in RecordParts.__dataclass_fields__},
        view=view,
        tabs=tabs.tabs(path, parts, view),
        cases=cases,
        history=_history(it, kind, record, bundle_id) if view == "history" else [],
    )
    return it.page("records/page.html", detail=detail, process_name=lambda key: process.get(key, key))


def _history(it: Visit, kind: Kind, record: Record, bundle_id: int | None) -> list[dict[str, Any]]:
    titles = tabs.field_titles(it, bundle_id)
    elements = tabs.element_names(it, bundle_id)
    return [
        {
            "text": events.say(event.event, elements.get(event.element or "", event.element or "")),
            "actor": event.actor,
            "at": event.at,
            "changes": [
                {
                    "title": change.title
                    if change.name in kind.attributes
                    else titles.get(change.name, (change.title, {}))[0],
                    "before": _changed(kind, titles, change.name, change.before),
                    "after": _changed(kind, titles, change.name, change.after),
                }
                for change in event.changes
                if change.name not in ("id", "kind", "number")
            ],
        }
        for event in history_of(it.session, kind, record.id)
    ]


def _changed(kind: Kind, titles: dict[str, tuple[str, dict[str, str]]], name: str, value: str) -> str:
    """Write a changed value as the pages do: times in the person's zone, keys by the words of the form."""
    attribute = kind.attributes.get(name)
    if value and attribute is not None and attribute.type == "time":
        with suppress(ValueError):
            return formats.full(datetime.fromisoformat(value))
    said = titles.get(name, ("", {}))[1].get(value, value)
    # Statuses, and yes and no, are words of the product.
    return _(said) if name == "status" or said in ("yes", "no", ERASED) else said
