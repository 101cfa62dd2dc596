"""Prices, invoices and receipts over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ANYONE, ApiView, AwareDateTime, MoneyField, StrictSerializer
from payments import access, paper_access, papers, price_lists
from payments.models import Category, ChargedItem, Invoice, PriceItem, Receipt

PAYERS = frozenset({"citizen", "desk"})
MOST = 5000  # no facility's list is longer; nobody asks for a page of it


class PricesQuery(StrictSerializer):
    """Without `on`, what holds today on the facility's clock."""

    on = serializers.DateField(required=False)


class PriceAnswer(serializers.Serializer[PriceItem]):
    code = serializers.CharField()
    name_vi = serializers.CharField()
    name_en = serializers.CharField()
    unit = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)
    in_scope = serializers.BooleanField(help_text="Health insurance (BHYT) knows of it.")
    price = MoneyField()
    components = serializers.DictField(child=serializers.IntegerField())


class PricesAnswer(serializers.Serializer[Any]):
    """What a facility charges on a day. `version` counts its published lists; null where none holds."""

    facility = serializers.UUIDField()
    on = serializers.DateField()
    version = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True, help_text="The first day on which it no longer holds.")
    items = PriceAnswer(many=True)


class Prices(ApiView):
    """A facility's published prices."""

    access = ANYONE

    @extend_schema(
        summary="What a facility charges on a day",
        tags=["payments"],
        parameters=[PricesQuery],
        responses={200: PricesAnswer},
    )
    def get(self, request: Request, facility_id: UUID) -> Response:
        facility = price_lists.facility_with(facility_id)
        on = self.clean_query(PricesQuery).get("on") or price_lists.today_at(facility, self.now)
        held = price_lists.list_on(facility_id, on)
        answer = {
            "facility": facility_id,
            "on": on,
            "version": held.version if held else None,
            "name": held.name if held else "",
            "valid_from": held.during.lower if held else None,
            "valid_to": held.during.upper if held else None,
            "items": price_lists.items_on(facility_id, on)[:MOST],
        }
        return Response(PricesAnswer(answer).data)


class ChargedAnswer(serializers.Serializer[ChargedItem]):
    code = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    discount = MoneyField()
    discount_reason = serializers.CharField(allow_blank=True)
    total = MoneyField()


class SplitAnswer(serializers.Serializer[Any]):
    """Who pays what: health insurance, the payer's share of what is insured, what is not insured, another source."""

    insurance = MoneyField()
    copay = MoneyField()
    own = MoneyField()
    other = MoneyField()
    discount = MoneyField()


class InvoiceAnswer(serializers.Serializer[Invoice]):
    """An invoice, or with kind "credit" the note that takes back from the one it `adjusts`."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Invoice.Kind.choices)
    status = serializers.ChoiceField(Invoice.Status.choices)
    number = serializers.CharField(allow_blank=True)
    subject = serializers.CharField()
    facility = serializers.UUIDField(source="facility_id")
    person = serializers.UUIDField(source="person_id")
    payer = serializers.UUIDField(source="payer_id")
    visited_on = serializers.DateField()
    issued_at = AwareDateTime(allow_null=True)
    total = MoneyField()
    due = MoneyField()
    parts = SplitAnswer()
    items = ChargedAnswer(many=True, source="items.all")
    adjusts = serializers.UUIDField(source="adjusts_id", allow_null=True)
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    pdf_url = serializers.SerializerMethodField()

    def get_pdf_url(self, invoice: Invoice) -> str:
        return self.context["request"].build_absolute_uri(reverse("payments_invoice_pdf", args=[invoice.id]))


class ReceiptAnswer(serializers.Serializer[Receipt]):
    """A receipt for money that came, or with kind "payout" the slip for money that went back."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Receipt.Kind.choices)
    number = serializers.CharField()
    code = serializers.CharField()
    payment = serializers.UUIDField(source="payment_id")
    money = MoneyField()
    description = serializers.CharField()
    moved_at = AwareDateTime()
    pdf_url = serializers.SerializerMethodField()

    def get_pdf_url(self, receipt: Receipt) -> str:
        return self.context["request"].build_absolute_uri(reverse("payments_receipt_pdf", args=[receipt.id]))


class PapersAnswer(serializers.Serializer[Any]):
    receipts = ReceiptAnswer(many=True)
    invoices = InvoiceAnswer(many=True)


class OneInvoice(ApiView):
    """One invoice."""

    access = PAYERS

    @extend_schema(summary="One invoice", tags=["payments"], responses={200: InvoiceAnswer})
    def get(self, request: Request, invoice_id: UUID) -> Response:
        found = paper_access.get_invoice(self.actor, invoice_id)
        return Response(InvoiceAnswer(found, context={"request": request}).data)


class OneReceipt(ApiView):
    """One receipt or refund slip."""

    access = PAYERS

    @extend_schema(summary="One receipt or refund slip", tags=["payments"], responses={200: ReceiptAnswer})
    def get(self, request: Request, receipt_id: UUID) -> Response:
        found = paper_access.get_receipt(self.actor, receipt_id)
        return Response(ReceiptAnswer(found, context={"request": request}).data)


class Papers(ApiView):
    """A payment's papers."""

    access = PAYERS

    @extend_schema(
        summary="The receipts, refund slips and invoices of a payment", tags=["payments"], responses={200: PapersAnswer}
    )
    def get(self, request: Request, payment_id: UUID) -> Response:
        payment = access.get_payment(self.actor, payment_id)
        found = {
            "receipts": papers.receipts_for(self.actor, payment),
            "invoices": papers.invoices_for(self.actor, payment),
        }
        return Response(PapersAnswer(found, context={"request": request}).data)
