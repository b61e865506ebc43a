"""Stores what a batch has planned, all of it in one transaction, if everything is still as the plan found it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.records import many, marks
from app.domain.records.changes import Trace, snapshot
from app.domain.records.kinds import Kind
from app.domain.records.many import AT_ONCE, Occasion, Write
from app.domain.records.records import Record
from app.domain.records.writer import Records
from app.errors import Conflict, Forbidden, Message
from app.insight.access import Viewer
from app.insight.batches import cells, guard, lines, matching
from app.insight.batches.fields import TAGS, WATCHERS, read_targets
from app.insight.batches.lines import Line
from app.insight.batches.planning import Recipe
from app.insight.batches.records import Batch

Progress = Callable[[int], None]
SHOWN = 10
LONGEST_REASON = 2000


class Stale(Conflict):
    """Records were changed since the plan was made; nothing is stored."""


def store(session: Session, records: Records, batch: Batch, progress: Progress) -> None:
    """Store everything that the batch has planned, with the history of each record and one line for the whole.

    Raises:
        Stale: a record is not as the plan found it, one that was new to it is there now, or an answer was retired.
        Forbidden: the person may do this no longer.
    """
    kind = records.catalogue.get(batch.kind)
    viewer = guard.viewer_of(session, batch.person_id)
    if batch.source == "import":
        guard.refuse_import(viewer, kind)
    # Two imports of a kind would not see each other's new records.
    system.take_turns(session, f"batch:{kind.key}")
    planned = lines.read(session, batch.id, ("new", "changed"))
    _refuse_retired(batch, planned)
    changes = [line for line in planned if line.fate == "changed"]
    fresh = [line for line in planned if line.fate == "new"]
    writes = _writes(session, viewer, kind, batch, changes)
    _refuse_known(session, viewer, kind, batch, fresh)
    now = clock.now()
    occasion = Occasion(Trace(batch.person_id), now, _why(batch), batch.id)
    done = 0
    for start in range(0, len(fresh), AT_ONCE):
        part = fresh[start : start + AT_ONCE]
        made = many.create(session, records.journal, kind, [_plain(line.after) for line in part], occasion)
        tagged = [Write(record, tags_added=line.after[TAGS]) for line, record in zip(part, made, strict=True)
                  if TAGS in line.after]  # fmt: skip
        many.change(session, records.journal, kind, tagged, occasion)
        for line, record in zip(part, made, strict=True):
            line.record_id, line.number, line.title = record.id, record.number, record.title
        lines.point_to(session, batch.id, part)
        done += len(part)
        progress(done)
    for start in range(0, len(writes), AT_ONCE):
        many.change(session, records.journal, kind, writes[start : start + AT_ONCE], occasion)
        done += len(writes[start : start + AT_ONCE])
        progress(done)
    batch.state, batch.finished_at, batch.done, batch.fault = "stored", now, len(planned), None
    # The plan says what was done; the table itself has served its purpose.
    batch.cells = None
    system.note(
        session, "records.imported" if batch.source == "import" else "records.changed_together",
        subject=f"list:{kind.key}", actor_id=batch.person_id,
        data={"batch": batch.id, "new": len(fresh), "changed": len(writes), "rows": batch.rows, "sha256": batch.sha256},
        payload={"name": batch.name, "reason": batch.reason},
    )  # fmt: skip


def _why(batch: Batch) -> str:
    return f"{batch.name}: {batch.reason}" if batch.name and batch.reason else batch.name or batch.reason


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith("+")}


def _writes(session: Session, viewer: Viewer, kind: Kind, batch: Batch, changes: Sequence[Line]) -> list[Write]:
    """Lock the records and return what to write, if each is as the plan found it."""
    ids = [line.record_id for line in changes if line.record_id is not None]
    if not ids:
        return []
    found = many.load(session, kind, ids, locked=True)
    rights, led = guard.rights(session, viewer, kind, ids), guard.cases_of(session, ids)
    tagged = marks.tags_of(session, ids) if any(TAGS in line.after for line in changes) else {}
    watched = marks.watchers_of(session, ids) if any(WATCHERS in line.after for line in changes) else {}
    asked = frozenset(batch.recipe["asked"])
    stale: list[str] = []
    writes: list[Write] = []
    for line in changes:
        record_id = line.record_id or 0
        record, right = found.get(record_id), rights.get(record_id)
        values = _plain(line.after)
        if record is None or right is None:
            stale.append(line.number)
            continue
        if (values and not right.manages) or (len(values) < len(line.after) and not right.works):
            raise Forbidden("You may not do this")
        now = _now(kind, record, tagged.get(record_id, []), watched.get(record_id, []))
        if any(now.get(name) != line.before.get(name) for name in line.after) or guard.refused(
            kind, led.get(record_id), values, asked, {}
        ):
            stale.append(line.number)
            continue
        writes.append(_write(record, line, values))
    _refuse_stale(stale)
    return writes


def _now(kind: Kind, record: Record, tags: list[str], watchers: list[int]) -> dict[str, Any]:
    return {**record.custom, **snapshot(kind, record), TAGS: tags, WATCHERS: [str(one) for one in watchers]}


def _write(record: Record, line: Line, values: Mapping[str, Any]) -> Write:
    def difference(name: str) -> tuple[list[str], list[str]]:
        before, after = line.before.get(name, []), line.after.get(name, [])
        return [one for one in after if one not in before], [one for one in before if one not in after]

    tags_added, tags_removed = difference(TAGS)
    coming, going = difference(WATCHERS)
    return Write(record, values, tags_added, tags_removed, [int(one) for one in coming], [int(one) for one in going])


def _refuse_known(session: Session, viewer: Viewer, kind: Kind, batch: Batch, fresh: Sequence[Line]) -> None:
    """Refuse when a record that the plan would make has come to be meanwhile."""
    keys = {line.known_by for line in fresh if line.known_by}
    if not keys:
        return
    recipe = Recipe.of(batch.recipe)
    found = matching.find(session, viewer, kind, recipe.targets[recipe.match], keys)
    _refuse_stale([number for records in found.values() for _, number in records])


def _refuse_retired(batch: Batch, planned: Sequence[Line]) -> None:
    """Refuse when an answer that the plan would give is retired by now; checked again, every such row says so."""
    targets = {name: one for name, one in read_targets(batch.recipe["targets"]).items() if one.retired}
    for line in planned:
        for name in line.after.keys() & targets.keys():
            told = cells.retired(targets[name], line.after[name], line.before.get(name))
            if told is not None and batch.source == "import":
                raise Stale(Message("Nothing was stored. Row {row}: {told} Check again.", row=line.row, told=told))
            if told is not None:
                raise Stale(Message("Nothing was stored. {number}: {told} Check again.", number=line.number, told=told))


def _refuse_stale(numbers: Sequence[str]) -> None:
    if numbers:
        named = ", ".join(numbers[:SHOWN]) + (" …" if len(numbers) > SHOWN else "")
        told = Message("Nothing was stored: {numbers} was changed since it was checked. Check again.", numbers=named)
        raise Stale(told)
