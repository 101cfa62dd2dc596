"""Tables in files: CSV as offices write it and XLSX, read row by row within bounds, and written back. No database.

A file nobody could read raises FileProblem with a code and the line; a cell nobody could read stays in its row, marked,
so that the other rows can still be used.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from core.tables import CONTROL, FORMULA_SIGNS, Bounds, FileProblem, Row, row_of, rows_of_csv, safe, write_csv

__all__ = ["CONTROL", "FileProblem", "Row", "looks_like", "read", "safe", "write_csv", "write_xlsx"]

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 40
LONGEST_CELL = 500
MOST_UNPACKED = 80 * 1024 * 1024  # of an XLSX: a small file may hold a very large one
MOST_PARTS = 400
# Each element costs the reader a thousand times its bytes: a packed row of three million empty cells is 160 kB of file.
MOST_ELEMENTS = 1_200_000  # in a sheet and its texts: 20,000 full rows of ours have 960,000
MOST_ELEMENTS_ELSEWHERE = 100_000  # in styles and the like
MOST_IN_A_ROW = 50_000  # more than an office's widest row, which has 16,384 cells
ROW = re.compile(rb"<(?:\w+:)?row\b")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

BOUNDS = Bounds(MOST_BYTES, MOST_ROWS, MOST_COLUMNS, LONGEST_CELL)


def looks_like(name: str, content: bytes) -> str:
    """Say what a file is: "xlsx", "fhir" or "csv". What is inside counts more than the name."""
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content[:4] == b"PK\x03\x04":
        return "xlsx"
    if start[:1] == b"{" or name.lower().endswith(".json"):
        return "fhir"
    return "xlsx" if name.lower().endswith((".xlsx", ".xlsm", ".xls")) else "csv"


def read(kind: str, content: bytes, *, old_encoding: str = "") -> Iterator[Row]:
    """Walk through the rows of a CSV or XLSX file, the header first. Raises FileProblem."""
    if len(content) > MOST_BYTES:
        raise FileProblem("file_too_large")
    if not content.strip():
        raise FileProblem("file_empty")
    return _rows_of_xlsx(content) if kind == "xlsx" else _rows_of_csv(content, old_encoding)


def _rows_of_csv(content: bytes, old_encoding: str) -> Iterator[Row]:
    return map(_without_formulas, rows_of_csv(content, BOUNDS, old_encoding=old_encoding))


def _row(line: int, cells: Sequence[Any]) -> Row:
    return row_of(line, cells, BOUNDS)


def _without_formulas(row: Row) -> Row:
    """In a CSV a formula is a matter of its first sign; a guard in front, as `safe` puts it, says that it is none."""
    for number, text in enumerate(row.cells):
        if text[:1] == "'" and text[1:2] in FORMULA_SIGNS:
            row.cells[number] = text[1:]
        elif text.startswith(("=", "@")):
            row.problems.setdefault(number, "formula")
    return row


def _rows_of_xlsx(content: bytes) -> Iterator[Row]:
    _refuse_bombs(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a file may claim a million columns
        rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1)
        for number, cells in enumerate(rows, start=1):
            if number > MOST_ROWS + 1:
                raise FileProblem("too_many_rows", number)
            row = _row(number, [_as_text(cell.value) for cell in cells])
            for column, cell in enumerate(cells):
                if getattr(cell, "data_type", "") == "f":
                    row.problems[column] = "formula"
            yield row
    except FileProblem:
        raise
    except Exception as error:  # the library fails in a dozen ways on files that are not what they say
        raise FileProblem("file_unreadable") from error


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileProblem("file_too_large")
            for part in parts:
                _refuse_costly(part.filename, archive.read(part))
    except FileProblem:
        raise
    except Exception as error:  # broken, locked, or packed in a way nobody uses: each fails in its own way
        raise FileProblem("file_unreadable") from error


def _refuse_costly(name: str, content: bytes) -> None:
    """Count before anything is built of it. Whatever the part calls itself, the library may read it as XML."""
    start = content[:200]
    if not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00<" in start or b"<\x00" in start:
            raise FileProblem("file_unreadable")  # XML in two bytes a sign: no office writes it
        return  # a picture, a printer's settings
    if b"<!DOCTYPE" in content or b"\x00" in start:
        raise FileProblem("file_unreadable")  # no office writes that either
    elements = content.count(b"<") - content.count(b"</")
    is_texts = name.lower().endswith("sharedstrings.xml") and ROW.search(content) is None
    if elements > (MOST_ELEMENTS if is_texts or "worksheets/" in name else MOST_ELEMENTS_ELSEWHERE):
        raise FileProblem("file_too_large")
    if not is_texts and any(row.count(b"<") > MOST_IN_A_ROW for row in ROW.split(content)[1:]):
        raise FileProblem("file_too_large")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """Give a workbook with one sheet, all of it text: 08:00 stays 08:00 and no cell is a formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title[:30]
    for number, name in enumerate(header, start=1):
        sheet.cell(1, number, name).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = max(12, len(name) + 3)
    for line, row in enumerate(rows, start=2):
        for number, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(line, number)
                cell.value, cell.data_type, cell.number_format = CONTROL.sub("", text), "s", "@"
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
