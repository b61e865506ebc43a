"""Files over the API: sent, kept with a record, listed and given out, as on its page."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records import files, filing
from app.domain.records.records import StoredFile
from app.domain.records.writer import Trace
from app.insight import record_view
from app.web.api.call import Call, as_id, bearer, call, once, problems
from app.web.api.record_comments import to_write_on
from app.web.api.record_links import readable_record
from app.web.api.routing import BASE
from app.web.api.uploads import file_of, sent, uploading
from app.web.downloads import given_out, may_have

router = APIRouter(prefix=BASE, tags=["files"], dependencies=[Depends(bearer)])
OF_RECORD = "/records/{kind}/{number}/files"
FORM = uploading("The file.")


class FileOut(BaseModel):
    """A file that was sent."""

    id: str
    name: str = Field(description="What is left of the name that it was sent with, without folders and signs.")
    size: int
    media_type: str = Field(description="By its content; what is not known is `application/octet-stream`.")
    sha256: str
    at: datetime

    @classmethod
    def of(cls, file: StoredFile) -> "FileOut":
        """Show a file."""
        return cls(
            id=str(file.id), name=file.name, size=file.size, media_type=file.media_type, sha256=file.sha256, at=file.at
        )


class KeptFileOut(FileOut):
    """A file of a record, and who has sent it."""

    sender: str


class FilesOut(BaseModel):
    """The newest files of a record that you may read, newest first."""

    items: list[KeptFileOut]


@router.post("/files", status_code=201, responses=problems(403, 409, 413), openapi_extra=FORM)
def send_file(request: Request, form: Annotated[FormData, Depends(sent)]) -> FileOut:
    """Send a file for an answer of a form or a comment, which name it by its id; until then it is yours alone.

    One that nothing names is removed after some days.
    """
    with call(request) as it:
        content, name = file_of(it, form)

        def keep() -> StoredFile:
            return files.store_file(
                it.session, content, name, limit_mb=it.parts.settings.upload_limit_mb,
                uploaded_by_id=it.actor.person_id,
            )  # fmt: skip

        return _once(it, request, content, name, keep)


@router.get("/files/{file_id}", responses=problems(404), response_class=Response)
def read_file(request: Request, file_id: str) -> Response:
    """Give out a file of a record or comment that you may read, or one of your own that belongs to nothing yet."""
    with call(request) as it:
        return given_out(files.read_file(it.session, as_id(file_id), known=may_have(it.viewer)))


@router.get(OF_RECORD, responses=problems(404))
def list_files(request: Request, kind: str, number: str) -> FilesOut:
    """List the files of a record and of its comments, as far as you may read them."""
    with call(request) as it:
        record = readable_record(it, kind, number)
        inside = record_view.standing_of(it.session, it.viewer, record.id).inside
        found = record_view.files_of(it.session, record, internal=inside)
        return FilesOut(
            items=[
                KeptFileOut(
                    id=str(one.id), name=one.name, size=one.size, media_type=one.media_type, sha256=one.sha256,
                    at=one.at, sender=one.sender,
                )
                for one in found
            ]
        )  # fmt: skip


@router.post(OF_RECORD, status_code=201, responses=problems(403, 404, 409, 413), openapi_extra=FORM)
def keep_file(request: Request, kind: str, number: str, form: Annotated[FormData, Depends(sent)]) -> FileOut:
    """Keep a file with a record; everybody who may know of the record may read it."""
    with call(request) as it:
        locked, _inside = to_write_on(it, kind, number)
        content, name = file_of(it, form)

        def keep() -> StoredFile:
            return filing.keep(
                it.session, it.parts.records, locked, content, name, limit_mb=it.parts.settings.upload_limit_mb,
                trace=Trace(it.actor.person_id),
            )  # fmt: skip

        return _once(it, request, content, name, keep)


def _once(it: Call, request: Request, content: bytes, name: str, keep: Callable[[], StoredFile]) -> FileOut:
    def work() -> dict[str, Any]:
        return FileOut.of(keep()).model_dump(mode="json")

    return FileOut.model_validate(once(it, request, [name, hashlib.sha256(content).hexdigest()], work))
