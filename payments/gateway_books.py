"""A gateway's statement as a file: read row by row, whatever its size, into movements. No database.

Columns by name, in any order: time, kind, reference, transaction, amount, fee. A header in Vietnamese does as well.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from core.money import Money
from payments.errors import BadStatement
from payments.gateways import ZONE, Movement

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 1_000_000
MOST_XLSX_BYTES = 8 * 1024 * 1024
MOST_UNPACKED = 80 * 1024 * 1024  # a small workbook may hold a very large one
COLUMNS = {
    "time": ("time", "at", "date", "thời gian", "ngày giờ"),
    "kind": ("kind", "type", "loại"),
    "reference": ("reference", "ref", "mã tham chiếu", "tham chiếu"),
    "transaction": ("transaction", "transaction id", "mã giao dịch", "số giao dịch"),
    "amount": ("amount", "số tiền"),
    "fee": ("fee", "phí"),
}
KINDS = {
    "capture": ("capture", "payment", "paid", "thu", "thanh toán"),
    "refund": ("refund", "hoàn", "hoàn tiền"),
    "fee": ("fee", "phí"),
    "dispute": ("dispute", "chargeback", "khiếu nại"),
    "dispute_won": ("dispute_won", "reversal", "chargeback reversal", "hoàn khiếu nại"),
}
TIMES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")  # beside ISO 8601


def movements_of(file: IO[bytes], name: str) -> Iterator[Movement]:
    """Walk through a CSV or XLSX file. Raises BadStatement with the line that cannot be read."""
    start = file.read(4)
    file.seek(0)
    rows = _rows_of_xlsx(file) if start == b"PK\x03\x04" or name.lower().endswith(".xlsx") else _rows_of_csv(file)
    places: dict[str, int] = {}
    for number, cells in enumerate(rows, start=1):
        if not any(str(cell or "").strip() for cell in cells):
            continue
        if not places:
            places = _places(cells)
        elif number > MOST_ROWS:
            raise BadStatement(_("There are more rows than we read at once."))
        else:
            yield _movement(cells, places, number)
    if not places:
        raise BadStatement(_("The file is empty."))


def _rows_of_csv(file: IO[bytes]) -> Iterator[Sequence[Any]]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        head = text.readline()
        delimiter = max(",;\t", key=head.count)
        yield next(csv.reader([head], delimiter=delimiter), [])
        yield from csv.reader(text, delimiter=delimiter)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadStatement() from error
    finally:
        text.detach()  # the file is the caller's to close


def _rows_of_xlsx(file: IO[bytes]) -> Iterator[Sequence[Any]]:
    file.seek(0, io.SEEK_END)
    if file.tell() > MOST_XLSX_BYTES:
        raise BadStatement(_("This workbook is too large. Save it as CSV, then it can be read."))
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise BadStatement(_("This workbook is too large. Save it as CSV, then it can be read."))
        file.seek(0)
        sheet = load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets[0]
        sheet.reset_dimensions()  # a file may claim a million columns
        yield from sheet.iter_rows(max_row=MOST_ROWS, max_col=40, values_only=True)
    except BadStatement:
        raise
    except Exception as error:  # the library fails in a dozen ways on files that are not what they say
        raise BadStatement() from error


def _places(header: Sequence[Any]) -> dict[str, int]:
    names = [str(cell or "").strip().casefold() for cell in header]
    places = {
        column: next((names.index(word) for word in words if word in names), -1) for column, words in COLUMNS.items()
    }
    missing = [column for column, place in places.items() if place < 0 and column not in ("fee", "kind")]
    if missing:
        raise BadStatement(_("The first row lacks a column: %(columns)s.") % {"columns": ", ".join(missing)})
    return places


def _movement(cells: Sequence[Any], places: dict[str, int], number: int) -> Movement:
    def cell(column: str) -> Any:
        place = places[column]
        return cells[place] if 0 <= place < len(cells) else None

    try:
        amount = _whole(cell("amount"))
        kind = _kind(cell("kind"), amount)
        transaction = _text(cell("transaction"))
        if not transaction or not amount:
            raise ValueError
        return Movement(
            kind=kind,
            reference=_text(cell("reference")),
            transaction=transaction,
            money=Money.vnd(abs(amount)),
            at=_time(cell("time")),
            fee=abs(_whole(cell("fee"))) if cell("fee") not in (None, "") else 0,
        )
    except (ValueError, KeyError, OverflowError):
        raise BadStatement(_("Line %(line)s cannot be read.") % {"line": number}) from None


def _text(value: Any) -> str:
    text = str(value if value is not None else "").strip().lstrip("'")
    if len(text) > 80 or "\x00" in text:
        raise ValueError
    return text


def _whole(value: Any) -> int:
    """Read an amount of dong: 150000, 150.000, 150,000 ₫, -150000. Raises ValueError for a part of a dong."""
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    text = str(int(value) if isinstance(value, float) else value if value is not None else "")
    text = text.strip().lstrip("'").removesuffix("₫").removesuffix("VND").strip()
    sign = -1 if text.startswith("-") else 1
    groups = text.lstrip("+-").replace(",", ".").replace(" ", ".").split(".")
    if len(groups) > 1 and any(len(group) != 3 for group in groups[1:]):
        raise ValueError
    digits = "".join(groups)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        raise ValueError
    return sign * int(digits)


def _kind(value: Any, amount: int) -> str:
    word = str(value or "").strip().casefold()
    if not word:
        return "capture" if amount > 0 else "refund"
    for kind, words in KINDS.items():
        if word in words:
            return kind
    raise ValueError


def _time(value: Any) -> datetime:
    """Read a time; without a zone it is Vietnam's. Raises ValueError."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=ZONE)
    text = str(value or "").strip().lstrip("'")
    ways: list[Callable[[str], datetime]] = [datetime.fromisoformat, *(partial(_strptime, form) for form in TIMES)]
    for read in ways:
        try:
            found = read(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=ZONE)
    raise ValueError


def _strptime(form: str, text: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=ZONE)
