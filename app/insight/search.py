"""One search over what a person may know of: records of all kinds, cases, open tasks, comments, files, people."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.people.records import Person
from app.domain.records import queries, words
from app.domain.records.kinds import Kinds
from app.domain.records.records import Comment, Record, StoredFile
from app.engine.records import Case, Task
from app.insight.access import (
    Viewer,
    inner_records,
    readable_files,
    visible_cases,
    visible_records,
    visible_tasks,
)

# Of each group on the page with all of them, and of one group alone.
FIRST, EACH = 10, 25
MOST_PAGES = 40
# What tasks are called stands in diagrams; there are no more than these say.
MOST_NAMES = 500
LONGEST = 200
RECORDS, CASES, TASKS, COMMENTS, FILES, PEOPLE = "records", "cases", "tasks", "comments", "files", "people"
# Letters of nobody's alphabet, which PostgreSQL puts around what was found.
BEGIN, END = "\ue000", "\ue001"
LANGUAGES = {"de": "german"}


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: where it stands, its number or kind, its title, a further line, a piece of its text.

    In `title` and `excerpt` what was found stands between `BEGIN` and `END`.
    """

    path: str
    label: str
    title: str
    detail: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one sort; `kind` is a kind of records in the group `records`, `more` tells of further hits."""

    name: str
    kind: str
    hits: list[Hit]
    more: bool = False

    @property
    def key(self) -> str:
        """What an address calls the group."""
        return self.kind or self.name


@dataclass(slots=True)
class Found:
    """The groups in which something was found."""

    groups: list[Group] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How much there is to show."""
        return sum(len(group.hits) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom, in which language, and which part of the answer is wanted."""

    session: Session
    kinds: Kinds
    viewer: Viewer
    text: str
    language: str
    limit: int
    offset: int

    @property
    def asked(self) -> ColumnElement[Any]:
        """The words as one query, for pieces of texts."""
        found = [words.meaning(word) for word in words.words_of(self.text)]
        whole = found[0]
        for one in found[1:]:
            whole = whole.op("||")(one)
        return whole

    def marked(self, text: SQLColumnExpression[Any], *, whole: bool) -> ColumnElement[Any]:
        """Return a text with marks around what was found: all of it, or only a piece."""
        size = "HighlightAll=true" if whole else "MaxFragments=1, MaxWords=24, MinWords=8"
        options = f'{size}, StartSel="{BEGIN}", StopSel="{END}"'
        configuration: ColumnElement[Any] = literal_column(f"'{LANGUAGES.get(self.language, 'english')}'")
        return func.ts_headline(configuration, text, self.asked, literal(options))


def search(
    session: Session,
    kinds: Kinds,
    viewer: Viewer,
    text: str,
    names: Collection[str] = (),
    *,
    language: str = "en",
    only: str = "",
    page: int = 1,
) -> Found:
    """Look everywhere for a text: words (or their beginnings and other forms), or a number.

    Args:
        names: further names of tasks that are meant.
        language: of whoever asks; in its forms words are marked.
        only: one group alone (a kind of records, `cases`, `tasks`, `comments`, `files`, `people`), page by page.
        page: from 1.
    """
    text = " ".join(text[:LONGEST].split())
    found = Found()
    if not words.words_of(text):
        return found
    limit = EACH if only else FIRST
    page = max(1, min(page, MOST_PAGES)) if only else 1
    question = Question(session, kinds, viewer, text, language, limit, (page - 1) * limit)
    for name, kind, look in _groups(kinds, viewer, names):
        if only in ("", kind or name):
            hits = look(question)
            if hits:
                found.groups.append(Group(name, kind, hits[:limit], len(hits) > limit))
    return found


def groups_of(kinds: Kinds) -> list[str]:
    """Return what an address may ask for alone."""
    return [*(kind.key for kind in kinds), CASES, TASKS, COMMENTS, FILES, PEOPLE]


def number_path(session: Session, kinds: Kinds, viewer: Viewer, text: str) -> str:
    """Return the page of the case or record whose number was typed in full; empty when there is none to see."""
    number = text.strip().upper()
    if session.scalar(select(Case.id).where(Case.number == number, visible_cases(viewer))):
        return f"/cases/{number}"
    kind = session.scalar(select(Record.kind).where(Record.number == number, visible_records(viewer)))
    return f"/records/{kind}/{number}" if kind else ""


Look = Callable[[Question], list[Hit]]


def _groups(kinds: Kinds, viewer: Viewer, names: Collection[str]) -> Sequence[tuple[str, str, Look]]:
    records: list[tuple[str, str, Look]] = [(RECORDS, kind.key, partial(_records, kind.key)) for kind in kinds]
    people: list[tuple[str, str, Look]] = [(PEOPLE, "", _people)] if viewer.knows_people else []
    return (
        (TASKS, "", partial(_tasks, names)),
        *records,
        (CASES, "", _cases),
        (COMMENTS, "", _comments),
        (FILES, "", _files),
        # Who only uses services has no business in the list of persons.
        *people,
    )


def _records(kind_key: str, question: Question) -> list[Hit]:
    """Find records of a kind: those with all words in title or number first, of these and of the others the newest."""
    kind, viewer = question.kinds.get(kind_key), question.viewer
    condition = queries.matching(question.kinds, question.text, inner=inner_records(viewer))
    if condition is None:
        return []
    titled = queries.titled(question.text)
    query = select(Record.id).where(Record.kind == kind_key, condition, visible_records(viewer))
    ids = list(_part(question, query.order_by(titled.desc(), Record.id.desc())))
    rows = question.session.execute(
        select(
            kind.model.id, kind.model.number, kind.model.status,
            question.marked(kind.model.title, whole=True).label("title"),
            question.marked(_texts(kind.model), whole=False).label("excerpt"),
        ).where(kind.model.id.in_(ids))
    )  # fmt: skip
    known = {row.id: row for row in rows}
    return [
        Hit(
            f"/records/{kind_key}/{row.number}", row.number, row.title, kind.status_title(row.status),
            row.excerpt if BEGIN in row.excerpt else "",
        )
        for row in (known[record_id] for record_id in ids)
    ]  # fmt: skip


def _texts(model: type[Record]) -> ColumnElement[Any]:
    """Return the texts that a kind's search goes through, as one."""
    texts: Mapping[str, tuple[str, ...]] = {
        "incident": ("description", "resolution", "cause"), "known_error": ("symptoms", "workaround"),
        "violation": ("cause",),
    }  # fmt: skip
    table = model.__table__
    names = texts.get(str(model.__mapper__.polymorphic_identity), ("description",))
    found = [table.c[name] for name in names if name in table.c]
    return func.concat_ws(" … ", *found) if found else literal("")


def _cases(question: Question) -> list[Hit]:
    content = func.words_of(Case.title)
    found = [content.op("@@", is_comparison=True)(words.meaning(word)) for word in words.words_of(question.text)]
    matching: ColumnElement[bool] = Case.id.in_(_first_of_all(Case.id, *found))
    if question.text.upper().startswith("C-"):
        matching = or_(matching, Case.number.istartswith(question.text, autoescape=True))
    query = select(Case.id).where(matching, visible_cases(question.viewer))
    ids = list(_part(question, query.order_by(Case.id.desc())))
    title = question.marked(Case.title, whole=True).label("title")
    rows = question.session.execute(select(Case.id, Case.number, Case.status, title).where(Case.id.in_(ids)))
    known = {row.id: row for row in rows}
    return [Hit(f"/cases/{row.number}", row.number, row.title, row.status) for row in (known[one] for one in ids)]


def _tasks(names: Collection[str], question: Question) -> list[Hit]:
    """Find open tasks by what they are called, and by the words of their case's title."""
    titles = [
        func.words_of(Case.title).op("@@", is_comparison=True)(words.meaning(word))
        for word in words.words_of(question.text)
    ]
    open_ = Task.status == "open"
    found = union(
        select(Task.id).where(open_, Task.name.in_({*names, *_task_names(question)})),
        select(Task.id).where(open_, Task.case_id.in_(_first_of_all(Case.id, *titles))),
    )
    matches = found.cte().prefix_with("MATERIALIZED")
    query = (
        select(Task.id, Task.name, Case.number, Case.title)
        .join(Task.case)
        .where(open_, Task.id.in_(select(matches.c.id)), visible_tasks(question.viewer))
    )
    rows = question.session.execute(
        query.order_by(Task.due_at, Task.id).offset(question.offset).limit(question.limit + 1)
    )
    return [Hit(f"/work/tasks/{row.id}", row.number, row.name, row.title) for row in rows]


def _task_names(question: Question) -> Sequence[str]:
    """Return what open tasks are called that contains the text, from one name to the next along the index."""
    open_ = Task.status == "open"
    names = select(func.min(Task.name).label("name")).where(open_).cte("names", recursive=True)
    following = select(func.min(Task.name)).where(open_, Task.name > names.c.name).scalar_subquery()
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    contains = names.c.name.icontains(question.text, autoescape=True)
    return question.session.scalars(select(names.c.name).where(contains).limit(MOST_NAMES)).all()


def _comments(question: Question) -> list[Hit]:
    """Find comments: public ones on records that the person may know of, internal ones where they work."""
    viewer = question.viewer
    inner = select(Record.id).where(inner_records(viewer))
    known = select(Record.id).where(visible_records(viewer))
    found = [Comment.words.op("@@", is_comparison=True)(words.meaning(word)) for word in words.words_of(question.text)]
    may_read = and_(Comment.record_id.in_(known), or_(Comment.public, Comment.record_id.in_(inner)))
    query = select(Comment.id).where(Comment.id.in_(_first_of_all(Comment.id, *found)), may_read)
    ids = list(_part(question, query.order_by(Comment.id.desc())))
    rows = question.session.execute(
        select(
            Comment.id, Record.kind, Record.number, Record.title, Person.name.label("author"),
            question.marked(Comment.body, whole=False).label("excerpt"),
        )
        .join(Record, Record.id == Comment.record_id)
        .outerjoin(Person, Person.id == Comment.author_id)
        .where(Comment.id.in_(ids))
    )  # fmt: skip
    hits = {row.id: row for row in rows}
    return [
        Hit(f"/records/{row.kind}/{row.number}?view=comments", row.number, row.title, row.author or "", row.excerpt)
        for row in (hits[one] for one in ids)
    ]


def _files(question: Question) -> list[Hit]:
    inner = select(Record.id).where(inner_records(question.viewer))
    known = select(Record.id).where(visible_records(question.viewer))
    found = [
        StoredFile.words.op("@@", is_comparison=True)(words.meaning(word)) for word in words.words_of(question.text)
    ]
    matches = _first_of_all(StoredFile.id, *found)
    may_read = and_(StoredFile.record_id.in_(known), readable_files(StoredFile.record_id.in_(inner)))
    query = select(StoredFile.id).where(StoredFile.id.in_(matches), may_read)
    ids = list(_part(question, query.order_by(StoredFile.id.desc())))
    rows = question.session.execute(
        select(StoredFile.id, StoredFile.name, Record.kind, Record.number, Record.title)
        .join(Record, Record.id == StoredFile.record_id)
        .where(StoredFile.id.in_(ids))
    )
    hits = {row.id: row for row in rows}
    return [
        Hit(f"/records/{row.kind}/{row.number}?view=files", row.number, row.name, row.title)
        for row in (hits[one] for one in ids)
    ]


def _people(question: Question) -> list[Hit]:
    if question.offset:
        return []
    found = queries.search(question.session, "person", question.text, queries.MOST_FOUND)
    return [Hit("", "", person.label, person.detail) for person in found]


def _first_of_all(identity: InstrumentedAttribute[int], *found: ColumnElement[bool]) -> Select[int]:
    """Return the query for the ids of what has the words, worked out before anything else is asked.

    Left to itself, PostgreSQL may read the newest rows one after the other, hoping to come across the words soon.
    """
    matches = select(identity.label("id")).where(*found).cte().prefix_with("MATERIALIZED")
    return select(matches.c.id)


def _part(question: Question, query: Any) -> Sequence[int]:
    ids: Sequence[int] = question.session.scalars(query.offset(question.offset).limit(question.limit + 1)).all()
    return ids
