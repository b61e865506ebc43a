"""Comments: notes among staff, and replies that the requester sees."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal.values import clean
from app.domain.records.records import Comment, Record
from app.domain.records.values import LONGEST_TEXT
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, Message


def add_comment(
    session: Session, records: Records, record: Record, body: str, *, trace: Trace, public: bool = False
) -> Comment:
    """Add a comment to a locked record and note it in the record's journal.

    Args:
        record: as `Records.locked` returns it.
        body: plain text, up to 100,000 characters.
        public: whether the requester sees it.

    Raises:
        Invalid: it is empty or too long.
    """
    body = clean(body).strip()
    if not body:
        raise Invalid({"body": ["Please write something."]})
    if len(body) > LONGEST_TEXT:
        raise Invalid({"body": [Message("Please use at most {limit} characters.", limit=LONGEST_TEXT)]})
    comment = Comment(record_id=record.id, author_id=trace.actor_id, at=clock.now(), body=body, public=public)
    session.add(comment)
    session.flush()
    records.note(session, record, "comment.added", trace, {"comment": comment.id, "public": public}, {"body": body})
    return comment


def comments_of(session: Session, record_id: int, *, public_only: bool) -> list[Comment]:
    """Return the comments on a record, oldest first; a requester gets the public ones alone."""
    statement = select(Comment).where(Comment.record_id == record_id).order_by(Comment.id)
    if public_only:
        statement = statement.where(Comment.public)
    return list(session.scalars(statement))
