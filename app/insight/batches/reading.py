"""Reads tables that people send, CSV and XLSX, as rows of texts; whatever they hold, it costs little."""

import csv
import io
import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from app.domain.journal.values import clean
from app.errors import Invalid, Message
from app.insight.lists import tables

MOST_ROWS = 10_000
MOST_COLUMNS = 200
# In bytes, as the parts of a workbook say they are when unpacked; no more than that is ever read of them.
LARGEST_UNPACKED = 80_000_000
MOST_PARTS = 1_000
# Rows that are looked at, empty ones among them.
FARTHEST = 2 * MOST_ROWS
SEPARATORS = ",;\t"
LONGEST_HEADING = 200


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: headings, and rows that are not empty with their numbers as a spreadsheet counts them."""

    head: list[str]
    rows: list[tuple[int, list[str]]]


def read(content: bytes) -> Table:
    """Read a table whose first row names its columns; what it is, its content says and not its name.

    Raises:
        Invalid: it is no table of ours, too large or empty; says what to do about it.
    """
    if content.startswith(b"PK\x03\x04"):
        rows: Iterator[tuple[int, list[str]]] = _workbook(content)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refusal(Message("This is a workbook of an old kind. Save it as XLSX or CSV and try again."))
    else:
        rows = _csv(content)
    found: list[tuple[int, list[str]]] = []
    for number, cells in rows:
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise _too_wide()
        if cells:
            found.append((number, cells))
        if len(found) > MOST_ROWS + 1 or number > FARTHEST:
            told = Message("A table may have {most} rows at most. Divide it and import the parts one after the other.")
            raise _refusal(Message(told, most=MOST_ROWS))
    if not found:
        raise _refusal(Message("This table is empty."))
    head = [" ".join(cell.split())[:LONGEST_HEADING] for cell in found[0][1]]
    if len(found) == 1:
        raise _refusal(Message("There is nothing below the headings of this table."))
    return Table(head, found[1:])


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    # Excel writes the separator into a first line of its own when it is asked to.
    first, _, rest = text.partition("\n")
    said = first.strip().lower()
    told = said.startswith("sep=") and len(said) == 5
    separator = said[4] if told else _separator(text)
    rows = csv.reader(io.StringIO(rest if told else text, newline=""), delimiter=separator)
    try:
        for number, row in enumerate(rows, 2 if told else 1):
            yield number, [_unguarded(cell) for cell in row]
    except (csv.Error, TypeError):
        raise _refusal(Message("This cannot be read as a table of values separated by commas.")) from None


def _decoded(content: bytes) -> str:
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8" or b"\x00" in content:
            raise _refusal(_NO_TABLE) from None
        # What spreadsheets of Western Europe call CSV; five of its bytes mean nothing.
        text = content.decode("cp1252", "replace")
    if "\x00" in text:
        raise _refusal(_NO_TABLE)
    return text


_NO_TABLE = Message("This is neither a table in XLSX nor one in CSV.")


def _separator(text: str) -> str:
    """Return the separator with which the first row has the most cells."""

    def cells(separator: str) -> int:
        try:
            return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), []))
        except csv.Error:
            return 0

    return max(SEPARATORS, key=cells)


def _unguarded(cell: str) -> str:
    """Take away the apostrophe that our own export puts before what a spreadsheet would take for a formula."""
    cell = clean(cell)
    return cell[1:] if cell.startswith("'") and tables.guarded(cell[1:]) else cell


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            entries = parts.infolist()
            if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                raise _refusal(Message("This workbook is too large when it is unpacked."))
            formulas = any(_has_formulas(parts, entry) for entry in entries)
        yield from _sheet(content, formulas=formulas)
    except Invalid:
        raise
    except (
        zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, AttributeError, OSError,
        IndexError, NotImplementedError, RuntimeError, EOFError, OverflowError, SyntaxError,
    ) as error:  # fmt: skip
        # The reader trusts what it reads: a workbook that is none makes it fall over in all these ways.
        raise _refusal(Message("This workbook cannot be read. Save it anew as XLSX or CSV and try again.")) from error


def _has_formulas(parts: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    if not entry.filename.startswith("xl/worksheets/") or not entry.filename.endswith(".xml"):
        return False
    with parts.open(entry) as sheet:
        before = b""
        while piece := sheet.read(1_000_000):
            if any(mark in before + piece for mark in (b"<f>", b"<f ", b"<f/")):
                return True
            before = piece[-3:]
    return False


def _sheet(content: bytes, *, formulas: bool) -> Iterator[tuple[int, list[str]]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    written = load_workbook(io.BytesIO(content), read_only=True, keep_links=False) if formulas else None
    try:
        rows = _rows(book)
        beside = _rows(written) if written is not None else None
        for number, cells in enumerate(rows, 1):
            # Cells far to the right that are merely coloured are none.
            if len(cells) > MOST_COLUMNS and any(cell is not None for cell in cells[MOST_COLUMNS:]):
                raise _too_wide()
            found = [_as_text(cell) for cell in cells[:MOST_COLUMNS]]
            for place, formula in enumerate(next(beside, ()) if beside else ()):
                if isinstance(formula, str) and formula.startswith("=") and found[place : place + 1] == [""]:
                    raise _refusal(_no_result(f"{get_column_letter(place + 1)}{number}"))
            yield number, found
    finally:
        book.close()
        if written is not None:
            written.close()


def _rows(book: Any) -> Iterator[Sequence[Any]]:
    sheet = book.worksheets[0]
    # What a workbook says of its size may be wrong.
    sheet.reset_dimensions()
    return iter(sheet.iter_rows(values_only=True))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        written = value.isoformat(" ", "seconds")
        return written.removesuffix(":00")
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def _no_result(cell: str) -> Message:
    return Message(
        "The cell {cell} holds a formula without its result. Open the workbook and save it again.", cell=cell
    )


def _too_wide() -> Invalid:
    return _refusal(Message("A table may have {most} columns at most.", most=MOST_COLUMNS))


def _refusal(told: Message) -> Invalid:
    return Invalid({"file": [told]}, told)
