"""A whole prescription as FHIR R4: the drug as it stands in the catalogue (Medication), the doctor's signature (Provenance), and
everything together (Bundle: requests, medications, what was handed out, provenance)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from core import fhir
from core.actor import Actor
from core.errors import NotFound
from core.fhir import Resource
from prescriptions import access, codes, queries
from prescriptions.fhir import dispense_of, medication_of, request_of
from prescriptions.models import Dispense, Drug, Item, Prescription
from records import access as records_access

MOST = 100
HL7 = "http://terminology.hl7.org/CodeSystem"
# FHIR R4, Signature.type: ASTM E1762-95, "author's signature".
AUTHOR_SIGNATURE = {
    "system": "urn:iso-astm:E1762-95:2013",
    "code": "1.2.840.10065.1.12.1.1",
    "display": "Author's Signature",
}


def drug_of(drug: Drug) -> Resource:
    """Return a drug of the catalogue as a Medication."""
    strengths = [part.strip() for part in drug.strength.split(" + ")]
    paired = strengths if len(strengths) == len(drug.ingredients) else [""] * len(drug.ingredients)
    return {
        "resourceType": "Medication",
        "id": str(drug.id),
        "identifier": [{"value": drug.code}, {"value": drug.registration_number} if drug.registration_number else None],
        "code": medication_of(drug),
        "status": "active" if drug.active and drug.valid_to is None else "inactive",
        "form": {"text": str(drug.get_form_display())},
        "ingredient": [
            # A strength is said as people write it; a Ratio would claim more than the catalogue knows.
            {"itemCodeableConcept": {"text": f"{name} {strength}".strip()}, "isActive": True}
            for name, strength in zip(drug.ingredients, paired, strict=True)
        ],
    }


def provenance_of(prescription: Prescription) -> Resource:
    """Return who signed a prescription, and the signature itself (compact JWS over the canonical content)."""
    assert prescription.signed_at
    at = fhir.instant(prescription.signed_at)
    doctor = {
        "type": "Practitioner",
        "identifier": fhir.identifier("licence", prescription.practitioner.licence_number),
        "display": prescription.practitioner.display_name,
    }
    return {
        "resourceType": "Provenance",
        "id": str(prescription.id),
        "target": [fhir.reference("MedicationRequest", item.id) for item in prescription.items.all()],
        "recorded": at,
        "occurredDateTime": at,
        "activity": fhir.coded(f"{HL7}/v3-DataOperation", "CREATE", "create"),
        "agent": [
            {
                "type": fhir.coded(f"{HL7}/provenance-participant-type", "author", "Author"),
                "who": doctor,
                "onBehalfOf": {
                    "type": "Organization",
                    "identifier": {"value": prescription.facility.code},
                    "display": prescription.facility.name,
                },
            }
        ],
        "signature": [
            {
                "type": [AUTHOR_SIGNATURE],
                "when": at,
                "who": doctor,
                "targetFormat": "application/json",
                "sigFormat": "application/jose",
                "data": b64encode(prescription.signature.encode()).decode(),
            }
        ],
    }


def bundle_of(prescription: Prescription) -> Resource:
    """Return everything about one prescription, as a collection."""
    items = list(prescription.items.all())
    for item in items:
        item.prescription = prescription
    dispenses = Dispense.objects.filter(item__prescription=prescription).select_related("item__drug", "pharmacy")
    drugs = {item.drug.id: item.drug for item in items}
    handed_out = list(dispenses.order_by("at", "id"))
    for dispense in handed_out:
        dispense.item.prescription = prescription
    parts = [
        *(request_of(item) for item in items),
        *(drug_of(drug) for drug in drugs.values()),
        *(dispense_of(dispense) for dispense in handed_out),
        provenance_of(prescription),
    ]
    return {
        "resourceType": "Bundle",
        "id": str(prescription.id),
        "type": "collection",
        "identifier": fhir.identifier("prescription", prescription.code),
        "timestamp": fhir.instant(prescription.signed_at),
        "entry": [
            {"fullUrl": f"{settings.PUBLIC_URL}/fhir/R4/{one['resourceType']}/{one['id']}", "resource": one}
            for one in parts
        ],
    }


def _signed(by: Actor, now: datetime) -> QuerySet[Prescription]:
    rows = Prescription.objects.select_related("practitioner", "facility").prefetch_related("items__drug")
    return rows.filter(access.visible(by, now), code__isnull=False).order_by("-signed_at", "-id")


def _wanted(params: dict[str, str]) -> Q:
    """Read `patient` and `identifier` (the prescription's code). Raises WrongParameter for what cannot be an id."""
    wanted = Q()
    person_id = fhir.patient_in(params)
    if person_id is not None:
        wanted &= Q(person_id=person_id)
    if params.get("identifier"):
        wanted &= Q(code_key=codes.same_key(params["identifier"].rpartition("|")[2])[:14])
    return wanted


def _noted(by: Actor, rows: Iterable[Prescription]) -> list[Prescription]:
    """Leave a line for each person whose prescriptions were found: these resources do not name the person themselves."""
    found = list(rows)
    for person_id in {one.person_id for one in found}:
        records_access.note_record_read(by, person_id)
    return found


def _one(by: Actor, id: UUID, now: datetime) -> Prescription:
    found = access.get_prescription(by, id, now)  # asks, and writes the reading down
    if found.code is None:
        raise NotFound()
    return found


class Medications:
    """FHIR_TYPES entry for Medication: the catalogue, open to whoever may ask here at all."""

    parameters = {"code": "token", "identifier": "token", "name": "string"}

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return one drug. Raises NotFound."""
        drug = Drug.objects.filter(id=id).first()
        if drug is None:
            raise NotFound()
        return drug_of(drug)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `code` (ATC, a group of it as well), `identifier` (our code or the registration number) or `name`."""
        if params.get("name"):
            return [drug_of(drug) for drug in queries.find_drugs(params["name"], on=now.date(), limit=MOST)]
        rows = Drug.objects.filter(active=True)
        if params.get("_id"):
            rows = Drug.objects.filter(id=fhir.id_in(params["_id"], "_id"))
        if params.get("code"):
            rows = rows.filter(atc__startswith=params["code"].rpartition("|")[2].upper())
        if params.get("identifier"):
            value = params["identifier"].rpartition("|")[2]
            rows = rows.filter(Q(code=value) | Q(registration_number=value))
        return [drug_of(drug) for drug in rows.order_by("code")[:MOST]]


class Provenances:
    """FHIR_TYPES entry for Provenance: one for each signed prescription, under its id."""

    parameters = {"patient": "reference", "target": "reference"}

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return who signed a prescription. Raises NotFound."""
        return provenance_of(_one(by, id, now))

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `patient`, or by `target` (MedicationRequest/<id>)."""
        rows = _signed(by, now).filter(_wanted(params))
        if params.get("_id"):
            rows = rows.filter(id=fhir.id_in(params["_id"], "_id"))
        if params.get("target"):
            item_id = fhir.id_in(params["target"].removeprefix("MedicationRequest/"), "target")
            rows = rows.filter(id__in=Item.objects.filter(id=item_id).values("prescription_id"))
        return [provenance_of(one) for one in _noted(by, rows[:MOST])]


class Bundles:
    """FHIR_TYPES entry for Bundle: a prescription with all that belongs to it, under its id."""

    parameters: dict[str, Any] = {"patient": "reference", "identifier": "token"}

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return a whole prescription. Raises NotFound."""
        return bundle_of(_one(by, id, now))

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `patient`, or by `identifier` (the national code)."""
        rows = _signed(by, now).filter(_wanted(params))
        if params.get("_id"):
            rows = rows.filter(id=fhir.id_in(params["_id"], "_id"))
        return [bundle_of(one) for one in _noted(by, rows[:MOST])]
