"""A statement as a table: columns in any order, in Vietnamese or English, below whatever the bank writes on top. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core import sheets
from core.tables import FileProblem, Row
from identity.names import fold
from payments.statements import LONGEST_MEMO, LONGEST_NUMBER, Came, Skipped
from payments.statements.amounts import dong_of, instant_of

OLD_ENCODING = "cp1258"  # Windows before Unicode, still written by some offices
MOST_ABOVE = 40  # lines with the bank's name, the holder, the period
COLUMNS: dict[str, tuple[str, ...]] = {
    "at": (
        "ngay giao dich", "ngay gd", "ngay", "thoi gian", "thoi gian giao dich", "ngay gio giao dich", "ngay hach toan",
        "transaction date", "date", "posting date", "booking date", "transaction time", "tnx date", "trans date",
    ),
    "clock": ("gio", "gio giao dich", "time"),
    "number": (
        "so tham chieu", "ma tham chieu", "ma giao dich", "ma gd", "so giao dich", "so but toan", "so ct", "so chung tu",
        "reference", "reference no", "ref no", "reference number", "transaction id", "transaction no",
        "transaction number", "doc no", "ft number",
    ),
    "came": (
        "ghi co", "so tien ghi co", "phat sinh co", "ps co", "co", "tien vao", "so tien vao", "credit", "credit amount",
        "deposit", "money in",
    ),
    "went": (
        "ghi no", "so tien ghi no", "phat sinh no", "ps no", "no", "tien ra", "so tien ra", "debit", "debit amount",
        "withdrawal", "money out",
    ),
    "amount": ("so tien", "so tien giao dich", "amount", "transaction amount", "gia tri"),
    "memo": (
        "noi dung", "noi dung giao dich", "noi dung chi tiet", "noi dung chuyen khoan", "mo ta", "dien giai",
        "mo ta giao dich", "chi tiet giao dich", "description", "details", "transaction details", "remark", "remarks",
        "narrative", "transactions in detail", "memo",
    ),
    "counter_account": (
        "tai khoan doi ung", "so tai khoan doi ung", "tk doi ung", "stk doi ung", "so tk doi ung", "counter account",
        "corresponsive account", "offset account", "remitter account", "account no of remitter",
    ),
    "counter_name": (
        "ten tai khoan doi ung", "ten doi ung", "ten tk doi ung", "don vi doi ung", "don vi chuyen", "nguoi chuyen",
        "counter name", "corresponsive name", "offset name", "remitter", "remitter name",
    ),
}  # fmt: skip
_BY_NAME = {name: column for column, names in COLUMNS.items() for name in names}
_IN_BRACKETS = re.compile(r"\(.*?\)|\[.*?\]")
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_ACCOUNT_LINE = re.compile(r"\b(?:so tai khoan|so tk|tai khoan|account(?: (?:no|number))?)\b")
_NUMBER = re.compile(r"[0-9][0-9 .-]{4,30}[0-9]", re.ASCII)


def read(kind: str, content: bytes, *, account: str) -> Iterator[Came | Skipped]:
    """Walk through the lines of a CSV or XLSX statement. Raises FileProblem."""
    rows = sheets.read(kind, content, old_encoding=OLD_ENCODING)
    columns = _header(rows, account)
    for row in rows:
        if not row.is_empty:
            read_row = _read_row(row, columns)
            if read_row is not None:
                yield read_row


def _header(rows: Iterator[Row], account: str) -> dict[str, int]:
    """Find the line that names the columns; on the way, refuse the statement of another account."""
    for number, row in enumerate(rows):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row.cells):
            name = _column(cell)
            if name is not None:
                columns.setdefault(name, place)
        if {"at", "memo"} <= set(columns) and {"came", "amount"} & set(columns):
            return columns
        _refuse_other_account(row, account)
        if number >= MOST_ABOVE:
            break
    raise FileProblem("no_header")


def _column(cell: str) -> str | None:
    """Return which column a heading names; banks write `Ghi có (VND)/ Credit` and `Ngày GD`."""
    whole = _IN_BRACKETS.sub(" ", cell)
    for part in [whole, *re.split(r"[/\n|]", whole)]:
        found = _BY_NAME.get(_NOT_WORDS.sub(" ", fold(part)).strip())
        if found is not None:
            return found
    return None


def _refuse_other_account(row: Row, account: str) -> None:
    said = " ".join(row.cells)
    if not _ACCOUNT_LINE.search(_NOT_WORDS.sub(" ", fold(said))):
        return
    numbers = [re.sub(r"[ .-]", "", found) for found in _NUMBER.findall(said)]
    if numbers and account not in numbers and not any(account in number for number in numbers):
        raise FileProblem("other_account", row.line, numbers[0])


def _read_row(row: Row, columns: dict[str, int]) -> Came | Skipped | None:
    def cell(name: str) -> str:
        place = columns.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    came, went = cell("came") or cell("amount"), cell("went")
    if not any(sign.isdigit() for sign in cell("at")):
        return None  # a sum, a page number, the bank's greeting
    at = instant_of(cell("at"), cell("clock"))
    if at is None:
        return Skipped(row.line, "bad_date", cell("at")[:80])
    amount = dong_of(came) if came else 0
    if amount is None:
        return Skipped(row.line, "bad_amount", came[:80])
    if amount < 0 or (amount == 0 and went and dong_of(went) != 0):
        return Skipped(row.line, "going_out", (went or came)[:80])
    if amount == 0:
        return Skipped(row.line, "nothing_moved")
    return Came(
        amount=amount,
        at=at,
        memo=cell("memo")[:LONGEST_MEMO],
        number=cell("number")[:LONGEST_NUMBER],
        counter_account=cell("counter_account")[:40],
        counter_name=cell("counter_name")[:120],
        line=row.line,
    )
