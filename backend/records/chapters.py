"""The 22 chapters of ICD-10, by the first letters of a code. Pure; names in both languages (data/icd10_chapters.csv)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

TABLE = Path(__file__).parent / "data" / "icd10_chapters.csv"
UNKNOWN = 0


@dataclass(frozen=True)
class Chapter:
    """One chapter: its number (1 to 22), how it is written ("X"), and the categories it runs over ("J00" to "J99")."""

    number: int
    roman: str
    first: str
    last: str
    name_vi: str
    name_en: str

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi


@cache
def chapters() -> dict[int, Chapter]:
    """Return every chapter by its number."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = [
            Chapter(int(row["number"]), row["roman"], row["first"], row["last"], row["name_vi"], row["name_en"])
            for row in csv.DictReader(lines)
        ]
    return {one.number: one for one in rows}


@cache
def chapter_of(code: str) -> int:
    """Return the number of the chapter an ICD-10 code ("J02.9") belongs to; 0 where it belongs to none."""
    category = code.strip().upper()[:3]
    for one in chapters().values():
        if len(category) == 3 and one.first <= category <= one.last:
            return one.number
    return UNKNOWN
