"""Safety for a real person: who they are, their allergies and what they take, brought to the pure check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from prescriptions import safety
from prescriptions.models import Item, Prescription
from prescriptions.queries.circular import particulars_of
from prescriptions.queries.patients import patient_on
from prescriptions.queries.rules import day_of_visit, rules_on
from prescriptions.strengths import milligrams
from records.models import Allergy


@dataclass(frozen=True)
class Checked:
    """What the check found, by which rules."""

    findings: list[safety.Finding]
    rules_version: str
    known: frozenset[str] = frozenset()  # keys of those that were no less grave when the doctor signed

    @property
    def new(self) -> list[safety.Finding]:
        """Those the doctor has not seen, or not as grave."""
        return [one for one in self.findings if one.key not in self.known]

    @property
    def blocking(self) -> list[safety.Finding]:
        """Those that need an override."""
        return safety.blocking(self.findings)


def _line(key: str, item: Item, *, taken: bool = False, code: str = "") -> safety.Line:
    drug = item.drug
    one = milligrams(drug.strength, drug.dose_unit, len(drug.ingredients))
    doses = tuple(each * item.dose_quantity for each in one) if one else ()
    return safety.Line(
        key, str(drug), tuple(drug.ingredients), drug.atc, taken, code, drug.route, doses, item.doses_a_day
    )


def taken_by(person_id: UUID, now: datetime, *, besides: Iterable[UUID | None] = ()) -> list[safety.Line]:
    """Return what the person takes from other prescriptions whose days are not over."""
    current = Item.objects.filter(
        prescription__person_id=person_id,
        prescription__status__in=["signed", "accepted", "dispensed"],
        prescription__taken_until__gte=now.date(),
    )
    current = current.exclude(prescription_id__in=[one for one in besides if one is not None])
    rows = current.select_related("drug", "prescription").order_by("prescription__signed_at", "rank")
    return [_line(f"taken:{item.id}", item, taken=True, code=item.prescription.code or "") for item in rows]


def allergies_of(person_id: UUID) -> list[safety.KnownAllergy]:
    """Return the live allergies of a person."""
    rows = Allergy.objects.filter(person_id=person_id, ended_at__isnull=True).order_by("substance")
    return [safety.KnownAllergy(one.substance, one.ingredient, one.atc, one.severity) for one in rows]


def check_items(prescription: Prescription, items: Iterable[Item], now: datetime) -> Checked:
    """Check these items of a prescription against each other, its person, their allergies and other prescriptions.

    The rules are those of the day of the visit; what the person is and takes is as of now.
    """
    rules = rules_on(day_of_visit(prescription, now))
    lines = [_line(str(item.rank), item) for item in items]
    old = prescription.replaces  # nothing is taken twice when the one takes the other's place
    taken = taken_by(
        prescription.person_id, now, besides=(prescription.id, old.id if old is not None and old.is_open else None)
    )
    patient = patient_on(prescription.person, now, encounter_id=prescription.encounter_id)
    weighed = particulars_of(prescription).weight_kg
    if weighed is not None and (prescription.is_draft or patient.weight_kg is None):
        patient = replace(patient, weight_kg=weighed)
    return Checked(safety.check(lines, taken, allergies_of(prescription.person_id), rules, patient), rules.version)


def check_prescription(prescription: Prescription, now: datetime) -> Checked:
    """Check a prescription as it stands; of a signed one, say also what was known when it was signed."""
    checked = check_items(prescription, prescription.items.select_related("drug").order_by("rank"), now)
    # What was given a reason was seen as grave, also before findings were kept.
    seen = {one.finding: safety.BLOCK for one in prescription.overrides.all()}
    seen |= {one["finding"]: one["grade"] for one in prescription.found_at_signing}
    order = safety.GRADES.index
    known = {one.key for one in checked.findings if one.key in seen and order(seen[one.key]) <= order(one.grade)}
    return replace(checked, known=frozenset(known))
