"""Who works by which calendar: chosen for teams and persons, and not removed while somebody does."""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED, REFERRED
from app.domain.calendars.records import Calendar
from app.domain.journal import system
from app.domain.people.records import Person, Team
from app.errors import Conflict, Invalid, Message, NotFound

SHOWN = 5
"""How many of those who use a calendar are named."""


def choices(session: Session) -> list[tuple[str, str]]:
    """Return keys and names of the calendars, by name."""
    rows = session.execute(select(Calendar.key, Calendar.name).order_by(Calendar.name, Calendar.key))
    return [(row.key, row.name) for row in rows]


def keys(session: Session) -> dict[int | None, str]:
    """Return the keys of all calendars by id."""
    return {row.id: row.key for row in session.execute(select(Calendar.id, Calendar.key))}


def key_of(session: Session, calendar_id: int | None) -> str:
    """Return the key of a calendar; empty for none."""
    return session.scalar(select(Calendar.key).where(Calendar.id == calendar_id)) or "" if calendar_id else ""


def give(session: Session, whom: Team | Person, key: str, *, actor_id: int | None) -> None:
    """Let a team or a person work by a calendar; by none of their own without a key.

    Raises:
        Invalid: there is no such calendar.
    """
    chosen = None
    if key:
        # It stays until this transaction ends: whoever removes it at this moment waits and is refused.
        chosen = session.scalar(select(Calendar.id).where(Calendar.key == key).with_for_update(**REFERRED))
        if chosen is None:
            raise Invalid({"calendar": [Message("Choose one of the calendars that are offered.")]})
    if whom.calendar_id == chosen:
        return
    whom.calendar_id = chosen
    session.flush()
    subject = f"{'team' if isinstance(whom, Team) else 'person'}:{whom.id}"
    system.note(session, "calendar.given", subject=subject, actor_id=actor_id, data={"calendar": key or None})


def remove(
    session: Session, key: str, *, actor_id: int | None, seen: int, default: str,
    users: Callable[[Session, Calendar], Sequence[str]],
) -> None:  # fmt: skip
    """Remove a calendar that nobody uses.

    Args:
        session: of the transaction.
        key: of the calendar.
        actor_id: who removes it.
        seen: the version that they saw.
        default: key of the calendar that counts where none is named; it stays.
        users: tells who would miss it.

    Raises:
        NotFound: there is no such calendar.
        Conflict: somebody uses it, with who does; or somebody else has changed it.
    """
    found = session.scalars(select(Calendar).where(Calendar.key == key).with_for_update(**LOCKED)).first()
    if found is None:
        raise NotFound
    if found.version != seen:
        raise Conflict(Message("Somebody else changed this calendar at the same moment. Load the page again."))
    if key == default:
        raise Conflict("This calendar counts where none is named; name another one in the settings first.")
    if names := users(session, found):
        shown, more = ", ".join(names[:SHOWN]), len(names) - SHOWN
        if more > 0:
            raise Conflict(Message("This calendar is used by {names} and {count} more.", names=shown, count=more))
        raise Conflict(Message("This calendar is used by {names}.", names=shown))
    try:
        session.delete(found)
        session.flush()
    except IntegrityError:
        raise Conflict("This calendar is used; take it away there first.") from None
    system.note(session, "calendar.removed", subject="calendars", actor_id=actor_id, data={"calendar": key})
