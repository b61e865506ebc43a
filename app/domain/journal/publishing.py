"""What is published stands in the journal: which definitions became which version, and why."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.domain.journal import system
from app.processes.publish import Published

SUBJECT = "processes"
PUBLISHED = "processes.published"


def note_published(session: Session, done: Iterable[Published], *, actor_id: int | None = None, why: str = "") -> None:
    """Note what a publishing changed; one that changed nothing is not noted."""
    changed = {f"{item.kind} {item.key}": item.number for item in done if item.changed}
    if changed:
        reason = {"reason": why} if why else None
        system.note(session, PUBLISHED, subject=SUBJECT, actor_id=actor_id, data={"versions": changed}, payload=reason)
