"""The door of what is measured during a visit: the nurse enters it, the doctor sees it at once, a slip is taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

import records.queries
from core.api import ApiView, AwareDateTime, Page, StrictSerializer, idempotent
from journeys import station
from records import access as records_access
from records.actions import Reading
from records.api.answers import CODES, ObservationAnswer
from records.api.record import ReadingWish
from records.vitals import BY_CODE

WHO = frozenset({"practitioner", "nurse"})
TAGS = ["records"]


class VitalsWish(StrictSerializer):
    """What was just measured. `corrects` names a value that was wrong: then there is one value, of the same kind."""

    at = AwareDateTime(required=False, help_text="Default: now; of a correction: when the other was measured.")
    corrects = serializers.UUIDField(required=False, allow_null=True, default=None)
    values = ReadingWish(many=True, allow_empty=False, max_length=len(CODES))  # type: ignore[call-arg]


class VitalAnswer(ObservationAnswer):
    """A value of the visit. `entered-in-error` ones are shown struck out; they count nowhere."""

    status = serializers.SerializerMethodField()
    shown = serializers.SerializerMethodField(help_text="As people write it: 37,5.")
    shown_unit = serializers.SerializerMethodField()
    performer = serializers.SerializerMethodField()
    entered_at = AwareDateTime(source="created_at")
    corrects = serializers.UUIDField(source="corrects_id", allow_null=True)
    may_change = serializers.SerializerMethodField(help_text="Whether the reader may correct it or take it back.")

    @extend_schema_field(serializers.ChoiceField(["final", "entered-in-error"]))
    def get_status(self, row: Any) -> str:
        return "final" if row.wrong_at is None else "entered-in-error"

    def get_shown(self, row: Any) -> str:
        return BY_CODE[row.code].shown(row.value) if row.code in BY_CODE else str(row.value)

    def get_shown_unit(self, row: Any) -> str:
        return str(BY_CODE[row.code].shown_unit) if row.code in BY_CODE else str(row.unit)

    def get_performer(self, row: Any) -> str:
        return row.performer.display_name if row.performer else str(row.recorded_name)

    def get_may_change(self, row: Any) -> bool:
        by = self.context["by"]
        return row.wrong_at is None and (by.role != "nurse" or row.performer_id == by.practitioner_id)


class VitalPage(Page):
    results = VitalAnswer(many=True)


class Vitals(ApiView):
    """What was measured in one visit."""

    access = WHO

    @extend_schema(responses=VitalPage, summary="Everything measured in a visit, newest first", tags=TAGS)
    def get(self, request: Request, encounter_id: UUID) -> Response:
        records_access.get_encounter_to_measure(self.actor, encounter_id, self.now)
        return self._all(encounter_id)

    @extend_schema(
        request=VitalsWish,
        responses={201: VitalPage},
        summary="Enter what was measured; 409 note_closed after the visit",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, encounter_id: UUID) -> Response:
        wish = self.clean(VitalsWish)
        station.enter_vitals(
            encounter_id=encounter_id,
            readings=[Reading(one["code"], one["value"]) for one in wish["values"]],
            corrects=wish["corrects"],
            at=wish.get("at"),
            by=self.actor,
            now=self.now,
        )
        return self._all(encounter_id, status=201)

    def _all(self, encounter_id: UUID, status: int = 200) -> Response:
        rows = records.queries.measured_in(encounter_id)
        answers = VitalAnswer(rows, many=True, context={"by": self.actor}).data
        return Response({"next": None, "previous": None, "results": answers}, status=status)


class OneVital(ApiView):
    """One value of a visit."""

    access = WHO

    @extend_schema(request=None, responses={204: None}, summary="Take back what was entered in error", tags=TAGS)
    def delete(self, request: Request, encounter_id: UUID, observation_id: UUID) -> Response:
        station.take_back(encounter_id=encounter_id, observation_id=observation_id, by=self.actor, now=self.now)
        return Response(status=204)
