"""The preview of one change to many chosen records: what it does to each, and which it leaves out for what reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal.values import clean
from app.domain.records import many, marks, tags
from app.domain.records.changes import put_in, snapshot, work_out
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.errors import Invalid, Message
from app.insight.access import Viewer, visible_records
from app.insight.batches import cells, guard
from app.insight.batches.fields import TAGS, WATCHERS, Target, read_targets
from app.insight.batches.lines import Line
from app.insight.batches.planning import settle
from app.insight.batches.references import References

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to become of some records: values of fields, tags and watchers that come and go."""

    ids: tuple[int, ...]
    values: Mapping[str, Any]
    targets: Mapping[str, Target]
    asked: frozenset[str] = frozenset()
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    watched_by: tuple[int, ...] = ()
    unwatched_by: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.values or self.tags_added or self.tags_removed or self.watched_by or self.unwatched_by)

    def as_json(self) -> dict[str, Any]:
        """Return the order as it is kept with its batch."""
        return {
            "ids": list(self.ids), "values": dict(self.values),
            "targets": [one.as_json() for one in self.targets.values()], "asked": sorted(self.asked),
            "tags_added": list(self.tags_added), "tags_removed": list(self.tags_removed),
            "watched_by": list(self.watched_by), "unwatched_by": list(self.unwatched_by),
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Order":
        """Read an order that was kept."""
        return cls(
            tuple(kept["ids"]), kept["values"], read_targets(kept["targets"]), frozenset(kept["asked"]),
            *(tuple(kept[name]) for name in ("tags_added", "tags_removed", "watched_by", "unwatched_by")),
        )  # fmt: skip


def read_values(
    session: Session, viewer: Viewer, targets: Mapping[str, Target], texts: Mapping[str, str], zone: tzinfo
) -> dict[str, Any]:
    """Return what somebody has written for some fields as values; an empty text empties its field.

    Raises:
        Invalid: names each field whose text cannot be understood.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, text in texts.items():
        try:
            if name not in targets:
                raise ValueError(Message("This cannot be changed for several records at once."))
            values[name] = cells.read(targets[name], clean(text), zone)
        except ValueError as error:
            wrong[name] = [error.args[0]]
    wanted: dict[str, set[str]] = {}
    for name, value in values.items():
        if targets[name].entity and value:
            wanted.setdefault(targets[name].entity, set()).add(value)
    known = References(session, viewer, wanted)
    for name, value in values.items():
        if targets[name].entity and value:
            try:
                values[name] = known.id_of(targets[name].entity, value)
            except ValueError as error:
                wrong[name] = [error.args[0]]
    if wrong:
        raise Invalid(wrong)
    return values


def plan(session: Session, viewer: Viewer, kind: Kind, order: Order) -> list[Line]:
    """Return what would become of each chosen record, in the order in which they were chosen."""
    ids, now = list(order.ids), clock.now()
    records, rights = many.load(session, kind, ids), guard.rights(session, viewer, kind, ids)
    led = guard.cases_of(session, ids)
    tagged = marks.tags_of(session, ids) if order.tags_added or order.tags_removed else {}
    watched = marks.watchers_of(session, ids) if order.watched_by or order.unwatched_by else {}
    knowing = {person: _known_by(session, person, ids) for person in order.watched_by}
    titles = {name: target.title for name, target in order.targets.items()}
    lines: list[Line] = []
    for place, record_id in enumerate(ids, 1):
        right, record = rights.get(record_id), records.get(record_id)
        if record is None or right is None:
            lines.append(Line(place, "left_out", faults=[("", Message("There is no such record."))]))
            continue
        line = Line(place, "same", record.id, record.number, record.title)
        lines.append(line)
        if order.values and not right.manages:
            told = Message("Only those who own or manage its process may change this.")
            line.refuse("", told, "left_out")
        elif _marks(order) and not right.works:
            line.refuse("", Message("Only those who work with it may do this."), "left_out")
        else:
            _values(kind, record, order, line, titles, led.get(record_id), now)
            _put_marks(order, line, tagged.get(record_id, []), watched.get(record_id, []), knowing)
            if line.faults:
                line.fate = "left_out"
            elif line.after:
                line.fate = "changed"
    return lines


def _marks(order: Order) -> bool:
    return bool(order.tags_added or order.tags_removed or order.watched_by or order.unwatched_by)


def _values(
    kind: Kind, record: Record, order: Order, line: Line, titles: Mapping[str, str], led: guard.Led | None, now: Any
) -> None:
    there = snapshot(kind, record)
    values = {
        name: value
        for name, value in order.values.items()
        if value != (there[name] if name in there else record.custom.get(name))
    }
    for name, value in values.items():
        gone = cells.retired(order.targets[name], value, there[name] if name in there else record.custom.get(name))
        if gone is not None:
            line.refuse(titles[name], gone, "left_out")
    settle(kind, record, values, line, now, titles)
    try:
        draft = work_out(kind, record, values, allowed=None)
    except Invalid as error:
        line.refuse("", next(iter(error.fields.values()))[0], "left_out")
        return
    for name, messages in draft.wrong.items():
        line.refuse(titles.get(name, name), messages[0], "left_out")
    if not line.faults:
        changes = put_in(record, draft)
        line.before, line.after = changes.before, changes.after
        for title, told in guard.refused(kind, led, changes.after, order.asked, titles):
            line.refuse(title, told, "left_out")


def _put_marks(
    order: Order, line: Line, tagged: Sequence[str], watched: Sequence[int], knowing: Mapping[int, frozenset[int]]
) -> None:
    new = sorted((set(tagged) | set(order.tags_added)) - set(order.tags_removed))
    if new != sorted(tagged):
        line.before[TAGS], line.after[TAGS] = sorted(tagged), new
        if len(new) > tags.MOST:
            line.refuse(Message("Tags"), Message("A record has at most {most} tags.", most=tags.MOST), "left_out")
    people = sorted((set(watched) | set(order.watched_by)) - set(order.unwatched_by))
    if people != sorted(watched):
        line.before[WATCHERS], line.after[WATCHERS] = [str(one) for one in watched], [str(one) for one in people]
        if any(line.record_id not in knowing[person] for person in order.watched_by):
            line.refuse(Message("Watchers"), Message("Who is to watch may not know of this record."), "left_out")


def _known_by(session: Session, person_id: int, ids: Sequence[int]) -> frozenset[int]:
    """Return which of the records somebody may know of."""
    their = guard.viewer_of(session, person_id)
    known = select(Record.id).where(Record.id == func.any(cast(list(ids), ARRAY(BigInteger))), visible_records(their))
    return frozenset(session.scalars(known))
