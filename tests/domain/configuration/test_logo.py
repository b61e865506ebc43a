"""A logo is a small whole PNG, and nothing else comes along with it."""

import pytest

from app.domain.configuration.logo import LARGEST_BYTES, LARGEST_SIDE, cleaned
from app.errors import Invalid
from tests.domain.configuration.pictures import chunk, png


def test_a_picture_stays_the_same() -> None:
    assert cleaned(png()) == png()


def test_texts_and_whatever_follows_the_picture_are_left_out() -> None:
    hidden = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")
    assert cleaned(png(more=hidden) + b"PK\x03\x04 an archive") == png()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"GIF89a",
        png()[:-6],
        png()[:30] + b"\0" + png()[31:],
        png(LARGEST_SIDE + 1, 1),
        png(1, LARGEST_SIDE + 1),
        png(0, 4),
        png(rows=b"\0" * 10_000_000),
        png(rows=b"\0"),
        png() + b"\0" * LARGEST_BYTES,
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
    ],
    ids=range(12),
)
def test_everything_else_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        cleaned(content)
    assert set(refusal.value.fields) == {"logo"}
