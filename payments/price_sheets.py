"""Price lists as tables: columns, reading a line with what is wrong in it, and writing. Pure: no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy

from core.tables import Bounds, FileProblem, rows_of_csv, unguarded, write_csv
from payments.models.prices import Category, PriceItem

BOUNDS = Bounds(most_bytes=2 * 1024 * 1024, most_rows=20_001, most_columns=20)
MOST = 10**12  # no single service costs more đồng

# Column → the Vietnamese title it may carry instead.
COLUMNS = {
    "code": "Mã",
    "name_vi": "Tên dịch vụ",
    "name_en": "Tên tiếng Anh",
    "unit": "Đơn vị",
    "category": "Nhóm giá",
    "amount": "Đơn giá",
    "in_scope": "Trong phạm vi BHYT",
    "direct": "Chi phí trực tiếp",
    "wages": "Tiền lương",
    "management": "Chi phí quản lý",
    "depreciation": "Khấu hao",
}
NEEDED = ("code", "name_vi", "category", "amount")
CATEGORY_WORDS = {"bhyt": "insured", "nsnn": "budget", "ngoài bhyt": "uninsured", "theo yêu cầu": "on_request"}
YES, NO = {"1", "x", "có", "yes", "true"}, {"", "0", "không", "no", "false"}

REASONS: dict[str, Any] = {
    "file_too_large": gettext_lazy("The file is too large."),
    "file_empty": gettext_lazy("The file is empty."),
    "wrong_encoding": gettext_lazy("The file is not written in UTF-8."),
    "too_many_rows": gettext_lazy("The file has too many rows."),
    "file_unreadable": gettext_lazy("The file cannot be read as a table."),
    "columns_missing": gettext_lazy("The first row does not name all columns that are needed."),
    "missing": gettext_lazy("Nothing stands here."),
    "too_long": gettext_lazy("This is too long."),
    "bad_character": gettext_lazy("There is a character here that no text has."),
    "bad_amount": gettext_lazy("This is no amount in whole đồng."),
    "unknown_category": gettext_lazy("This is none of the four kinds of price."),
    "bad_answer": gettext_lazy("This is neither yes nor no."),
    "not_insured": gettext_lazy("What health insurance knows of is of the kind it pays for."),
    "parts_differ": gettext_lazy("The parts do not come to the price."),
    "twice": gettext_lazy("This code stood in the file before."),
}


def in_words(code: str) -> str:
    """Return the sentence of a reason."""
    return str(REASONS.get(code, code))


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which line of the file, in which column, what stands there, and why it cannot land."""

    line: int
    column: str
    value: str
    reason: str

    @property
    def words(self) -> str:
        return in_words(self.reason)

    @property
    def title(self) -> str:
        return COLUMNS.get(self.column, self.column)


@dataclass(frozen=True)
class Line:
    """One price as it stands in a table."""

    code: str
    name_vi: str
    category: str
    amount: int
    name_en: str = ""
    unit: str = "lần"
    in_scope: bool = False
    components: dict[str, int] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Return the fields of a price item."""
        return asdict(self)


def read(cells: Mapping[str, str]) -> tuple[Line | None, dict[str, list[str]]]:
    """Read one line; what is wrong with it, by column, in words."""
    line, found = _read(cells)
    return line, {column: [in_words(reason)] for column, reason in found.items()}


def _read(cells: Mapping[str, str]) -> tuple[Line | None, dict[str, str]]:
    said = {name: unguarded(cells.get(name, "").replace("\x00", "").strip()) for name in COLUMNS}
    wrong = {name: "missing" for name in NEEDED if not said[name]}
    for name, most in (("code", 30), ("name_vi", 200), ("name_en", 200), ("unit", 20)):
        if len(said[name]) > most:
            wrong[name] = "too_long"
    category = CATEGORY_WORDS.get(said["category"].casefold(), said["category"].casefold())
    if said["category"] and category not in Category.values:
        wrong["category"] = "unknown_category"
    amount = amount_of(said["amount"])
    if said["amount"] and amount is None:
        wrong["amount"] = "bad_amount"
    answer = said["in_scope"].casefold()
    if answer not in YES | NO:
        wrong["in_scope"] = "bad_answer"
    elif answer in YES and category != Category.INSURED:
        wrong["in_scope"] = "not_insured"
    parts = {name: amount_of(said[name]) for name in PriceItem.COMPONENTS if said[name]}
    wrong |= {name: "bad_amount" for name, part in parts.items() if part is None}
    known = {name: part for name, part in parts.items() if part is not None}
    if known and amount is not None and sum(known.values()) != amount:
        wrong["amount"] = "parts_differ"
    if wrong or amount is None:
        return None, wrong
    return (
        Line(
            code=said["code"],
            name_vi=said["name_vi"],
            name_en=said["name_en"],
            unit=said["unit"] or "lần",
            category=category,
            amount=amount,
            in_scope=answer in YES,
            components=known,
        ),
        {},
    )


def amount_of(text: str) -> int | None:
    """Read an amount in đồng: "150000", "150.000", "150 000 ₫"; None for anything else."""
    packed = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").rstrip("₫đĐ")
    for mark in (".", ","):
        groups = packed.split(mark)
        if len(groups) > 1 and all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3:
            packed = "".join(groups)
    if not (packed.isascii() and packed.isdigit()) or len(packed) > 12:
        return None
    return int(packed)


def rows_of(content: bytes) -> tuple[list[Line], list[Problem]]:
    """Read a whole table: the lines that can land, and what is wrong with the others. Raises FileProblem."""
    rows = rows_of_csv(content, BOUNDS)
    header = next(rows)
    titles = {title.casefold(): name for name, title in COLUMNS.items()} | {name: name for name in COLUMNS}
    places = {titles[cell.casefold()]: place for place, cell in enumerate(header.cells) if cell.casefold() in titles}
    if not set(NEEDED) <= set(places):
        raise FileProblem("columns_missing", header.line)
    lines: dict[str, Line] = {}
    problems: list[Problem] = []
    for row in rows:
        if row.is_empty:
            continue
        cells = {name: row.cells[place] if place < len(row.cells) else "" for name, place in places.items()}
        line, wrong = _read(cells)
        wrong |= {name: row.problems[place] for name, place in places.items() if place in row.problems}
        if line is not None and not wrong and line.code in lines:
            wrong = {"code": "twice"}
        problems += [Problem(row.line, name, cells.get(name, "")[:80], reason) for name, reason in wrong.items()]
        if line is not None and not wrong:
            lines[line.code] = line
    return list(lines.values()), problems


def write(items: Iterable[PriceItem]) -> bytes:
    """Give a list as a CSV that can be changed and handed in again."""
    return write_csv(
        list(COLUMNS),
        (
            [
                item.code,
                item.name_vi,
                item.name_en,
                item.unit,
                item.category,
                str(item.amount),
                "1" if item.in_scope else "0",
                *(str(item.components.get(name, "")) for name in PriceItem.COMPONENTS),
            ]
            for item in items
        ),
    )
