"""What a doctor keeps to write faster, and what of it can be prescribed on the day of a visit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from core.actor import Actor
from prescriptions.models import Drug, Favourite, Item, LineSet, Prescription, Snippet
from prescriptions.queries.drugs import get_drugs

MOST_EARLIER = 12


@dataclass(frozen=True)
class OwnLine:
    """One line that can be put into a draft: its drug and how it is taken."""

    drug: Drug
    dose_quantity: Decimal
    doses_a_day: int
    days: int
    instruction: str = ""

    @property
    def dose_text(self) -> str:
        """The dose without idle zeros."""
        return f"{self.dose_quantity.normalize():f}"


@dataclass(frozen=True)
class OwnSet:
    """A set as it can be used on a day: its lines, and the names of what is no longer prescribable."""

    id: Any
    name: str
    shared: bool
    is_own: bool
    by: str
    advice: str
    lines: list[OwnLine]
    gone: list[str] = field(default_factory=list)


def favourites(by: Actor, on: date) -> list[Favourite]:
    """Return the doctor's favourite lines whose drugs may be prescribed on this day, by name."""
    if by.practitioner_id is None:
        return []
    rows = Favourite.objects.filter(practitioner_id=by.practitioner_id).select_related("drug")
    return [one for one in rows.order_by("drug__search_text", "created_at") if one.drug.is_valid_on(on)]


def line_sets(by: Actor, on: date) -> list[OwnSet]:
    """Return the doctor's sets and those colleagues share at the facility they act in, by name."""
    mine = Q(practitioner_id=by.practitioner_id)
    if by.facility_id:
        mine |= Q(facility_id=by.facility_id, shared=True)
    rows = list(LineSet.objects.filter(mine).select_related("practitioner").order_by("name", "created_at"))
    codes = {line["drug"] for row in rows for line in row.lines}
    valid, named = get_drugs(codes, on=on), {one.code: str(one) for one in Drug.objects.filter(code__in=codes)}
    return [
        OwnSet(
            row.id,
            row.name,
            row.shared,
            row.practitioner_id == by.practitioner_id,
            row.practitioner.display_name,
            row.advice,
            [_line(line, valid[line["drug"]]) for line in row.lines if line["drug"] in valid],
            [named.get(line["drug"], line["drug"]) for line in row.lines if line["drug"] not in valid],
        )
        for row in rows
    ]


def _line(line: dict[str, Any], drug: Drug) -> OwnLine:
    return OwnLine(drug, Decimal(line["dose_quantity"]), line["doses_a_day"], line["days"], line.get("instruction", ""))


def snippets(by: Actor) -> list[Snippet]:
    """Return the doctor's sentences of advice."""
    if by.practitioner_id is None:
        return []
    return list(Snippet.objects.filter(practitioner_id=by.practitioner_id).order_by("text"))


def earlier_of(prescription: Prescription) -> list[Prescription]:
    """Return what was signed for this person before, by whomever, the newest first. The caller may see the person's record."""
    rows = Prescription.objects.filter(person_id=prescription.person_id, code__isnull=False).exclude(pk=prescription.pk)
    shown = rows.select_related("practitioner", "facility").prefetch_related("items__drug")
    return list(shown.order_by("-signed_at", "-id")[:MOST_EARLIER])


def split_by_day(items: Iterable[Item], on: date) -> tuple[list[Item], list[str]]:
    """Divide lines into those that may still be prescribed, and the names of the others."""
    kept, gone = [], []
    for item in items:
        if item.drug.is_valid_on(on):
            kept.append(item)
        else:
            gone.append(str(item.drug))
    return kept, gone
