"""Tables in CSV files as offices write them, read row by row within bounds, and written back. No database.

A file nobody could read raises FileProblem with a code and the line; a cell nobody could read stays in its row, marked,
so that the other rows can still be used.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class FileProblem(Exception):
    """The file as a whole cannot be read: a code that the importer has words for, the line, and what stood there."""

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


@dataclass(frozen=True)
class Bounds:
    """How large a table may be. `most_bytes` is of the file, `longest_cell` in characters."""

    most_bytes: int
    most_rows: int
    most_columns: int = 40
    longest_cell: int = 500


def rows_of_csv(content: bytes, bounds: Bounds, *, old_encoding: str = "") -> Iterator[Row]:
    """Walk through the rows of a CSV, the header first: UTF-8 or UTF-16, comma, semicolon or tab. Raises FileProblem.

    A file in neither is read in `old_encoding`, if the caller expects one.
    """
    if len(content) > bounds.most_bytes:
        raise FileProblem("file_too_large")
    if not content.strip():
        raise FileProblem("file_empty")
    text = decoded(content, old_encoding)
    # Cells are bounded below; the library's own bound would end the whole file at the first long one.
    csv.field_size_limit(max(csv.field_size_limit(), bounds.most_bytes + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    line = 1
    try:
        for number, cells in enumerate(reader):
            if number > bounds.most_rows:
                raise FileProblem("too_many_rows", line)
            yield row_of(line, cells, bounds)
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileProblem("file_unreadable", line) from error


def row_of(line: int, cells: Sequence[Any], bounds: Bounds) -> Row:
    """Take the cells of one line, no longer and no more than the bounds allow; what is wrong with a cell is marked."""
    row = Row(line, [])
    for number, cell in enumerate(cells[: bounds.most_columns + 1]):
        text = str(cell).strip()
        if CONTROL.search(text):
            row.problems[number] = "bad_character"
        elif len(text) > bounds.longest_cell:
            row.problems[number] = "too_long"
        text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text[: bounds.longest_cell])
        row.cells.append(text)
    return row


def decoded(content: bytes, old_encoding: str = "") -> str:
    """Return the text of a file in UTF-8 or UTF-16, else in `old_encoding`, its letters composed. Raises FileProblem."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        if not old_encoding:
            raise FileProblem("wrong_encoding", line) from error
    try:
        # Windows-1258 writes a tone mark as a sign of its own behind the letter.
        return unicodedata.normalize("NFC", content.decode(old_encoding))
    except UnicodeDecodeError as error:
        raise FileProblem("wrong_encoding", line) from error


def _delimiter(text: str) -> str:
    """Return what parts the columns: what the header has most of. Banks write some lines above it, never numbers into it."""
    lines = [line for line in text.splitlines()[:40] if line.strip()]
    headers = lines[:1] + [line for line in lines[1:] if not any(sign.isdigit() for sign in line)]
    # The first of them when there is none: one column.
    return max(",;\t", key=lambda sign: max((line.count(sign) for line in headers), default=0))


def safe(text: str) -> str:
    """Give a cell that no office programme takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def unguarded(text: str) -> str:
    """Take the guard away that `safe` puts in front."""
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA_SIGNS else text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Give a CSV as offices open it by a click: UTF-8 with its mark, Windows line ends, formulas guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
