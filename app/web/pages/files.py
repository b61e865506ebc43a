"""Files are given out to those who may know the record that they belong to."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.domain.records.files import read_file
from app.web.dependencies import RowId, visit
from app.web.downloads import given_out, may_have

router = APIRouter()


@router.get("/files/{file_id}")
def download(request: Request, file_id: RowId) -> Response:
    """Give a file out; without a record it is still the sender's alone."""
    with visit(request) as it:
        return given_out(read_file(it.session, file_id, known=may_have(it.viewer)))
