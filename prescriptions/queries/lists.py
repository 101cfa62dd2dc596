"""Lists and small facts of prescriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, QuerySet
from django.db.models.functions import TruncMonth

from core.actor import Actor
from core.errors import NotFound
from identity.models import Person
from prescriptions import access, sealing
from prescriptions.models import Acceptance, Dispense, Override, Part, Prescription, Share


@dataclass(frozen=True)
class PrescriptionFacts:
    """What a journey may tell: no drug, no diagnosis."""

    id: UUID
    code: str
    status: str
    person_id: UUID
    encounter_id: UUID
    practitioner_name: str
    pharmacy_id: UUID | None
    pharmacy_name: str
    valid_until: datetime | None  # the last instant, so that its day is the one to say


def get_facts(prescription_id: UUID) -> PrescriptionFacts:
    """Return the facts for the house's own stories. Raises NotFound."""
    found = Prescription.objects.select_related("practitioner", "routed_to").filter(id=prescription_id).first()
    if found is None:
        raise NotFound()
    last = found.acceptances.select_related("pharmacy").order_by("-accepted_at").first()
    pharmacy = last.pharmacy if last is not None else found.routed_to
    return PrescriptionFacts(
        id=found.id,
        code=found.code or "",
        status=found.status,
        person_id=found.person_id,
        encounter_id=found.encounter_id,
        practitioner_name=found.practitioner.display_name,
        pharmacy_id=pharmacy.id if pharmacy else None,
        pharmacy_name=pharmacy.name if pharmacy else "",
        valid_until=found.last_moment,
    )


def _shown() -> QuerySet[Prescription]:
    return Prescription.objects.select_related(
        "person__province", "practitioner", "facility__province", "routed_to__province", "encounter", "particulars"
    ).prefetch_related("items__drug", "items__dispenses__given", "overrides", "parts__shares__item__drug")


def of_people(people: Iterable[Person] | QuerySet[Person]) -> QuerySet[Prescription]:
    """Return the signed prescriptions of these people, newest first."""
    return _shown().filter(person__in=people, code__isnull=False).order_by("-signed_at", "-id")


def seen_by(
    by: Actor, now: datetime, *, person_id: UUID | None = None, encounter_id: UUID | None = None
) -> QuerySet[Prescription]:
    """Return the prescriptions the actor may see, of one person or one visit where asked."""
    rows = _shown().filter(access.visible(by, now))
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    if encounter_id is not None:
        rows = rows.filter(encounter_id=encounter_id)
    return rows


def of_encounter(encounter_id: UUID, practitioner_id: UUID) -> QuerySet[Prescription]:
    """Return what one practitioner wrote in one visit, the draft included, newest first."""
    rows = _shown().filter(encounter_id=encounter_id, practitioner_id=practitioner_id)
    return rows.exclude(status="cancelled", code__isnull=True).order_by("-created_at", "-id")


def queue_of(pharmacy_id: UUID) -> QuerySet[Prescription]:
    """Return what citizens sent to this pharmacy and nobody holds, oldest first."""
    return _shown().filter(routed_to_id=pharmacy_id, status="signed").order_by("routed_at", "id")


def held_by(pharmacy_id: UUID) -> QuerySet[Prescription]:
    """Return what this pharmacy has in hand."""
    mine = Acceptance.objects.filter(pharmacy_id=pharmacy_id, ended_at__isnull=True)
    return (
        _shown().filter(status="accepted", acceptances__in=mine).order_by("acceptances__accepted_at", "id").distinct()
    )


def dispensed_on(pharmacy_id: UUID, begin: datetime, end: datetime) -> list[Acceptance]:
    """Return the holds this pharmacy closed within [begin, end), with what was handed out, newest first."""
    lines = Prefetch("dispenses", Dispense.objects.select_related("item__drug", "given").order_by("at", "id"))
    ended = Acceptance.objects.filter(pharmacy_id=pharmacy_id, ended_at__gte=begin, ended_at__lt=end)
    return list(ended.select_related("prescription__person").prefetch_related(lines).order_by("-ended_at", "-id"))


def overdue(now: datetime) -> list[UUID]:
    """Return signed prescriptions whose time is over."""
    return list(Prescription.objects.filter(status="signed", expires_at__lte=now).values_list("id", flat=True))


