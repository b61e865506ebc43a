"""What of a record may be changed outside its case, and by whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.domain.people import identity
from app.domain.records.kinds import Kind
from app.domain.records.records import Record
from app.engine.records import Case
from app.errors import Forbidden, Message
from app.insight.access import Viewer, inner_records, managed_records, visible_records, writable_records
from app.insight.batches.fields import OF_HISTORY

Led = Literal["running", "ended"]


def may_import(viewer: Viewer, kind: Kind) -> bool:
    """Tell whether a person may bring records of a kind in: who owns or manages its process, and administrators."""
    return kind.importable and viewer.runs(kind.area)


def refuse_import(viewer: Viewer, kind: Kind) -> None:
    """Refuse whoever may not import records of a kind.

    Raises:
        Forbidden: they may not, or the kind takes none.
    """
    if not may_import(viewer, kind):
        raise Forbidden("You may not do this")


def viewer_of(session: Session, person_id: int) -> Viewer:
    """Return what somebody may know of with the roles that they hold now.

    Raises:
        Forbidden: they have left.
    """
    who = identity.of_person(session, person_id)
    if who is None:
        raise Forbidden("You may not do this")
    return Viewer.of(who)


def cases_of(session: Session, ids: Sequence[int]) -> dict[int, Led]:
    """Return which records have a case, and whether one is still running."""
    running = func.bool_or(Case.status.in_(["running", "stuck"]))
    query = select(Case.record_id, running.label("running"))
    query = query.where(Case.record_id == func.any(cast(list(ids), ARRAY(BigInteger)))).group_by(Case.record_id)
    return {row.record_id: "running" if row.running else "ended" for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Right:
    """What a person may do with a record: add marks to it (`works`), change its values (`manages`)."""

    works: bool
    manages: bool


def rights(session: Session, viewer: Viewer, kind: Kind, ids: Sequence[int]) -> dict[int, Right]:
    """Return the rights in records of a kind that the person may know of; what is missing does not exist for them."""
    works = inner_records(viewer) & writable_records(viewer)
    query = select(Record.id, works.label("works"), managed_records(viewer, kind.area).label("manages"))
    query = query.where(
        Record.id == func.any(cast(list(ids), ARRAY(BigInteger))), Record.kind == kind.key, visible_records(viewer)
    )
    return {row.id: Right(bool(row.works), bool(row.manages)) for row in session.execute(query)}


def refused(
    kind: Kind, led: Led | None, names: Collection[str], asked: Collection[str], titles: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return which of these fields may not be changed outside the record's cases, with the reason.

    While a case runs, its process sets all attributes and whatever its forms ask (`asked`). What tells of the
    course of events stays as a case that has ended left it.
    """
    found: list[tuple[str, str]] = []
    for name in names:
        if name.startswith("+"):
            continue
        attribute = kind.attributes.get(name)
        if led == "running" and (attribute is not None or name in asked):
            found.append((titles.get(name, name), Message("A case is working on this record; its process sets this.")))
        elif led == "ended" and attribute is not None and (name in OF_HISTORY or attribute.protected):
            found.append((titles.get(name, name), Message("This stays as the record's case has left it.")))
    return found
