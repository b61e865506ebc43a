"""What pages show of records: lists of a kind, one record with its attributes, comments, files and cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from app.domain.notifications.of_comments import is_mailed
from app.domain.people.records import Person
from app.domain.records import queries
from app.domain.records.kinds import Attribute, Kind, Kinds
from app.domain.records.records import Comment, Record, StoredFile
from app.domain.records.writer import snapshot
from app.domain.service_levels.records import TargetClock
from app.errors import NotFound
from app.insight.access import Viewer, inner_records, readable_files, visible_records, writable_records
from app.insight.relations import merged_into

# Comments and files on one page.
MOST = 200


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute or custom value; `type` says how to show it, `shown` is the label of a reference or key.

    The value of `rows` is a list of rows, each a list of facts.
    """

    name: str
    title: str
    type: str
    value: Any
    shown: str = ""
    kind: str = ""
    number: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.value in (None, "", [])


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment with its author's name; `origin` is the number of the merged record that it was written on.

    `mine` says that the reader wrote it not long ago, and so may edit or withdraw it unless it has been `mailed`.
    """

    id: int
    at: datetime
    author: str
    body: str
    public: bool
    origin: str = ""
    edited_at: datetime | None = None
    withdrawn: bool = False
    mine: bool = False
    mailed: bool = False
    files: "tuple[Attachment, ...]" = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a record."""

    id: int
    name: str
    size: int
    media_type: str
    at: datetime
    sender: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a record is to a person: whether they may know of it, work with it (`inside`), and add to it.

    `timed` tells whether anything was ever promised on it, so that clocks are read only where there are any.
    """

    reads: bool = False
    inside: bool = False
    writes: bool = False
    timed: bool = False


def standing_of(session: Session, viewer: Viewer, record_id: int | None) -> Standing:
    """Return what a record is to a person; one statement."""
    if record_id is None:
        return Standing()
    query = select(
        visible_records(viewer).label("reads"),
        inner_records(viewer).label("inside"),
        writable_records(viewer).label("writes"),
        select(TargetClock.id).where(TargetClock.record_id == Record.id).correlate(Record).exists().label("timed"),
    )
    row = session.execute(query.where(Record.id == record_id)).one()
    reads = bool(row.reads)
    return Standing(reads, reads and bool(row.inside), reads and bool(row.writes), reads and bool(row.timed))


def find_record(session: Session, viewer: Viewer, kind: Kind, number: str) -> Record:
    """Return a record that the person may know of.

    Raises:
        NotFound: there is none.
    """
    record = session.scalar(select(kind.model).where(Record.number == number, visible_records(viewer)))
    if record is None:
        raise NotFound
    return record


def facts_of(
    session: Session,
    kinds: Kinds,
    viewer: Viewer,
    record: Record,
    options: Mapping[str, Mapping[str, str]],
) -> list[Fact]:
    """Return a record's attributes, references with what people read for them.

    Args:
        options: the labels of answers by field, as far as forms declare them.
    """
    kind = kinds.get(record.kind)
    values = snapshot(kind, record)
    found = _labels(session, kinds, viewer, [(kind, values)])
    return [
        _fact(kinds, kind, attribute, values.get(name), found, options)
        for name, attribute in kind.attributes.items()
        if name not in ("id", "kind")
    ]


def remarks_of(
    session: Session,
    viewer: Viewer,
    record: Record,
    *,
    internal: bool,
    editable_since: datetime | None = None,
    only: int | None = None,
) -> list[Remark]:
    """Return the newest comments on a record and on those merged into it, oldest first.

    The public ones alone unless `internal`; of each merged record, what the person may read there. With
    `editable_since`, what the reader has written since then is marked as theirs to edit; `only` asks for one comment.
    """
    merged = merged_into(session, viewer, record.id)
    shown = [Comment.record_id == record.id if internal else (Comment.record_id == record.id) & Comment.public]
    for record_id, (_number, inside) in merged.items():
        shown.append(Comment.record_id == record_id if inside else (Comment.record_id == record_id) & Comment.public)
    query = select(Comment, Person.name, is_mailed().label("mailed"))
    query = query.outerjoin(Person, Person.id == Comment.author_id).where(or_(*shown))
    if only is not None:
        query = query.where(Comment.id == only)
    rows = session.execute(query.order_by(Comment.id.desc()).limit(MOST)).all()
    files = _files_by_comment(session, [comment.id for comment, *_rest in rows if comment.withdrawn_at is None])
    return [
        Remark(
            comment.id, comment.at, name or "", comment.body, comment.public, merged.get(comment.record_id, ("",))[0],
            edited_at=comment.edited_at, withdrawn=comment.withdrawn_at is not None, mailed=comment.public and mailed,
            mine=_is_fresh(comment, viewer.person_id, editable_since), files=tuple(files.get(comment.id, ())),
        )
        for comment, name, mailed in reversed(rows)
    ]  # fmt: skip


def _is_fresh(comment: Comment, person_id: int, since: datetime | None) -> bool:
    open_still = since is not None and comment.at > since and comment.withdrawn_at is None
    return open_still and comment.author_id == person_id


def _files_by_comment(session: Session, ids: list[int]) -> dict[int, list[Attachment]]:
    found: dict[int, list[Attachment]] = {}
    if ids:
        query = select(StoredFile).where(StoredFile.comment_id.in_(ids)).order_by(StoredFile.id)
        for file in session.scalars(query):
            kept = Attachment(file.id, file.name, file.size, file.media_type, file.at, "", file.sha256)
            found.setdefault(file.comment_id or 0, []).append(kept)
    return found


def files_of(session: Session, record: Record, *, internal: bool) -> list[Attachment]:
    """Return the newest files of a record, newest first, without their content; those of notes if `internal`."""
    query = select(StoredFile, Person.name).outerjoin(Person, Person.id == StoredFile.uploaded_by_id)
    query = query.where(StoredFile.record_id == record.id, readable_files(internal))
    rows = session.execute(query.order_by(StoredFile.id.desc()).limit(MOST))
    return [
        Attachment(file.id, file.name, file.size, file.media_type, file.at, name or "", file.sha256)
        for file, name in rows
    ]


def tallies(session: Session, record: Record, *, internal: bool) -> tuple[int, int]:
    """Count the comments and files that the person may read."""
    shown = true() if internal else Comment.public
    remarks = select(func.count()).select_from(Comment).where(Comment.record_id == record.id, shown).scalar_subquery()
    given = StoredFile.record_id == record.id, readable_files(internal)
    files = select(func.count()).select_from(StoredFile).where(*given).scalar_subquery()
    row = session.execute(select(remarks, files)).one()
    return row[0], row[1]


def name_of(session: Session, person_id: int | None) -> str:
    """Return a person's name, empty when there is nobody."""
    if person_id is None:
        return ""
    return session.scalar(select(Person.name).where(Person.id == person_id)) or ""


