"""Files in the database: harmless names, a size limit, media types by content, given out as downloads only."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, undefer

from app import clock
from app.domain.records.records import StoredFile
from app.errors import Invalid, Message, NotFound

LONGEST_NAME = 150
UNKNOWN = "application/octet-stream"
# What a file begins with decides, never its name: a page that calls itself `photo.png` is no picture.
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)
_ZIPPED = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_PLAIN = {"txt": "text/plain", "log": "text/plain", "csv": "text/csv", "md": "text/plain", "eml": "message/rfc822"}
# Names that mean a device on Windows whatever comes after the dot.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def store_file(
    session: Session,
    content: bytes,
    name: str,
    *,
    limit_mb: float,
    uploaded_by_id: int | None,
    record_id: int | None = None,
    task_id: int | None = None,
    comment_id: int | None = None,
    field: str = "file",
) -> StoredFile:
    """Keep a file that somebody sent.

    Args:
        content: its bytes.
        name: as the browser gives it; only a harmless rest of it is kept.
        limit_mb: the largest size in megabytes (1,000,000 bytes).
        uploaded_by_id: who sent it.
        record_id, task_id, comment_id: what it belongs to, as far as that is known yet.
        field: the input that a refusal is shown at.

    Raises:
        Invalid: it is empty or too large.
    """
    if not content:
        raise Invalid({field: ["This file is empty."]})
    if len(content) > limit_mb * 1_000_000:
        raise Invalid({field: [Message("This file is too large: at most {limit} MB are kept.", limit=limit_mb)]})
    kept = harmless_name(name)
    file = StoredFile(
        record_id=record_id,
        task_id=task_id,
        comment_id=comment_id,
        name=kept,
        media_type=media_type(content, kept),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by_id=uploaded_by_id,
        at=clock.now(),
    )
    session.add(file)
    session.flush()
    return file


def harmless_name(name: str) -> str:
    """Return what is left of a file's name without folders, control and reserved characters: `../../x` becomes `x`."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode("utf-8"))
    name = re.split(r"[/\\]", name)[-1]
    # Category C: control and format characters, among them those that turn the reading direction round.
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "_", name)
    name = " ".join(name.split()).strip(". ")
    if _DEVICES.fullmatch(name):
        name = f"_{name}"
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 11]}.{ending}" if dot and len(ending) <= 10 else name[:LONGEST_NAME]
    return name or "file"


def media_type(content: bytes, name: str) -> str:
    """Return the type of a file from a short list of harmless ones, by its content; else `application/octet-stream`."""
    ending = name.rpartition(".")[2].lower()
    for beginning, known in _BEGINNINGS:
        if content.startswith(beginning):
            return _ZIPPED.get(ending, known) if known == "application/zip" else known
    if ending in _PLAIN and b"\x00" not in content:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return UNKNOWN
        return _PLAIN[ending]
    return UNKNOWN


def attach(
    session: Session,
    file_ids: Iterable[int],
    *,
    record_id: int | None,
    task_id: int | None,
    uploaded_by_id: int | None,
    case_id: int | None = None,
) -> None:
    """Tie files that a person uploaded in a form to the record, or to the case where there is none.

    Files of others or of other records stay untouched.
    """
    held = {"record_id": record_id} if record_id is not None else {"case_id": case_id}
    session.execute(
        update(StoredFile)
        .where(
            StoredFile.id.in_(sorted(set(file_ids))),
            StoredFile.record_id.is_(None),
            StoredFile.uploaded_by_id == uploaded_by_id,
        )
        .values(**held, task_id=task_id),
        execution_options={"synchronize_session": False},
    )


def read_file(session: Session, file_id: int, *, known: ColumnElement[bool]) -> StoredFile:
    """Return a file with its content, by one statement, whether there is none or one that is not for the person.

    Args:
        known: condition on `StoredFile` for what the person may have.

    Raises:
        NotFound: there is no such file.
    """
    query = select(StoredFile).where(StoredFile.id == file_id, known).options(undefer(StoredFile.content))
    file = session.scalar(query)
    if file is None:
        raise NotFound()
    return file


def files_of(session: Session, record_id: int) -> list[StoredFile]:
    """Return the files of a record without their contents, oldest first."""
    return list(session.scalars(select(StoredFile).where(StoredFile.record_id == record_id).order_by(StoredFile.id)))
