"""Looking things up: candidates for reference fields, labels for ids, and full text over all records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true, union
from sqlalchemy.orm import Session

from app.database.ids import number
from app.domain.journal.values import clean
from app.domain.people.looking import called
from app.domain.people.records import Person, Team
from app.domain.records import words
from app.domain.records.kinds import Kinds
from app.domain.records.records import Record

MOST_FOUND = 50
ANY_KIND = "record"
"""The entity under which records of all kinds are looked up."""


@dataclass(frozen=True, slots=True)
class Found:
    """One candidate: its id as forms keep it, what people read, a line that tells namesakes apart, a person's login."""

    id: str
    label: str
    detail: str = ""
    login: str = ""


def search(
    session: Session, entity: str, text: str, limit: int = 10, *, visible: ColumnElement[bool] | None = None
) -> list[Found]:
    """Return candidates for a reference field, best first.

    Args:
        entity: `person`, `team`, a record kind (`service`, `incident`, …) or `record` for all kinds; an unknown one
            finds nothing.
        text: what was typed so far; with none the first ones by name, or the newest records.
        limit: at most so many, never more than 50.
        visible: for records, what the person may know of.
    """
    limit, text = max(1, min(limit, MOST_FOUND)), clean(text)
    if entity == "person":
        return _persons(session, text, limit)
    if entity == "team":
        return _teams(session, text, limit)
    return _records(session, entity, text, limit, visible)


def exists(session: Session, entity: str, identity: Any, *, visible: ColumnElement[bool] | None = None) -> bool:
    """Tell whether a reference leads somewhere: an active person, a team, or a record of this kind."""
    return bool(label_of(session, entity, identity, visible=visible, active_only=True))


def label_of(
    session: Session,
    entity: str,
    identity: Any,
    *,
    visible: ColumnElement[bool] | None = None,
    active_only: bool = False,
) -> str:
    """Return what people read for one reference, empty when there is no such thing."""
    text = str(identity)
    if not (text.isascii() and text.isdecimal()) or int(text) >= 2**63:
        return ""
    if entity == "person":
        active = Person.active if active_only else true()
        return session.scalar(select(Person.name).where(Person.id == int(text), active)) or ""
    if entity == "team":
        return session.scalar(select(Team.name).where(Team.id == int(text))) or ""
    named = select(Record.number, Record.title).where(
        Record.id == int(text), _of_kind(entity), visible if visible is not None else true()
    )
    row = session.execute(named).first()
    return _record_label(entity, row.number, row.title) if row else ""


def labels(
    session: Session, wanted: Mapping[str, Iterable[Any]], *, visible: ColumnElement[bool] | None = None
) -> dict[tuple[str, str], str]:
    """Return what people read for many references, with one statement per entity.

    Args:
        wanted: ids by entity; what is no id is left out.
        visible: for records, what the person may know of.

    Returns:
        Labels by (entity, id); what does not exist or may not be known of is missing.
    """
    found: dict[tuple[str, str], str] = {}
    for entity, identities in wanted.items():
        ids = sorted({one for one in map(number, map(str, identities)) if one is not None})
        if not ids:
            continue
        if entity == "person":
            rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
            found |= {(entity, str(row.id)): row.name for row in rows}
        elif entity == "team":
            rows_of_teams = session.execute(select(Team.id, Team.name).where(Team.id.in_(ids)))
            found |= {(entity, str(row.id)): row.name for row in rows_of_teams}
        else:
            records = select(Record.id, Record.number, Record.title).where(
                Record.id.in_(ids), _of_kind(entity), visible if visible is not None else true()
            )
            for row in session.execute(records):
                found[entity, str(row.id)] = _record_label(entity, row.number, row.title)
    return found


def matching(kinds: Kinds, text: str, *, inner: ColumnElement[bool] | None = None) -> ColumnElement[bool] | None:
    """Return the condition on `Record` for a full-text search; nothing when the text has no words.

    A record number finds by its beginning. Otherwise every word must begin a word in title, number or the kind's own
    texts, or be another form of one in English or German.

    Args:
        inner: the records whose custom values are searched too, because the person works with them.
    """
    if words.NUMBER.fullmatch(text.strip()):
        return Record.number.like(f"{text.strip().upper()}%")
    conditions: list[ColumnElement[bool]] = []
    for word in words.words_of(text):
        query = words.meaning(word)
        places = [select(Record.id).where(Record.search.op("@@")(query))]
        if inner is not None:
            places.append(select(Record.id).where(Record.custom_words.op("@@")(query), inner))
        for kind in kinds:
            table = kind.model.__table__
            if "words" in table.c:
                places.append(select(table.c.record_id).where(table.c.words.op("@@")(query)))
        conditions.append(Record.id.in_(union(*places)))
    return and_(*conditions) if conditions else None


def titled(text: str) -> ColumnElement[bool]:
    """Return the condition on `Record` that every word of the text stands in its title or number."""
    found = [Record.search.op("@@", is_comparison=True)(words.meaning(word)) for word in words.words_of(text)]
    return and_(true(), *found)


def _persons(session: Session, text: str, limit: int) -> list[Found]:
    first = case((func.lower(Person.name).startswith(text.strip().lower(), autoescape=True), 0), else_=1)
    rows = session.scalars(
        select(Person).where(Person.active, *called(text)).order_by(first, Person.name, Person.id).limit(limit)
    )
    details = " · ".join
    return [Found(str(row.id), row.name, details(filter(None, (row.department, row.email))), row.login) for row in rows]


def _teams(session: Session, text: str, limit: int) -> list[Found]:
    conditions = [
        or_(
            func.lower(Team.name).contains(word, autoescape=True),
            func.lower(Team.key).startswith(word, autoescape=True),
        )
        for word in text.lower().split()[: words.MOST_WORDS]
    ]
    rows = session.scalars(select(Team).where(*conditions).order_by(Team.level, Team.name).limit(limit))
    return [Found(str(row.id), row.name, f"level {row.level}" if row.level else "") for row in rows]


def _records(session: Session, entity: str, text: str, limit: int, visible: ColumnElement[bool] | None) -> list[Found]:
    conditions = [_of_kind(entity), visible if visible is not None else true()]
    if entity not in ("incident", ANY_KIND):
        conditions.append(Record.closed_at.is_(None))
    order: list[Any] = [Record.title, Record.id] if entity == "service" else [Record.id.desc()]
    if words.NUMBER.fullmatch(text.strip()):
        conditions.append(Record.number.like(f"{text.strip().upper()}%"))
    else:
        conditions.extend(Record.search.op("@@")(words.beginning_with(word)) for word in words.words_of(text))
    rows = session.execute(
        select(Record.id, Record.number, Record.title, Record.status).where(*conditions).order_by(*order).limit(limit)
    )
    return [Found(str(row.id), _record_label(entity, row.number, row.title), _detail(entity, row)) for row in rows]


def _of_kind(entity: str) -> ColumnElement[bool]:
    return true() if entity == ANY_KIND else Record.kind == entity


def _record_label(kind: str, number: str, title: str) -> str:
    # Services are known by their names; of everything else the number is quoted.
    return title if kind == "service" else f"{number} {title}"


def _detail(kind: str, row: Any) -> str:
    return str(row.number) if kind == "service" else str(row.status).replace("_", " ")
