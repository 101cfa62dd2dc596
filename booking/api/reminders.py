"""The door for the answer to a reminder: "I shall come". "I cannot" is a cancel like any other."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking import actions
from booking.api.answers import AppointmentAnswer
from booking.api.appointments import NoWish
from core.api import ApiView, idempotent


class Confirm(ApiView):
    access = frozenset({"citizen", "desk"})

    @extend_schema(
        request=NoWish, responses=AppointmentAnswer, summary='Say "I shall come" to a reminder', tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        self.clean(NoWish)
        found = actions.confirm_appointment(appointment_id=appointment_id, by=self.actor, now=self.now)
        return Response(AppointmentAnswer(found, context={"now": self.now, "reader": self.actor.role}).data)
