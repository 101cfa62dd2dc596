"""Safety for a real person: their allergies and what they take, brought to the pure check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prescriptions import safety
from prescriptions.models import Drug, Item, Prescription
from records.models import Allergy


@dataclass(frozen=True)
class Checked:
    """What the check found, by which rules."""

    findings: list[safety.Finding]
    rules_version: str

    @property
    def blocking(self) -> list[safety.Finding]:
        """Those that need an override."""
        return safety.blocking(self.findings)


def _line(key: str, drug: Drug, *, taken: bool = False, code: str = "") -> safety.Line:
    return safety.Line(key, str(drug), tuple(drug.ingredients), drug.atc, taken, code)


def taken_by(person_id: UUID, now: datetime, *, besides: UUID | None = None) -> list[safety.Line]:
    """Return what the person takes from other prescriptions whose days are not over."""
    current = Item.objects.filter(
        prescription__person_id=person_id,
        prescription__status__in=["signed", "accepted", "dispensed"],
        prescription__taken_until__gte=now.date(),
    )
    if besides is not None:
        current = current.exclude(prescription_id=besides)
    rows = current.select_related("drug", "prescription").order_by("prescription__signed_at", "rank")
    return [_line(f"taken:{item.id}", item.drug, taken=True, code=item.prescription.code or "") for item in rows]


def allergies_of(person_id: UUID) -> list[safety.KnownAllergy]:
    """Return the live allergies of a person."""
    rows = Allergy.objects.filter(person_id=person_id, ended_at__isnull=True).order_by("substance")
    return [safety.KnownAllergy(one.substance, one.ingredient, one.atc, one.severity) for one in rows]


def check_items(person_id: UUID, items: Iterable[Item], now: datetime, *, besides: UUID | None = None) -> Checked:
    """Check these items for this person, against each other, other prescriptions, and allergies."""
    rules = safety.built_in_rules()
    lines = [_line(str(item.rank), item.drug) for item in items]
    taken = taken_by(person_id, now, besides=besides)
    return Checked(safety.check(lines, taken, allergies_of(person_id), rules), rules.version)


def check_prescription(prescription: Prescription, now: datetime) -> Checked:
    """Check a prescription as it stands."""
    items = prescription.items.select_related("drug").order_by("rank")
    return check_items(prescription.person_id, items, now, besides=prescription.id)
