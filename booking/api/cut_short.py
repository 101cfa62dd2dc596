"""Doors to a video visit that was too short: how it was, and what its citizen wants instead."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions
from booking.errors import NotAWay
from booking.models import CutShort
from core.api import ApiView, AwareDateTime, StrictSerializer, idempotent

CHOICES = ["refund", "rebook", "enough"]


class CutShortChoice(StrictSerializer):
    """`rebook` names a free time of the same facility."""

    choice = serializers.ChoiceField(CHOICES)
    schedule = serializers.UUIDField(required=False)
    starts_at = AwareDateTime(required=False)


class CutShortAnswer(serializers.Serializer[Any]):
    """A visit that was too short. Seconds are those the server saw both sides in the call."""

    appointment = serializers.UUIDField(source="appointment_id")
    status = serializers.ChoiceField(CutShort.Status.choices)
    joint_seconds = serializers.IntegerField()
    agreed_seconds = serializers.IntegerField()
    decide_by = serializers.DateTimeField()
    rebooked_as = serializers.UUIDField(source="rebooked_as_id", allow_null=True)


class CutShortDoor(ApiView):
    access = frozenset({"citizen", "desk"})

    @extend_schema(responses=CutShortAnswer, summary="A video visit that was too short", tags=["booking"])
    def get(self, request: Request, appointment_id: UUID) -> Response:
        return Response(CutShortAnswer(access.get_cut_short(self.actor, appointment_id)).data)


class CutShortChoose(ApiView):
    access = frozenset({"citizen"})

    @extend_schema(
        request=CutShortChoice,
        responses=CutShortAnswer,
        summary="Choose what becomes of a visit that was too short",
        tags=["booking"],
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        wish = self.clean(CutShortChoice)
        asked: dict[str, Any] = {"appointment_id": appointment_id, "by": self.actor, "now": self.now}
        if wish["choice"] == "refund":
            case = actions.refund_cut_short(**asked)
        elif wish["choice"] == "enough":
            case = actions.accept_cut_short(**asked)
        elif {"schedule", "starts_at"} <= wish.keys():
            case = actions.rebook_cut_short(schedule_id=wish["schedule"], starts_at=wish["starts_at"], **asked)
        else:
            access.get_cut_short(self.actor, appointment_id)  # whose it is not learns nothing of what may be asked
            raise NotAWay
        return Response(CutShortAnswer(case).data)
