"""Calendar feeds: each person's secret address, which calendar programs fetch; made anew, the old one ends."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import secrets
from app.domain.people.records import CalendarFeed


def renew(session: Session, person_id: int) -> str:
    """Make a person's secret, which is shown to them now and can never be shown again; an older one ends."""
    secret = secrets.new_session_secret()
    values = {"digest": secrets.digest(secret), "created_at": clock.now()}
    session.execute(
        insert(CalendarFeed)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )
    system.note(session, "person.feed_made", subject=f"person:{person_id}", actor_id=person_id)
    return secret


def end(session: Session, person_id: int) -> None:
    """Make a person's address worthless."""
    gone = session.scalar(
        delete(CalendarFeed).where(CalendarFeed.person_id == person_id).returning(CalendarFeed.person_id)
    )
    if gone is not None:
        system.note(session, "person.feed_ended", subject=f"person:{person_id}", actor_id=person_id)


def feed_of(session: Session, person_id: int) -> CalendarFeed | None:
    """Return when a person's address was made; None without one."""
    return session.get(CalendarFeed, person_id)


def person_by(session: Session, secret: str) -> int | None:
    """Return whose secret this is."""
    if not secret or len(secret) > secrets.LONGEST:
        return None
    digest = secrets.digest(secret)
    return session.scalar(select(CalendarFeed.person_id).where(CalendarFeed.digest == digest))
