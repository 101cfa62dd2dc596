"""Lists of stock as pharmacies keep them: CSV rows of medicine, lot, expiry, quantity and price. Pure but for the catalogue given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.tables import Bounds, FileProblem, Row, rows_of_csv, unguarded
from identity.names import fold

BOUNDS = Bounds(most_bytes=1_000_000, most_rows=3_000)
COLUMNS: dict[str, tuple[str, ...]] = {
    "drug": ("drug", "ma thuoc", "so dang ky", "registration number", "registration_number", "code", "ma"),
    "number": ("lot", "so lo", "lo", "batch"),
    "expires_on": ("expires_on", "expiry", "han dung", "han su dung", "hsd"),
    "quantity": ("quantity", "so luong", "sl"),
    "unit_price": ("unit_price", "price", "don gia", "gia ban", "gia"),
}
REASONS: dict[str, Promise] = {
    "file_too_large": _("The file is too large."),
    "file_empty": _("The file is empty."),
    "too_many_rows": _("The file has too many rows. Please split it."),
    "file_unreadable": _("This line cannot be read as CSV."),
    "wrong_encoding": _("The file is not in UTF-8. Save it as “CSV UTF-8”."),
    "missing_columns": _("The first line must name the columns: drug, lot, expires_on, quantity, unit_price."),
    "unknown_drug": _("There is no medicine with this code or registration number."),
    "bad_lot": _("The lot number is missing or too long."),
    "bad_day": _("The expiry date is not a date like 2027-03-31 or 31/03/2027."),
    "past": _("The expiry date is over."),
    "bad_quantity": _("The quantity is not a whole number from 1 to 1,000,000."),
    "bad_price": _("The price is not a whole number of dong."),
    "twice": _("This lot stands in the file twice."),
    "bad_character": _("There are characters that no list can hold."),
    "too_long": _("A cell is too long."),
    "differs": _("This lot is there already with another expiry date."),
}


@dataclass
class Entry:
    """One row that can land."""

    line: int
    drug: str
    number: str
    expires_on: date
    quantity: int
    unit_price: int


@dataclass
class Sheet:
    """What a file says: the rows that can land, and what is wrong with the others, as (line, code, value)."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def read(content: bytes, drugs: Mapping[str, str], today: date) -> Sheet:
    """Read a CSV; `drugs` leads from a code or registration number in lower case to the code. Raises FileProblem."""
    rows = rows_of_csv(content, BOUNDS)
    header = next(rows, None)
    columns = _columns(header)
    sheet, seen = Sheet(), set()
    for row in rows:
        if row.is_empty:
            continue
        entry = _entry(row, columns, drugs, today)
        if isinstance(entry, Entry):
            key = (entry.drug, entry.number)
            if key in seen:
                entry = ("twice", entry.number)
            seen.add(key)
        if isinstance(entry, Entry):
            sheet.entries.append(entry)
        else:
            sheet.problems.append((row.line, *entry))
    return sheet


def codes_in(content: bytes) -> set[str]:
    """Return what stands in the column of medicines, in lower case. Raises FileProblem."""
    rows = rows_of_csv(content, BOUNDS)
    columns = _columns(next(rows, None))
    return {_cell(row, columns["drug"]).casefold() for row in rows}


def _columns(header: Row | None) -> dict[str, int]:
    names = [fold(cell) for cell in header.cells] if header else []
    found = {}
    for column, ways in COLUMNS.items():
        place = next((names.index(way) for way in ways if way in names), None)
        if place is None:
            raise FileProblem("missing_columns", 1)
        found[column] = place
    return found


def _cell(row: Row, place: int) -> str:
    return unguarded(row.cells[place]).strip() if place < len(row.cells) else ""


def _entry(row: Row, columns: Mapping[str, int], drugs: Mapping[str, str], today: date) -> Entry | tuple[str, str]:
    for place in columns.values():
        if place in row.problems:
            return row.problems[place], _cell(row, place)[:60]
    cells = {name: _cell(row, place) for name, place in columns.items()}
    drug = drugs.get(cells["drug"].casefold())
    if drug is None:
        return "unknown_drug", cells["drug"][:60]
    if not 1 <= len(cells["number"]) <= 40:
        return "bad_lot", cells["number"][:60]
    expires_on = _day(cells["expires_on"])
    if expires_on is None:
        return "bad_day", cells["expires_on"][:60]
    if expires_on < today:
        return "past", cells["expires_on"]
    quantity, price = whole(cells["quantity"]), whole(cells["unit_price"])
    if quantity is None or not 1 <= quantity <= 1_000_000:
        return "bad_quantity", cells["quantity"][:60]
    if price is None or price > 100_000_000:
        return "bad_price", cells["unit_price"][:60]
    return Entry(row.line, drug, cells["number"], expires_on, quantity, price)


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date on a box has no zone
        except ValueError:
            continue
    return None


def whole(text: str) -> int | None:
    """Read a whole number as offices write it: "1200", "1.200", "1 200"; None for anything else."""
    if not re.fullmatch(r"[0-9]{1,9}|[0-9]{1,3}([., ][0-9]{3}){1,2}", text.strip(), re.ASCII):
        return None
    return int(re.sub(r"[^0-9]", "", text))


def words_of(problems: list[tuple[int, str, str]]) -> Iterator[dict[str, Any]]:
    """Say what is wrong, row by row."""
    for line, code, value in problems:
        yield {"line": line, "reason": REASONS[code], "value": value}
