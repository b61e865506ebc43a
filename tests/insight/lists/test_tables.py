"""Tables as files: what is written can be read again, and nothing in it is a formula."""

import csv
import io
import tracemalloc
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from app.insight.lists.tables import LONGEST_CELL, Cell, Format, write
from tests.insight.lists.conftest import NOON

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=cmd|' /C calc'!A0", '=HYPERLINK("x")']


def written(rows: list[list[Cell]], format_of: Format, separator: str = ",") -> bytes:
    file = io.BytesIO()
    write(rows, file, format_of, separator=separator)
    return file.getvalue()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str) -> None:
    [row] = csv.reader(io.StringIO(written([[text]], "csv").decode("utf-8-sig"), newline=""))
    assert row == [f"'{text}"]
    sheet = load_workbook(io.BytesIO(written([[text]], "xlsx"))).active
    assert sheet["A1"].data_type == "s"
    assert sheet["A1"].value.split() == text.split()


def test_values_come_back_as_they_were() -> None:
    row: list[Cell] = ['Ümläut; "so"\nzwei', 3, Decimal("2.5"), None, -4, NOON]
    [read] = csv.reader(io.StringIO(written([row], "csv", ";").decode("utf-8-sig"), newline=""), delimiter=";")
    assert read == ['Ümläut; "so"\nzwei', "3", "2.5", "", "-4", "2026-03-11 11:00"]
    [cells] = load_workbook(io.BytesIO(written([row], "xlsx"))).active.iter_rows(values_only=True)
    assert list(cells) == ['Ümläut; "so"\nzwei', 3, 2.5, None, -4, NOON.replace(tzinfo=None)]


def test_what_a_workbook_cannot_hold_is_left_out() -> None:
    [[text, long]] = load_workbook(io.BytesIO(written([["a\x00b\x1fc", "x" * 40_000]], "xlsx"))).active.values
    assert text == "abc"
    assert len(long) == LONGEST_CELL


@pytest.mark.parametrize("format_of", ["csv", "xlsx"])
def test_many_rows_take_no_more_memory_than_few(format_of: Format, tmp_path_factory: pytest.TempPathFactory) -> None:
    def rows(count: int) -> Iterator[Sequence[Cell]]:
        for number in range(count):
            yield ["word " * 40, number]

    def peak(count: int) -> int:
        tracemalloc.start()
        with (tmp_path_factory.mktemp("tables") / "table").open("wb") as file:
            write(rows(count), file, format_of)
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    # 4,000 rows are about a megabyte of text.
    assert peak(4000) < peak(100) + 400_000
