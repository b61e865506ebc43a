"""Files that are kept with a record, by themselves or with a comment, each noted in its journal."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.records import files
from app.domain.records.records import LOOSE, Comment, Record, StoredFile
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, Message

# As many come with one comment.
MOST = 20


def keep(
    session: Session,
    records: Records,
    record: Record,
    content: bytes,
    name: str,
    *,
    limit_mb: float,
    trace: Trace,
    comment_id: int | None = None,
) -> StoredFile:
    """Keep a file that somebody sent with a locked record, or with a comment on it.

    Raises:
        Invalid: it is empty or too large.
    """
    file = files.store_file(
        session, content, name, limit_mb=limit_mb, uploaded_by_id=trace.actor_id, record_id=record.id,
        comment_id=comment_id,
    )  # fmt: skip
    _note(session, records, record, file, trace)
    return file


def add_to(
    session: Session, records: Records, record: Record, comment: Comment, file_ids: Sequence[int], *, trace: Trace
) -> None:
    """Put files with a comment on a locked record that its author sent before and that belong to nothing yet.

    Raises:
        Invalid: one of them is none of these.
    """
    wanted = sorted(set(file_ids))
    mine = LOOSE, StoredFile.uploaded_by_id == trace.actor_id
    query = select(StoredFile).where(StoredFile.id.in_(wanted), *mine).order_by(StoredFile.id)
    found = session.scalars(query.with_for_update(**LOCKED)).all()
    if len(found) != len(wanted):
        raise Invalid({"files": [Message("You have sent no such file, or it is kept with something already.")]})
    for file in found:
        file.record_id, file.comment_id = record.id, comment.id
    session.flush()
    for file in found:
        _note(session, records, record, file, trace)


def _note(session: Session, records: Records, record: Record, file: StoredFile, trace: Trace) -> None:
    facts = {"file": file.id, "size": file.size, "sha256": file.sha256}
    if file.comment_id is not None:
        facts["comment"] = file.comment_id
    records.note(session, record, "file.added", trace, facts, {"name": file.name})
