"""Files are given out as downloads only, to those who may know the record that they belong to."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import and_, or_, select
from starlette.responses import Response

from app.domain.records.files import read_file
from app.domain.records.records import Record, StoredFile
from app.insight.access import inner_records, readable_files, visible_records
from app.web.dependencies import RowId, visit

router = APIRouter()


@router.get("/files/{file_id}")
def download(request: Request, file_id: RowId) -> Response:
    """Give a file out; without a record it is still the sender's alone."""
    with visit(request) as it:
        loose = and_(StoredFile.record_id.is_(None), StoredFile.uploaded_by_id == it.identity.person_id)
        known = StoredFile.record_id.in_(select(Record.id).where(visible_records(it.viewer)))
        inner = StoredFile.record_id.in_(select(Record.id).where(inner_records(it.viewer)))
        of_records = and_(known, readable_files(inner))
        file = read_file(it.session, file_id, known=or_(loose, of_records))
        plain = "".join(sign if sign.isascii() and sign not in '"\\' else "_" for sign in file.name)
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
        headers = {
            "content-disposition": disposition,
            # Whatever a browser makes of it, it may do nothing.
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        }
        return Response(file.content, media_type=file.media_type, headers=headers)
