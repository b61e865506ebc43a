"""Published versions as rows: the current ones, their history, their content."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.direct import Direct
from app.database.transaction import LOCKED
from app.errors import Message, NotFound
from app.processes.records import Definition, LibraryState
from app.processes.sources import Kind

CHANGED = "library_changed"


@dataclass(frozen=True, slots=True)
class Version:
    """One published version without its content."""

    id: int
    kind: Kind
    key: str
    number: int
    hash: str
    name: str
    area: str
    meta: dict[str, Any] = field(hash=False)
    current: bool
    published_at: datetime
    published_by_id: int | None
    note: str


_COLUMNS = (
    Definition.id, Definition.kind, Definition.key, Definition.number, Definition.hash, Definition.name,
    Definition.area, Definition.meta, Definition.current, Definition.published_at, Definition.published_by_id,
    Definition.note,
)  # fmt: skip


def _version(row: Row[Any]) -> Version:
    return Version(**row._asdict())


def digest(content: bytes) -> str:
    """Return the SHA-256 of a definition's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def current_versions(session: Session) -> list[Version]:
    """Return the current version of every key: one statement, no content."""
    query = select(*_COLUMNS).where(Definition.current).order_by(Definition.kind, Definition.key)
    return [_version(row) for row in session.execute(query)]


def history(session: Session, kind: Kind, key: str) -> list[Version]:
    """Return all versions of a key, newest first."""
    query = select(*_COLUMNS).where(Definition.kind == kind, Definition.key == key)
    return [_version(row) for row in session.execute(query.order_by(Definition.number.desc()))]


def version(session: Session, kind: Kind, key: str, number: int) -> Version:
    """Return one version.

    Raises:
        NotFound: there is none of that number.
    """
    query = select(*_COLUMNS).where(Definition.kind == kind, Definition.key == key, Definition.number == number)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(Message("There is no version {number} of {kind} “{key}”.", number=number, kind=kind, key=key))
    return _version(row)


def versions_of(session: Session, ids: Iterable[int]) -> list[Version]:
    """Return several versions by their ids: one statement."""
    query = select(*_COLUMNS).where(Definition.id.in_(list(ids))).order_by(Definition.kind, Definition.key)
    return [_version(row) for row in session.execute(query)]


def contents_of(session: Session, ids: Iterable[int]) -> dict[int, bytes]:
    """Return the content of several versions by their ids: one statement."""
    query = select(Definition.id, Definition.content).where(Definition.id.in_(list(ids)))
    return {row.id: row.content for row in session.execute(query)}


GENERATION = select(LibraryState.generation).where(LibraryState.id == 1)
_GENERATION = Direct(GENERATION)


def generation(session: Session) -> int:
    """Return the number that grows with each publishing; 0 before the first."""
    found = _GENERATION.first(session, {})
    return found[0] if found else 0


def lock_library(session: Session) -> None:
    """Let publishers wait for one another until the transaction ends."""
    session.execute(insert(LibraryState).values(id=1, generation=1).on_conflict_do_nothing())
    session.execute(select(LibraryState.generation).where(LibraryState.id == 1).with_for_update(**LOCKED))


def next_generation(session: Session) -> None:
    """Tell every process, once this transaction is committed, to look at the library again."""
    session.execute(update(LibraryState).where(LibraryState.id == 1).values(generation=LibraryState.generation + 1))
    session.info[CHANGED] = True


def store(
    session: Session,
    kind: Kind,
    key: str,
    content: bytes,
    *,
    name: str,
    area: str,
    meta: dict[str, Any],
    by: int | None,
    note: str,
) -> int:
    """Store the next version of a key and make it the current one; return its number."""
    same = (Definition.kind == kind, Definition.key == key)
    number = (session.scalar(select(func.max(Definition.number)).where(*same)) or 0) + 1
    session.execute(update(Definition).where(*same, Definition.current).values(current=False))
    session.execute(
        insert(Definition).values(
            kind=kind,
            key=key,
            number=number,
            hash=digest(content),
            name=name,
            area=area,
            content=content,
            meta=meta,
            current=True,
            published_at=clock.now(),
            published_by_id=by,
            note=note,
        )  # fmt: skip
    )
    return number
