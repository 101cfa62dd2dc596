"""A statement as SWIFT's MT940: field 61 is one movement, field 86 behind it says what for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from core.sheets import MOST_BYTES, MOST_ROWS
from core.tables import CONTROL, FileProblem, decoded
from payments.statements import LONGEST_MEMO, LONGEST_NUMBER, Came, Skipped
from payments.statements.amounts import MOST, ZONE

_FIELD = re.compile(r"^:(\d{2}[A-Z]?):", re.MULTILINE)
# Value date, entry date, direction, funds code, amount, type, the owner's reference, the bank's, and more on the next line.
_MOVEMENT = re.compile(
    r"(?P<day>\d{6})(?P<entry>\d{4})?(?P<way>R?[CD])(?P<funds>[A-Z])?(?P<amount>\d{1,15},\d{0,2})"
    r"(?P<kind>[A-Z][A-Z0-9]{3})(?P<ours>[^\n]{0,16}?)(?://(?P<theirs>[^\n]{0,34}))?(?:\n(?P<more>[\s\S]*))?",
    re.ASCII,
)
_PARTS = re.compile(r"\?(\d\d)")
_ACCOUNT_SIGNS = re.compile(r"[^0-9A-Za-z]")


def read(content: bytes, *, account: str) -> Iterator[Came | Skipped]:
    """Walk through the movements of an MT940 file. Raises FileProblem."""
    if len(content) > MOST_BYTES:
        raise FileProblem("file_too_large")
    text = decoded(content, "cp1258").replace("\r\n", "\n").replace("\r", "\n")
    fields = _fields(text)
    if not any(tag == "61" or tag.startswith("60") for tag, _, _ in fields):
        raise FileProblem("file_unreadable")
    _refuse_another(fields, account)
    count = 0
    for place, (tag, line, value) in enumerate(fields):
        if tag != "61":
            continue
        count += 1
        if count > MOST_ROWS:
            raise FileProblem("too_many_rows", line)
        behind = fields[place + 1] if place + 1 < len(fields) else ("", 0, "")
        yield _movement(line, value, behind[2] if behind[0] == "86" else "")


def _fields(text: str) -> list[tuple[str, int, str]]:
    """Return tag, line and value of each field."""
    found = list(_FIELD.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        (match[1], text.count("\n", 0, match.start()) + 1, text[match.end() : end].split("\n-}")[0].strip("\n-"))
        for match, end in zip(found, ends, strict=True)
    ]


def _refuse_another(fields: list[tuple[str, int, str]], account: str) -> None:
    for tag, line, value in fields:
        if tag == "25" and account not in _ACCOUNT_SIGNS.sub("", value):
            raise FileProblem("other_account", line, value[:40])
        if tag.startswith("60") and value[7:10] != "VND":
            raise FileProblem("other_currency", line, value[7:10])


def _movement(line: int, value: str, memo: str) -> Came | Skipped:
    match = _MOVEMENT.fullmatch(value.strip())
    if match is None:
        return Skipped(line, "bad_row", value[:80])
    at = _day(match["day"])
    if at is None:
        return Skipped(line, "bad_date", match["day"])
    whole, _, part = match["amount"].partition(",")
    if part.strip("0") or int(whole) > MOST:
        return Skipped(line, "bad_amount", match["amount"])
    # RC takes an earlier credit back, RD gives an earlier debit back.
    if match["way"] in {"D", "RC"}:
        return Skipped(line, "going_out", match["amount"])
    if int(whole) == 0:
        return Skipped(line, "nothing_moved")
    ours = "" if match["ours"] == "NONREF" else match["ours"]
    said = _words(memo) or _words(match["more"] or "")
    number = (match["theirs"] or ours or "").strip()
    return Came(amount=int(whole), at=at, memo=said[:LONGEST_MEMO], number=number[:LONGEST_NUMBER], line=line)


def _day(digits: str) -> datetime | None:
    try:
        day = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def _words(text: str) -> str:
    """Join the lines of field 86; some banks number its parts `?20`, `?21`."""
    return " ".join(CONTROL.sub("", _PARTS.sub(" ", text)).split())
