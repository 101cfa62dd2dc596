"""HTTP doors of payments: pay for a subject, see how a payment stands, give money back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, AwareDateTime, MoneyField, StrictSerializer, idempotent
from core.errors import NotFound
from core.money import Money
from core.refs import Ref
from payments import access, actions, queries
from payments.models import Payment, Refund

PAYERS = frozenset({"citizen", "desk"})


@extend_schema_field({"type": "string", "pattern": r"^[a-z_]+:[0-9a-f-]{36}$", "maxLength": 80})
class RefField(serializers.CharField):
    """ "appointment:<uuid>" """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=80, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)  # the length is the text's, so it is looked at first
        try:
            return Ref.parse(text)
        except ValueError:
            # A name that cannot exist is answered like one that does not.
            raise NotFound() from None


class RefundAnswer(serializers.Serializer[Refund]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(Refund.Status.choices)
    money = MoneyField()
    reason = serializers.CharField()
    created_at = AwareDateTime()
    done_at = AwareDateTime(allow_null=True)


class FacilityName(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class PayWayAnswer(serializers.Serializer[Any]):
    gateway = serializers.CharField()
    name = serializers.CharField()


class PaymentAnswer(serializers.Serializer[Payment]):
    """One payment. While it waits for the payer: `redirect_url` is the gateway's page, `deep_link` the same in the payer's app,
    `qr` what a QR code for another phone says; `ways` are the gateways one may choose."""

    id = serializers.UUIDField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(Payment.Status.choices)
    price = MoneyField()
    refunded = MoneyField()
    description = serializers.CharField()
    facility = FacilityName()
    code = serializers.CharField()
    gateway = serializers.CharField(allow_blank=True)
    expires_at = AwareDateTime()
    created_at = AwareDateTime()
    captured_at = AwareDateTime(allow_null=True)
    page_url = serializers.SerializerMethodField()
    redirect_url = serializers.SerializerMethodField()
    deep_link = serializers.SerializerMethodField()
    qr = serializers.SerializerMethodField()
    ways = serializers.SerializerMethodField()
    refunds = RefundAnswer(many=True, source="refunds.all")

    def get_page_url(self, payment: Payment) -> str:
        return self.context["request"].build_absolute_uri(queries.page_url(payment))

    def get_redirect_url(self, payment: Payment) -> str | None:
        if not payment.is_waiting or not payment.gateway_url:
            return None
        return self.context["request"].build_absolute_uri(payment.gateway_url)

    def get_deep_link(self, payment: Payment) -> str | None:
        return payment.deep_link or None if payment.is_waiting else None

    def get_qr(self, payment: Payment) -> str | None:
        return payment.qr or None if payment.is_waiting else None

    @extend_schema_field(PayWayAnswer(many=True))
    def get_ways(self, payment: Payment) -> list[dict[str, str]]:
        if not payment.is_open:
            return []
        return [{"gateway": way.code, "name": str(way.name)} for way in queries.ways_to_pay(payment.facility_id)]


class PayBody(StrictSerializer):
    subject = RefField()
    gateway = serializers.CharField(max_length=20, required=False)


class RefundBody(StrictSerializer):
    """Without `amount`, all that is left goes back. Minor units of the payment's currency."""

    amount = serializers.IntegerField(min_value=1, max_value=2**53, required=False)
    reason = serializers.CharField(max_length=200)


def _answer(request: Request, payment: Payment, status: int = 200) -> Response:
    return Response(PaymentAnswer(payment, context={"request": request}).data, status=status)


class Payments(ApiView):
    """Pay for something."""

    access = PAYERS

    @extend_schema(summary="Pay for a subject", tags=["payments"], request=PayBody, responses={200: PaymentAnswer})
    def post(self, request: Request) -> Response:
        wish = self.clean(PayBody)
        payment = access.get_payment_for(self.actor, wish["subject"])
        ways = queries.ways_to_pay(payment.facility_id)
        gateway = wish.get("gateway") or payment.gateway or (ways[0].code if ways else "")
        payment = actions.start_payment(
            payment_id=payment.id,
            gateway=gateway,
            site=request.build_absolute_uri("/"),
            language=get_language() or "vi",
            address=request.META.get("REMOTE_ADDR") or "127.0.0.1",
            by=self.actor,
            now=self.now,
        )
        return _answer(request, payment)


class OnePayment(ApiView):
    """One payment."""

    access = PAYERS

    @extend_schema(summary="How a payment stands", tags=["payments"], responses={200: PaymentAnswer})
    def get(self, request: Request, payment_id: UUID) -> Response:
        return _answer(request, access.get_payment(self.actor, payment_id))


class Refunds(ApiView):
    """Give money back."""

    access = frozenset({"desk"})

    @extend_schema(summary="Give money back", tags=["payments"], request=RefundBody, responses={201: RefundAnswer})
    @idempotent
    def post(self, request: Request, payment_id: UUID) -> Response:
        wish = self.clean(RefundBody)
        payment = access.get_payment(self.actor, payment_id)
        money = Money(wish["amount"], payment.currency) if "amount" in wish else None
        refund = actions.request_refund(
            payment_id=payment.id, reason=wish["reason"], money=money, by=self.actor, now=self.now
        )
        return Response(RefundAnswer(refund).data, status=201)
