"""The dry run of an import: what would become of each row of a table, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app import clock
from app.domain.journal.values import clean
from app.domain.records import many, marks
from app.domain.records.changes import put_in, snapshot, work_out
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.errors import Invalid, Message
from app.insight.access import Viewer
from app.insight.batches import cells, guard, matching
from app.insight.batches.fields import NUMBER, TAGS, Target, read_targets
from app.insight.batches.lines import Line
from app.insight.batches.references import References


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a table is taken.

    `columns` are fields by place, empty for what is left out. `match` is the field by which a record is known again,
    empty when every row is a new one. `found` says what to do then (`update`, `skip`, `refuse`), `missing` what to do
    otherwise (`create`, `refuse`), `empty` what an empty cell means (`leave`, `clear`). `asked` are the custom fields
    that forms ask.
    """

    columns: tuple[str, ...]
    targets: Mapping[str, Target]
    match: str = NUMBER
    found: str = "update"
    missing: str = "create"
    empty: str = "leave"
    zone: str = "UTC"
    asked: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return the recipe as it is kept with its batch."""
        return {
            "columns": list(self.columns), "targets": [one.as_json() for one in self.targets.values()],
            "match": self.match, "found": self.found, "missing": self.missing, "empty": self.empty,
            "zone": self.zone, "asked": sorted(self.asked),
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Recipe":
        """Read a recipe that was kept."""
        return cls(
            tuple(kept["columns"]), read_targets(kept["targets"]), kept["match"], kept["found"], kept["missing"],
            kept["empty"], kept["zone"], frozenset(kept["asked"]),
        )  # fmt: skip


@dataclass(slots=True)
class _Row:
    """A row on its way: its texts by field, its values as far as they are read, its line."""

    line: Line
    texts: dict[str, str]
    values: dict[str, Any]


class Plan:
    """One dry run; `lines` are its outcome."""

    def __init__(
        self, session: Session, viewer: Viewer, kind: Kind, recipe: Recipe, table: Sequence[tuple[int, list[str]]]
    ) -> None:
        self.session, self.viewer, self.kind, self.recipe = session, viewer, kind, recipe
        self.now: datetime = clock.now()
        self.zone: tzinfo = ZoneInfo(recipe.zone)
        self.titles = {name: target.title for name, target in recipe.targets.items()}
        rows = [self._row(number, cells_of) for number, cells_of in table]
        self._refer(rows)
        self._match(rows)
        self._compare(rows)
        self.lines = [row.line for row in rows]

    def _row(self, number: int, found: list[str]) -> _Row:
        recipe = self.recipe
        texts = {name: found[place] if place < len(found) else "" for place, name in enumerate(recipe.columns) if name}
        row = _Row(Line(number, title=cells.cut(" ".join(texts.get("title", "").split()))), texts, {})
        if len(found) > len(recipe.columns):
            row.line.refuse("", Message("This row has more cells than there are headings."))
        for name, text in texts.items():
            if name == NUMBER or (recipe.empty == "leave" and not text.strip()):
                continue
            target = recipe.targets[name]
            try:
                row.values[name] = cells.read(target, clean(text), self.zone)
            except ValueError as error:
                row.line.refuse(target.title, error.args[0])
        return row

    def _refer(self, rows: Sequence[_Row]) -> None:
        """Put ids in the place of names."""
        referring = {name: target for name, target in self.recipe.targets.items() if target.entity}
        wanted: dict[str, set[str]] = {}
        for row in rows:
            for name, target in referring.items():
                if row.values.get(name):
                    wanted.setdefault(target.entity, set()).add(row.values[name])
        if not wanted:
            return
        known = References(self.session, self.viewer, wanted)
        for row in rows:
            for name, target in referring.items():
                if row.values.get(name):
                    try:
                        row.values[name] = known.id_of(target.entity, row.values[name])
                    except ValueError as error:
                        row.line.refuse(target.title, error.args[0])
                        del row.values[name]

    def _match(self, rows: Sequence[_Row]) -> None:
        """Find the record that each row is about, and refuse rows that are about the same."""
        field = self.recipe.match
        if not field:
            return
        target = self.recipe.targets[field]
        keys = {row.line.row: matching.key_of(target, row.texts.get(field, ""), row.values) for row in rows}
        found = matching.find(self.session, self.viewer, self.kind, target, {key for key in keys.values() if key})
        seen: dict[str, int] = {}
        for row in rows:
            line, key = row.line, keys[row.line.row]
            if not key:
                if field != NUMBER and not line.faults:
                    line.refuse(target.title, Message("The record is known by this; please fill it in."))
                continue
            line.known_by = key
            if key in seen:
                line.refuse(target.title, Message("Row {row} is about the same.", row=seen[key]))
            seen.setdefault(key, line.row)
            records = found.get(key, [])
            if len(records) > 1:
                numbers = ", ".join(number for _, number in records[:5]) + (" …" if len(records) > 5 else "")
                line.refuse(target.title, Message("Several records have this: {numbers}.", numbers=numbers))
            elif records:
                line.record_id, line.number = records[0]
            elif field == NUMBER:
                told = Message("There is no record of this number. Leave the cell empty for a new one.")
                line.refuse(target.title, told)

    def _compare(self, rows: Sequence[_Row]) -> None:
        ids = [row.line.record_id for row in rows if row.line.record_id is not None]
        update = self.recipe.found == "update"
        records = many.load(self.session, self.kind, ids) if update and ids else {}
        led = guard.cases_of(self.session, ids) if records else {}
        tags = marks.tags_of(self.session, ids) if records and TAGS in self.recipe.targets else {}
        for row in rows:
            line = row.line
            if line.record_id is None:
                self._as_new(row)
            elif self.recipe.found == "refuse":
                line.refuse(self.titles[self.recipe.match], Message("{number} is this already.", number=line.number))
            elif not update:
                line.fate = line.fate if line.faults else "skipped"
            elif line.record_id in records:
                record = records[line.record_id]
                self._as_change(row, record, led.get(record.id), tags.get(record.id, []))

    def _as_new(self, row: _Row) -> None:
        line = row.line
        if self.recipe.missing == "refuse" and not line.faults:
            line.refuse(self.titles.get(self.recipe.match, ""), Message("There is no such record."))
        record = many.blank(self.kind, self.now)
        values = {name: value for name, value in row.values.items() if value is not None and not name.startswith("+")}
        values.setdefault("title", "")
        if values.get("closed_at"):
            # Of history without its beginning, the end is all that is known.
            values.setdefault("opened_at", values["closed_at"])
        elif values.get("status") in self.kind.closed:
            values.setdefault("opened_at", self.now.isoformat())
        self._retired(line, values, {})
        settle(self.kind, record, values, line, self.now, self.titles)
        self._check(line, record, values)
        line.after = {name: value for name, value in values.items() if value not in (None, "")}
        if row.values.get(TAGS):
            line.after[TAGS] = row.values[TAGS]

    def _as_change(self, row: _Row, record: Record, led: guard.Led | None, tags: list[str]) -> None:
        line, there = row.line, snapshot(self.kind, record)
        line.title = record.title
        values: dict[str, Any] = {}
        for name, value in row.values.items():
            if name.startswith("+"):
                continue
            current = there[name] if name in there else record.custom.get(name)
            said = cells.says(self.recipe.targets[name], row.texts.get(name, ""), current, self.zone)
            if not said and value != current:
                values[name] = value
        self._retired(line, values, record.custom | there)
        settle(self.kind, record, values, line, self.now, self.titles)
        draft = self._check(line, record, values)
        if draft is not None and not line.faults:
            changes = put_in(record, draft)
            line.before, line.after = changes.before, changes.after
        added = [name for name in row.values.get(TAGS) or [] if name not in tags]
        if added:
            line.before[TAGS], line.after[TAGS] = tags, sorted([*tags, *added])
        for title, told in guard.refused(self.kind, led, line.after, self.recipe.asked, self.titles):
            line.refuse(title, told)
        if not line.faults:
            line.fate = "changed" if line.after else "same"

    def _retired(self, line: Line, values: Mapping[str, Any], there: Mapping[str, Any]) -> None:
        for name, value in values.items():
            target = self.recipe.targets.get(name)
            told = cells.retired(target, value, there.get(name)) if target is not None and target.retired else None
            if told is not None:
                line.refuse(self.titles[name], told)

    def _check(self, line: Line, record: Record, values: Mapping[str, Any]) -> Any:
        try:
            draft = work_out(self.kind, record, values, allowed=None)
        except Invalid as error:
            line.refuse("", next(iter(error.fields.values()))[0])
            return None
        for name, messages in draft.wrong.items():
            line.refuse(self.titles.get(name, "Title" if name == "title" else name), messages[0])
        return draft


def settle(
    kind: Kind, record: Record, values: dict[str, Any], line: Line, now: datetime, titles: Mapping[str, str]
) -> None:
    """Let status and times fit together: what is closed has a time for that, what is open has none."""
    if not values.keys() & {"status", "opened_at", "closed_at"}:
        return
    closed = (values.get("status") or record.status) in kind.closed
    opened = _time(values.get("opened_at")) or record.opened_at
    ended = _time(values["closed_at"]) if "closed_at" in values else record.closed_at
    if values.get("closed_at") and not closed:
        line.refuse(titles["closed_at"], Message("What is not closed has no such time."))
        return
    if closed and ended is None:
        values["closed_at"] = ended = max(now, opened)
    elif not closed and ended is not None:
        values["closed_at"] = ended = None
    if opened > now:
        line.refuse(titles.get("opened_at", "opened_at"), Message("This is still to come."))
    elif ended is not None and ended < opened:
        named = titles.get("closed_at", titles.get("opened_at", ""))
        line.refuse(named, Message("It was closed before it was opened."))
    if isinstance(values.get("closed_at"), datetime):
        values["closed_at"] = values["closed_at"].isoformat()


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
