"""What a person has chosen about how they work."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.desk.records import DeskChoice


def stays(session: Session, person_id: int) -> bool:
    """Tell whether the person wants to stay with the list after a task, instead of going on to its next one."""
    return bool(session.scalar(select(DeskChoice.stays).where(DeskChoice.person_id == person_id)))


def choose(session: Session, person_id: int, *, stays: bool) -> None:
    """Keep a person's choices."""
    kept = insert(DeskChoice).values(person_id=person_id, stays=stays)
    session.execute(kept.on_conflict_do_update(index_elements=["person_id"], set_={"stays": stays}))
