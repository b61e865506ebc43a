"""Comments on a record over the API: reading, writing, editing and withdrawing them, and whom one may mention."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app import clock
from app.domain.notifications import of_comments
from app.domain.people.directory import LONGEST_ID
from app.domain.records import comments, filing
from app.domain.records.records import Comment, Record
from app.domain.records.values import LONGEST_TEXT
from app.domain.records.writer import Trace
from app.errors import Forbidden
from app.insight import record_view
from app.insight.record_view import Remark
from app.insight.telling import mentioning
from app.web.api.call import Call, as_id, bearer, call, problems
from app.web.api.record_links import readable_record
from app.web.api.routing import BASE
from app.web.api.shapes import Body
from app.web.api.values import Text

router = APIRouter(prefix=BASE + "/records/{kind}/{number}", tags=["records"], dependencies=[Depends(bearer)])


class CommentBody(Body):
    """Something to say about a record; what who only asked for it says is always public."""

    body: Text = Field(max_length=LONGEST_TEXT)
    public: bool = Field(False, description="Whether the person who asked may read it.")
    files: list[Text] = Field(
        [],
        max_length=filing.MOST,
        description="Ids of files that you have sent; who may read the comment may have them.",
    )


class EditBody(Body):
    """What a comment says from now on."""

    body: Text = Field(max_length=LONGEST_TEXT)


class CommentFile(BaseModel):
    """A file that came with a comment."""

    id: str
    name: str
    size: int
    media_type: str


class CommentOut(BaseModel):
    """A comment; `editable` says that you may edit or withdraw it now."""

    id: str
    at: datetime
    author: str
    body: str
    public: bool
    edited_at: datetime | None
    withdrawn: bool
    editable: bool
    files: list[CommentFile]

    @classmethod
    def of(cls, one: Remark) -> "CommentOut":
        """Show a comment."""
        files = [
            CommentFile(id=str(file.id), name=file.name, size=file.size, media_type=file.media_type)
            for file in one.files
        ]
        return cls(
            id=str(one.id), at=one.at, author=one.author, body=one.body, public=one.public, edited_at=one.edited_at,
            withdrawn=one.withdrawn, editable=one.mine and not one.mailed, files=files,
        )  # fmt: skip


class CommentsOut(BaseModel):
    """The newest comments on a record and on those merged into it, the oldest of them first."""

    items: list[CommentOut]


class SaidOut(CommentOut):
    """A comment that was written or changed; `unreached` are mentioned people who may not read it: not told."""

    unreached: list[str]


class MentionOut(BaseModel):
    """Somebody who may be mentioned, by `@` and their login."""

    login: str
    name: str


class MentionsOut(BaseModel):
    """Whom a comment may mention."""

    items: list[MentionOut]


@router.get("/comments", responses=problems(404))
def list_comments(request: Request, kind: str, number: str) -> CommentsOut:
    """List what is said about a record, as far as you may read it."""
    with call(request) as it:
        record = readable_record(it, kind, number)
        standing = record_view.standing_of(it.session, it.viewer, record.id)
        return CommentsOut(items=[CommentOut.of(one) for one in _remarks(it, record, inside=standing.inside)])


@router.post("/comments", status_code=201, responses=problems(403, 404, 409, 413))
def add_comment(request: Request, kind: str, number: str, body: CommentBody) -> SaidOut:
    """Write a comment."""
    with call(request) as it:
        locked, inside = to_write_on(it, kind, number)
        added = comments.add_comment(
            it.session, it.parts.records, locked, body.body, trace=Trace(it.actor.person_id),
            public=body.public or not inside,
        )  # fmt: skip
        if body.files:
            filing.add_to(
                it.session, it.parts.records, locked, added, [file_id(one) for one in body.files],
                trace=Trace(it.actor.person_id),
            )  # fmt: skip
        return _said(it, locked, added, inside=inside)


@router.patch("/comments/{comment_id}", responses=problems(403, 404, 409, 413))
def edit_comment(request: Request, kind: str, number: str, comment_id: str, body: EditBody) -> SaidOut:
    """Edit a comment of yours, for some minutes and until it was mailed; the history keeps what it said before."""
    with call(request) as it:
        locked, inside = to_write_on(it, kind, number)
        found = _change(it, locked, comment_id, body.body, inside=inside)
        return _said(it, locked, found, inside=inside)


@router.delete("/comments/{comment_id}", responses=problems(403, 404, 409))
def withdraw_comment(request: Request, kind: str, number: str, comment_id: str) -> SaidOut:
    """Withdraw a comment of yours, for as long as you might edit it."""
    with call(request) as it:
        locked, inside = to_write_on(it, kind, number)
        found = _change(it, locked, comment_id, None, inside=inside)
        return _said(it, locked, found, inside=inside)


@router.get("/mentions", responses=problems(403, 404))
def list_mentions(
    request: Request,
    kind: str,
    number: str,
    q: Annotated[str, Query(max_length=100, description="How a name or login begins.")] = "",
    public: Annotated[bool, Query(description="For a public reply, not for a note.")] = False,
) -> MentionsOut:
    """List whom a comment may mention: who may read it. Who only uses services looks nobody up."""
    with call(request) as it:
        record, inside = _writable(it, kind, number)
        if not inside and not it.viewer.knows_people:
            return MentionsOut(items=[])
        found = mentioning.candidates(
            it.session, record, q, public=public or not inside, without=it.viewer.person_id
        )  # fmt: skip
        return MentionsOut(items=[MentionOut(login=one.login, name=one.name) for one in found])


def _writable(it: Call, kind: str, number: str) -> tuple[Record, bool]:
    record = readable_record(it, kind, number)
    standing = record_view.standing_of(it.session, it.viewer, record.id)
    if not standing.writes:
        raise Forbidden("You may not do this")
    return record, standing.inside


def to_write_on(it: Call, kind: str, number: str) -> tuple[Record, bool]:
    """Lock a record that the caller may add to; says also whether they work with it.

    Raises:
        Forbidden: they may know of it only.
        NotFound: they may not, or there is none.
    """
    record, inside = _writable(it, kind, number)
    return it.parts.records.locked(it.session, record.kind, record.id), inside


def file_id(text: str) -> int:
    """Read the id of a file; what cannot be one is that of none."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_ID else 0


def _change(it: Call, locked: Record, comment_id: str, body: str | None, *, inside: bool) -> Comment:
    found = comments.comment_on(it.session, locked.id, as_id(comment_id), public_only=not inside)
    trace, minutes = Trace(it.actor.person_id), it.parts.settings.edit_minutes
    of_comments.edit(it.session, it.parts.records, locked, found, body, trace=trace, minutes=minutes)
    return found


def _remarks(it: Call, record: Record, *, inside: bool, only: int | None = None) -> list[Remark]:
    since = clock.now() - timedelta(minutes=it.parts.settings.edit_minutes)
    return record_view.remarks_of(
        it.session, it.viewer, record, internal=inside, editable_since=since, only=only
    )  # fmt: skip


def _said(it: Call, record: Record, comment: Comment, *, inside: bool) -> SaidOut:
    [shown] = _remarks(it, record, inside=inside, only=comment.id)
    names = mentioning.unreached(it.session, comment)
    return SaidOut(**CommentOut.of(shown).model_dump(), unreached=names)
