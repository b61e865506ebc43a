"""What a record is to others, as far as a person may know of these: its links, and what caused what."""

from dataclasses import dataclass, field

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.domain.records.kinds import Kinds
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.records import Record, RecordLink
from app.errors import NotFound
from app.insight.access import Viewer, inner_records, visible_records

# Records in one thread, and links on one page.
MOST = 200
CAUSED_BY, DUPLICATE_OF = "caused_by", "duplicate_of"


@dataclass(frozen=True, slots=True)
class Relation:
    """A link as one of its ends sees it: `words` say what this record is to the other one."""

    id: int
    type: str
    outward: bool
    words: str
    record_id: int
    kind: str
    number: str
    title: str
    status: str
    status_title: str
    closed: bool


@dataclass(slots=True)
class Knot:
    """A record in the thread of what caused what; `here` is the one that is looked at."""

    kind: str
    number: str
    title: str
    status: str
    status_title: str
    here: bool
    depth: int = 0
    caused: list[int] = field(default_factory=list)


def relations_of(session: Session, kinds: Kinds, viewer: Viewer, record_id: int) -> list[Relation]:
    """Return the links of a record to what the person may know of, in the order of the types."""
    found = [
        _relation(kinds, link, other, outward=outward)
        for outward, here, there in (
            (True, RecordLink.source_id, RecordLink.target_id),
            (False, RecordLink.target_id, RecordLink.source_id),
        )
        for link, other in session.execute(
            select(RecordLink, Record)
            .join(Record, Record.id == there)
            .where(here == record_id, visible_records(viewer))
            .order_by(RecordLink.id.desc())
            .limit(MOST)
        )
        if link.type in LINK_TYPES and other.kind in kinds
    ]
    places = {key: place for place, key in enumerate(LINK_TYPES)}
    return sorted(found, key=lambda one: (places[one.type], not one.outward, one.id))


def find_link(session: Session, viewer: Viewer, record_id: int, link_id: int) -> RecordLink:
    """Return a link of a record whose other end the person may know of, too.

    Raises:
        NotFound: there is none.
    """
    visible = select(Record.id).where(visible_records(viewer))
    ends = [(RecordLink.source_id, RecordLink.target_id), (RecordLink.target_id, RecordLink.source_id)]
    either = or_(*(and_(here == record_id, there.in_(visible)) for here, there in ends))
    link = session.scalar(select(RecordLink).where(RecordLink.id == link_id, either))
    if link is None:
        raise NotFound
    return link


def thread_of(session: Session, kinds: Kinds, viewer: Viewer, record_id: int) -> list[Knot]:
    """Return what caused the record and what else came of that, causes before effects; nothing when it stands alone.

    Where the person may not know of a record the thread ends for them, whatever lies behind it.
    """
    causes = _causes(session, viewer, record_id)
    if not causes:
        return []
    ids = {one for pair in causes for one in pair}
    rows = session.execute(select(Record).where(Record.id.in_(ids))).scalars()
    records = {row.id: row for row in rows if row.kind in kinds}
    effects: dict[int, list[int]] = {}
    for effect, cause in sorted(causes):
        effects.setdefault(cause, []).append(effect)
    knots: list[Knot] = []
    # Something with two causes stands below both, but what follows from it only once.
    told: set[int] = set()

    def tell(one: int, depth: int) -> None:
        record = records.get(one)
        if record is None or len(knots) >= MOST:
            return
        title = kinds.get(record.kind).status_title(record.status)
        knots.append(
            Knot(record.kind, record.number, record.title, record.status, title, record.id == record_id, depth)
        )
        if one not in told:
            told.add(one)
            for effect in effects.get(one, ()):
                tell(effect, depth + 1)

    for root in sorted(ids - {effect for effect, _cause in causes}):
        tell(root, 0)
    return knots


def _causes(session: Session, viewer: Viewer, record_id: int) -> set[tuple[int, int]]:
    """Collect (effect, cause) around a record, step by step, among what the person may know of."""
    visible = select(Record.id).where(visible_records(viewer))
    found: set[tuple[int, int]] = set()
    seen, fresh = {record_id}, {record_id}
    while fresh and len(seen) < MOST:
        rows = session.execute(
            select(RecordLink.source_id, RecordLink.target_id)
            .where(
                RecordLink.type == CAUSED_BY,
                or_(RecordLink.source_id.in_(fresh), RecordLink.target_id.in_(fresh)),
                RecordLink.source_id.in_(visible),
                RecordLink.target_id.in_(visible),
            )
            .limit(MOST)
        )
        pairs = {(row.source_id, row.target_id) for row in rows}
        found |= pairs
        fresh = {one for pair in pairs for one in pair} - seen
        seen |= fresh
    return found


def _relation(kinds: Kinds, link: RecordLink, other: Record, *, outward: bool) -> Relation:
    kind = kinds.get(other.kind)
    return Relation(
        id=link.id,
        type=link.type,
        outward=outward,
        words=LINK_TYPES[link.type].words(outward=outward),
        record_id=other.id,
        kind=other.kind,
        number=other.number,
        title=other.title,
        status=other.status,
        status_title=kind.status_title(other.status),
        closed=other.status in kind.closed,
    )


def merged_into(session: Session, viewer: Viewer, record_id: int) -> dict[int, tuple[str, bool]]:
    """Return the records that were merged into one, as far as the person may know of them.

    Returns:
        By id their number and whether the person works with them.
    """
    query = (
        select(Record.id, Record.number, inner_records(viewer).label("inside"))
        .join(RecordLink, RecordLink.source_id == Record.id)
        .where(
            RecordLink.target_id == record_id,
            RecordLink.type == DUPLICATE_OF,
            Record.closed_at.is_not(None),
            visible_records(viewer),
        )
    )
    return {row.id: (row.number, bool(row.inside)) for row in session.execute(query.limit(MOST))}
