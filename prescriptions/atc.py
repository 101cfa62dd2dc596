"""The five levels of ATC, and what its first two are called (data/atc_groups.csv; our own words). Pure."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

TABLE = Path(__file__).parent / "data" / "atc_groups.csv"
LENGTHS = (1, 3, 4, 5, 7)  # of a code at each level: J, J01, J01C, J01CA, J01CA04
LEVELS = range(1, len(LENGTHS) + 1)


def path_of(code: str) -> tuple[str, ...]:
    """Return a code's groups from the first level to the fifth; a code of an upper level stands for itself below."""
    return tuple(code[:length] for length in LENGTHS)


def level_of(prefix: str) -> int:
    """Return the level a whole code belongs to (1 to 5), 0 for none."""
    return LENGTHS.index(len(prefix)) + 1 if len(prefix) in LENGTHS else 0


@cache
def _groups() -> dict[str, tuple[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: (row["name_vi"], row["name_en"]) for row in csv.DictReader(lines)}


def name_of(group: str) -> str:
    """Return what a group is called in the reader's language; empty below the second level, and where we have no word."""
    vi, en = _groups().get(group, ("", ""))
    return en if get_language() == "en" else vi
