"""One search over what a person may know of: records of all kinds, cases, open tasks, people."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.records import queries
from app.domain.records.kinds import Kinds
from app.domain.records.records import Record
from app.engine.records import Case, Task
from app.insight.access import Viewer, visible_cases, visible_records, visible_tasks

EACH = 20
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: where it stands, its number or kind, its title and a further line."""

    path: str
    label: str
    title: str
    detail: str = ""


@dataclass(slots=True)
class Found:
    """What was found, at most `EACH` of a sort, the newest first."""

    records: list[Hit] = field(default_factory=list)
    cases: list[Hit] = field(default_factory=list)
    tasks: list[Hit] = field(default_factory=list)
    people: list[Hit] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How much there is to show."""
        return len(self.records) + len(self.cases) + len(self.tasks) + len(self.people)


def search(session: Session, kinds: Kinds, viewer: Viewer, text: str, names: Collection[str] = ()) -> Found:
    """Look everywhere for a text: words (or their beginnings), or a number; `names` are further names of tasks."""
    text = " ".join(text[:LONGEST].split())
    found = Found()
    if not text:
        return found
    found.records = _records(session, kinds, viewer, text)
    found.cases = _cases(session, viewer, text)
    found.tasks = _tasks(session, viewer, text, names)
    # Who only uses services has no business in the list of persons.
    if viewer.knows_people:
        found.people = [
            Hit("", "", person.label, person.detail) for person in queries.search(session, "person", text, EACH)
        ]
    return found


def number_path(session: Session, kinds: Kinds, viewer: Viewer, text: str) -> str:
    """Return the page of the case or record whose number was typed in full; empty when there is none to see."""
    number = text.strip().upper()
    if session.scalar(select(Case.id).where(Case.number == number, visible_cases(viewer))):
        return f"/cases/{number}"
    kind = session.scalar(select(Record.kind).where(Record.number == number, visible_records(viewer)))
    return f"/records/{kind}/{number}" if kind else ""


def _records(session: Session, kinds: Kinds, viewer: Viewer, text: str) -> list[Hit]:
    condition = queries.matching(kinds, text)
    if condition is None:
        return []
    query = select(Record.kind, Record.number, Record.title, Record.status).where(condition, visible_records(viewer))
    return [
        Hit(f"/records/{row.kind}/{row.number}", row.number, row.title, kinds.get(row.kind).status_title(row.status))
        for row in session.execute(query.order_by(Record.id.desc()).limit(EACH))
        if row.kind in kinds
    ]


def _cases(session: Session, viewer: Viewer, text: str) -> list[Hit]:
    matching = or_(Case.title.icontains(text, autoescape=True), Case.number.istartswith(text, autoescape=True))
    query = select(Case.number, Case.title, Case.status).where(matching, visible_cases(viewer))
    return [
        Hit(f"/cases/{row.number}", row.number, row.title, row.status)
        for row in session.execute(query.order_by(Case.id.desc()).limit(EACH))
    ]


def _tasks(session: Session, viewer: Viewer, text: str, names: Collection[str]) -> list[Hit]:
    called = or_(Task.name.icontains(text, autoescape=True), Task.name.in_(names))
    query = (
        select(Task.id, Task.name, Case.number, Case.title)
        .join(Task.case)
        .where(
            Task.status == "open",
            or_(called, Case.title.icontains(text, autoescape=True)),
            visible_tasks(viewer),
        )
    )
    return [
        Hit(f"/work/tasks/{row.id}", row.number, row.name, row.title)
        for row in session.execute(query.order_by(Task.due_at, Task.id).limit(EACH))
    ]
