"""Vietnam's banks as VietQR names them: BIN, short code, name. Pure: read once from `data/vietqr_banks.csv`."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "vietqr_banks.csv"
_NOISE = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True)
class Bank:
    """One bank. `takes_transfers` says that its accounts can be paid by VietQR."""

    bin: str
    code: str
    short_name: str
    name: str
    swift: str
    takes_transfers: bool


@lru_cache
def every() -> tuple[Bank, ...]:
    """Return the banks by short name; names that are no longer used are left out."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["bin"] and row["deprecated"] == "0"]
    found = [
        Bank(
            bin=row["bin"],
            code=row["code"],
            short_name=row["short_name"],
            name=row["name"],
            swift=row["swift"],
            takes_transfers=row["vietqr_status"] == "1",
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda bank: bank.short_name.casefold()))


def by_bin(bin: str) -> Bank | None:
    """Return a bank by its BIN; None when there is none."""
    return next((bank for bank in every() if bank.bin == bin), None)


def named(text: str) -> Bank | None:
    """Return the bank a text means by BIN, code, SWIFT or short name (`BIDV`, `Vietcombank`, `970436`); None without one."""
    wanted = _NOISE.sub("", text.upper())
    if not wanted:
        return None
    for bank in every():
        if wanted in {bank.bin, bank.code, bank.swift, _NOISE.sub("", bank.short_name.upper())}:
            return bank
    return None
