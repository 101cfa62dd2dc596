"""Doors of "who has it": the citizen asks, compares and reserves; the pharmacy sees, answers and prepares."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, AwareDateTime, MoneyField, Page, StrictSerializer, idempotent, whole_page
from core.money import Money
from prescriptions import access, actions, queries
from prescriptions.api import wishes
from prescriptions.api.answers import DrugAnswer, PlaceAnswer
from prescriptions.models import Inquiry, PharmacyAnswer, Reservation
from prescriptions.models.stock import MOST_DONG
from prescriptions.quantities import LARGEST_TOTAL

TAGS = ["who has it"]
INQUIRY_ENDINGS = ["", *Inquiry.Ending.values]
RESERVATION_ENDINGS = ["", *Reservation.Ending.values]


class AskWish(StrictSerializer):
    """Where to ask: around a place, or in a province. The place is not kept."""

    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False)
    radius_km = serializers.ChoiceField(choices=queries.RADII_KM, required=False, default=5)
    province = serializers.RegexField(r"^[0-9]{2}$", required=False, help_text="default: where the patient lives")
    include_closed = serializers.BooleanField(required=False, default=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if ("latitude" in values) != ("longitude" in values):
            raise serializers.ValidationError({"longitude": [_("A place needs latitude and longitude.")]})
        return values


class StockLineWish(StrictSerializer):
    line = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_TOTAL)
    unit_price = serializers.IntegerField(min_value=0, max_value=MOST_DONG, help_text="whole dong for one unit of sale")


class HasItWish(StrictSerializer):
    lines = serializers.ListField(child=StockLineWish(), allow_empty=False, max_length=wishes.MOST_ITEMS)
    ready_at = AwareDateTime()


class OrderAsked(StrictSerializer):
    order = serializers.ChoiceField(choices=queries.ORDERS, required=False, default="price")


class ComparedLineAnswer(serializers.Serializer[Any]):
    item = serializers.UUIDField(source="item.id")
    drug = DrugAnswer(source="item.drug")
    wanted = serializers.IntegerField()
    quantity = serializers.IntegerField(help_text="0 where the pharmacy does not have it")
    unit_price = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()

    @extend_schema_field(MoneyField())
    def get_unit_price(self, line: Any) -> dict[str, Any]:
        return Money.vnd(line.unit_price).as_json()

    @extend_schema_field(MoneyField())
    def get_amount(self, line: Any) -> dict[str, Any]:
        return Money.vnd(line.amount).as_json()


class ComparedAnswer(serializers.Serializer[Any]):
    """What one pharmacy said."""

    id = serializers.UUIDField(source="answer.id")
    pharmacy = PlaceAnswer(source="answer.pharmacy")
    distance_m = serializers.IntegerField(source="answer.distance_m", allow_null=True)
    ready_at = AwareDateTime(source="answer.ready_at")
    lines = ComparedLineAnswer(many=True)
    total = serializers.SerializerMethodField()
    has_all = serializers.BooleanField()
    is_cheapest = serializers.BooleanField()
    is_nearest = serializers.BooleanField()
    reservation = serializers.UUIDField(source="reservation.id", allow_null=True, default=None)

    @extend_schema_field(MoneyField())
    def get_total(self, compared: Any) -> dict[str, Any]:
        return Money.vnd(compared.total).as_json()


class InquiryAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="inquiry.id")
    prescription = serializers.UUIDField(source="inquiry.prescription_id")
    asked_at = AwareDateTime(source="inquiry.asked_at")
    closes_at = AwareDateTime(source="inquiry.closes_at")
    ending = serializers.ChoiceField(choices=INQUIRY_ENDINGS, source="inquiry.ending")
    answers = ComparedAnswer(many=True, source="has")
    refused = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()

    def get_refused(self, comparison: Any) -> int:
        return len(comparison.refused)

    def get_waiting(self, comparison: Any) -> int:
        return len(comparison.waiting)


class ReservedLineAnswer(serializers.Serializer[Any]):
    item = serializers.UUIDField(source="item_id")
    drug = DrugAnswer(source="item.drug")
    quantity = serializers.IntegerField(source="wanted")
    unit_price = serializers.SerializerMethodField()

    @extend_schema_field(MoneyField())
    def get_unit_price(self, line: Any) -> dict[str, Any]:
        return Money.vnd(line.unit_price).as_json()


class ReservationAnswer(serializers.Serializer[Reservation]):
    id = serializers.UUIDField()
    prescription = serializers.UUIDField(source="prescription_id")
    pharmacy = PlaceAnswer()
    reserved_at = AwareDateTime()
    ready_at = AwareDateTime()
    until = AwareDateTime()
    ending = serializers.ChoiceField(choices=RESERVATION_ENDINGS)
    lines = ReservedLineAnswer(many=True)
    total = serializers.SerializerMethodField()

    @extend_schema_field(MoneyField())
    def get_total(self, reservation: Reservation) -> dict[str, Any]:
        return Money.vnd(reservation.total).as_json()


class ReservationPage(Page):
    results = ReservationAnswer(many=True)


class AskedLineAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="line.id")
    drug = DrugAnswer(source="line.item.drug")
    wanted = serializers.IntegerField(source="line.wanted")
    free = serializers.IntegerField(help_text="free and good in the pharmacy's own stock")
    said_quantity = serializers.IntegerField(allow_null=True)
    said_price = serializers.IntegerField(allow_null=True)


class AskedAnswer(serializers.Serializer[Any]):
    """A question as a pharmacy sees it: medicines and how far about, no person."""

    id = serializers.UUIDField(source="answer.id")
    asked_at = AwareDateTime(source="answer.inquiry.asked_at")
    closes_at = AwareDateTime(source="answer.inquiry.closes_at")
    distance = serializers.CharField(source="band", help_text='kilometres at most: "2", "5", "10", "30", "far" or ""')
    said = serializers.ChoiceField(choices=PharmacyAnswer.Said.choices, source="answer.said")
    automatic = serializers.BooleanField(source="answer.automatic")
    ready_at = AwareDateTime(source="answer.ready_at", allow_null=True)
    lines = AskedLineAnswer(many=True)


class AskedPage(Page):
    results = AskedAnswer(many=True)


class SaidAnswer(serializers.Serializer[PharmacyAnswer]):
    id = serializers.UUIDField()
    said = serializers.ChoiceField(choices=PharmacyAnswer.Said.choices)
    ready_at = AwareDateTime(allow_null=True)


# ---- the citizen


class CitizenView(ApiView):
    access = frozenset({"citizen"})

    def compared(self, inquiry: Inquiry, order: str = "price", status: int = 200) -> Response:
        return Response(InquiryAnswer(queries.compare(inquiry, self.now, order)).data, status=status)


class Inquiries(CitizenView):
    @extend_schema(
        request=AskWish, responses={201: InquiryAnswer}, summary="Ask the pharmacies in range who has it", tags=TAGS
    )
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(AskWish)
        near = (wish["latitude"], wish["longitude"]) if "latitude" in wish else None
        prescription = access.get_collectable(self.actor, prescription_id, self.now)
        inquiry = actions.ask_pharmacies(
            prescription_id=prescription_id,
            near=near,
            radius_km=int(wish["radius_km"]),
            province=wish.get("province") or prescription.person.province_id or prescription.facility.province_id,
            include_closed=wish["include_closed"],
            by=self.actor,
            now=self.now,
        )
        return self.compared(inquiry, status=201)


class OneInquiry(CitizenView):
    @extend_schema(parameters=[OrderAsked], responses=InquiryAnswer, summary="What was answered", tags=TAGS)
    def get(self, request: Request, inquiry_id: UUID) -> Response:
        return self.compared(access.get_inquiry(self.actor, inquiry_id), self.clean_query(OrderAsked)["order"])


class Withdraw(CitizenView):
    @extend_schema(request=wishes.NoWish, responses=InquiryAnswer, summary="Take the question back", tags=TAGS)
    def post(self, request: Request, inquiry_id: UUID) -> Response:
        self.clean(wishes.NoWish)
        return self.compared(actions.withdraw_inquiry(inquiry_id=inquiry_id, by=self.actor, now=self.now))


class Reserve(CitizenView):
    @extend_schema(
        request=wishes.NoWish, responses={201: ReservationAnswer}, summary="Have it kept for pick-up", tags=TAGS
    )
    def post(self, request: Request, answer_id: UUID) -> Response:
        self.clean(wishes.NoWish)
        kept = actions.reserve(answer_id=answer_id, by=self.actor, now=self.now)
        return Response(ReservationAnswer(kept).data, status=201)


class ReservationsOf(CitizenView):
    @extend_schema(responses=ReservationPage, summary="What is kept for a prescription", tags=TAGS)
    def get(self, request: Request, prescription_id: UUID) -> Response:
        found = access.get_collectable(self.actor, prescription_id, self.now)
        return whole_page(ReservationPage, queries.reservations_of(found))


class TakeBack(CitizenView):
    @extend_schema(request=wishes.NoWish, responses=ReservationAnswer, summary="Do not have it kept", tags=TAGS)
    def post(self, request: Request, reservation_id: UUID) -> Response:
        self.clean(wishes.NoWish)
        ended = actions.take_back_reservation(reservation_id=reservation_id, by=self.actor, now=self.now)
        return Response(ReservationAnswer(ended).data)


# ---- the pharmacy


class PharmacyView(ApiView):
    access = frozenset({"pharmacist"})


class AskedHere(PharmacyView):
    @extend_schema(responses=AskedPage, summary="What my pharmacy is asked for now", tags=TAGS)
    def get(self, request: Request) -> Response:
        return whole_page(AskedPage, queries.asked_here(self.actor, self.now))


class Answer(PharmacyView):
    @extend_schema(request=HasItWish, responses=SaidAnswer, summary="Say what there is, at what price", tags=TAGS)
    @idempotent
    def post(self, request: Request, answer_id: UUID) -> Response:
        wish = self.clean(HasItWish)
        said = actions.answer_inquiry(
            answer_id=answer_id, lines=wish["lines"], ready_at=wish["ready_at"], by=self.actor, now=self.now
        )
        return Response(SaidAnswer(said).data)


class Refuse(PharmacyView):
    @extend_schema(request=wishes.NoWish, responses=SaidAnswer, summary="Say that it is not there", tags=TAGS)
    def post(self, request: Request, answer_id: UUID) -> Response:
        self.clean(wishes.NoWish)
        return Response(SaidAnswer(actions.refuse_inquiry(answer_id=answer_id, by=self.actor, now=self.now)).data)


class KeptHere(PharmacyView):
    @extend_schema(responses=ReservationPage, summary="What my pharmacy keeps for citizens", tags=TAGS)
    def get(self, request: Request) -> Response:
        return whole_page(ReservationPage, queries.kept_here(self.actor))
