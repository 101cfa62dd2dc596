"""Receipts for money that came and slips for money that went back; invoices for the tax authority; links to pay by."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.models.invoices import Invoice
from payments.models.payments import Payment, Refund


class Receipt(Entity):
    """A numbered paper about money: written once when it came (phiếu thu) or went back (phiếu chi), never changed."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("receipt")  # phiếu thu
        PAYOUT = "payout", _("refund slip")  # phiếu chi

    kind = models.CharField(max_length=8, choices=Kind.choices)
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    payer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="receipts")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="+")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20)  # "PT26-0000001"
    code = models.CharField(max_length=16, unique=True)  # what its QR code says
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    payer_name = models.CharField(max_length=160)
    payer_address = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=200)
    method = models.CharField(max_length=20)  # the gateway's code
    moved_at = models.DateTimeField()  # when the money came or went

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind="receipt", refund__isnull=True) | Q(kind="payout", refund__isnull=False),
                name="receipt_kind_known",
            ),
            models.UniqueConstraint(fields=["facility", "kind", "year", "sequence"], name="receipt_number_once"),
            models.UniqueConstraint(fields=["payment"], condition=Q(kind="receipt"), name="receipt_payment_once"),
            models.UniqueConstraint(fields=["refund"], name="receipt_refund_once"),
        ]
        indexes = [
            models.Index(fields=["facility", "-created_at"], name="receipt_facility"),
            models.Index(fields=["payer", "-created_at"], name="receipt_payer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def money(self) -> Money:
        """How much."""
        return Money(self.amount, self.currency)


class EInvoice(Stateful, Entity):
    """An electronic invoice at the tax authority: of one invoice, of a day's receipts nobody wanted one for, or of money that
    went back for one of these receipts, which adjusts the day's."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("to be sent")
        ISSUED = "issued", _("issued")  # it has the tax authority's code
        ADJUSTED = "adjusted", _("adjusted")
        REPLACED = "replaced", _("replaced")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.ISSUED},
        Status.ISSUED: {Status.ADJUSTED, Status.REPLACED},
        Status.ADJUSTED: {Status.REPLACED},
        Status.REPLACED: set(),
    }

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, null=True, related_name="einvoice")
    day = models.DateField(null=True)  # of the summary
    slip = models.OneToOneField(Receipt, on_delete=models.PROTECT, null=True, related_name="einvoice")
    adjusts = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="adjustments")  # of a slip
    number_of_day = models.PositiveSmallIntegerField(default=0)  # a later summary of the same day takes what came after
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    provider = models.CharField(max_length=20)
    content = models.JSONField(default=dict)  # what is said to the provider, fixed when it is made
    reference = models.CharField(max_length=80, blank=True)  # the provider's name for it
    tax_code = models.CharField(max_length=40, blank=True)  # of the tax authority
    tries = models.PositiveSmallIntegerField(default=0)
    issued_at = models.DateTimeField(null=True)
    adjusted_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "e-invoice"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "issued", "adjusted", "replaced"]), name="einvoice_status_known"
            ),
            models.CheckConstraint(condition=Q(status="draft") | ~Q(tax_code=""), name="einvoice_issued_has_code"),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, day__isnull=True, slip__isnull=True, adjusts__isnull=True)
                | Q(invoice__isnull=True, day__isnull=False, slip__isnull=True, adjusts__isnull=True)
                | Q(invoice__isnull=True, day__isnull=True, slip__isnull=False, adjusts__isnull=False),
                name="einvoice_of_one_day_or_slip",
            ),
            models.UniqueConstraint(
                fields=["facility", "day", "number_of_day"], condition=Q(day__isnull=False), name="einvoice_day_once"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(status="draft"), name="einvoice_to_send")]


class Summed(models.Model):
    """Which receipt stands in which day's summary: each in one."""

    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, primary_key=True, related_name="+")
    summary = models.ForeignKey(EInvoice, on_delete=models.PROTECT, related_name="receipts")

    class Meta:
        verbose_name_plural = "summed"


class PayLink(Entity):
    """An address by which somebody without an account may pay one payment. Only a hash of it is kept."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.UUIDField(null=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    starts = models.PositiveSmallIntegerField(default=0)  # since `counted_at`
    counted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["payment"], name="pay_link_payment")]
