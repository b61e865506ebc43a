"""News of what is said about records: for those who take part in them, and for whom somebody has mentioned."""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.letters import LetterSettings, Writer
from app.domain.notifications.news import News, Notifier
from app.domain.people import identity
from app.domain.records.mentions import mentioned
from app.domain.records.records import Comment, Record, Watcher
from app.engine.records import Case, Task
from app.insight.access import Viewer
from app.insight.record_view import standing_of
from app.insight.telling.of_tasks import STALE

# In one round: as long as it takes, their authors cannot edit them.
MOST = 20


class CommentNews:
    """Tells of comments that people were not told of yet; an edited one is told anew to whom it reaches only now."""

    def __init__(self, settings: LetterSettings, notifier: Notifier) -> None:
        self._settings = settings
        self._notifier = notifier

    def __call__(self, session: Session) -> int:
        """Tell of what is news; returns of how many comments."""
        query = select(Comment).where(~Comment.told).order_by(Comment.id).limit(MOST)
        comments = session.scalars(query.with_for_update(skip_locked=True, **LOCKED)).all()
        for comment in comments:
            if comment.withdrawn_at is None and clock.now() - comment.at < STALE:
                self._tell(session, comment)
            session.execute(
                update(Comment).where(Comment.id == comment.id).values(told=True),
                execution_options={"synchronize_session": False},
            )
        return len(comments)

    def _tell(self, session: Session, comment: Comment) -> None:
        record = session.get_one(Record, comment.record_id)
        known = Writer(self._settings).known(session, record, record.number, comment.author_id)
        values = {**known, "text": comment.body}

        def news(event: str, text: str) -> News:
            return News(
                event=event, text=text, key=f"comment:{comment.id}", number=record.number,  # type: ignore[arg-type]
                path=f"/records/{record.kind}/{record.number}?view=comments", values=values, record_id=record.id,
                comment_id=comment.id, excerpt=comment.body, actor_id=comment.author_id, patient=True,
            )  # fmt: skip

        named = {one.person_id for one in mentioned(session, comment.body)}
        reached = {one for one in named if may_read(session, one, record.id, public=comment.public)}
        if reached:
            self._notifier.tell(session, news("record.mention", "record.mention"), reached)
        others = taking_part(session, record) - named
        told = {one for one in others if may_read(session, one, record.id, public=comment.public)}
        said = news("record.comment", "record.reply" if comment.public else "record.note")
        self._notifier.tell(session, said, told)
        if comment.public and record.requester_id is None:
            around = Circumstances(record, None, clock.now())
            for caller in find_recipients(session, ["requester"], around):
                self._notifier.tell_outsider(session, said, caller)


def taking_part(session: Session, record: Record) -> set[int]:
    """Return who has to do with a record: asked for it, owns it, watches it, has or did work on it, spoke of it."""
    found: set[int | None] = {record.requester_id, record.owner_id}
    found |= set(session.scalars(select(Watcher.person_id).where(Watcher.record_id == record.id)))
    tasks = select(Task.status, Task.assignee_id, Task.completed_by_id).join(Case, Case.id == Task.case_id)
    for status, assignee, done_by in session.execute(tasks.where(Case.record_id == record.id)):
        found.add(assignee if status == "open" else done_by)
    found |= set(session.scalars(select(Comment.author_id).where(Comment.record_id == record.id)))
    return {one for one in found if one is not None}


def may_read(session: Session, person_id: int, record_id: int, *, public: bool) -> bool:
    """Tell whether a person may, now, read what is said about a record: notes are for those who work with it."""
    who = identity.of_person(session, person_id)
    if who is None:
        return False
    standing = standing_of(session, Viewer.of(who), record_id)
    return standing.reads if public else standing.inside


def readers(session: Session, people: Iterable[int], record_id: int, *, public: bool) -> set[int]:
    """Return who of these may read it."""
    return {one for one in people if may_read(session, one, record_id, public=public)}
