"""The lists there are: one for each kind of records, and one for cases."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.domain.records import queries
from app.domain.records.kinds import Kind, Kinds
from app.domain.records.records import Record
from app.engine.records import Case
from app.insight.access import Viewer, inner_records, visible_cases, visible_records
from app.insight.lists.columns import Column, CustomField, label_of, of_kind
from app.insight.lists.listing import Listing

CASES = "case"
CASE_STATUSES = ("running", "stuck", "completed", "cancelled")
# Custom fields that no form declares any more are found in this many of the newest records.
LOOKED_THROUGH = 300


def record_list(
    kinds: Kinds, viewer: Viewer, zone: tzinfo, kind: Kind, fields: Mapping[str, CustomField] | None = None
) -> Listing:
    """Return the list of a kind's records as a person may see it."""
    columns = of_kind(kinds, viewer, kind, fields or {})
    return Listing(
        key=kind.key,
        viewer=viewer,
        zone=zone,
        id=kind.model.id,
        number=kind.model.number,
        columns=columns,
        known=visible_records(viewer),
        usual=tuple(name for name in kind.columns if name in columns),
        open=Record.status.not_in(sorted(kind.closed)),
        matching=partial(queries.matching, kinds, inner=inner_records(viewer)),
        status=Record.status,
        statuses=tuple(kind.statuses),
    )


def case_list(viewer: Viewer, zone: tzinfo, processes: Mapping[str, str], areas: Mapping[str, str]) -> Listing:
    """Return the list of cases as a person may see it; the mappings say what processes and areas are called."""
    columns = {column.name: column for column in _case_columns(viewer, processes, areas)}
    return Listing(
        key=CASES,
        viewer=viewer,
        zone=zone,
        id=Case.id,
        number=Case.number,
        columns=columns,
        known=visible_cases(viewer),
        usual=("number", "title", "process", "status", "record", "owner", "started_at"),
        open=Case.status.in_(["running", "stuck"]),
        matching=_matching_cases,
        status=Case.status,
        statuses=CASE_STATUSES,
    )


def held_fields(session: Session, viewer: Viewer, kind: Kind) -> list[str]:
    """Return names of custom fields that the newest records of a kind hold, as far as the person works with them."""
    newest = (
        select(Record.custom)
        .where(Record.kind == kind.key, visible_records(viewer), inner_records(viewer))
        .order_by(Record.id.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    name = func.jsonb_object_keys(newest.c.custom)
    return sorted(session.scalars(select(name).distinct()))


def _case_columns(viewer: Viewer, processes: Mapping[str, str], areas: Mapping[str, str]) -> Sequence[Column]:
    ranks = {status: place for place, status in enumerate(CASE_STATUSES)}
    # Who knows of a case knows the number of its record, as its page shows it; titles only of what they may know of.
    record = select(Record.number).where(Record.id == Case.record_id).correlate(Case).scalar_subquery()
    return (
        Column("number", "Number", "text", Case.number),
        Column("title", "Title", "text", Case.title),
        Column("process", "Process", "key", Case.diagram, options=processes),
        Column("area", "Area", "key", Case.area, options=areas),
        Column("status", "Status", "key", Case.status, ranks=ranks, options=CASE_TITLES),
        Column("record", "Record", "text", record),
        _person("owner", "Owner", Case.owner_id),
        _person("requester", "Requester", Case.requester_id),
        Column("started_at", "Started", "time", Case.started_at),
        Column("ended_at", "Ended", "time", Case.ended_at),
    )


CASE_TITLES = {"running": "running", "stuck": "stuck", "completed": "completed", "cancelled": "cancelled"}


def _person(name: str, title: str, value: Any) -> Column:
    return Column(name, title, "reference", value, entity="person", label=label_of("person", value))


def _matching_cases(text: str) -> ColumnElement[bool]:
    record = select(Record.id).where(Record.number.icontains(text, autoescape=True))
    return or_(
        Case.title.icontains(text, autoescape=True),
        Case.number.icontains(text, autoescape=True),
        Case.record_id.in_(record),
    )
