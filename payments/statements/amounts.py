"""Amounts and times as banks write them. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MOST = 10**15
_MONEY_SIGNS = re.compile(r"(?:VND|VNĐ|đ|₫|\s|\N{NO-BREAK SPACE})+", re.IGNORECASE)
# Groups of three with one kind of separator, then perhaps decimals after the other kind; or digits without groups.
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:([.,'])[0-9]{3})(?:\3[0-9]{3})*)(?:(?!\3)[.,](0{1,2}))?", re.ASCII)
_PLAIN = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]0{0,2})?", re.ASCII)
_FORMS = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y",
    "%H:%M:%S %d/%m/%Y", "%H:%M %d/%m/%Y",
)  # fmt: skip


def dong_of(text: str) -> int | None:
    """Read an amount: `150,000`, `150.000 VND`, `-1.500.000,00`. None when it is none; a dong has no parts."""
    bare = _MONEY_SIGNS.sub("", text)
    match = _GROUPED.fullmatch(bare) or _PLAIN.fullmatch(bare)
    if match is None:
        return None
    amount = int(re.sub(r"[.,']", "", match[2]))
    if amount > MOST:
        return None
    return -amount if match[1] == "-" else amount


def instant_of(text: str, clock: str = "") -> datetime | None:
    """Read a date, perhaps with its time, on Vietnam's clock; without a time it is that day's beginning. None otherwise."""
    said = " ".join(f"{text.replace('T', ' ')} {clock}".split())
    said = re.sub(r"(:\d\d)\.\d+$", r"\1", said)
    for form in _FORMS:
        try:
            return datetime.strptime(said, form).replace(tzinfo=ZONE)
        except ValueError:
            continue
    return None
