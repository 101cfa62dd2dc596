"""Doors of "see someone now": the citizen's wish, the doctor's duty, and visits at a distance a doctor opens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, fit, queries
from booking.api.answers import AppointmentFacility, AppointmentPerson, AppointmentPractitioner, AppointmentVisitType
from booking.errors import NotBookable
from booking.models import Appointment, RemoteWish, UrgentAsk
from core.api import ANYONE, ApiView, AwareDateTime, Page, StrictSerializer, idempotent, page_of, whole_page
from core.api.fields import MoneyField
from core.errors import NotFound

TAG = ["see someone now"]


class UrgentWish(StrictSerializer):
    person = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: oneself.")
    specialty = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    mode = serializers.ChoiceField(Appointment.Mode.choices, required=False, default="video")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")
    condition = serializers.CharField(required=False, allow_blank=True, max_length=12, default="")
    not_an_emergency = serializers.BooleanField(required=False, default=False)


class DutyWish(StrictSerializer):
    schedule = serializers.UUIDField()
    visit_type = serializers.UUIDField()
    mode = serializers.ChoiceField(Appointment.Mode.choices, required=False, default="video")
    until = AwareDateTime()


class AcceptWish(StrictSerializer):
    fit_reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class NothingMore(StrictSerializer):
    """An empty object."""


class DutyAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    schedule = serializers.UUIDField(source="schedule_id")
    facility = AppointmentFacility(source="schedule.facility")
    visit_type = AppointmentVisitType()
    mode = serializers.ChoiceField(Appointment.Mode.choices)
    until = AwareDateTime()
    ended_at = AwareDateTime(allow_null=True)


class UrgentAnswer(serializers.Serializer[Any]):
    """A wish to see someone now. `offered_to` is who is asked this moment, until `offer_expires_at`."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(UrgentAsk.Status.choices)
    person = AppointmentPerson()
    specialty = serializers.CharField()
    mode = serializers.ChoiceField(Appointment.Mode.choices)
    reason = serializers.CharField()
    condition = serializers.CharField(source="condition_code")
    offered_to = serializers.SerializerMethodField()
    offer_expires_at = AwareDateTime(allow_null=True)
    asked_before = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()
    appointment = serializers.UUIDField(source="appointment_id", allow_null=True)
    created_at = AwareDateTime()

    @extend_schema_field(AppointmentPractitioner(allow_null=True))
    def get_offered_to(self, ask: UrgentAsk) -> dict[str, Any] | None:
        return dict(AppointmentPractitioner(ask.offered_to.practitioner).data) if ask.offered_to else None

    @extend_schema_field(serializers.IntegerField())
    def get_asked_before(self, ask: UrgentAsk) -> int:
        return len(ask.asked_before)

    @extend_schema_field(MoneyField(allow_null=True))
    def get_price(self, ask: UrgentAsk) -> Any:
        duty = ask.offered_to
        return MoneyField().to_representation(duty.visit_type.price_in(duty.mode)) if duty else None


class UrgentPage(Page):
    results = UrgentAnswer(many=True)


class Asks(ApiView):
    access = frozenset({"citizen", "practitioner"})

    @extend_schema(responses=UrgentPage, summary="Wishes to see someone now", tags=TAG)
    def get(self, request: Request) -> Response:
        return page_of(self, queries.asks_of(self.actor), UrgentAnswer)

    @extend_schema(request=UrgentWish, responses={201: UrgentAnswer}, summary="Ask to see someone now", tags=TAG)
    @idempotent
    def post(self, request: Request) -> Response:
        if self.actor.role != "citizen":
            raise NotFound
        wish = self.clean(UrgentWish)
        person_id: UUID | None = wish.pop("person") or self.actor.person_id
        if person_id is None:
            raise NotFound
        ask = actions.ask_for_someone_now(person_id=person_id, **wish, by=self.actor, now=self.now)
        return Response(UrgentAnswer(ask).data, status=201)


class OneAsk(ApiView):
    access = frozenset({"citizen", "practitioner"})

    @extend_schema(responses=UrgentAnswer, summary="One wish to see someone now", tags=TAG)
    def get(self, request: Request, ask_id: UUID) -> Response:
        return Response(UrgentAnswer(access.get_ask(self.actor, ask_id)).data)

    @extend_schema(request=None, responses=UrgentAnswer, summary="Take the wish back", tags=TAG)
    def delete(self, request: Request, ask_id: UUID) -> Response:
        actions.withdraw_ask(ask_id=ask_id, by=self.actor, now=self.now)
        return Response(UrgentAnswer(access.get_ask(self.actor, ask_id)).data)


