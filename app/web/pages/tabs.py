"""What task, case and record pages share: their tabs, comments, files, journal and facts at the side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from app import clock
from app.domain.records.history import MOST
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.engine.records import Case
from app.insight import case_view, clock_view, record_view
from app.insight.access import KIND_AREA
from app.insight.canned import Canned
from app.insight.case_view import CaseView
from app.insight.lists.columns import CustomField
from app.insight.record_view import Attachment, Fact, Remark, Standing
from app.processes.bundle import contents
from app.web import clock_words, custom_words, formats
from app.web.content import element_names, form_named
from app.web.dependencies import Visit, number, query
from app.web.i18n import gettext as _
from app.web.lists import custom_field
from app.web.names import priority_text
from app.web.pages import canned, events


@dataclass(slots=True)
class Tab:
    """A link to one part of a page."""

    href: str
    title: str
    here: bool
    count: int = 0


@dataclass(slots=True)
class SideFact:
    """One line of the facts at the side."""

    title: str
    text: str
    href: str = ""


def tabs(path: str, parts: list[tuple[str, str, int]], view: str, keep: dict[str, str] | None = None) -> list[Tab]:
    """Return links to the parts of a page; the first part is the page itself."""
    first = parts[0][0]
    return [
        Tab(path + query({**(keep or {}), "view": "" if name == first else name}), title, name == view, count)
        for name, title, count in parts
    ]


def chosen(it: Visit, names: list[str]) -> str:
    """Return the part that the address asks for; the first without one."""
    wanted = it.request.query_params.get("view", "")
    return wanted if wanted in names else names[0]


@dataclass(slots=True)
class RecordParts:
    """Comments, files and facts of a record, as far as the chosen part needs them."""

    record: Record | None
    kind: Kind | None
    may_read_record: bool
    internal: bool
    comment_action: str
    file_action: str
    requester_name: str
    remarks: list[Remark]
    attachments: list[Attachment]
    facts: list[Fact]
    custom: list[Fact]
    answers: list[Canned] = field(default_factory=list)
    said: str = ""
    # A comment whose text is being edited: its id, what was typed (empty shows the text of now), what is wrong.
    editing: tuple[int, str, str] | None = None
    mentions: str = ""


def record_parts(
    it: Visit,
    record: Record | None,
    standing: Standing,
    view: str,
    *,
    bundle_id: int | None = None,
    requester: str = "",
) -> RecordParts:
    """Load what a part of a page shows of a record; the forms of the bundle say what custom values are called."""
    if record is None:
        return RecordParts(None, None, False, False, "", "", "", [], [], [], [])
    kinds = it.parts.records.catalogue
    path = f"/records/{record.kind}/{record.number}"
    view, inside = view if standing.reads else "", standing.inside
    fields = fields_of(it, bundle_id) if view == "record" else {}
    options = {name: field.options for name, field in fields.items()}
    facts = record_view.facts_of(it.session, kinds, it.viewer, record, options) if view == "record" else []
    return RecordParts(
        record=record,
        kind=kinds.get(record.kind),
        may_read_record=standing.reads,
        internal=inside,
        comment_action=f"{path}/comments" if standing.writes else "",
        file_action=f"{path}/files" if standing.writes else "",
        requester_name=requester,
        remarks=_remarks(it, record, inside) if view == "comments" else [],
        attachments=record_view.files_of(it.session, record, internal=inside) if view == "files" else [],
        mentions=f"{path}/mentions" if standing.writes and (inside or it.viewer.knows_people) else "",
        facts=[fact for fact in facts if fact.name != "title" and fact.value not in (None, "")],
        # What staff wrote beside the attributes is theirs, like their notes.
        custom=custom_words.facts_of(it, record, fields) if inside and view == "record" else [],
        answers=canned.offered(it, KIND_AREA.get(record.kind, ""), record) if view == "comments" and inside else [],
    )


@dataclass(frozen=True, slots=True)
class Clock:
    """A target clock for the head of a page: what is to happen, by which kind of agreement, and what it shows."""

    id: int
    level: str
    metric: str
    state: clock_words.State


def clocks_of(it: Visit, record: Record | None, standing: Standing) -> list[Clock]:
    """Return the clocks of a record that the person may read; without any of them it costs no statement."""
    if record is None or not (standing.reads and standing.timed):
        return []
    found = clock_view.shown_on(it.session, it.viewer, record.id, inside=standing.inside)
    return [Clock(one.clock.id, one.clock.level, clock_words.metric(one), clock_words.state(one)) for one in found]


def _remarks(it: Visit, record: Record, inside: bool) -> list[Remark]:
    since = clock.now() - timedelta(minutes=it.parts.settings.edit_minutes)
    return record_view.remarks_of(it.session, it.viewer, record, internal=inside, editable_since=since)


def fields_of(it: Visit, bundle_id: int | None) -> dict[str, CustomField]:
    """Return what the forms in a case's bundle ask, by key."""
    if bundle_id is None:
        return {}
    forms = [form_named(it, form) for form in contents(it.session, bundle_id).forms.values()]
    return {field.key: custom_field(field) for form in forms for field in form.section.walk() if field.key}


