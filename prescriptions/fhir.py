"""Prescriptions as FHIR R4 (MedicationRequest, MedicationDispense: one per item and per quantity handed out), and as timeline entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.actor import Actor
from core.errors import NotFound
from core.fhir import ATC, ICD10, UCUM, identifier, patient_in
from core.refs import ref
from prescriptions import access, words
from prescriptions.models import Dispense, Drug, Item, Prescription
from records.sources import Entry

REQUEST_STATUS = {
    "signed": "active",
    "accepted": "active",
    "dispensed": "completed",
    "cancelled": "cancelled",
    "expired": "stopped",
}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


# v3-substanceAdminSubstitution: what a substitute is to the prescribed drug.
SUBSTITUTION = "http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution"
SUBSTITUTIONS = {"generic": "G", "brand": "BC", "form": "EC"}


def medication_of(drug: Drug) -> dict[str, Any]:
    """Return what a drug is, coded by ATC where that is known, in the words of a printed prescription."""
    coding = [{"system": ATC, "code": drug.atc, "display": drug.inn}] if drug.atc else []
    return {**({"coding": coding} if coding else {}), "text": drug.printed}


def _dosage(item: Item) -> dict[str, Any]:
    drug = item.drug
    return {
        "text": words.dose_of(item),
        **({"patientInstruction": item.instruction} if item.instruction else {}),
        "timing": {
            "repeat": {
                "frequency": item.doses_a_day,
                "period": 1,
                "periodUnit": "d",
                "boundsDuration": {"value": item.days, "unit": "d", "system": UCUM, "code": "d"},
            }
        },
        "route": {"text": str(drug.get_route_display())},
        "doseAndRate": [
            {"doseQuantity": {"value": float(item.dose_quantity), "unit": str(drug.get_dose_unit_display())}}
        ],
    }


def request_of(item: Item) -> dict[str, Any]:
    """Return one item as a MedicationRequest; items of one prescription share its code as group identifier."""
    prescription = item.prescription
    drug = item.drug
    assert prescription.signed_at and prescription.expires_at
    return {
        "resourceType": "MedicationRequest",
        "id": str(item.id),
        "meta": {
            "lastUpdated": _instant(prescription.dispensed_at or prescription.cancelled_at or prescription.signed_at)
        },
        "groupIdentifier": {"system": settings.FHIR_SYSTEMS["prescription"], "value": prescription.code},
        "status": REQUEST_STATUS[prescription.status],
        "intent": "order",
        "medicationCodeableConcept": medication_of(drug),
        "subject": {"reference": f"Patient/{prescription.person_id}"},
        "encounter": {"reference": f"Encounter/{prescription.encounter_id}"},
        "authoredOn": _instant(prescription.signed_at),
        "requester": {
            "type": "Practitioner",
            "identifier": identifier("licence", prescription.practitioner.licence_number),
            "display": prescription.practitioner.display_name,
        },
        # The same drug as it stands in the catalogue; who signed all this is Provenance/<id of the prescription>.
        "supportingInformation": [{"reference": f"Medication/{item.drug_id}"}],
        "reasonCode": [
            {"coding": [{"system": ICD10, "code": one["code"], "display": one["name"]}], "text": one["name"]}
            for one in (prescription.content or {}).get("diagnoses", [])
        ],
        "dosageInstruction": [_dosage(item)],
        "dispenseRequest": {
            "validityPeriod": {"start": _instant(prescription.signed_at), "end": _instant(prescription.expires_at)},
            "quantity": {"value": item.total, "unit": str(drug.get_unit_display())},
        },
        "substitution": {"allowedBoolean": True},
    }


def dispense_of(dispense: Dispense) -> dict[str, Any]:
    """Return one quantity handed out as a MedicationDispense."""
    item = dispense.item
    return {
        "resourceType": "MedicationDispense",
        "id": str(dispense.id),
        "status": "completed",
        "medicationCodeableConcept": medication_of(dispense.drug),
        "subject": {"reference": f"Patient/{item.prescription.person_id}"},
        "context": {"reference": f"Encounter/{item.prescription.encounter_id}"},
        "performer": [{"actor": {"display": dispense.pharmacy.name}}],
        "authorizingPrescription": [{"reference": f"MedicationRequest/{item.id}"}],
        "quantity": {"value": dispense.quantity, "unit": str(item.drug.get_unit_display())},
        "whenHandedOver": _instant(dispense.at),
        "note": [{"text": _lot(dispense)}],
        "dosageInstruction": [_dosage(item)],
        "substitution": _substitution(dispense),
    }


def _lot(dispense: Dispense) -> str:
    if dispense.expires_on is None:
        return _("Lot %(lot)s") % {"lot": dispense.lot}
    return _("Lot %(lot)s, expires on %(day)s") % {"lot": dispense.lot, "day": dispense.expires_on.isoformat()}


def _substitution(dispense: Dispense) -> dict[str, Any]:
    if not dispense.substitution:
        return {"wasSubstituted": False}
    return {
        "wasSubstituted": True,
        "type": {"coding": [{"system": SUBSTITUTION, "code": SUBSTITUTIONS[dispense.substitution]}]},
        "reason": [{"text": str(dispense.get_substitution_reason_display())}],
    }


def _items() -> QuerySet[Item]:
    return Item.objects.select_related("drug", "prescription__practitioner").filter(prescription__code__isnull=False)


def _dispenses() -> QuerySet[Dispense]:
    return Dispense.objects.select_related("item__drug", "given", "item__prescription", "pharmacy")


def _wanted(params: dict[str, str], field: str) -> Q:
    """Read the `patient` parameter. Raises WrongParameter for what cannot be one."""
    person_id = patient_in(params)
    return Q(**{field: person_id}) if person_id is not None else Q()


def _seen(by: Actor, now: datetime) -> QuerySet[Prescription]:
    return Prescription.objects.filter(access.visible(by, now))


class MedicationRequests:
    """FHIR_TYPES entry for MedicationRequest."""

    def read(self, by: Actor, id: UUID, now: datetime) -> dict[str, Any]:
        """Return one item. Raises NotFound."""
        item = _items().filter(id=id).first()
        if item is None:
            raise NotFound()
        access.get_prescription(by, item.prescription_id, now)  # asks, and writes the reading down
        return request_of(item)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        """Return the items the actor may see, of one patient where asked."""
        rows = _items().filter(_wanted(params, "prescription__person_id"), prescription__in=_seen(by, now))
        return [request_of(item) for item in rows.order_by("-prescription__signed_at", "rank")[:200]]


class MedicationDispenses:
    """FHIR_TYPES entry for MedicationDispense."""

    def read(self, by: Actor, id: UUID, now: datetime) -> dict[str, Any]:
        """Return one quantity handed out. Raises NotFound."""
        dispense = _dispenses().filter(id=id).first()
        if dispense is None:
            raise NotFound()
        access.get_prescription(by, dispense.item.prescription_id, now)
        return dispense_of(dispense)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        """Return the quantities the actor may see, of one patient where asked."""
        rows = _dispenses().filter(
            _wanted(params, "item__prescription__person_id"), item__prescription__in=_seen(by, now)
        )
        return [dispense_of(dispense) for dispense in rows.order_by("-at")[:200]]


def for_patient(person_id: UUID) -> list[Entry]:
    """RECORD_SOURCES: the signed prescriptions of a person."""
    rows = Prescription.objects.filter(person_id=person_id, code__isnull=False)
    found = []
    for one in rows.select_related("practitioner", "facility").prefetch_related("items__drug"):
        items = list(one.items.all())
        assert one.signed_at
        found.append(
            Entry(
                kind="prescription",
                at=one.signed_at,
                title=", ".join(str(item.drug) for item in items[:3]) + (" …" if len(items) > 3 else ""),
                subtitle=ngettext("%(n)s medicine", "%(n)s medicines", len(items)) % {"n": len(items)},
                ref=str(ref(one)),
                facility=one.facility.name,
                practitioner=one.practitioner.display_name,
                status=one.status,
                detail={
                    "code": one.code,
                    "items": [{"name": str(item.drug), "dose": words.dose_of(item)} for item in items],
                    # The last day of the longest course: until then these are the medicines somebody takes.
                    "ends_on": (one.signed_at + timedelta(days=max(item.days for item in items))).date().isoformat(),
                },
            )
        )
    return found


def dispenses_for_patient(person_id: UUID) -> list[Entry]:
    """RECORD_SOURCES: what pharmacies handed out to a person, one entry per visit at the counter."""
    visits: dict[tuple[UUID, datetime], list[Dispense]] = {}
    for one in _dispenses().filter(item__prescription__person_id=person_id).order_by("at", "id"):
        visits.setdefault((one.acceptance_id, one.at), []).append(one)
    return [
        Entry(
            kind="dispense",
            at=lines[0].at,
            title=", ".join(dict.fromkeys(str(line.drug) for line in lines)),
            subtitle=lines[0].pharmacy.name,
            ref=str(ref(lines[0].item.prescription)),
            facility=lines[0].pharmacy.name,
            status="completed",
            detail={
                "items": [
                    {
                        "name": str(line.drug),
                        "quantity": f"{line.quantity} {line.drug.get_unit_display()}",
                        "lot": line.lot,
                    }
                    for line in lines
                ]
            },
        )
        for lines in visits.values()
    ]
