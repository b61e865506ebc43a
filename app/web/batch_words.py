"""What a batch would do, in words: values of fields before and after, and what is wrong with a row."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import Response

from app.domain.records import queries
from app.domain.records.kinds import Kind
from app.insight.access import visible_records
from app.insight.batches import lines as kept
from app.insight.batches.fields import TAGS, WATCHERS, Target
from app.insight.batches.lines import Line
from app.insight.batches.records import Batch
from app.insight.lists import tables
from app.web import formats
from app.web.i18n import gettext as _
from app.web.i18n import here, tell
from app.web.lists import Asking

CUT = 300


@dataclass(slots=True)
class Said:
    """One line for people: `changes` are titles with what is there before and after."""

    row: int
    fate: str
    number: str
    title: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)


def said_of(it: Asking, kind: Kind, targets: Mapping[str, Target], lines: Sequence[Line]) -> list[Said]:
    """Return lines in words; the names of all references cost one statement for each sort of them."""
    wanted: dict[str, set[str]] = {}
    for line in lines:
        for values in (line.before, line.after):
            for name, value in values.items():
                if value is not None and (entity := _entity(kind, targets, name)):
                    many = value if isinstance(value, list) else [value]
                    wanted.setdefault(entity, set()).update(str(one) for one in many)
    labels = queries.labels(it.session, wanted, visible=visible_records(it.viewer))

    def change(line: Line, name: str) -> tuple[str, str, str]:
        before, after = (_shown(kind, targets, name, values.get(name), labels) for values in (line.before, line.after))
        return _title(kind, targets, name), before, after

    order = {name: place for place, name in enumerate(kind.attributes)}
    return [
        Said(
            line.row, line.fate, line.number, line.title,
            [change(line, name) for name in sorted(line.after, key=lambda name: order.get(name, len(order)))],
            faults_of(line),
        )
        for line in lines
    ]  # fmt: skip


def faults_of(line: Line) -> list[tuple[str, str]]:
    """Return what is wrong with a row: columns with complaints."""
    return [(_(column), tell(message)) for column, message in line.faults]


def _entity(kind: Kind, targets: Mapping[str, Target], name: str) -> str:
    if name == WATCHERS:
        return "person"
    attribute = kind.attributes.get(name)
    return attribute.entity if attribute else targets[name].entity if name in targets else ""


def _title(kind: Kind, targets: Mapping[str, Target], name: str) -> str:
    if name in (TAGS, WATCHERS):
        return _("Tags") if name == TAGS else _("Watchers")
    attribute = kind.attributes.get(name)
    return _(attribute.title) if attribute else targets[name].title if name in targets else name


def _shown(
    kind: Kind, targets: Mapping[str, Target], name: str, value: Any, labels: Mapping[tuple[str, str], str]
) -> str:
    if value in (None, "", []):
        return ""
    if entity := _entity(kind, targets, name):
        return ", ".join(labels.get((entity, str(one)), "?") for one in (value if isinstance(value, list) else [value]))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    words = targets[name].shown if name in targets else {}
    if name == "status" and not words:
        return _(kind.status_title(str(value)))
    attribute = kind.attributes.get(name)
    if attribute is not None and attribute.type == "time":
        return formats.full(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(words.get(str(one), str(one)) for one in value)
    text = words.get(str(value), str(value))
    return text if len(text) <= CUT else f"{text[:CUT].rstrip()}…"


def faults_file(it: Asking, batch: Batch) -> Response:
    """Return the complaints about a batch's rows as a table."""
    rows: list[tuple[int | str, ...]] = [(_("Row"), _("Number"), _("Column"), _("What is wrong"))]
    for line in kept.faulty(it.session, batch.id):
        rows += [(line.row, line.number, column, told) for column, told in faults_of(line)]
    file = io.BytesIO()
    tables.write(rows, file, "csv", separator=";" if here().language == "de" else ",")
    headers = {"content-disposition": f'attachment; filename="faults-{batch.id}.csv"', "cache-control": "no-store"}
    return Response(file.getvalue(), media_type=tables.MEDIA_TYPES["csv"], headers=headers)