def titles_of(fields: Mapping[str, CustomField]) -> dict[str, tuple[str, dict[str, str]]]:
    """Return label and option labels of form fields, by key; those in rows where no field beside them has it."""
    inner = {name: title for field in fields.values() for name, title in titles_of(field.fields).items()}
    return inner | {name: (field.title, dict(field.options)) for name, field in fields.items()}


def side_facts(it: Visit, about: CaseView, process: str) -> list[SideFact]:
    """Return the facts that stand beside a task or case."""
    case, record = about.case, about.record
    facts = []
    if about.requester:
        facts.append(SideFact(_("Requested by"), about.requester.name))
    if about.owner:
        facts.append(SideFact(_("Owner"), about.owner.name))
    facts.append(SideFact(_("Process"), process))
    if record is not None and about.standing.reads:
        kind = it.parts.records.catalogue.get(record.kind)
        facts.append(SideFact(_(kind.title), record.number, f"/records/{record.kind}/{record.number}"))
        facts.append(SideFact(_("Status"), _(kind.status_title(record.status))))
        if record.priority:
            facts.append(SideFact(_("Priority"), priority_text(record.priority)))
        if record.service_id:
            service = it.session.get(Record, record.service_id)
            if service is not None:
                facts.append(SideFact(_("Service"), service.title, f"/records/{service.kind}/{service.number}"))
    if about.parent:
        facts.append(SideFact(_("Part of"), about.parent, f"/cases/{about.parent}"))
    facts += [SideFact(_("Led to"), number, f"/cases/{number}") for number in about.children]
    facts.append(SideFact(_("Started"), formats.when(case.started_at)))
    if case.ended_at:
        facts.append(SideFact(_("Ended"), formats.when(case.ended_at)))
    return facts


@dataclass(slots=True)
class History:
    """A page of a history: where the lines before it stand, and where the newest, if these are not them."""

    lines: list[dict[str, Any]]
    earlier: str = ""
    newest: str = ""


class Placed(Protocol):
    """A line that knows its place in its history."""

    @property
    def position(self) -> int: ...


Some = TypeVar("Some", bound=Placed)


def stretch(
    it: Visit, path: str, here: Mapping[str, str], read: Callable[[int | None, int], list[Some]]
) -> tuple[list[Some], History]:
    """Read the page of a history that the address asks for; returns what it shows and a page still without lines.

    Args:
        here: what of the address stays the same.
        read: gives so many lines, newest first, before a place or from the end.
    """
    before = number(it.request.query_params.get("before", "")) or None
    found = read(before, MOST + 1)
    shown = found[:MOST]
    earlier = path + query({**here, "before": str(shown[-1].position)}) if len(found) > MOST else ""
    return shown, History([], earlier, path + query(here) if before else "")


def journal(it: Visit, case: Case, path: str, keep: Mapping[str, str] | None = None) -> History:
    """Return a page of the journal of a case in words, newest first."""
    elements, fields = element_names(it.session, case.bundle_id), fields_of(it, case.bundle_id)
    titles = titles_of(fields)
    here = {**(keep or {}), "view": "journal"}
    found, page = stretch(
        it, path, here, lambda before, limit: case_view.journal_of(it.session, case, before=before, limit=limit)
    )
    told = custom_words.with_file_names(it, [entry.payload for entry in found], fields)
    lines = [replace(entry, payload=payload) for entry, payload in zip(found, told, strict=True)]
    page.lines = [events.line(entry, elements, titles) for entry in lines]
    return page
