"""Scripts, styles, icons and fonts: kept in memory, under an address that changes with their content."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFound

FOLDER = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
_COMPRESSED = frozenset({".js", ".css", ".svg", ".txt", ".json"})


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out; `packed` is its gzip, empty where that saves nothing."""

    content: bytes
    packed: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files below one folder; `version` is a digest of them all and part of their addresses."""

    version: str
    files: dict[str, Asset]


@lru_cache
def assets(folder: Path = FOLDER) -> Assets:
    """Read the files once; a process serves what it started with."""
    digest = hashlib.sha256()
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(name.encode() + b"\0" + content)
        packed = gzip.compress(content, 9, mtime=0) if path.suffix in _COMPRESSED else b""
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        files[name] = Asset(content, packed, media_type)
    return Assets(digest.hexdigest()[:12], files)


def address(name: str) -> str:
    """Return the address of a file below `static/`.

    Raises:
        KeyError: there is no such file; a template names it wrongly.
    """
    known = assets()
    if name not in known.files:
        raise KeyError(name)
    return f"/static/{known.version}/{name}"


async def serve(request: Request) -> Response:
    """Answer `/static/<version>/<name>`; an old version still gets today's file, but nobody keeps it."""
    known = assets()
    asset = known.files.get(request.path_params["name"])
    if asset is None:
        raise NotFound("There is no such file.")
    fresh = request.path_params["version"] == known.version
    headers = {"cache-control": "public, max-age=31536000, immutable" if fresh else "no-cache"}
    content = asset.content
    if asset.packed:
        headers["vary"] = "accept-encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = asset.packed
            headers["content-encoding"] = "gzip"
    return Response(content, media_type=asset.media_type, headers=headers)
