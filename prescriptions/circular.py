"""What the circulars on prescriptions limit: days, tranches, copies. Each value has its days and its article. Pure.

TT 26/2025/TT-BYT (chemical drugs and biologicals), TT 55/2025/TT-BYT (traditional medicine). A value is chosen by the day of the
visit, never by today. Files of the same names in PRESCRIPTION_TABLES_DIR take the place of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
RULES, DISEASES = "circular_rules.json", "long_term_diseases.json"

# What a doctor says of a course where a longer or a shorter limit hangs on it.
ACUTE, LONG_TERM, CANCER_PAIN = "acute", "long_term", "cancer_pain"
CANCER = re.compile(r"[CD][0-9]{2}")  # chapter II of ICD-10, up to D48
HIV = re.compile(r"(B2[0-4]|Z21)")


@dataclass(frozen=True)
class Value:
    """One limit and where it stands."""

    value: int
    source: str


@dataclass(frozen=True)
class Circular:
    """The limits of one day."""

    version: str
    values: Mapping[str, Value]

    def __getitem__(self, name: str) -> int:
        return self.values[name].value

    def source(self, name: str) -> str:
        """Return the article a limit stands in."""
        return self.values[name].source


@dataclass(frozen=True)
class Tranche:
    """One part of a course, collected apart. All days are included; `collect` says on which days it is handed out."""

    number: int
    begins: date
    ends: date
    collect_from: date
    collect_to: date

    def as_json(self) -> dict[str, Any]:
        """Return it as it is signed."""
        return {
            "number": self.number,
            "from": self.begins.isoformat(),
            "to": self.ends.isoformat(),
            "collect_from": self.collect_from.isoformat(),
            "collect_to": self.collect_to.isoformat(),
        }


def circular_on(day: date, folder: Path | None = None) -> Circular:
    """Return the limits of a day. Before the first day of a value its first one counts: we know none older."""
    table = _read(_file(RULES, folder))
    return Circular(table["version"], _values(_file(RULES, folder), day))


def _file(name: str, folder: Path | None) -> Path:
    own = folder / name if folder else None
    return own if own and own.is_file() else DATA / name


@cache
def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


@cache
def _values(path: Path, day: date) -> dict[str, Value]:
    chosen: dict[str, dict[str, Any]] = {}
    for row in sorted(_read(path)["rows"], key=lambda one: one["valid_from"]):
        begun = row["valid_from"] <= day.isoformat()
        if row["name"] not in chosen or begun:
            chosen[row["name"]] = row
    return {name: Value(int(row["value"]), row["source"]) for name, row in chosen.items()}


@dataclass(frozen=True)
class Course:
    """What decides how long a prescription may last: its type, what the doctor says of it, and what is in it."""

    kind: str  # c, n, h or t
    said: str = ""  # ACUTE, LONG_TERM, CANCER_PAIN or nothing
    toxic: bool = False  # a decoction with a toxic herb


def rule_of_days(course: Course, *, traditional_product: bool = False) -> str:
    """Name the limit that a line of this prescription falls under."""
    match course.kind, course.said:
        case "n", "cancer_pain":
            return "days_narcotic_cancer"
        case "n", _:
            return "days_narcotic"
        case "h", "long_term":
            return "days_psychotropic_long_term"
        case "h", _:
            return "days_psychotropic"
        case "t", said:
            if course.toxic:
                return "days_decoction_toxic"
            return "days_decoction_acute" if said == ACUTE else "days_decoction"
    if traditional_product:
        return "days_traditional_product"
    return "days_long_term" if course.said == LONG_TERM else "days_ordinary"


def tranches(days: int, first_day: date, circular: Circular) -> list[Tranche]:
    """Divide a course of so many days, each part as long as allowed.

    The first is collected like any prescription; the others from so many to so many days before they begin.
    Raises ValueError where it would take more parts than allowed.
    """
    longest = circular["tranche_days"]
    parts = -(-days // longest)
    if not 1 <= parts <= circular["tranches"]:
        raise ValueError(f"{days} days are more than {circular['tranches']} parts of {longest}")
    found = []
    for number in range(parts):
        begins = first_day + timedelta(days=number * longest)
        ends = min(begins + timedelta(days=longest - 1), first_day + timedelta(days=days - 1))
        collect = (
            (begins - timedelta(days=circular["tranche_collect_from"]), begins - timedelta(days=circular["tranche_collect_until"]))
            if number
            else (begins, begins + timedelta(days=circular["collect_days"]))
        )  # fmt: skip
        found.append(Tranche(number + 1, begins, ends, *collect))
    return found


def is_cancer(codes: Iterable[str]) -> bool:
    """Say whether a diagnosis is a neoplasm (ICD-10 chapter II, C00-D48)."""
    return any(CANCER.match(code) and code[:3] <= "D48" for code in codes)


def is_hiv(codes: Iterable[str]) -> bool:
    """Say whether a diagnosis is HIV: such patients are not named where prescriptions are looked up (QĐ 425/QĐ-BYT art. 9 cl. 5)."""
    return any(HIV.match(code) for code in codes)


def long_term_disease(codes: Iterable[str], day: date, folder: Path | None = None) -> str:
    """Return the disease of annex VII that one of these diagnoses is, or nothing."""
    table = _read(_file(DISEASES, folder))
    if table["valid_from"] > day.isoformat() or (table.get("valid_to") or "9") < day.isoformat():
        return ""
    for code in codes:
        for row in table["rows"]:
            if _among(code, row["include"]) and not _among(code, row.get("exclude", "")):
                return f"{row['number']} {row['name']}"
    return ""


def _among(code: str, spans: str) -> bool:
    """A category has all its sub-codes, and E10..E14 everything from E10 to E14.9."""
    for span in spans.split():
        first, _, last = span.partition("..")
        if first <= code[: len(first)] and code[: len(last or first)] <= (last or first):
            return True
    return False
