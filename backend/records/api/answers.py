"""What the doors of records answer: the public shape of encounters, entries, allergies, measurements."""

from typing import Any

from rest_framework import serializers

from core.api import AwareDateTime, Page
from identity.models import Telemedicine
from records.models import Allergy, Encounter, Source
from records.vitals import BY_CODE

CODES = list(BY_CODE)


class IcdTitle(serializers.Serializer[Any]):
    code = serializers.CharField()
    name_vi = serializers.CharField()
    name_en = serializers.CharField()


class IcdPage(Page):
    results = IcdTitle(many=True)


class DiagnosisAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    rank = serializers.IntegerField()


class PersonName(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="full_name")


class StaffName(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")


class PlaceName(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class EncounterAnswer(serializers.Serializer[Any]):
    """One encounter with its note. The citizen reads note and diagnoses once the visit is finished."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(Encounter.Status.choices)
    mode = serializers.ChoiceField(Encounter.Mode.choices)
    form = serializers.ChoiceField(
        [("", ""), *Telemedicine.choices], help_text="Of care at a distance (Law 15/2023); empty in person."
    )
    person = PersonName()
    practitioner = StaffName()
    facility = PlaceName()
    appointment = serializers.CharField(source="appointment_ref", allow_null=True)
    planned_from = AwareDateTime()
    planned_to = AwareDateTime()
    started_at = AwareDateTime(allow_null=True)
    finished_at = AwareDateTime(allow_null=True)
    reason = serializers.CharField()
    subjective = serializers.CharField()
    objective = serializers.CharField()
    assessment = serializers.CharField()
    plan = serializers.CharField()
    advice = serializers.CharField()
    diagnoses = DiagnosisAnswer(many=True)
    version = serializers.IntegerField()

    def to_representation(self, instance: Encounter) -> dict[str, Any]:
        answer = super().to_representation(instance)
        if self.context.get("role") == "citizen" and instance.status != Encounter.Status.FINISHED:
            # Half a note misleads: the doctor may still strike it out.
            answer |= {name: "" for name in ("subjective", "objective", "assessment", "plan", "advice")}
            answer["diagnoses"] = []
        return answer


class EntryAnswer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    at = AwareDateTime()
    title = serializers.CharField()
    subtitle = serializers.CharField()
    ref = serializers.CharField()
    facility = serializers.CharField()
    practitioner = serializers.CharField()
    status = serializers.CharField()
    detail = serializers.DictField()


class EntryPage(Page):
    """Entries, newest first; `next` leads to the older ones."""

    results = EntryAnswer(many=True)


class AllergyAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    substance = serializers.CharField()
    ingredient = serializers.CharField()
    atc = serializers.CharField()
    reaction = serializers.CharField()
    severity = serializers.ChoiceField([("", ""), *Allergy.Severity.choices])
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # a field of this name
    recorded_by = serializers.CharField(source="recorded_name")
    recorded_at = AwareDateTime(source="created_at")


class AllergyPage(Page):
    results = AllergyAnswer(many=True)


class ConditionAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    since = serializers.DateField(allow_null=True)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # a field of this name


class ObservationAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.ChoiceField(CODES)
    name = serializers.SerializerMethodField()
    value = serializers.FloatField()
    unit = serializers.CharField()
    at = AwareDateTime()
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # a field of this name
    encounter = serializers.UUIDField(source="encounter_id", allow_null=True)

    def get_name(self, observation: Any) -> str:
        return str(BY_CODE[observation.code].name) if observation.code in BY_CODE else observation.code


class ObservationPage(Page):
    results = ObservationAnswer(many=True)


class VisitAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = AwareDateTime(source="finished_at")
    mode = serializers.CharField()
    practitioner = serializers.CharField(source="practitioner.display_name")
    facility = serializers.CharField(source="facility.name")
    reason = serializers.CharField()
    diagnoses = DiagnosisAnswer(many=True)


class SummaryAnswer(serializers.Serializer[Any]):
    person = PersonName()
    born_on = serializers.DateField(source="person.born_on", allow_null=True)
    age = serializers.IntegerField(allow_null=True)
    sex = serializers.CharField(source="person.sex")
    allergies = AllergyAnswer(many=True)
    conditions = ConditionAnswer(many=True)
    observations = serializers.SerializerMethodField()
    drugs = EntryAnswer(many=True)
    visits = VisitAnswer(many=True)

    def get_observations(self, summary: Any) -> list[dict[str, Any]]:
        rows = [measured.observation for measured in summary.vitals]
        return [dict(row) for row in ObservationAnswer(rows, many=True).data]


class LookAnswer(serializers.Serializer[Any]):
    """One line of the access log, to be read as: <who> <what>."""

    id = serializers.UUIDField()
    at = AwareDateTime()
    who = serializers.CharField()
    role = serializers.CharField()
    is_you = serializers.BooleanField()
    facility = serializers.CharField()
    action = serializers.CharField()
    what = serializers.CharField()
    subject = serializers.CharField()
    reason = serializers.CharField()


class LookPage(Page):
    results = LookAnswer(many=True)
