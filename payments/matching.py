"""Does money on the bank account confirm a payment? Pure: never "almost", anything but a perfect fit is for a person."""

from __future__ import annotations

import re
from dataclasses import dataclass

from identity.names import fold

NEAR = 5  # characters in a row: one lost or misread anywhere leaves as many, and chance hardly ever gives them
_NOISE = re.compile(r"[\W_]")


@dataclass(frozen=True)
class Meant:
    """The payment a memo names, as it stands."""

    amount: int
    is_paid: bool  # it, or another try for the same thing
    is_waiting: bool  # asked for and not closed
    is_here: bool  # by transfer to this very account


def reason_against(amount: int, codes: list[str], meant: Meant | None) -> str:
    """Say why this money does not confirm a payment by itself, a BankLine.Reason; empty when it does."""
    if len(codes) != 1:
        return "two_codes" if codes else "no_code"
    if meant is None:
        return "unknown_code"
    if meant.is_paid:
        return "double"
    if not meant.is_waiting:
        return "late"
    if not meant.is_here:
        return "other_way"
    if amount != meant.amount:
        return "less" if amount < meant.amount else "more"
    return ""


def packed(memo: str) -> str:
    """Return a memo without spaces and marks, in capitals: so two writings of it by one bank are the same."""
    return _NOISE.sub("", memo).upper()


def resembles(memo: str, code: str) -> bool:
    """Say whether a memo holds a good part of a code: a character was lost or misread."""
    said, body = packed(memo), code[2:]
    return any(body[place : place + NEAR] in said for place in range(len(body) - NEAR + 1))


def names(memo: str, full_name: str) -> bool:
    """Say whether a memo holds somebody's full name, tones or not."""
    name = fold(full_name).replace(" ", "")
    return len(name) >= 6 and name in fold(packed(memo))
