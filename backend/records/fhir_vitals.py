"""Measurements as FHIR R4 Observation, category by kind; what was entered in error says so and keeps its value."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core import fhir
from core.actor import Actor
from core.errors import NotFound
from core.fhir import Resource
from records import access
from records.fhir import HL7, patient_ids
from records.models import Observation
from records.vitals import BY_CODE

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
MOST = 200
CATEGORIES = {"vital-signs": "Vital Signs", "laboratory": "Laboratory", "exam": "Exam"}


class Observations:
    """FHIR Observation: one measured value."""

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return one, also one entered in error. Raises NotFound."""
        row = Observation.objects.filter(id=id).select_related("person", "performer").first()
        if row is None:
            raise NotFound()
        access.get_record_of(by, row.person_id)
        return self._resource(row)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `patient`, and `code` (LOINC), newest first; what was entered in error is left out."""
        rows = Observation.objects.filter(person_id__in=patient_ids(by, params), wrong_at__isnull=True)
        if params.get("code"):
            rows = rows.filter(code=params["code"].rpartition("|")[2])
        rows = rows.select_related("person", "performer").order_by("-at", "-id")
        return [self._resource(row) for row in rows[:MOST]]

    def _resource(self, row: Observation) -> Resource:
        vital = BY_CODE.get(row.code)
        category = vital.category if vital else "vital-signs"
        performer: Resource = {"display": row.recorded_name} if row.recorded_name else {}
        if row.performer is not None:
            performer = {
                "type": "Practitioner",
                "identifier": fhir.identifier("licence", row.performer.licence_number),
                "display": row.performer.display_name,
            }
        return {
            "resourceType": "Observation",
            "id": str(row.id),
            "status": "final" if row.wrong_at is None else "entered-in-error",
            "category": [fhir.coded(f"{HL7}/observation-category", category, CATEGORIES[category])],
            "code": fhir.coded(LOINC, row.code, vital.loinc_name if vital else row.code),
            "subject": fhir.reference("Patient", row.person_id, row.person.full_name),
            "encounter": fhir.reference("Encounter", row.encounter_id) if row.encounter_id else None,
            "effectiveDateTime": fhir.instant(row.at),
            "issued": fhir.instant(row.created_at),
            "performer": [performer] if performer else [],
            "valueQuantity": {"value": float(row.value), "unit": row.unit, "system": UCUM, "code": row.unit},
        }