class DeclineAsk(ApiView):
    access = frozenset({"practitioner"})

    @extend_schema(request=NothingMore, responses={204: None}, summary="Leave it to the next doctor", tags=TAG)
    @idempotent
    def post(self, request: Request, ask_id: UUID) -> Response:
        self.clean(NothingMore)
        actions.decline_ask(ask_id=ask_id, by=self.actor, now=self.now)
        return Response(status=204)


class Duty(ApiView):
    access = frozenset({"practitioner"})

    @extend_schema(responses=DutyAnswer, summary="My duty now", tags=TAG)
    def get(self, request: Request) -> Response:
        duty = queries.duty_of(self.actor, self.now)
        if duty is None:
            raise NotFound
        return Response(DutyAnswer(duty).data)

    @extend_schema(request=DutyWish, responses={201: DutyAnswer}, summary="Be on call", tags=TAG)
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(DutyWish)
        until: datetime = wish["until"]
        if until <= self.now:
            raise NotBookable
        duty = actions.start_on_call(
            schedule_id=wish["schedule"],
            visit_type_id=wish["visit_type"],
            mode=wish["mode"],
            until=until,
            by=self.actor,
            now=self.now,
        )
        return Response(DutyAnswer(duty).data, status=201)

    @extend_schema(request=None, responses={204: None}, summary="Be on call no more", tags=TAG)
    def delete(self, request: Request) -> Response:
        actions.stop_on_call(by=self.actor, now=self.now)
        return Response(status=204)


class RemoteConditionAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    group = serializers.SerializerMethodField()
    confirmed = serializers.BooleanField(help_text="Compared with a second text of the Circular.")

    @extend_schema_field(serializers.CharField())
    def get_group(self, entry: fit.Condition) -> str:
        return str(fit.GROUPS[entry.group])


class RemoteConditionPage(Page):
    results = RemoteConditionAnswer(many=True)


class Conditions(ApiView):
    access = ANYONE

    @extend_schema(
        responses=RemoteConditionPage, summary="What may be treated at a distance (TT 30/2023)", tags=["booking"]
    )
    def get(self, request: Request) -> Response:
        return whole_page(RemoteConditionPage, fit.conditions())


class NewRemoteWish(StrictSerializer):
    person = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: oneself.")
    practitioner = serializers.UUIDField()
    words = serializers.CharField(max_length=500)


class RemoteDecision(StrictSerializer):
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class RemoteWishAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(RemoteWish.Status.choices)
    person = AppointmentPerson()
    practitioner = AppointmentPractitioner()
    words = serializers.CharField()
    reason = serializers.CharField(source="fit_reason")
    opened_until = AwareDateTime(allow_null=True)
    created_at = AwareDateTime()


class RemoteWishPage(Page):
    results = RemoteWishAnswer(many=True)


class RemoteWishes(ApiView):
    access = frozenset({"citizen", "practitioner"})

    @extend_schema(responses=RemoteWishPage, summary="Wishes for a visit at a distance", tags=["booking"])
    def get(self, request: Request) -> Response:
        return page_of(self, queries.remote_wishes(self.actor), RemoteWishAnswer)

    @extend_schema(
        request=NewRemoteWish,
        responses={201: RemoteWishAnswer},
        summary="Ask a doctor to open a visit at a distance",
        tags=["booking"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(NewRemoteWish)
        person_id = wish["person"] or self.actor.person_id
        if person_id is None or self.actor.role != "citizen":
            raise NotFound
        found = actions.ask_for_remote(
            person_id=person_id,
            practitioner_id=wish["practitioner"],
            words=wish["words"],
            by=self.actor,
            now=self.now,
        )
        return Response(RemoteWishAnswer(found).data, status=201)


class OpenRemote(ApiView):
    access = frozenset({"practitioner"})

    @extend_schema(
        request=RemoteDecision, responses=RemoteWishAnswer, summary="Open it, with a reason", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, wish_id: UUID) -> Response:
        reason = self.clean(RemoteDecision)["reason"]
        wish = actions.open_remote(wish_id=wish_id, reason=reason, by=self.actor, now=self.now)
        return Response(RemoteWishAnswer(wish).data)


class DeclineRemote(ApiView):
    access = frozenset({"practitioner"})

    @extend_schema(
        request=NothingMore, responses=RemoteWishAnswer, summary="Want to see them in person", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, wish_id: UUID) -> Response:
        self.clean(NothingMore)
        return Response(RemoteWishAnswer(actions.decline_remote(wish_id=wish_id, by=self.actor, now=self.now)).data)
