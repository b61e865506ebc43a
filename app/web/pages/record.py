"""One record: its attributes, comments, files, links, history and cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from app.domain.people.records import Person
from app.domain.records import tags, watching
from app.domain.records.kinds import Kind
from app.domain.records.link_types import choices
from app.domain.records.queries import ANY_KIND
from app.domain.records.records import Record
from app.domain.service_levels.records import Agreement
from app.domain.service_levels.words import METRICS, TYPES
from app.engine.records import Case
from app.errors import Forbidden
from app.insight import agreement_view, case_view, record_view, relations
from app.insight.access import inner_records
from app.insight.agreement_view import Sheet
from app.insight.case_view import CaseLine
from app.insight.record_view import Standing
from app.insight.relations import Knot, Relation
from app.web import formats
from app.web.dependencies import Visit, visit
from app.web.i18n import gettext as _
from app.web.names import process_names
from app.web.pages import record_history, references
from app.web.pages import tabs as page_tabs
from app.web.pages.tabs import Clock, History, RecordParts, Tab

router = APIRouter()


@dataclass(kw_only=True)
class Detail(RecordParts):
    """Everything that the template of a record shows."""

    view: str
    tabs: list[Tab]
    cases: list[CaseLine]
    history: History
    history_parts: list[Tab]
    path: str
    works: bool
    relations: list[Relation]
    thread: list[Knot]
    linking: "Linking | None"
    mergeable: bool
    tags: list[str]
    known_tags: list[str]
    watchers: list[Person]
    watching: bool
    clocks: list[Clock]
    sheet: Sheet | None
    agreements: list[Agreement] | None
    metrics: Mapping[str, str]
    types: Mapping[str, str]

    @staticmethod
    def span(minutes: int) -> str:
        """Write working time."""
        return formats.span(timedelta(minutes=minutes))


@dataclass(slots=True)
class Linking:
    """The form for a new link: what was typed, what is wrong with it, and what it may mean."""

    types: list[tuple[str, str]]
    typed: dict[str, str]
    errors: dict[str, list[str]]
    candidates: list[tuple[str, str]]


@router.get("/records/{kind_key}/{number}")
def show(request: Request, kind_key: str, number: str) -> Response:
    """Show one record."""
    with visit(request) as it:
        kind, record = find(it, kind_key, number)
        return page(it, kind, record)


def writing(it: Visit, record: Record) -> Standing:
    """Return what the record is to the person.

    Raises:
        Forbidden: they may not add anything to it.
    """
    standing = record_view.standing_of(it.session, it.viewer, record.id)
    if not standing.writes:
        raise Forbidden("You may not do this")
    return standing


def find(it: Visit, kind_key: str, number: str) -> tuple[Kind, Record]:
    """Return a kind and a record of it that the person may know of.

    Raises:
        NotFound: there is none.
    """
    kind = it.parts.records.catalogue.get(kind_key)
    return kind, record_view.find_record(it.session, it.viewer, kind, number)


def page(
    it: Visit,
    kind: Kind,
    record: Record,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
    said: str | None = None,
    editing: tuple[int, str, str] | None = None,
    status: int = 200,
) -> Response:
    """Answer with the page of a record; with `errors` the form for a new link, with `said` that of a comment.

    `editing` is a comment that could not be changed: its id, the text for it, and why not.
    """
    standing = record_view.standing_of(it.session, it.viewer, record.id)
    names = ["record", "links", "comments", "files", *(["history"] if standing.inside else [])]
    talks = said is not None or editing is not None
    view = "links" if errors else "comments" if talks else page_tabs.chosen(it, names)
    path = f"/records/{kind.key}/{record.number}"
    bundle_id = it.session.scalar(
        select(Case.bundle_id).where(Case.record_id == record.id).order_by(Case.id.desc()).limit(1)
    )
    remarks, attachments = record_view.tallies(it.session, record, internal=standing.inside)
    kinds = it.parts.records.catalogue
    related = relations.relations_of(it.session, kinds, it.viewer, record.id)
    words = {
        "record": _("Record"), "links": _("Links"), "comments": _("Comments"), "files": _("Files"),
        "history": _("History"),
    }  # fmt: skip
    counts = {"links": len(related), "comments": remarks, "files": attachments}
    parts = [(name, words[name], counts.get(name, 0)) for name in names]
    requester = record_view.name_of(it.session, record.requester_id)
    loaded = page_tabs.record_parts(it, record, standing, view, bundle_id=bundle_id, requester=requester)
    loaded.said = said or ""
    loaded.editing = editing or _wanted(it)
    cases, _more = case_view.list_cases(it.session, it.viewer, record_id=record.id)
    process = process_names(it)
    works = standing.inside and standing.writes
    watchers = watching.watchers_of(it.session, record.id)
    known = inner_records(it.viewer)
    detail = Detail(
        **{name: getattr(loaded, name) for name in RecordParts.__dataclass_fields__},
        clocks=page_tabs.clocks_of(it, record, standing),
        sheet=agreement_view.sheet(it.session, it.viewer, record)
        if isinstance(record, Agreement) and view == "record"
        else None,
        agreements=agreement_view.of_service(it.session, it.viewer, record.id)
        if record.kind == "service" and view == "record" and agreement_view.may_ask(it.viewer)
        else None,
        metrics=METRICS,
        types=TYPES,
        view=view,
        tabs=page_tabs.tabs(path, parts, view),
        cases=cases,
        history=record_history.lines_of(it, kind, record, bundle_id, path) if view == "history" else History([]),
        history_parts=record_history.filters(path, record_history.chosen(it)),
        path=path,
        works=works,
        relations=related,
        thread=relations.thread_of(it.session, kinds, it.viewer, record.id) if view == "links" else [],
        tags=tags.tags_of(it.session, record.id) if standing.inside else [],
        known_tags=tags.suggestions(it.session, known) if works and view == "record" else [],
        watchers=watchers,
        watching=any(person.id == it.viewer.person_id for person in watchers),
        mergeable=works and view == "links" and record.status not in kind.closed,
        linking=_linking(it, typed or {}, errors or {}) if works and view == "links" else None,
    )
    return it.page(
        "records/page.html",
        status=422 if errors else status,
        detail=detail,
        process_name=lambda key: process.get(key, key),
    )


def _wanted(it: Visit) -> tuple[int, str, str] | None:
    """Return the comment that the person has asked to edit, by its id."""
    wanted = it.request.query_params.get("edit", "")
    return (int(wanted), "", "") if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else None


def _linking(it: Visit, typed: dict[str, str], errors: dict[str, list[str]]) -> Linking:
    said = typed.get("to~text", "")
    found = references.lookup(it, ANY_KIND, said) if said and not typed.get("to") else []
    return Linking([(key, _(words)) for key, words in choices()], typed, errors, list(found))
