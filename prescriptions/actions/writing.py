"""Writing: a draft per visit and doctor, saved as often as one types, checked as often as one likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

import audit
from core.actor import Actor
from core.errors import NotFound
from prescriptions import access, queries, words
from prescriptions.actions.limits import kind_of, require_limits
from prescriptions.errors import (
    AlreadySigned,
    BadDose,
    BadQuantity,
    NotAPrescriber,
    NotTheVisit,
    UnknownDrug,
)
from prescriptions.models import Drug, Item, Particulars, Prescription
from prescriptions.quantities import LARGEST_TOTAL, computed_total, is_divisible, smallest_part
from records import access as records_access
from records.models import Diagnosis, Encounter

# After the visit a doctor still finishes the paperwork, but does not prescribe days later without seeing the person.
STILL_OPEN_AFTER_VISIT = timedelta(hours=24)


def require_open_visit(encounter: Encounter, now: datetime) -> None:
    """Make sure the visit is under way or has just ended. Raises NotTheVisit."""
    if encounter.status == Encounter.Status.IN_PROGRESS:
        return
    ended = encounter.finished_at if encounter.status == Encounter.Status.FINISHED else None
    if ended is None or now - ended > STILL_OPEN_AFTER_VISIT:
        raise NotTheVisit()


def require_own_visit(prescription: Prescription) -> None:
    """Make sure the visit is still the writer's: what a doctor drafted and did not sign before handing over stays a draft.

    Raises NotTheVisit.
    """
    if prescription.encounter.practitioner_id != prescription.practitioner_id:
        raise NotTheVisit()


@transaction.atomic
def draft(*, encounter_id: UUID, by: Actor, now: datetime) -> Prescription:
    """Begin a prescription in a visit, or return the draft already begun. Raises NotFound, NotTheVisit, NotAPrescriber."""
    if by.role != "practitioner":
        raise NotFound()
    encounter = records_access.lock_encounter(by, encounter_id)
    if encounter.practitioner_id != by.practitioner_id:
        raise NotFound()
    if encounter.practitioner.profession != "doctor":
        raise NotAPrescriber()
    require_open_visit(encounter, now)
    begun = Prescription.objects.filter(encounter=encounter, practitioner_id=by.practitioner_id, status="draft").first()
    if begun is not None:
        return begun
    prescription = Prescription.objects.create(
        encounter=encounter,
        person_id=encounter.person_id,
        practitioner_id=encounter.practitioner_id,
        facility_id=encounter.facility_id,
    )
    audit.record(by, "prescription.draft", prescription, person_id=prescription.person_id)
    return prescription


@transaction.atomic
def save_draft(
    *,
    prescription_id: UUID,
    items: Sequence[dict[str, Any]] | None,
    advice: str | None,
    particulars: Mapping[str, Any] | None = None,
    by: Actor,
    now: datetime,
) -> Prescription:
    """Replace the lines, the advice and the named particulars of a draft; None leaves a part as it is.

    An item is {drug: code, dose_quantity, doses_a_day, days, total?, instruction?}. Without `total` it is computed; a doctor
    may write less ("as needed"), never more. Raises NotFound, AlreadySigned, UnknownDrug, BadDose, BadQuantity, TooManyDays,
    MixedControl, HerbsApart, ControlledInRemoteVisit, NoBeds, NotTrained, WrongCourse.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    if not prescription.is_draft:
        raise AlreadySigned()
    require_own_visit(prescription)
    if advice is not None:
        prescription.advice = advice
    said = _particulars(prescription, particulars or {}, now)
    if items is not None:
        drugs = queries.get_drugs((item["drug"] for item in items), on=queries.day_of(prescription.encounter, now))
        lines = [_item(prescription, number, item, drugs) for number, item in enumerate(items)]
        prescription.kind = kind_of(lines)
    elif particulars is not None:
        lines = list(prescription.items.select_related("drug").order_by("rank"))
    if items is not None or particulars is not None:
        codes = list(Diagnosis.objects.filter(encounter=prescription.encounter).values_list("code", flat=True))
        require_limits(prescription, lines, said, codes, now)
    if items is not None:
        prescription.items.all().delete()
        prescription.parts.all().delete()  # they were parts of other lines
        Item.objects.bulk_create(lines)
    if particulars is not None:
        said.save()
    prescription.save(update_fields=["advice", "kind"])
    return prescription


def _particulars(prescription: Prescription, wish: Mapping[str, Any], now: datetime) -> Particulars:
    """The row as it would be; a weight that is written down without a day was taken today."""
    said = queries.particulars_of(prescription)
    for name, value in wish.items():
        setattr(said, name, value)
    if "weight_kg" in wish:
        today = now.astimezone(ZoneInfo(prescription.facility.zone)).date()
        said.weight_on = (wish.get("weight_on") or today) if said.weight_kg is not None else None
    return said


def _item(prescription: Prescription, number: int, item: dict[str, Any], drugs: dict[str, Drug]) -> Item:
    drug = drugs.get(item["drug"])
    if drug is None:
        raise UnknownDrug(fields={f"items.{number}.drug": [UnknownDrug.message]})
    if not is_divisible(item["dose_quantity"], drug.dose_unit, drug.form):
        part = f"{smallest_part(drug.dose_unit, drug.form).normalize():f}"
        word = _("The smallest part of this medicine is %(part)s.") % {"part": words.number(part)}
        raise BadDose(fields={f"items.{number}.dose_quantity": [word]})
    computed = computed_total(item["dose_quantity"], item["doses_a_day"], item["days"], drug.pack_size)
    total = item.get("total") or computed or 1
    most = min(computed or LARGEST_TOTAL, LARGEST_TOTAL)
    if total > most:
        word = _("At most %(most)s for this dose and these days.") % {"most": most}
        raise BadQuantity(fields={f"items.{number}.total": [word]})
    return Item(
        prescription=prescription,
        rank=number + 1,
        drug=drug,
        dose_quantity=item["dose_quantity"],
        doses_a_day=item["doses_a_day"],
        days=item["days"],
        total=total,
        instruction=item.get("instruction") or "",
    )


def check(*, prescription_id: UUID, by: Actor, now: datetime) -> queries.Checked:
    """Run the safety check over a prescription the actor may see. Changes nothing. Raises NotFound."""
    return queries.check_prescription(access.get_prescription(by, prescription_id, now), now)
