"""Doors for steps that span apps: taking a time opens its payment in the same breath."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

import booking.queries
import payments.queries
from booking.access import get_appointment
from booking.api.answers import AppointmentAnswer
from booking.api.wishes import WishesMixin, clean_wishes
from booking.errors import NotBookable
from core.api import ApiView, AwareDateTime, MoneyField, Page, StrictSerializer, idempotent, page_of, shown
from identity.access import get_person, people_of
from journeys import consultation, moving, waiting


class BookingWish(WishesMixin, StrictSerializer):
    """Which time, for whom, how. The price is ours to say, never the client's."""

    schedule = serializers.UUIDField()
    starts_at = AwareDateTime()
    visit_type = serializers.UUIDField()
    person = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: oneself.")
    mode = serializers.ChoiceField(["in_person", "video", "phone"])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class PaymentOfAppointment(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    price = MoneyField()


class AppointmentWithPayment(AppointmentAnswer):
    """An appointment with what is owed for it (null for a free visit)."""

    payment = serializers.SerializerMethodField()

    @extend_schema_field(PaymentOfAppointment(allow_null=True))
    def get_payment(self, appointment: Any) -> dict[str, Any] | None:
        known: dict[UUID, Any] = self.context.get("payments", {})  # what has just been opened need not be looked up
        facts = known[appointment.pk] if appointment.pk in known else moving.payment_of(appointment)
        return shown(PaymentOfAppointment, facts) if facts is not None else None


class AppointmentPage(Page):
    results = AppointmentWithPayment(many=True)


class AppointmentFilter(serializers.Serializer[Any]):
    person = serializers.UUIDField(required=False)


class Appointments(ApiView):
    """The citizen's appointments, and those of the people they act for."""

    access = frozenset({"citizen"})

    @extend_schema(
        responses=AppointmentPage,
        parameters=[
            AppointmentFilter,
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        summary="My appointments",
        tags=["booking"],
    )
    def get(self, request: Request) -> Response:
        wanted = self.clean_query(AppointmentFilter)
        person_id: UUID | None = wanted.get("person")
        if person_id is not None:
            ids = [get_person(self.actor, person_id, "read").id]
        else:
            ids = [person.id for person in people_of(self.actor, "read")]
        context = {"now": self.now, "reader": self.actor.role}
        return page_of(self, booking.queries.appointments_of(ids), AppointmentWithPayment, context=context)

    @extend_schema(
        request=BookingWish,
        responses={201: AppointmentWithPayment},
        summary="Hold a time and open its payment",
        tags=["booking"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(BookingWish)
        person_id = wish["person"] or self.actor.person_id
        if person_id is None:
            raise NotBookable(fields={"person": [_("Complete your profile first: we need a name to book for.")]})
        further = clean_wishes(
            wish,
            mode=wish["mode"],
            person_id=person_id,
            schedule_id=wish["schedule"],
            reason=wish["reason"],
            by=self.actor,
            now=self.now,
        )
        appointment, payment = consultation.book(
            schedule_id=wish["schedule"],
            starts_at=wish["starts_at"],
            visit_type_id=wish["visit_type"],
            person_id=person_id,
            mode=wish["mode"],
            reason=wish["reason"],
            values=further,
            by=self.actor,
            now=self.now,
        )
        facts = payments.queries.facts_of(payment) if payment is not None else None
        context = {"now": self.now, "reader": self.actor.role, "payments": {appointment.pk: facts}}
        return Response(shown(AppointmentWithPayment, appointment, **context), status=201)


class OfferTakeWish(StrictSerializer):
    """Nothing, or what the visit is about where it is held at a distance."""

    condition = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=12,
        default="",
        help_text="For video and phone: a code of the list of TT 30/2023 (GET /remote-conditions), or `other`.",
    )


class OfferTake(ApiView):
    """The citizen takes a time that was offered from the waiting list."""

    access = frozenset({"citizen"})

    @extend_schema(
        request=OfferTakeWish,
        responses=AppointmentWithPayment,
        summary="Take an offered time and open its payment",
        tags=["waiting list"],
    )
    @idempotent
    def post(self, request: Request, offer_id: UUID) -> Response:
        wish = self.clean(OfferTakeWish)
        taken, _payment = waiting.take(offer_id=offer_id, condition=wish["condition"], by=self.actor, now=self.now)
        appointment = get_appointment(self.actor, taken.id)
        context = {"now": self.now, "reader": self.actor.role}
        return Response(AppointmentWithPayment(appointment, context=context).data)
