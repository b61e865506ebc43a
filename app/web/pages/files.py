"""Files are given out as downloads only, to those who may know the record that they belong to."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from app.domain.records.files import read_file
from app.domain.records.records import Record
from app.errors import NotFound
from app.insight.access import visible_records
from app.web.dependencies import RowId, visit

router = APIRouter()


@router.get("/files/{file_id}")
def download(request: Request, file_id: RowId) -> Response:
    """Give a file out; without a record it is still the sender's alone."""
    with visit(request) as it:
        file = read_file(it.session, file_id)
        if file.record_id is None:
            allowed = file.uploaded_by_id == it.identity.person_id
        else:
            query = select(Record.id).where(Record.id == file.record_id, visible_records(it.viewer))
            allowed = it.session.scalar(query) is not None
        if not allowed:
            raise NotFound
        plain = "".join(sign if sign.isascii() and sign not in '"\\' else "_" for sign in file.name)
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
        headers = {
            "content-disposition": disposition,
            # Whatever a browser makes of it, it may do nothing.
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        }
        return Response(file.content, media_type=file.media_type, headers=headers)
