"""Tables that Ines Duarte brings to the service desk."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.journal.records import JournalEntry
from app.domain.records.records import Record
from app.insight.access import Viewer
from app.insight.batches import fields, lines
from app.insight.batches.fields import NUMBER, TAGS, Target
from app.insight.batches.lines import FATES, Line
from app.insight.batches.planning import Recipe
from app.insight.batches.records import Batch
from tests.stage import Stage

MANAGER = "Ines Duarte"
CUSTOM = {
    "asset": Target("asset", "Asset", "text", custom=True),
    "floors": Target("floors", "Floors", "number", custom=True),
}


def table(*rows: Sequence[str], head: Sequence[str]) -> bytes:
    """Return a table as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([head, *rows])
    return file.getvalue().encode()


def targets(stage: Stage, kind: str) -> dict[str, Target]:
    """The fields of a kind without the words of its forms."""
    found = stage.parts.records.catalogue.get(kind)
    words = {"status": {title.casefold(): key for key, title in found.statuses.items()}}
    known = {
        one.name: Target(one.name, one.title, one.type, one.entity, words.get(one.name, {}))
        for one in fields.importable(found)
    }
    extra = {NUMBER: Target(NUMBER, "Number", "text"), TAGS: Target(TAGS, "Tags", "tags")}
    return known | CUSTOM | extra


def bring(
    stage: Stage,
    *rows: Sequence[str],
    head: Sequence[str],
    by: str = MANAGER,
    kind: str = "incident",
    **rules: Any,
) -> int:
    """Read a table whose headings are names of fields, and check it; returns the batch."""
    known = targets(stage, kind)
    recipe = Recipe(
        tuple(head), {name: known[name] for name in head if name}, **{"match": "", "zone": "Europe/Berlin", **rules}
    )
    with stage.parts.database.transaction() as session:
        viewer = Viewer.of(stage.who(by))
        found = stage.parts.records.catalogue.get(kind)
        batch = stage.parts.batches.read_table(session, viewer, found, table(*rows, head=head), "old.csv")
        stage.parts.batches.take(session, batch, recipe)
        return batch.id


def outcome(stage: Stage, batch_id: int) -> list[Line]:
    """What has become or would become of each row."""
    with stage.parts.database.transaction() as session:
        return lines.read(session, batch_id, FATES)


def carry_out(stage: Stage, batch_id: int, reason: str = "We move house.") -> None:
    """Store what is planned, jobs and all."""
    with stage.parts.database.transaction() as session:
        stage.parts.batches.carry_out(session, session.get_one(Batch, batch_id), reason)
    stage.work()


def batch_of(stage: Stage, batch_id: int) -> Batch:
    """A batch as it stands."""
    [batch] = stage.rows(Batch, Batch.id == batch_id)
    return batch


def records(stage: Stage, kind: str = "incident") -> list[dict[str, Any]]:
    """All records of a kind, oldest first."""
    with stage.parts.database.transaction() as session:
        ids = list(session.scalars(select(Record.id).where(Record.kind == kind).order_by(Record.id)))
        return stage.parts.records.read_many(session, kind, ids)


def history(session: Session, record_id: int) -> list[str]:
    """The events of a record's journal, oldest first."""
    found = select(JournalEntry.event).where(JournalEntry.chain == f"record:{record_id}")
    return list(session.scalars(found.order_by(JournalEntry.position)))
