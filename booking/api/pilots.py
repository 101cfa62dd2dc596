"""What may be treated at a distance under an approved pilot of a facility: public, as the decision is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import queries
from core.api import ANYONE, ApiView, Page, StrictSerializer, whole_page


class PilotConditionAnswer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="An ICD-10 code or the beginning of one; send it as `condition`.")
    name = serializers.CharField()


class PilotAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    decision_number = serializers.CharField()
    decided_on = serializers.DateField()
    approved_by = serializers.CharField()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField()
    conditions = serializers.SerializerMethodField()

    @extend_schema_field(PilotConditionAnswer(many=True))
    def get_conditions(self, pilot: Any) -> list[dict[str, str]]:
        return [{"code": one.code, "name": one.name} for one in map(queries.PilotCondition, pilot.conditions)]


class PilotPage(Page):
    results = PilotAnswer(many=True)


class PilotWish(StrictSerializer):
    facility = serializers.UUIDField()
    day = serializers.DateField(required=False, help_text="Of the visit; today unless said.")


class Pilots(ApiView):
    access = ANYONE

    @extend_schema(
        parameters=[PilotWish],
        responses=PilotPage,
        summary="Approved pilots of a facility that take a case on a day (outside TT 30/2023; BHYT does not pay)",
        tags=["booking"],
    )
    def get(self, request: Request) -> Response:
        wish = self.clean_query(PilotWish)
        facility: UUID = wish["facility"]
        return whole_page(
            PilotPage, queries.open_pilots(facility, wish.get("day") or timezone.localtime(self.now).date())
        )
