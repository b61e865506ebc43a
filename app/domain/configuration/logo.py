"""A logo as it may be shown: a small PNG, written anew from what a picture needs, so that nothing else comes along."""

import struct
import zlib

from app.errors import Invalid, Message

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST_BYTES = 200_000
LARGEST_SIDE = 1024
# What makes the picture; texts, places, dates and whatever may hide in other chunks stay outside.
KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND"})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}


def cleaned(content: bytes) -> bytes:
    """Return the picture alone.

    Raises:
        Invalid: it is no PNG, damaged, or too large.
    """
    if len(content) > LARGEST_BYTES:
        raise _refusal(Message("The picture may have {most} kB at most.", most=LARGEST_BYTES // 1000))
    if not content.startswith(SIGNATURE):
        raise _refusal(Message("Choose a picture in the format PNG."))
    try:
        chunks = _chunks(content)
        if [name for name, _ in chunks[:1]] != [b"IHDR"] or [name for name, _ in chunks[-1:]] != [b"IEND"]:
            raise ValueError
        needed = _needed(chunks[0][1])
        packed = zlib.decompressobj()
        # No more is unpacked than the picture can need, whatever the file claims.
        found = packed.decompress(b"".join(data for name, data in chunks if name == b"IDAT"), needed + 1)
        if not needed // 2 <= len(found) <= needed:
            raise ValueError
    except (ValueError, struct.error, zlib.error):
        raise _refusal(
            Message("This picture is damaged, or larger than {side} by {side} points.", side=LARGEST_SIDE)
        ) from None
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks if name in KEPT)


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], len(SIGNATURE)
    while place < len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        data = content[place + 8 : place + 8 + length]
        (told,) = struct.unpack_from(">I", content, place + 8 + length)
        if len(data) != length or zlib.crc32(name + data) != told:
            raise ValueError
        found.append((name, data))
        place += 12 + length
        if name == b"IEND":
            break
    return found


def _needed(head: bytes) -> int:
    width, height, depth, kind, packing, filtering, interlaced = struct.unpack(">IIBBBBB", head)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE) or depth not in _DEPTHS.get(kind, ()):
        raise ValueError
    if packing or filtering or interlaced > 1:
        raise ValueError
    row = (width * _CHANNELS[kind] * depth + 7) // 8 + 1
    # An interlaced picture comes in seven parts whose rows are padded one by one.
    return int(row * height) if not interlaced else int((row + 8) * height * 2)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _refusal(told: Message) -> Invalid:
    return Invalid({"logo": [told]})
