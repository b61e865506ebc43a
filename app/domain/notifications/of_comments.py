"""Editing and withdrawing what was said, for as long as that is fair to those who were told of it."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.notifications.records import Notification
from app.domain.records import comments
from app.domain.records.records import Comment, Record
from app.domain.records.writer import Records, Trace
from app.errors import Conflict, Forbidden, Message

# What became of a notification whose mail is out, or cannot be held back any more.
_OUT = ("waiting", "sent", "bundled")


def is_mailed() -> ColumnElement[bool]:
    """Condition on `Comment`: somebody got it by mail."""
    mails = select(Notification.id).where(Notification.comment_id == Comment.id, Notification.status.in_(_OUT))
    return mails.correlate(Comment).exists()


def edit(
    session: Session,
    records: Records,
    record: Record,
    comment: Comment,
    body: str | None,
    *,
    trace: Trace,
    minutes: int,
) -> None:
    """Let its author edit a comment, or with None withdraw it.

    Who has not read it yet is told of the new text instead of the old one, or of nothing.

    Args:
        record: as `Records.locked` returns it.
        minutes: for how long that is possible.

    Raises:
        Forbidden: they are not its author.
        Conflict: it is too late, or it has been mailed or withdrawn.
        Invalid: the text is empty or too long.
    """
    if comment.author_id is None or comment.author_id != trace.actor_id:
        raise Forbidden("Only its author may edit or withdraw a comment.")
    # The record is locked: nobody else edits it meanwhile. What mails it must wait for this as well.
    session.refresh(comment, with_for_update=LOCKED)
    if comment.withdrawn_at is not None:
        raise Conflict("This comment was withdrawn already.")
    if clock.now() - comment.at > timedelta(minutes=minutes):
        told = Message("A comment can be edited or withdrawn for {minutes} minutes; that is over.", minutes=minutes)
        raise Conflict(told)
    if comment.public and _lock_mails(session, comment):
        raise Conflict("This reply has already been sent by mail, so it can no longer be changed. Write another one.")
    comments.change(session, records, record, comment, body, trace=trace)
    _supersede(session, comment)


def _supersede(session: Session, comment: Comment) -> None:
    """Take back what nobody has read or was sent of a comment's former text, so that people are told of the new one."""
    unread = Notification.comment_id == comment.id, Notification.read_at.is_(None), Notification.status.not_in(_OUT)
    freed = func.concat(Notification.key, ":", Notification.id)
    session.execute(
        update(Notification).where(*unread).values(status="withheld", shown=False, key=freed),
        execution_options={"synchronize_session": False},
    )


def _lock_mails(session: Session, comment: Comment) -> bool:
    """Hold the notifications of a comment, so that none is mailed meanwhile; tell whether one was."""
    rows = select(Notification).where(Notification.comment_id == comment.id).order_by(Notification.id)
    return any(row.status in _OUT for row in session.scalars(rows.with_for_update(**LOCKED)).all())
