"""The circulars for a real prescription: the limits of its day, what the record knows already, what a facility may do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from identity.models import Delegation, Facility, Person
from prescriptions import circular
from prescriptions.circular import Circular, Course
from prescriptions.models import Item, Particulars, Permit, Prescription
from prescriptions.queries.drugs import day_of
from prescriptions.queries.patients import WEIGHT, months_between, weight_holds
from records.models import Encounter, Observation

FACTS = (
    "conclusion", "weight_kg", "weight_on", "companion", "companion_phone", "phone", "residence", "receiver_name", "receiver_id",
)  # fmt: skip


def tables_folder() -> Path | None:
    """Return where an installation keeps tables of its own."""
    return Path(settings.PRESCRIPTION_TABLES_DIR) if settings.PRESCRIPTION_TABLES_DIR else None


def circular_of(prescription: Prescription, now: datetime) -> Circular:
    """Return the limits by which a prescription is written: those of the day of its visit."""
    return circular.circular_on(day_of(prescription.encounter, now), tables_folder())


def course_of(kind: str, said: str, items: Iterable[Item]) -> Course:
    """Return what decides about days: a decoction with a toxic herb is shorter."""
    return Course(kind, said, toxic=kind == "t" and any(item.drug.control == "toxic" for item in items))


def is_permitted(facility: Facility, what: str, day: date) -> bool:
    """Say whether a facility, or the whole site, has this permission on a day."""
    begun = Permit.objects.filter(Q(facility=facility) | Q(facility__isnull=True), what=what, valid_from__lte=day)
    return begun.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day)).exists()


def has_beds(facility: Facility, day: date) -> bool:
    """Say whether patients stay there: hospitals, and whoever has a permit that says so."""
    return facility.kind == Facility.Kind.HOSPITAL or is_permitted(facility, Permit.What.BEDS, day)


def may_prescribe_controlled(encounter: Encounter, now: datetime) -> bool:
    """Say whether narcotics and psychotropics may be prescribed in this visit: not between doctor and patient alone, by default."""
    if encounter.form != "direct_to_patient":
        return True
    return is_permitted(encounter.facility, Permit.What.REMOTE_CONTROLLED, day_of(encounter, now))


def particulars_of(prescription: Prescription) -> Particulars:
    """Return what was written down besides the lines; an empty row that is not saved where nothing was."""
    found = getattr(prescription, "particulars", None)  # absent: RelatedObjectDoesNotExist is an AttributeError
    return found if found is not None else Particulars(prescription=prescription)


def completed(prescription: Prescription, now: datetime) -> Particulars:
    """Return the particulars with what the record knows where the doctor has written nothing. Saves nothing."""
    found = particulars_of(prescription)
    known = known_facts(prescription.encounter, now)
    if found.weight_kg is not None:
        known |= {"weight_kg": found.weight_kg, "weight_on": found.weight_on}
    for name in FACTS:
        if getattr(found, name) in ("", None):
            setattr(found, name, known[name])
    if prescription.kind != "n":
        found.receiver_name = found.receiver_id = ""
    return found


def known_facts(encounter: Encounter, now: datetime) -> dict[str, Any]:
    """Return what the record and the visit know of the patient, by the names of `Particulars`; empty where they know nothing."""
    person = encounter.person
    weighed = _weight(person, now)
    guardian, parent = _guardian(person, now)
    guardian_phone = parent.phone if parent else ""
    return {
        "conclusion": next((line.strip() for line in encounter.assessment.splitlines() if line.strip()), "")[:500],
        "weight_kg": weighed.value if weighed else None,
        "weight_on": weighed.at.astimezone(ZoneInfo(encounter.facility.zone)).date() if weighed else None,
        "companion": guardian,
        "companion_phone": guardian_phone,
        "phone": person.phone or guardian_phone,
        "residence": residence_of(person) or (residence_of(parent) if parent else ""),  # a child lives with its parent
        "receiver_name": person.full_name,
        "receiver_id": person.national_id or "",
    }


def residence_of(person: Person) -> str:
    """Return where somebody lives, in one line, in the words of an address: "Thành phố Hồ Chí Minh"."""
    place = person.province
    province = f"{'Thành phố' if place.is_city else 'Tỉnh'} {place.name}" if place else ""
    return ", ".join(part for part in (person.address, person.commune, province) if part)


def age_in_months(person: Person, day: date) -> int | None:
    """Return whole months of age on a day; None where the birthday is not known."""
    return months_between(person.born_on, day) if person.born_on else None


def confirmation_used(number: str, day: date | None, *, besides: UUID) -> bool:
    """Say whether a commune's confirmation stands on another prescription already."""
    rows = Particulars.objects.filter(commune_number=number, commune_on=day).exclude(rules_version="")
    return bool(number) and rows.exclude(prescription_id=besides).exists()


def _weight(person: Person, now: datetime) -> Observation | None:
    """The newest weight, unless it is so old that it says nothing any more; children grow."""
    rows = Observation.objects.filter(person=person, code=WEIGHT, unit="kg", wrong_at__isnull=True, at__lte=now)
    found = rows.order_by("-at", "-created_at", "-id").first()
    holds = found is not None and now - found.at <= weight_holds(age_in_months(person, now.date()))
    return found if holds else None


def _guardian(person: Person, now: datetime) -> tuple[str, Person | None]:
    """Who answers for a child, by the record, else by the delegation; with the person where the house knows them."""
    live = Delegation.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=now.date()),
        grantor=person,
        relation=Delegation.Relation.CHILD,
        revoked_at__isnull=True,
    )
    rows = [one.delegate for one in live.select_related("delegate__province").order_by("created_at", "id")]
    named = [one for one in rows if one.full_name == person.guardian_name]
    who = next(iter(named or ([] if person.guardian_name else rows)), None)
    return person.guardian_name or (who.full_name if who else ""), who
