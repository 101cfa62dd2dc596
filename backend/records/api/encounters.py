"""Doors of encounters: read, write the note, begin, finish; and the ICD-10 search beside the note."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import SIGNED_IN, ApiView, StrictSerializer, whole_page
from records import access, actions, icd
from records.actions.encounters import MAX_DIAGNOSES, MAX_TEXT
from records.api.answers import EncounterAnswer, IcdPage
from records.models import Encounter


class DiagnosisWish(StrictSerializer):
    code = serializers.RegexField(r"^[A-Za-z][0-9]{2}(\.?[0-9A-Za-z]{1,2})?$", max_length=8)
    name = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")


class NoteWish(StrictSerializer):
    """The parts that changed, and the version they were changed from. `diagnoses` is the whole list, main one first."""

    version = serializers.IntegerField(min_value=0, max_value=2_147_483_647)
    subjective = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT)
    objective = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT)
    assessment = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT)
    plan = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT)
    advice = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT)
    diagnoses = DiagnosisWish(many=True, required=False, max_length=MAX_DIAGNOSES)  # type: ignore[call-arg]


def _answer(view: ApiView, encounter: Encounter) -> Response:
    return Response(EncounterAnswer(encounter, context={"role": view.actor.role}).data)


class One(ApiView):
    """One encounter: its citizen and its practitioner read it, the practitioner writes."""

    access = frozenset({"citizen", "practitioner"})

    @extend_schema(responses=EncounterAnswer, summary="One encounter with its note", tags=["records"])
    def get(self, request: Request, encounter_id: UUID) -> Response:
        return _answer(self, access.get_encounter(self.actor, encounter_id))

    @extend_schema(
        request=NoteWish,
        responses=EncounterAnswer,
        summary="Write in the note; 409 stale_note when somebody else wrote since",
        tags=["records"],
    )
    def patch(self, request: Request, encounter_id: UUID) -> Response:
        wish: dict[str, Any] = self.clean(NoteWish)
        version, diagnoses = wish.pop("version"), wish.pop("diagnoses", None)
        encounter = actions.save_note(
            encounter_id=encounter_id,
            version=version,
            changes=wish,
            diagnoses=diagnoses,
            by=self.actor,
            now=self.now,
        )
        return _answer(self, encounter)


class Start(ApiView):
    """Begin a consultation that has no video room to be let into."""

    access = frozenset({"practitioner"})

    @extend_schema(request=None, responses=EncounterAnswer, summary="Begin the consultation", tags=["records"])
    def post(self, request: Request, encounter_id: UUID) -> Response:
        return _answer(self, actions.start_encounter(encounter_id=encounter_id, by=self.actor, now=self.now))


class Finish(ApiView):
    """Close the visit."""

    access = frozenset({"practitioner"})

    @extend_schema(
        request=None,
        responses=EncounterAnswer,
        summary="Finish the visit; 409 diagnosis_missing without a diagnosis",
        tags=["records"],
    )
    def post(self, request: Request, encounter_id: UUID) -> Response:
        return _answer(self, actions.finish_encounter(encounter_id=encounter_id, by=self.actor, now=self.now))


class IcdQuestion(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=100, help_text="A code, or words in Vietnamese (tones optional) or English.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=50, default=20)


class Icd10(ApiView):
    """Search ICD-10."""

    access = SIGNED_IN

    @extend_schema(parameters=[IcdQuestion], responses=IcdPage, summary="Search ICD-10", tags=["records"])
    def get(self, request: Request) -> Response:
        question = self.clean_query(IcdQuestion)
        return whole_page(IcdPage, icd.search(question["q"], question["limit"]))