def _labels(
    session: Session, kinds: Kinds, viewer: Viewer, entries: list[tuple[Kind, dict[str, Any]]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Look up what people read for the references in some records, as far as they may: one statement per entity."""
    wanted: dict[str, set[str]] = {}
    for kind, values in entries:
        for name, attribute in kind.attributes.items():
            if attribute.entity and values.get(name):
                wanted.setdefault(attribute.entity, set()).add(str(values[name]))
    known = queries.labels(session, wanted, visible=visible_records(viewer))
    found = {place: (label, "") for place, label in known.items()}
    ids = {int(identity) for entity, identity in found if entity in kinds}
    if ids:
        numbers = session.execute(select(Record.id, Record.kind, Record.number).where(Record.id.in_(ids)))
        for row in numbers:
            found[row.kind, str(row.id)] = (found[row.kind, str(row.id)][0], row.number)
    return found


def _fact(
    kinds: Kinds,
    kind: Kind,
    attribute: Attribute,
    value: Any,
    labels: dict[tuple[str, str], tuple[str, str]],
    declared: Mapping[str, Mapping[str, str]],
) -> Fact:
    shown, number = "", ""
    if attribute.type == "reference" and value:
        shown, number = labels.get((attribute.entity, str(value)), ("", ""))
        value = value if shown else None
    elif attribute.name == "status":
        shown = kind.status_title(str(value))
    elif attribute.type in ("key", "text") and value:
        options = declared.get(attribute.name) or kind.words.get(attribute.name, {})
        shown = _options(value, options) or (str(value).replace("_", " ") if attribute.type == "key" else "")
    entity = attribute.entity if attribute.entity in kinds else ""
    return Fact(attribute.name, attribute.title, attribute.type, value, shown, entity, number)


def _options(value: Any, options: Mapping[str, str]) -> str:
    entries = value if isinstance(value, list) else [value]
    if not options or not all(isinstance(entry, str) for entry in entries):
        return ""
    return ", ".join(options.get(str(entry), str(entry)) for entry in entries)
