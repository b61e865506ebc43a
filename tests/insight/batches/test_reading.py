"""Tables as people and their programs write them, and as somebody with ill intent would."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.domain.journal.values import clean
from app.errors import Invalid
from app.insight.batches import reading
from app.insight.lists import tables

HEAD = ["Title", "Status"]
# What a cell of a table may hold: anything but what no text of ours holds.
TEXTS = st.text(max_size=30).map(clean)


def workbook(*rows: Any) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def tampered(change: Callable[[str, bytes], bytes], *rows: Any) -> bytes:
    """A workbook with other parts than a spreadsheet would write."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(*rows))) as parts, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in parts.namelist():
            new.writestr(name, change(name, parts.read(name)))
    return file.getvalue()


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t"))
@example([["'=1+1", "=1+1"], ["''+2", "'x"]], ",")
@example([["a\r\nb", "\ttab"], ["@x", '"quoted"; '], ["\ufeff", "sep=;"]], ";")
def test_what_an_export_writes_is_read_again(rows: list[list[str]], separator: str) -> None:
    file = io.BytesIO()
    head = [f"Column {place}" for place in range(4)]
    tables.write([head, *rows], file, "csv", separator=separator)
    if not any(cell.strip() for row in rows for cell in row):
        with pytest.raises(Invalid):
            reading.read(file.getvalue())
        return
    table = reading.read(file.getvalue())
    written = {place: row for place, row in enumerate(rows, 2) if any(cell.strip() for cell in row)}
    assert table.head == head
    assert {number: [*cells, *written[number][len(cells) :]] for number, cells in table.rows} == written
    assert all(not cell.strip() for number, cells in table.rows for cell in written[number][len(cells) :])


@pytest.mark.parametrize(
    "content",
    [
        "Title,Status\nJäms,open\n".encode(),
        "\ufeffTitle;Status\r\nJäms;open\r\n".encode(),
        "Title\tStatus\nJäms\topen".encode("utf-16"),
        "Title;Status\nJäms;open\n".encode("cp1252"),
        b"sep=;\nTitle;Status\nJ\xc3\xa4ms;open\n",
        b"\n  \nTitle,Status,\nJ\xc3\xa4ms,open,,\n,,\n",
        workbook(HEAD, ["Jäms", "open"]),
        workbook(HEAD, [None, None], ["Jäms", "open", None]),
    ],
)
def test_files_of_many_programs_say_the_same(content: bytes) -> None:
    table = reading.read(content)
    assert table.head == HEAD
    assert [cells for _, cells in table.rows] == [["Jäms", "open"]]


def test_a_workbook_gives_texts() -> None:
    moment = datetime(2026, 3, 6, 16, 50)  # noqa: DTZ001 - a workbook knows no zones
    [row] = reading.read(workbook(["A"] * 6, [moment, 3.0, 2.5, True, "'=x", "'quoted"])).rows
    assert row == (2, ["2026-03-06 16:50", "3", "2.5", "true", "'=x", "'quoted"])


def formula(value: str) -> bytes:
    return tampered(
        lambda name, part: part.replace(b"<v>7</v>", f"<f>3+4</f>{value}".encode()) if "sheet1" in name else part,
        HEAD, [7, "open"],
    )  # fmt: skip


def test_a_formula_counts_as_its_result_and_without_one_the_cell_is_named() -> None:
    assert reading.read(formula("<v>7</v>")).rows[0][1] == ["7", "open"]
    with pytest.raises(Invalid, match="A2 holds a formula"):
        reading.read(formula(""))


def bomb(name: str, part: bytes) -> bytes:
    return part + b" " * 200_000_000 if "sheet1" in name else part


def entities(name: str, part: bytes) -> bytes:
    laughs = "".join(f'<!ENTITY l{place} "{f"&l{place - 1};" * 10}">' for place in range(1, 10))
    declared = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>'.encode()
    if "sheet1" not in name:
        return part
    return declared + part.replace(b"<v>7</v>", b"<v>&l9;</v>")


def far(name: str, part: bytes) -> bytes:
    return part.replace(b'r="2"', b'r="1048576"').replace(b"A2", b"A1048576") if "sheet1" in name else part


def wide(name: str, part: bytes) -> bytes:
    return part.replace(b'r="B2"', b'r="XFD2"') if "sheet1" in name else part


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"Title,Status\n", "nothing below"),
        (b"\xd0\xcf\x11\xe0 old", "old kind"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither"),
        (b"PK\x03\x04 no zip", "cannot be read"),
        (tampered(bomb, HEAD, [7, "x"]), "too large"),
        (tampered(entities, HEAD, [7, "x"]), "cannot be read"),
        (tampered(far, HEAD, [7, "x"]), "10,000 rows"),
        (tampered(lambda name, part: b"" if "workbook.xml" in name else part, HEAD, ["x"]), "cannot be read"),
        (b"Title\n" + b"x\n" * 10_001, "10,000 rows"),
        (b"Title\n" + b"," * 300 + b"x", "200 columns"),
        (b'Title\n"' + b"x" * 200_000 + b'"', "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        reading.read(content)


def test_a_cell_far_to_the_right_costs_nothing() -> None:
    with pytest.raises(Invalid, match="200 columns"):
        reading.read(tampered(wide, HEAD, [7, "open"]))
    assert len(reading.read(b"Title\n" + b"x\n" * 10_000).rows) == 10_000


@given(st.binary(max_size=200))
@example(b"PK\x03\x04" + b"\x00" * 100)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        table = reading.read(content)
    except Invalid:
        return
    assert table.rows
