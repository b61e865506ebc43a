"""What a person was told: their notifications, as far as they may still know of what these are about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.notifications.records import Notification
from app.errors import NotFound
from app.insight.access import Viewer
from app.insight.telling.concerns import seen_by

PAGE = 50
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """One notification; `title` is its subject without the number, which stands apart."""

    id: int
    event: str
    number: str
    title: str
    excerpt: str
    path: str
    at: datetime
    read_at: datetime | None


def told(
    session: Session, viewer: Viewer, *, unread: bool = False, before: int | None = None, limit: int = PAGE
) -> list[Told]:
    """Return what the person was told on their page, newest first; `before` is the last id of the page before."""
    theirs = [Notification.person_id == viewer.person_id, Notification.shown, seen_by(viewer)]
    if unread:
        theirs.append(Notification.read_at.is_(None))
    if before is not None:
        theirs.append(Notification.id < before)
    rows = session.scalars(select(Notification).where(*theirs).order_by(Notification.id.desc()).limit(limit))
    return [_read(row) for row in rows]


def unread(session: Session, viewer: Viewer) -> tuple[int, int]:
    """Count what the person has not read: what they may know of, and what they may no longer know of."""
    open_ones = select(seen_by(viewer).label("seen")).where(
        Notification.person_id == viewer.person_id, Notification.shown, Notification.read_at.is_(None)
    )
    counted = open_ones.limit(COUNTED).subquery()
    row = session.execute(select(func.count().filter(counted.c.seen), func.count()).select_from(counted)).one()
    return row[0], row[1] - row[0]


def find(session: Session, viewer: Viewer, notification_id: int) -> Told:
    """Return one notification.

    Raises:
        NotFound: it is not theirs, or about something that they may no longer know of.
    """
    row = session.scalar(
        select(Notification).where(
            Notification.id == notification_id,
            Notification.person_id == viewer.person_id,
            Notification.shown,
            seen_by(viewer),
        )
    )
    if row is None:
        raise NotFound
    return _read(row)


def _read(row: Notification) -> Told:
    number, _bracket, title = row.subject.removeprefix("[").partition("] ")
    excerpt = str(row.data.get("excerpt", ""))
    return Told(row.id, row.event or "", number, title, excerpt, row.path or "", row.created_at, row.read_at)