def overrides_counted(practitioner_id: UUID | None = None) -> int:
    """Return how often grave findings were overridden, by one practitioner or by all."""
    counted = Override.objects.filter(prescription__signed_at__isnull=False)
    if practitioner_id:
        counted = counted.filter(prescription__practitioner_id=practitioner_id)
    return counted.count()


@dataclass(frozen=True)
class Overridden:
    """How often one rule was overridden, by one practitioner in one month."""

    month: date
    practitioner_id: UUID
    practitioner: str
    kind: str
    rule: str
    rules_version: str
    reason: str
    times: int


def overrides_by_rule(
    begin: datetime, end: datetime, *, facility_id: UUID | None = None, zone: str = "Asia/Ho_Chi_Minh"
) -> list[Overridden]:
    """Count overrides of prescriptions signed within [begin, end) by month, practitioner, kind, rule and reason.

    Months are those of `zone`. Nothing in it tells of a patient, but small counts may: suppress these before publishing.
    """
    rows = Override.objects.filter(prescription__signed_at__gte=begin, prescription__signed_at__lt=end)
    if facility_id is not None:
        rows = rows.filter(prescription__facility_id=facility_id)
    counted = (
        rows.annotate(month=TruncMonth("prescription__signed_at", tzinfo=ZoneInfo(zone)))
        .values(
            "month",
            "prescription__practitioner_id",
            "prescription__practitioner__title",
            "prescription__practitioner__full_name",
            "finding_kind",
            "rule",
            "rules_version",
            "reason",
        )
        .annotate(times=Count("id"))
        .order_by("month", "prescription__practitioner__full_name", "finding_kind", "rule", "reason")
    )
    return [
        Overridden(
            month=one["month"].date(),
            practitioner_id=one["prescription__practitioner_id"],
            practitioner=(
                f"{one['prescription__practitioner__title']} {one['prescription__practitioner__full_name']}".strip()
            ),
            kind=one["finding_kind"],
            rule=one["rule"],
            rules_version=one["rules_version"],
            reason=one["reason"],
            times=one["times"],
        )
        for one in counted
    ]


def shown_access_code(prescription: Prescription) -> str:
    """Return the access code in plain digits, for the citizen's card; empty when there is none or the seal is broken."""
    if not prescription.sealed_access_code:
        return ""
    try:
        sealed = prescription.sealed_access_code
        return sealing.unseal(sealed, purpose="access-code", owner=str(prescription.id)).decode()
    except sealing.SealBroken:
        return ""


def secret_of(acceptance: Acceptance) -> str:
    """Return the secret of a pharmacy's hold; empty when the seal is broken, which fits no secret."""
    try:
        return sealing.unseal(acceptance.sealed_secret, purpose="acceptance", owner=str(acceptance.id)).decode()
    except sealing.SealBroken:
        return ""


def secret_for(by: Actor, prescription_id: UUID) -> str:
    """Return the secret of the hold the actor's pharmacy has now; empty when it has none."""
    held = Acceptance.objects.filter(
        prescription_id=prescription_id, pharmacy_id=by.facility_id, ended_at__isnull=True
    ).first()
    return secret_of(held) if held is not None and by.role == "pharmacist" else ""


def hold_of(prescription: Prescription) -> Acceptance | None:
    """Return who has the prescription in hand now."""
    return prescription.acceptances.select_related("pharmacy", "part").filter(ended_at__isnull=True).first()


def replacement_of(prescription: Prescription, by: Actor, now: datetime) -> Prescription | None:
    """Return what took its place, for those who may see that one; None for everybody else and when nothing did."""
    if prescription.replaced_by_id is None:
        return None
    return Prescription.objects.filter(access.visible(by, now), pk=prescription.replaced_by_id).first()


def within_part(prescription: Prescription, held: Acceptance | None) -> None:
    """Let `remaining` of the prescription's items say what may be handed out of the part this hold is for."""
    if held is None or held.part_id is None:
        return
    left = {share.item_id: share.remaining for share in Share.objects.filter(part_id=held.part_id)}
    for item in prescription.items.all():
        item.part_left = left.get(item.id, 0)


def part_now(prescription: Prescription, now: datetime) -> Part | None:
    """Return the part that can be collected now, else the next one; None without parts and when none is to come."""
    parts = [part for part in prescription.parts.all() if part.collected_at is None and now < part.closes_at]
    return parts[0] if parts and prescription.is_open else None
