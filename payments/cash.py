"""Counting cash. Pure: no database.

The banknotes in use (State Bank of Vietnam): 500,000 down to 1,000 dong, and 500 and 200, which are still legal tender.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NOTES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200)
MOST = 100_000  # of one banknote: more is a slip of the finger


def total(notes: Mapping[int, int]) -> int:
    """Return what so many of each banknote are worth, in dong. Raises ValueError for an unknown note or a wrong number."""
    if any(note not in NOTES or not 0 <= number <= MOST for note, number in notes.items()):
        raise ValueError("no such banknote, or not so many of it")
    return sum(note * number for note, number in notes.items())


def suggestions(amount: int) -> list[int]:
    """Return what people are likely to put on the table for an amount: exactly it, then the next round sums."""
    rounded = {-(-amount // note) * note for note in NOTES if note >= 10_000}
    return sorted({amount, *(one for one in rounded if one <= amount + 500_000)})[:5]


def in_drawer(opening_float: int, movements: Iterable[tuple[str, int]]) -> int:
    """Return what should lie in a drawer after these movements ("take" or "pay_out", amount)."""
    return opening_float + sum(amount if kind == "take" else -amount for kind, amount in movements)
