"""Tables as files: CSV and XLSX written row by row, with nothing in them that a spreadsheet would carry out."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

Cell = str | int | float | Decimal | date | datetime | None
Format = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A spreadsheet takes a text that begins like this for a formula; so does one that drops blanks before it.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
# What a cell of a workbook cannot hold: control characters, and more than this many characters.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONGEST_CELL = 32_767


def write(rows: Iterable[Sequence[Cell]], file: IO[bytes], format_of: Format, *, separator: str = ",") -> None:
    """Write a table into a file, the first row as its head; times are written as they are, without their zone."""
    if format_of == "csv":
        _write_csv(rows, file, separator)
    else:
        _write_xlsx(rows, file)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it opens a CSV file: an apostrophe comes first.

    `reading` takes it away again, so that what is written and read is the same.
    """
    return f"'{text}" if guarded(text) else text


def guarded(text: str) -> bool:
    """Tell whether an apostrophe goes before a text: what begins like a formula, whatever apostrophes it has."""
    return FORMULA.match(text.lstrip("'")) is not None


def in_workbook(text: str) -> str:
    """Return what a cell of a workbook holds of a text."""
    text = CONTROLS.sub("", text)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _write_csv(rows: Iterable[Sequence[Cell]], file: IO[bytes], separator: str) -> None:
    # With a byte order mark Excel knows that it is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    written = csv.writer(text, delimiter=separator)
    for row in rows:
        written.writerow([_in_csv(cell) for cell in row])
    text.flush()
    text.detach()


def _in_csv(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return "" if cell is None else str(cell)


def _write_xlsx(rows: Iterable[Sequence[Cell]], file: IO[bytes]) -> None:
    # Rows go to a temporary file at once; in memory there is one of them.
    book = Workbook(write_only=True)
    sheet = book.create_sheet("List")
    sheet.freeze_panes = "A2"
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet)
            if isinstance(value, str):
                cell.value = in_workbook(value)
                # A text that begins with an equals sign stays a text.
                cell.data_type = "s"
            elif isinstance(value, datetime):
                cell.value, cell.number_format = value.replace(tzinfo=None), "yyyy-mm-dd hh:mm"
            else:
                cell.value = value
                if isinstance(value, date):
                    cell.number_format = "yyyy-mm-dd"
            cells.append(cell)
        sheet.append(cells)
    book.save(file)
