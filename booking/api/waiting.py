"""Doors to the waiting list: join it, see one's places and offers, answer them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, queries
from booking.api.answers import (
    AppointmentFacility,
    AppointmentPerson,
    AppointmentPractitioner,
    AppointmentVisitType,
)
from booking.errors import NotBookable
from booking.models import Appointment, Offer, WaitingEntry
from core.api import ApiView, AwareDateTime, MoneyField, Page, StrictSerializer, idempotent, page_of, whole_page

CITIZEN_OR_DESK = frozenset({"citizen", "desk"})


class WaitingWish(StrictSerializer):
    """What somebody waits for. How urgent it is, the desk says."""

    person = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: oneself.")
    visit_type = serializers.UUIDField()
    practitioner = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: any.")
    mode = serializers.ChoiceField(Appointment.Mode.choices)
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    day_time = serializers.ChoiceField(WaitingEntry.DayTime.choices, required=False, default="any")
    urgency = serializers.ChoiceField(WaitingEntry.Urgency.choices, required=False, default=2)
    instead_of = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="A later appointment, kept until an earlier time is taken.",
    )


class WaitingEntryAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(WaitingEntry.Status.choices)
    person = AppointmentPerson()
    facility = AppointmentFacility()
    practitioner = AppointmentPractitioner(allow_null=True)
    visit_type = AppointmentVisitType()
    mode = serializers.ChoiceField(Appointment.Mode.choices)
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    day_time = serializers.ChoiceField(WaitingEntry.DayTime.choices)
    urgency = serializers.ChoiceField(WaitingEntry.Urgency.choices)
    instead_of = serializers.UUIDField(source="instead_of_id", allow_null=True)
    place_in_line = serializers.SerializerMethodField()
    created_at = AwareDateTime()

    def get_place_in_line(self, entry: WaitingEntry) -> int | None:
        return queries.place_in_line(entry) if entry.status in queries.ALIVE else None


class WaitingPage(Page):
    results = WaitingEntryAnswer(many=True)


class OfferAnswer(serializers.Serializer[Any]):
    """A time kept for one person alone until `expires_at`."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(Offer.Status.choices)
    entry = serializers.UUIDField(source="entry_id")
    appointment = serializers.UUIDField(source="appointment_id")
    starts_at = AwareDateTime(source="during.lower")
    ends_at = AwareDateTime(source="during.upper")
    zone = serializers.CharField(source="schedule.zone")
    expires_at = AwareDateTime()
    practitioner = AppointmentPractitioner(source="appointment.practitioner")
    facility = AppointmentFacility(source="appointment.facility")
    person = AppointmentPerson(source="appointment.person")
    visit_type = AppointmentVisitType(source="appointment.visit_type")
    mode = serializers.CharField(source="appointment.mode")
    price = MoneyField(source="appointment.price")
    instead_of = serializers.UUIDField(source="entry.instead_of_id", allow_null=True)


class OfferPage(Page):
    results = OfferAnswer(many=True)


class NoWords(StrictSerializer):
    """An empty object."""


class WaitingList(ApiView):
    """Places on waiting lists: the citizen's own and those of people they act for; the desk's facility's."""

    access = CITIZEN_OR_DESK

    @extend_schema(
        responses=WaitingPage,
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        summary="Places on waiting lists",
        tags=["waiting list"],
    )
    def get(self, request: Request) -> Response:
        return page_of(
            self, queries.entries_of(self.actor), WaitingEntryAnswer, ordering=("urgency", "created_at", "id")
        )

    @extend_schema(
        request=WaitingWish, responses={201: WaitingEntryAnswer}, summary="Join a waiting list", tags=["waiting list"]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(WaitingWish)
        person_id = wish["person"] or self.actor.person_id
        if person_id is None:
            raise NotBookable
        entry = actions.join_waiting_list(
            person_id=person_id,
            visit_type_id=wish["visit_type"],
            practitioner_id=wish["practitioner"],
            mode=wish["mode"],
            first_day=wish["first_day"],
            last_day=wish["last_day"],
            day_time=wish["day_time"],
            urgency=wish["urgency"],
            instead_of_id=wish["instead_of"],
            by=self.actor,
            now=self.now,
        )
        return Response(WaitingEntryAnswer(access.get_entry(self.actor, entry.pk)).data, status=201)


class WaitingPlace(ApiView):
    access = CITIZEN_OR_DESK

    @extend_schema(responses=WaitingEntryAnswer, summary="One place on a waiting list", tags=["waiting list"])
    def get(self, request: Request, entry_id: UUID) -> Response:
        return Response(WaitingEntryAnswer(access.get_entry(self.actor, entry_id)).data)

    @extend_schema(request=None, responses={204: None}, summary="Leave a waiting list", tags=["waiting list"])
    def delete(self, request: Request, entry_id: UUID) -> Response:
        actions.leave_waiting_list(entry_id=entry_id, by=self.actor, now=self.now)
        return Response(status=204)


class Offers(ApiView):
    """The times that are offered now, the one whose answer is due first first."""

    access = frozenset({"citizen"})

    @extend_schema(responses=OfferPage, summary="Times offered from the waiting list", tags=["waiting list"])
    def get(self, request: Request) -> Response:
        return whole_page(OfferPage, list(queries.open_offers(self.actor, self.now)))


class OfferDecline(ApiView):
    access = frozenset({"citizen"})

    @extend_schema(
        request=NoWords, responses=OfferAnswer, summary="Leave an offered time to others", tags=["waiting list"]
    )
    @idempotent
    def post(self, request: Request, offer_id: UUID) -> Response:
        self.clean(NoWords)
        actions.decline_offer(offer_id=offer_id, by=self.actor, now=self.now)
        return Response(OfferAnswer(access.get_offer(self.actor, offer_id)).data)
