"""The door for somebody who comes without an appointment: a number, and what is owed, in one breath."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.queue import TicketAnswer
from core.api import ApiView, MoneyField, StrictSerializer, idempotent
from journeys import queueing

PRIORITIES = ["emergency", "child", "elderly", "pregnant", "disabled", "none"]


class WalkInPerson(StrictSerializer):
    """Who stands at the desk, as they say it."""

    full_name = serializers.CharField(max_length=120)
    born_on = serializers.DateField()
    sex = serializers.ChoiceField(["male", "female", "other", "unknown"], required=False, default="unknown")
    phone = serializers.RegexField(r"^\+[1-9][0-9]{7,14}$", required=False, default="", help_text="E.164")
    national_id = serializers.RegexField(r"^[0-9]{12}$", required=False, default="")


class WalkInWish(StrictSerializer):
    schedule = serializers.UUIDField()
    visit_type = serializers.UUIDField()
    person = WalkInPerson()
    priority = serializers.ChoiceField(PRIORITIES, required=False, default="none", help_text="Age is seen by itself.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class PaymentOfWalkIn(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    price = MoneyField()


class WalkInAnswer(serializers.Serializer[Any]):
    ticket = TicketAnswer()
    payment = PaymentOfWalkIn(allow_null=True)


class WalkIns(ApiView):
    access = frozenset({"desk"})

    @extend_schema(
        operation_id="walk_ins_create",
        request=WalkInWish,
        responses={201: WalkInAnswer},
        summary="Give a number to somebody without an appointment",
        tags=["queue"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(WalkInWish)
        ticket, payment = queueing.walk_in(
            schedule_id=wish["schedule"],
            visit_type_id=wish["visit_type"],
            somebody=queueing.Somebody(**wish["person"]),
            priority="" if wish["priority"] == "none" else wish["priority"],
            reason=wish["reason"],
            by=self.actor,
            now=self.now,
        )
        return Response(WalkInAnswer({"ticket": ticket, "payment": payment}).data, status=201)
