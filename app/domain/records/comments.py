"""Comments: notes among staff, and replies that the requester sees."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal.values import clean
from app.domain.records.records import Comment, Record
from app.domain.records.values import LONGEST_TEXT
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, Message, NotFound


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
    body = _checked(body)
    comment = Comment(record_id=record.id, author_id=trace.actor_id, at=clock.now(), body=body, public=public)
    session.add(comment)
    session.flush()
    records.note(session, record, "comment.added", trace, {"comment": comment.id, "public": public}, {"body": body})
    return comment


def change(
    session: Session, records: Records, record: Record, comment: Comment, body: str | None, *, trace: Trace
) -> None:
    """Put another text in a comment's place, or with None take it back; what it said before stays in the journal.

    Args:
        record: as `Records.locked` returns it.
        comment: one of the record's; that it may be changed the caller has checked.

    Raises:
        Invalid: the text is empty or too long.
    """
    before, now = comment.body, clock.now()
    if body is None:
        event, after = "comment.withdrawn", ""
        comment.withdrawn_at = now
    else:
        event, after = "comment.edited", _checked(body)
        if after == before:
            return
        comment.edited_at = now
    # Whom it reaches only now is told of it; what is withdrawn nobody is told of.
    comment.body, comment.told = after, False
    session.flush()
    facts = {"comment": comment.id, "public": comment.public}
    records.note(session, record, event, trace, facts, {"before": before, "body": after} if after else {"body": before})


def comment_on(session: Session, record_id: int, comment_id: int, *, public_only: bool) -> Comment:
    """Return a comment on a record; to a requester, notes are not there.

    Raises:
        NotFound: there is none of this id on it.
    """
    statement = select(Comment).where(Comment.id == comment_id, Comment.record_id == record_id)
    comment = session.scalar(statement.where(Comment.public) if public_only else statement)
    if comment is None:
        raise NotFound
    return comment


def comments_of(session: Session, record_id: int, *, public_only: bool) -> list[Comment]:
    """Return the comments on a record, oldest first; a requester gets the public ones alone."""
    statement = select(Comment).where(Comment.record_id == record_id).order_by(Comment.id)
    if public_only:
        statement = statement.where(Comment.public)
    return list(session.scalars(statement))


def _checked(body: str) -> str:
    body = clean(body).strip()
    if not body:
        raise Invalid({"body": ["Please write something."]})
    if len(body) > LONGEST_TEXT:
        raise Invalid({"body": [Message("Please use at most {limit} characters.", limit=LONGEST_TEXT)]})
    return body
