"""Files that programs send: as parts of a form, read in pieces and never beyond the limits."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from app.errors import Invalid, Message
from app.web.api.call import Call, parts_of


def uploading(what: str, **more: dict[str, Any]) -> dict[str, Any]:
    """Describe for OpenAPI a form with one file, and what else may come with it."""
    file = {"type": "string", "format": "binary", "description": what}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file, **more}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


async def sent(request: Request) -> AsyncIterator[FormData]:
    """Read the parts of a form; what is none has no parts."""
    limit = parts_of(request).settings.form_limit_kb * 1024
    try:
        form = await request.form(max_fields=10, max_files=2, max_part_size=limit)
    except HTTPException as error:
        if error.status_code != 400 or "size" in str(error.detail):
            raise HTTPException(413) from error
        # Whose call it is comes first; then what is missing is said.
        form = FormData()
    try:
        yield form
    finally:
        await form.close()


def file_of(it: Call, form: FormData) -> tuple[bytes, str]:
    """Return the file that was sent, with its name; of one that is too large, enough to be refused for it.

    Raises:
        Invalid: there is none.
    """
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not (upload.filename or upload.size):
        raise Invalid({"file": [Message("Choose a file.")]})
    upload.file.seek(0)
    return upload.file.read(it.parts.settings.upload_limit_mb * 1_000_000 + 1), upload.filename or ""
