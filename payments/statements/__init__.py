"""A bank's statement as a file: CSV and XLSX as banks' sites give them, and MT940. Read row by row, no database.

A file nobody could read raises FileProblem. A row nobody could read is kept with the reason, so that the others count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.sheets import looks_like
from core.tables import FileProblem
from payments.gateways import Came

__all__ = ["REASONS", "Came", "FileProblem", "Skipped", "kind_of", "read"]

KINDS = ("csv", "xlsx", "mt940")
LONGEST_MEMO = 500
LONGEST_NUMBER = 50

# Why a row, or a whole file, is not taken in.
REASONS: dict[str, Any] = {
    "file_too_large": _("The file is too large. Split it: at most 5 MB and 20,000 rows."),
    "file_empty": _("The file is empty."),
    "file_unreadable": _("The file cannot be read. Save it once more as XLSX or as CSV (UTF-8)."),
    "wrong_encoding": _("The letters cannot be read. Save the file as “CSV UTF-8”."),
    "too_many_rows": _("Too many rows. Split the file: at most 20,000."),
    "no_header": _("No line names the columns: date, amount that came in, and memo are needed."),
    "other_account": _("This is the statement of another account."),
    "other_currency": _("This statement is not in dong."),
    "bad_date": _("The date cannot be read."),
    "bad_amount": _("The amount cannot be read."),
    "bad_row": _("This row does not follow the format."),
    "going_out": _("Money that went out: not for us."),
    "nothing_moved": _("No money moved."),
    "differs": _("The same number came before with another amount."),
}


def fingerprint(came: Came, which: int) -> str:
    """Stand in for a number the bank does not give: the `which`-th row of a file that says exactly this."""
    said = "\x1f".join([came.at.isoformat(), str(came.amount), came.memo, came.counter_account, str(which)])
    return f"~{sha256(said.encode()).hexdigest()[:40]}"


def numbered(came: Came, number: str) -> Came:
    """Return the same money under a number."""
    return replace(came, number=number)


@dataclass(frozen=True)
class Skipped:
    """A row that is not money that came to us, or that cannot be read."""

    line: int
    reason: str
    value: str = ""

    @property
    def is_wrong(self) -> bool:
        """Somebody must look: not just a payment going out."""
        return self.reason not in {"going_out", "nothing_moved"}


def kind_of(name: str, content: bytes) -> str:
    """Say what a file is: "mt940", "xlsx" or "csv". What is inside counts more than the name."""
    start = content[:400].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b":20:", b"{1:")):
        return "mt940"
    return "xlsx" if looks_like(name, content) == "xlsx" else "csv"


def read(kind: str, content: bytes, *, account: str) -> Iterator[Came | Skipped]:
    """Walk through a statement of this account number. Raises FileProblem."""
    from payments.statements import mt940, tables

    return mt940.read(content, account=account) if kind == "mt940" else tables.read(kind, content, account=account)
