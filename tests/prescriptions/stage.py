"""The stage of a prescription: a visit under way with a diagnosis, a draft, a signed one, one in a pharmacy's hands."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from identity.models import Membership, Person, Practitioner
from prescriptions import actions, queries
from prescriptions.models import Item, Prescription
from records import actions as records_actions
from records.models import Encounter
from tests.make import NOW, actor_for

AMOXICILLIN = "amoxicillin-500-mg-capsule"
PARACETAMOL = "paracetamol-500-mg-tablet"
IBUPROFEN = "ibuprofen-400-mg-tablet"
AZITHROMYCIN = "azithromycin-500-mg-tablet"
DOMPERIDONE = "domperidone-10-mg-tablet"
CEFIXIME = "cefixime-200-mg-capsule"
MORPHINE = "morphine-10-mg-capsule"
DIAZEPAM = "diazepam-5-mg-tablet"
LIQUORICE, ACONITE = "vi-thuoc-cam-thao", "vi-thuoc-phu-tu-che"
HONEY_PILLS = "luc-vi-dia-hoang-hoan"
SYRUP = "desloratadine-0p5-mg-per-ml-syrup"
CREAM = "betamethasone-0p05-percent-cream"

# What goes with a narcotic.
PAPERS = {
    "commitment_number": "12/CK",
    "commitment_on": date(2031, 3, 20),
    "receiver_name": "Nguyễn Văn Nam",
    "receiver_id": "001190012345",
}


def line(drug: str = AMOXICILLIN, dose: str = "1", times: int = 2, days: int = 7, **values: Any) -> dict[str, Any]:
    """One line as an action takes it."""
    return {"drug": drug, "dose_quantity": Decimal(dose), "doses_a_day": times, "days": days, **values}


def make_visit(
    *, person: Person, practitioner: Practitioner, now: datetime = NOW, mode: str = "video", diagnosis: str = "J02.9"
) -> Encounter:
    """A visit the doctor has begun, with a diagnosis unless `diagnosis` is empty."""
    by = actor_for(practitioner)
    encounter = records_actions.plan_encounter(
        appointment_ref=None,
        person_id=person.id,
        practitioner_id=practitioner.id,
        facility_id=practitioner.memberships.get().facility_id,
        mode=mode,
        planned_from=now - timedelta(minutes=5),
        planned_to=now + timedelta(minutes=15),
        reason="Đau họng",
        listed_code="J00",
        by=by,
        now=now,
    )
    records_actions.start_encounter(encounter_id=encounter.id, by=by, now=now)
    if diagnosis:
        records_actions.save_note(
            encounter_id=encounter.id, version=0, changes={}, diagnoses=[{"code": diagnosis}], by=by, now=now
        )
    encounter.refresh_from_db()
    return encounter


def make_draft(
    *,
    encounter: Encounter,
    items: list[dict[str, Any]] | None = None,
    now: datetime = NOW,
    advice: str = "Uống nhiều nước",
    particulars: dict[str, Any] | None = None,
) -> Prescription:
    """A draft with amoxicillin for a week, or the given lines."""
    by = actor_for(encounter.practitioner)
    begun = actions.draft(encounter_id=encounter.id, by=by, now=now)
    lines = [line()] if items is None else items
    if particulars is None and any(one["drug"] == MORPHINE for one in lines):
        particulars = PAPERS
    return actions.save_draft(
        prescription_id=begun.id, items=lines, advice=advice, particulars=particulars, by=by, now=now
    )


def make_signed(*, person: Person, practitioner: Practitioner, now: datetime = NOW, **values: Any) -> Prescription:
    """A signed prescription out of a visit of its own."""
    encounter = make_visit(person=person, practitioner=practitioner, now=now, mode=values.pop("mode", "video"))
    begun = make_draft(encounter=encounter, now=now, **values)
    return actions.sign(prescription_id=begun.id, by=actor_for(practitioner), now=now)


def codes_of(prescription: Prescription) -> dict[str, str]:
    """What the citizen shows at the counter."""
    return {"code": prescription.code or "", "access_code": queries.shown_access_code(prescription)}


def make_held(*, prescription: Prescription, pharmacist: Membership, now: datetime = NOW) -> str:
    """Put a prescription into a pharmacy's hands; return the secret."""
    by = actor_for(pharmacist)
    actions.lookup(**codes_of(prescription), by=by, now=now)
    return actions.accept(prescription_id=prescription.id, by=by, now=now).secret


def only_item(prescription: Prescription) -> Item:
    """The one item of a prescription, as the database has it now."""
    return Item.objects.get(prescription=prescription)


def handed(item: Item, quantity: int, lot: str = "LOT-1") -> dict[str, Any]:
    """One line of what is handed out."""
    return {"item": item.id, "quantity": quantity, "lot": lot}
