"""Our people, visits, diagnoses and allergies as FHIR R4 resources (settings.FHIR_TYPES names these classes)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from core import fhir
from core.actor import Actor
from core.errors import NotFound
from core.fhir import Resource
from core.refs import Ref
from identity.access import people_of
from identity.models import Person
from identity.names import fold
from records import access
from records.models import Allergy, Condition, Diagnosis, Encounter, Source

HL7 = "http://terminology.hl7.org/CodeSystem"
STATUS = {"planned": "planned", "in_progress": "in-progress", "finished": "finished", "cancelled": "cancelled"}
MODE = {
    "video": ("VR", "virtual"),
    "phone": ("VR", "virtual"),
    "in_person": ("AMB", "ambulatory"),
}
CRITICALITY = {"mild": "low", "moderate": "low", "severe": "high"}


def _people(by: Actor) -> QuerySet[Person]:
    """Return those whose record the actor may read, by delegation or by a care relation."""
    if by.is_system:
        return Person.objects.all()
    if by.role == "practitioner" and by.practitioner_id is not None:
        return Person.objects.filter(id__in=access.in_care_of(by.practitioner_id).values("person_id"))
    return people_of(by, "read")


def patient_ids(by: Actor, params: dict[str, str]) -> list[UUID]:
    """Return whose resources a search (of any app) may find: the patient it names, otherwise all the actor may read.

    A patient who is not the actor's to read gives an empty answer, as if there were none. Each reading is noted.
    """
    people = _people(by)
    person_id = fhir.patient_in(params)
    if person_id is not None:
        people = people.filter(id=person_id)
    found = list(people)
    for person in found:
        access.note_reading(by, "records.read", person, person.id)
    return [person.id for person in found]


class Patients:
    """FHIR Patient: a citizen."""

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return one. Raises NotFound."""
        return self._resource(access.get_record_of(by, id))

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `_id`, `identifier` (12-digit number or insurance number) or `name`, among those one may read."""
        people = _people(by).select_related("province")
        named = fhir.patient_in(params)
        if named is not None:
            people = people.filter(id=named)
        if params.get("_id"):
            people = people.filter(id=fhir.id_in(params["_id"], "_id"))
        if params.get("identifier"):
            value = params["identifier"].rpartition("|")[2]
            people = people.filter(Q(national_id=value) | Q(insurance_number=value))
        if params.get("name"):
            people = people.filter(sort_name__contains=fold(params["name"]))
        found = list(people[:100])
        for person in found:
            access.note_reading(by, "records.read", person, person.id)
        return [self._resource(person) for person in found]

    def _resource(self, person: Person) -> Resource:
        family, _, given = person.full_name.partition(" ")  # Vietnamese: the family name comes first
        return {
            "resourceType": "Patient",
            "id": str(person.id),
            "identifier": [
                fhir.identifier("national_id", person.national_id),
                fhir.identifier("insurance_number", person.insurance_number),
            ],
            "active": True,
            "name": [{"use": "official", "text": person.full_name, "family": family, "given": given.split()}],
            "telecom": [{"system": "phone", "value": person.phone, "use": "mobile"}] if person.phone else [],
            "gender": person.sex,
            "birthDate": person.born_on.isoformat() if person.born_on else None,
            "address": [
                {
                    "line": [person.address],
                    "district": person.commune,
                    "state": person.province.name if person.province else "",
                    "country": "VN" if person.province else "",
                }
            ],
            "contact": [{"name": {"text": person.guardian_name}}] if person.guardian_name else [],
        }


class Encounters:
    """FHIR Encounter: a visit."""

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return one. Raises NotFound."""
        return self._resource(access.get_encounter_in_record(by, id), by)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `patient`, newest first."""
        rows = (
            Encounter.objects.filter(person_id__in=patient_ids(by, params))
            .exclude(status=Encounter.Status.CANCELLED)
            .select_related("person", "practitioner", "facility")
            .prefetch_related("diagnoses")
            .order_by("-planned_from")
        )
        return [self._resource(row, by) for row in rows[:100]]

    def _resource(self, encounter: Encounter, by: Actor) -> Resource:
        code, display = MODE[encounter.mode]
        ref = Ref.parse(encounter.appointment_ref) if encounter.appointment_ref else None
        return {
            "resourceType": "Encounter",
            "id": str(encounter.id),
            "status": STATUS[encounter.status],
            "class": {"system": f"{HL7}/v3-ActCode", "code": code, "display": display},
            "subject": fhir.reference("Patient", encounter.person_id, encounter.person.full_name),
            "participant": [
                {
                    "individual": {
                        "type": "Practitioner",
                        "identifier": fhir.identifier("licence", encounter.practitioner.licence_number),
                        "display": encounter.practitioner.display_name,
                    }
                }
            ],
            "appointment": [fhir.reference("Appointment", ref.id)] if ref else [],
            "period": {
                "start": fhir.instant(encounter.started_at or encounter.planned_from),
                "end": fhir.instant(encounter.finished_at or encounter.planned_to),
            },
            "reasonCode": [{"text": encounter.reason}],
            "diagnosis": [
                {"condition": fhir.reference("Condition", row.id, row.name), "rank": row.rank}
                for row in encounter.diagnoses.all()
                if encounter.status == Encounter.Status.FINISHED or by.role != "citizen"
            ],
            "serviceProvider": {
                "type": "Organization",
                "identifier": {"value": encounter.facility.code},
                "display": encounter.facility.name,
            },
        }


class Conditions:
    """FHIR Condition: the diagnoses of finished visits, and problems that stay."""

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return one. Raises NotFound."""
        diagnosis = Diagnosis.objects.filter(id=id).select_related("encounter__person").first()
        if diagnosis is not None:
            encounter = access.get_encounter_in_record(by, diagnosis.encounter_id)
            if by.role == "citizen" and encounter.status != Encounter.Status.FINISHED:
                raise NotFound()
            return self._of_visit(diagnosis)
        condition = Condition.objects.filter(id=id).select_related("person").first()
        if condition is None:
            raise NotFound()
        access.get_record_of(by, condition.person_id)
        return self._that_stays(condition)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `patient`: problems that stay first, then diagnoses of finished visits, newest first."""
        people = patient_ids(by, params)
        staying = Condition.objects.filter(person_id__in=people).select_related("person").order_by("since", "code")
        visits = (
            Diagnosis.objects.filter(encounter__person_id__in=people, encounter__status=Encounter.Status.FINISHED)
            .select_related("encounter__person")
            .order_by("-encounter__finished_at", "rank")
        )
        return [
            *(self._that_stays(row) for row in staying[:100]),
            *(self._of_visit(row) for row in visits[:100]),
        ]

    def _of_visit(self, row: Diagnosis) -> Resource:
        encounter = row.encounter
        return {
            "resourceType": "Condition",
            "id": str(row.id),
            "verificationStatus": fhir.coded(f"{HL7}/condition-ver-status", "confirmed"),
            "category": [fhir.coded(f"{HL7}/condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
            "code": fhir.coded(fhir.ICD10, row.code, row.name),
            "subject": fhir.reference("Patient", encounter.person_id, encounter.person.full_name),
            "encounter": fhir.reference("Encounter", encounter.id),
            "recordedDate": fhir.instant(row.created_at),
        }

    def _that_stays(self, row: Condition) -> Resource:
        said = row.source == Source.CITIZEN
        return {
            "resourceType": "Condition",
            "id": str(row.id),
            "clinicalStatus": fhir.coded(f"{HL7}/condition-clinical", "resolved" if row.ended_on else "active"),
            "verificationStatus": fhir.coded(f"{HL7}/condition-ver-status", "unconfirmed" if said else "confirmed"),
            "category": [fhir.coded(f"{HL7}/condition-category", "problem-list-item", "Problem List Item")],
            "code": fhir.coded(fhir.ICD10, row.code, row.name),
            "subject": fhir.reference("Patient", row.person_id, row.person.full_name),
            "onsetDateTime": row.since.isoformat() if row.since else None,
            "abatementDateTime": row.ended_on.isoformat() if row.ended_on else None,
            "recordedDate": fhir.instant(row.created_at),
        }


class Allergies:
    """FHIR AllergyIntolerance: what a person must not be given."""

    def read(self, by: Actor, id: UUID, now: datetime) -> Resource:
        """Return one. Raises NotFound."""
        allergy = Allergy.objects.filter(id=id).select_related("person").first()
        if allergy is None:
            raise NotFound()
        access.get_record_of(by, allergy.person_id)
        return self._resource(allergy)

    def search(self, by: Actor, params: dict[str, str], now: datetime) -> list[Resource]:
        """Find by `patient`."""
        rows = (
            Allergy.objects.filter(person_id__in=patient_ids(by, params))
            .select_related("person")
            .order_by("created_at")
        )
        return [self._resource(row) for row in rows[:100]]

    def _resource(self, row: Allergy) -> Resource:
        said = row.source == Source.CITIZEN
        code: Resource = {"text": row.substance}
        if row.atc:
            code["coding"] = [{"system": fhir.ATC, "code": row.atc, "display": row.ingredient}]
        return {
            "resourceType": "AllergyIntolerance",
            "id": str(row.id),
            "clinicalStatus": fhir.coded(
                f"{HL7}/allergyintolerance-clinical", "inactive" if row.ended_at else "active"
            ),
            "verificationStatus": fhir.coded(
                f"{HL7}/allergyintolerance-verification", "unconfirmed" if said else "confirmed"
            ),
            "criticality": CRITICALITY.get(row.severity),
            "code": code,
            "patient": fhir.reference("Patient", row.person_id, row.person.full_name),
            "recordedDate": fhir.instant(row.created_at),
            # "manifestation" is required in a reaction; severity alone is said by criticality.
            "reaction": [{"manifestation": [{"text": row.reaction}], "severity": row.severity}] if row.reaction else [],
        }
