"""Files are given out as downloads only, to those who may know the record that they belong to."""

from urllib.parse import quote

from sqlalchemy import ColumnElement, and_, or_, select
from starlette.responses import Response

from app.domain.records.records import Record, StoredFile
from app.insight.access import Viewer, inner_records, readable_files, visible_records


def may_have(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `StoredFile` for what a person may have; without a record it is still the sender's alone."""
    loose = and_(StoredFile.record_id.is_(None), StoredFile.uploaded_by_id == viewer.person_id)
    known = StoredFile.record_id.in_(select(Record.id).where(visible_records(viewer)))
    inner = StoredFile.record_id.in_(select(Record.id).where(inner_records(viewer)))
    return or_(loose, and_(known, readable_files(inner)))


def given_out(file: StoredFile) -> Response:
    """Return a file as what a browser stores and does not show."""
    plain = "".join(sign if sign.isascii() and sign not in '"\\' else "_" for sign in file.name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {
        "content-disposition": disposition,
        # Whatever a browser makes of it, it may do nothing.
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)
