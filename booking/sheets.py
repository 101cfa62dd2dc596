"""Tables in files: CSV as offices write it and XLSX, read row by row within bounds, and written back. No database.

A file nobody could read raises FileProblem with a code and the line; a cell nobody could read stays in its row, marked,
so that the other rows can still be used.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

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
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Cells are bounded below; the library's own bound would end the whole file at the first long one.
csv.field_size_limit(MOST_BYTES + 1)


class FileProblem(Exception):
    """The file as a whole cannot be read: `code` of booking.importing.REASONS, the line, and what stood there."""

    def __init__(self, code: str, line: int = 0, value: str = "") -> None:
        self.code, self.line, self.value = code, line, value
        super().__init__(code)


@dataclass(slots=True)
class Row:
    """One line of a table: its number in the file, its cells, and what is wrong with some of them."""

    line: int
    cells: list[str]
    problems: dict[int, str] = field(default_factory=dict)  # column → code

    @property
    def is_empty(self) -> bool:
        return not self.problems and not any(self.cells)


def looks_like(name: str, content: bytes) -> str:
    """Say what a file is: "xlsx", "fhir" or "csv". What is inside counts more than the name."""
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content[:4] == b"PK\x03\x04":
        return "xlsx"
    if start[:1] == b"{" or name.lower().endswith(".json"):
        return "fhir"
    return "xlsx" if name.lower().endswith((".xlsx", ".xlsm", ".xls")) else "csv"


def read(kind: str, content: bytes) -> Iterator[Row]:
    """Walk through the rows of a CSV or XLSX file, the header first. Raises FileProblem."""
    if len(content) > MOST_BYTES:
        raise FileProblem("file_too_large")
    if not content.strip():
        raise FileProblem("file_empty")
    return _rows_of_xlsx(content) if kind == "xlsx" else _rows_of_csv(content)


def _rows_of_csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    line = 1
    try:
        for number, cells in enumerate(reader):
            if number > MOST_ROWS:
                raise FileProblem("too_many_rows", line)
            yield _without_formulas(_row(line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileProblem("file_unreadable", line) from error


def _decoded(content: bytes) -> str:
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileProblem("wrong_encoding", line) from error


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)  # the first of them when there is none: one column


def _row(line: int, cells: Sequence[Any]) -> Row:
    row = Row(line, [])
    for number, cell in enumerate(cells[: MOST_COLUMNS + 1]):
        text = str(cell).strip()
        if CONTROL.search(text):
            row.problems[number] = "bad_character"
        elif len(text) > LONGEST_CELL:
            row.problems[number] = "too_long"
        text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[:LONGEST_CELL])
        row.cells.append(text)
    return row


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


def safe(text: str) -> str:
    """Give a cell that no office programme takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Give a CSV as offices open it by a click: UTF-8 with its mark, Windows line ends, formulas guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


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
