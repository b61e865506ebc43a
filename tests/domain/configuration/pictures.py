"""Small pictures for tests, made by hand."""

import struct
import zlib


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 4, height: int = 4, *, more: bytes = b"", rows: bytes | None = None) -> bytes:
    """A PNG in one colour; `more` stands before its data, `rows` instead of them."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = zlib.compress(rows if rows is not None else (b"\0" + b"\x12\x34\x56" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")
