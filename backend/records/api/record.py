"""Doors of the health record of one person: timeline, summary, who looked, allergies, measurements."""

from datetime import UTC
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api import ApiView, AwareDateTime, StrictSerializer, idempotent, whole_page
from core.api.paging import CursorPage
from records import access, actions, queries, sources
from records.actions import Reading
from records.api.answers import (
    CODES,
    AllergyAnswer,
    AllergyPage,
    EntryPage,
    LookAnswer,
    LookPage,
    ObservationAnswer,
    ObservationPage,
    SummaryAnswer,
)
from records.models import Allergy

READERS = frozenset({"citizen", "practitioner"})
PAGE = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]


class TimelineQuestion(serializers.Serializer[Any]):
    kind = serializers.CharField(required=False, max_length=200, default="", help_text="Kinds, separated by commas.")
    before = AwareDateTime(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)


class Timeline(ApiView):
    """Everything that happened, from all parts of the house."""

    access = READERS

    @extend_schema(parameters=[TimelineQuestion], responses=EntryPage, summary="Timeline", tags=["health record"])
    def get(self, request: Request, person_id: UUID) -> Response:
        question = self.clean_query(TimelineQuestion)
        person = access.get_record_of(self.actor, person_id)
        kinds = {kind for kind in question["kind"].split(",") if kind}
        entries = sources.timeline(person.id, kinds=kinds, before=question.get("before"))
        shown = entries[: question["limit"]]
        older = None
        if len(entries) > len(shown):
            address = request.build_absolute_uri()
            older = replace_query_param(address, "before", shown[-1].at.astimezone(UTC).isoformat())
        return Response(EntryPage({"next": older, "previous": None, "results": shown}).data)


class Summary(ApiView):
    """The person at a glance."""

    access = READERS

    @extend_schema(responses=SummaryAnswer, summary="Summary", tags=["health record"])
    def get(self, request: Request, person_id: UUID) -> Response:
        person = access.get_record_of(self.actor, person_id)
        return Response(SummaryAnswer(queries.summary_of(person, now=self.now)).data)


class AccessLog(ApiView):
    """Who looked at or changed the record; for the citizen and who reads for them."""

    access = frozenset({"citizen"})

    @extend_schema(
        parameters=PAGE, responses=LookPage, summary="Who looked at this record, in plain words", tags=["health record"]
    )
    def get(self, request: Request, person_id: UUID) -> Response:
        person = access.get_access_log_of(self.actor, person_id)
        pager = CursorPage()
        pager.ordering = ("-created_at", "-id")
        lines = pager.paginate_queryset(queries.access_lines(self.actor, person.id), request, self) or []
        return pager.get_paginated_response(LookAnswer(queries.looks_of(self.actor, lines), many=True).data)


class AllergyWish(StrictSerializer):
    substance = serializers.CharField(max_length=120)
    ingredient = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    atc = serializers.RegexField(r"^([A-Za-z]\d{2}[A-Za-z]{2}\d{2})?$", required=False, allow_blank=True, default="")
    reaction = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    severity = serializers.ChoiceField(Allergy.Severity.choices, required=False, allow_blank=True, default="")
    encounter = serializers.UUIDField(required=False, allow_null=True, default=None)


class Allergies(ApiView):
    """What the person must not be given."""

    access = READERS

    @extend_schema(responses=AllergyPage, summary="Allergies", tags=["health record"])
    def get(self, request: Request, person_id: UUID) -> Response:
        person = access.get_record_of(self.actor, person_id)
        return whole_page(AllergyPage, queries.allergies_of(person.id))

    @extend_schema(
        request=AllergyWish, responses={201: AllergyAnswer}, summary="Add an allergy", tags=["health record"]
    )
    @idempotent
    def post(self, request: Request, person_id: UUID) -> Response:
        wish = self.clean(AllergyWish)
        encounter_id = wish.pop("encounter")
        allergy = actions.add_allergy(
            person_id=person_id, encounter_id=encounter_id, by=self.actor, now=self.now, **wish
        )
        return Response(AllergyAnswer(allergy).data, status=201)


class OneAllergy(ApiView):
    """Take back an allergy that turned out not to be one."""

    access = READERS

    @extend_schema(request=None, responses={204: None}, summary="End an allergy", tags=["health record"])
    def delete(self, request: Request, person_id: UUID, allergy_id: UUID) -> Response:
        actions.end_allergy(person_id=person_id, allergy_id=allergy_id, by=self.actor, now=self.now)
        return Response(status=204)


class ReadingWish(StrictSerializer):
    code = serializers.ChoiceField(CODES)
    value = serializers.DecimalField(max_digits=8, decimal_places=2)


class MeasurementWish(StrictSerializer):
    """Values measured at one instant; blood pressure is two of them."""

    at = AwareDateTime(required=False, help_text="Default: now.")
    encounter = serializers.UUIDField(required=False, allow_null=True, default=None)
    values = ReadingWish(many=True, allow_empty=False, max_length=len(CODES))  # type: ignore[call-arg]


class ObservationQuestion(serializers.Serializer[Any]):
    code = serializers.ChoiceField(CODES, required=False, default="")


class Observations(ApiView):
    """Measurements, by clinicians and by the citizen."""

    access = READERS

    @extend_schema(
        parameters=[ObservationQuestion, *PAGE],
        responses=ObservationPage,
        summary="Measurements",
        tags=["health record"],
    )
    def get(self, request: Request, person_id: UUID) -> Response:
        question = self.clean_query(ObservationQuestion)
        person = access.get_record_of(self.actor, person_id)
        pager = CursorPage()
        pager.ordering = ("-at", "-id")
        rows = pager.paginate_queryset(queries.observations_of(person.id, question["code"]), request, self)
        return pager.get_paginated_response(ObservationAnswer(rows, many=True).data)

    @extend_schema(
        request=MeasurementWish, responses={201: ObservationPage}, summary="Add measurements", tags=["health record"]
    )
    @idempotent
    def post(self, request: Request, person_id: UUID) -> Response:
        wish = self.clean(MeasurementWish)
        rows = actions.add_observations(
            person_id=person_id,
            readings=[Reading(one["code"], one["value"]) for one in wish["values"]],
            at=wish.get("at") or self.now,
            encounter_id=wish["encounter"],
            by=self.actor,
            now=self.now,
        )
        return whole_page(ObservationPage, rows, status=201)
