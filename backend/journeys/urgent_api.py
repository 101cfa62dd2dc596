"""The door of a doctor who takes somebody at once: the visit and what is owed for it come in one step."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access as booking_access
from booking.api.urgent import TAG, AcceptWish, UrgentAnswer
from core.api import ApiView, idempotent
from journeys import urgent


class AcceptAsk(ApiView):
    access = frozenset({"practitioner"})

    @extend_schema(request=AcceptWish, responses=UrgentAnswer, summary="Take the citizen now", tags=TAG)
    @idempotent
    def post(self, request: Request, ask_id: UUID) -> Response:
        wish = self.clean(AcceptWish)
        urgent.accept(ask_id=ask_id, fit_reason=wish["fit_reason"], by=self.actor, now=self.now)
        return Response(UrgentAnswer(booking_access.get_ask(self.actor, ask_id)).data)
