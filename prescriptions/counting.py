"""What one prescription adds to the statistics. Pure: from what was signed and what became of it, to numbers.

The rules, in one place:

- It counts on the day it was signed (facility's zone), under the chapter of its main diagnosis, all its life.
- Cancelled (replaced ones too) with nothing handed out: it adds to `cancelled` and to nothing else. Once something was
  handed out it counts like any other, because somebody has taken it.
- `antibiotic`: at least one item of ATC J01 (antibacterials for systemic use).
- `settled`: its story is over, or something was handed out; only these can say whether prescriptions are collected.
- `collected`: something was handed out; `collected_whole`: all of it. Fill rate = collected / settled.
- `minutes`: whole minutes from signing to the first handing out; `within_day`: at most 24 hours.
- `overrides`: grave findings the doctor signed past; `overridden`: prescriptions with at least one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from records.chapters import chapter_of

FIGURES = (
    *("prescriptions", "items", "antibiotic", "overridden", "overrides", "settled"),
    *("collected", "collected_whole", "within_day", "minutes", "cancelled"),
)
DRUG_FIGURES = ("items", "settled", "collected")
ANTIBIOTIC = "J01"
DAY = timedelta(hours=24)
OVER = frozenset({"dispensed", "expired", "cancelled"})

Cell = tuple[str, str, str, int]  # day (ISO), facility id, practitioner id, chapter


@dataclass(frozen=True)
class Facts:
    """What is known of one signed prescription: its signed content, its state, and what was handed out of each item."""

    status: str
    signed_at: datetime
    zone: str
    facility_id: str
    practitioner_id: str
    content: Mapping[str, Any]
    handed_out: Mapping[str, int]  # item id → quantity
    first_at: datetime | None  # when something was handed out first


@dataclass(frozen=True)
class Contribution:
    """The cell a prescription is in, what it adds to it, and what its items add to the cells of their drugs."""

    cell: Cell
    figures: tuple[int, ...]  # in the order of FIGURES
    drugs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # ATC → in the order of DRUG_FIGURES

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be kept."""
        return {
            "cell": list(self.cell),
            "figures": list(self.figures),
            "drugs": {atc: list(counts) for atc, counts in self.drugs.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Contribution:
        """The inverse of as_json()."""
        day, facility, practitioner, chapter = kept["cell"]
        drugs = {atc: tuple(counts) for atc, counts in kept["drugs"].items()}
        return cls((day, facility, practitioner, chapter), tuple(kept["figures"]), drugs)


def contribution_of(facts: Facts) -> Contribution:
    """Return what a prescription should add to the figures."""
    day = facts.signed_at.astimezone(ZoneInfo(facts.zone)).date().isoformat()
    diagnoses = facts.content.get("diagnoses") or [{}]
    cell = (day, facts.facility_id, facts.practitioner_id, chapter_of(diagnoses[0].get("code", "")))
    collected = any(facts.handed_out.values())
    if facts.status == "cancelled" and not collected:
        return Contribution(cell, _in_order(FIGURES, {"cancelled": 1}))
    items = facts.content.get("items") or []
    settled = collected or facts.status in OVER
    overrides = len(facts.content.get("overrides") or [])
    waited = facts.first_at - facts.signed_at if facts.first_at and collected else timedelta(0)
    figures = {
        "prescriptions": 1,
        "items": len(items),
        "antibiotic": int(any(_is_antibiotic(item) for item in items)),
        "overridden": int(overrides > 0),
        "overrides": overrides,
        "settled": int(settled),
        "collected": int(collected),
        "collected_whole": int(collected and all(_is_whole(item, facts.handed_out) for item in items)),
        "within_day": int(collected and waited <= DAY),
        "minutes": max(int(waited.total_seconds() // 60), 0),
    }
    drugs: dict[str, Counter[str]] = {}
    for item in items:
        counts = drugs.setdefault(str(item.get("atc") or ""), Counter())
        counts["items"] += 1
        counts["settled"] += int(settled)
        counts["collected"] += int(facts.handed_out.get(item["id"], 0) > 0)
    return Contribution(
        cell, _in_order(FIGURES, figures), {atc: _in_order(DRUG_FIGURES, counts) for atc, counts in drugs.items()}
    )


def _in_order(names: Iterable[str], values: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(values.get(name, 0) for name in names)


def _is_antibiotic(item: Mapping[str, Any]) -> bool:
    return str(item.get("atc") or "").startswith(ANTIBIOTIC)


def _is_whole(item: Mapping[str, Any], handed_out: Mapping[str, int]) -> bool:
    return handed_out.get(item["id"], 0) >= int(item["total"])


Deltas = dict[tuple[Any, ...], list[int]]


def differences(
    pairs: Iterable[tuple[Contribution | None, Contribution | None]],
) -> tuple[Deltas, Deltas]:
    """Add up what has to change: pairs of (counted so far, to be counted) → by cell, and by cell and drug. Zeros are left out."""
    figures: Deltas = {}
    drugs: Deltas = {}
    for before, after in pairs:
        if before == after:
            continue
        for sign, one in ((-1, before), (1, after)):
            if one is None:
                continue
            _add(figures, one.cell, one.figures, sign)
            for atc, counts in one.drugs.items():
                _add(drugs, (*one.cell, atc), counts, sign)
    return _without_zeros(figures), _without_zeros(drugs)


def _add(deltas: Deltas, key: tuple[Any, ...], counts: tuple[int, ...], sign: int) -> None:
    kept = deltas.setdefault(key, [0] * len(counts))
    for place, count in enumerate(counts):
        kept[place] += sign * count


def _without_zeros(deltas: Deltas) -> Deltas:
    return {key: counts for key, counts in sorted(deltas.items()) if any(counts)}
