"""Doors to one appointment: look, cancel, check in, note that somebody did not come."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions
from booking.api.answers import AppointmentAnswer
from booking.models import Appointment
from core.api import ApiView, StrictSerializer, idempotent

THOSE_CONCERNED = frozenset({"citizen", "practitioner", "desk"})
STAFF = frozenset({"practitioner", "desk"})


class AppointmentCancelWish(StrictSerializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class NoWish(StrictSerializer):
    """An empty object."""


class _AboutOne(ApiView):
    access = THOSE_CONCERNED

    def answer(self, appointment: Appointment) -> Response:
        return Response(AppointmentAnswer(appointment, context={"now": self.now, "reader": self.actor.role}).data)


class One(_AboutOne):
    @extend_schema(responses=AppointmentAnswer, summary="One appointment", tags=["booking"])
    def get(self, request: Request, appointment_id: UUID) -> Response:
        return self.answer(access.get_appointment(self.actor, appointment_id))


class Cancel(_AboutOne):
    @extend_schema(
        request=AppointmentCancelWish, responses=AppointmentAnswer, summary="Give an appointment up", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        wish = self.clean(AppointmentCancelWish)
        appointment = actions.cancel_appointment(
            appointment_id=appointment_id, reason=wish["reason"], by=self.actor, now=self.now
        )
        return self.answer(appointment)


class NoShowWish(StrictSerializer):
    side = serializers.ChoiceField(
        Appointment.NoShowBy.choices, default=Appointment.NoShowBy.CITIZEN, help_text="Who did not come."
    )


class NoShow(_AboutOne):
    access = STAFF

    @extend_schema(
        request=NoShowWish, responses=AppointmentAnswer, summary="Note that somebody did not come", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        wish = self.clean(NoShowWish)
        appointment = actions.record_no_show(
            appointment_id=appointment_id, side=wish["side"], by=self.actor, now=self.now
        )
        return self.answer(appointment)


class UndoNoShow(_AboutOne):
    access = STAFF

    @extend_schema(
        request=NoWish, responses=AppointmentAnswer, summary="Take a no-show back on its day", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        self.clean(NoWish)
        appointment = actions.undo_no_show(appointment_id=appointment_id, by=self.actor, now=self.now)
        return self.answer(appointment)


class CheckIn(_AboutOne):
    @extend_schema(
        request=NoWish, responses=AppointmentAnswer, summary="Say that the citizen has arrived", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        self.clean(NoWish)
        appointment = actions.check_in(appointment_id=appointment_id, by=self.actor, now=self.now)
        return self.answer(appointment)
