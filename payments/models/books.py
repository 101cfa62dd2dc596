"""What can be proven: ledger entries and the messages of gateways. Both are written once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from payments.models.accounts import GatewayAccount
from payments.models.payments import Payment, Refund


class Entry(Entity):
    """One line of the ledger. Triggers refuse a change, a removal, and a transaction that does not sum to zero."""

    class Kind(models.TextChoices):
        CAPTURE = "capture", _("money arrived")
        REFUND_REQUEST = "refund_request", _("refund promised")
        REFUND_DONE = "refund_done", _("refund sent")
        REFUND_FAILED = "refund_failed", _("refund taken back")

    transaction = models.UUIDField()  # the lines of one fact share it and sum to zero
    kind = models.CharField(max_length=16, choices=Kind.choices)
    account = models.CharField(max_length=100)
    amount = models.BigIntegerField()  # signed: debit is positive
    currency = models.CharField(max_length=3)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="+")
    facility_id = models.UUIDField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_not_zero"),
            models.CheckConstraint(
                condition=Q(kind__in=["capture", "refund_request", "refund_done", "refund_failed"]),
                name="entry_kind_known",
            ),
            # The guards that never sleep: one capture a payment, one line of each kind a refund.
            models.UniqueConstraint(
                fields=["payment", "account"], condition=Q(kind="capture"), name="entry_captured_once"
            ),
            models.UniqueConstraint(
                fields=["refund", "kind", "account"], condition=Q(refund__isnull=False), name="entry_refund_once"
            ),
        ]
        indexes = [
            models.Index(fields=["transaction"], name="entry_transaction"),
            models.Index(fields=["facility_id", "created_at"], name="entry_facility"),
            models.Index(fields=["account", "created_at"], name="entry_account"),
        ]


class Delivery(Entity):
    """One webhook with a right signature, kept as it came. A second one with the same event id finds this row."""

    class Outcome(models.TextChoices):
        WAITING = "", _("not looked at yet")
        CAPTURED = "captured", _("paid")
        AUTHORISED = "authorised", _("held on the card")
        FAILED = "failed", _("declined")
        UNCHANGED = "unchanged", _("nothing new")
        FLAGGED = "flagged", _("does not agree with our books")
        UNKNOWN = "unknown", _("no payment of ours")

    gateway = models.CharField(max_length=20)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, null=True, related_name="+")
    event_id = models.CharField(max_length=80)
    reference = models.CharField(max_length=80)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="delivery_once")]
        indexes = [models.Index(fields=["gateway", "reference"], name="delivery_reference")]
