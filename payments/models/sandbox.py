"""The sandbox's own books: the other side of the wire. Nothing outside gateways/sandbox reads or writes these."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity


class Charge(Entity):
    """What a merchant asked the pretended bank to collect."""

    class Status(models.TextChoices):
        OPEN = "open", _("waiting")
        PAID = "paid", _("paid")
        DECLINED = "declined", _("declined")
        CLOSED = "closed", _("closed by the merchant")
        LATE = "late", _("will be paid after the time has run out")

    reference = models.CharField(max_length=40, unique=True)  # unguessable: whoever holds it may pay
    merchant_key = models.CharField(max_length=80, unique=True)  # asking twice for the same thing gives the same charge
    merchant = models.CharField(max_length=40, blank=True)  # whose money it is
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payee = models.CharField(max_length=160)
    description = models.CharField(max_length=160)
    return_path = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    paid_at = models.DateTimeField(null=True)
    refunded_amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="charge_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("amount")), name="charge_refunded_within"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "paid", "declined", "closed", "late"]), name="charge_status_known"
            ),
        ]


class ChargeRefund(Entity):
    """Money the pretended bank sent back; the merchant's key makes a repeated wish the same refund."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    merchant_key = models.CharField(max_length=80, unique=True)
    amount = models.BigIntegerField()


class Notice(Entity):
    """A webhook the pretended bank owes its merchant, kept until it was taken."""

    event_id = models.CharField(max_length=40, unique=True)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="notices")
    body = models.TextField()
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
