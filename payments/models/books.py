"""What can be proven: ledger entries and the messages of gateways. Both are written once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from payments.models.accounts import GatewayAccount
from payments.models.bank import BankLine
from payments.models.disputes import Dispute
from payments.models.payments import Payment, Refund


class Entry(Entity):
    """One line of the ledger. Triggers refuse a change, a removal, and a transaction that does not sum to zero."""

    class Kind(models.TextChoices):
        CAPTURE = "capture", _("money arrived")
        REFUND_REQUEST = "refund_request", _("refund promised")
        REFUND_DONE = "refund_done", _("refund sent")
        REFUND_FAILED = "refund_failed", _("refund taken back")
        CREDIT = "credit", _("owed to the payer")
        CREDIT_PAID = "credit_paid", _("paid out by hand")
        CASH_DIFFERENCE = "cash_difference", _("the drawer was not what it should be")
        WRITE_OFF = "write_off", _("difference with the gateway written off")
        FEE = "fee", _("fee of the payment company")
        DISPUTE_TAKEN = "dispute_taken", _("disputed money taken")
        DISPUTE_FEE = "dispute_fee", _("fee of a dispute")
        DISPUTE_WON = "dispute_won", _("disputed money came back")
        DISPUTE_LOST = "dispute_lost", _("disputed money lost")
        BANK_CAME = "bank_came", _("money came to the bank account")
        BANK_MATCHED = "bank_matched", _("bank transfer put to a payment")
        BANK_RETURNED = "bank_returned", _("bank transfer sent back")
        BANK_IGNORED = "bank_ignored", _("bank transfer set aside")

    transaction = models.UUIDField()  # the lines of one fact share it and sum to zero
    kind = models.CharField(max_length=16, choices=Kind.choices)
    account = models.CharField(max_length=100)
    amount = models.BigIntegerField()  # signed: debit is positive
    currency = models.CharField(max_length=3)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="+")
    cause = models.CharField(max_length=80, blank=True)  # a Ref to what else it is about: "credit:<uuid>"
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, null=True, related_name="+")
    bank_line = models.ForeignKey(BankLine, on_delete=models.PROTECT, null=True, related_name="+")
    facility_id = models.UUIDField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_not_zero"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "capture",
                        "refund_request",
                        "refund_done",
                        "refund_failed",
                        "credit",
                        "credit_paid",
                        "cash_difference",
                        "write_off",
                        "fee",
                        "dispute_taken",
                        "dispute_fee",
                        "dispute_won",
                        "dispute_lost",
                        "bank_came",
                        "bank_matched",
                        "bank_returned",
                        "bank_ignored",
                    ]
                ),
                name="entry_kind_known",
            ),
            # The guards that never sleep: one capture and one fee a payment, one line of each kind a refund, a dispute or a
            # bank line.
            models.UniqueConstraint(
                fields=["payment", "account"], condition=Q(kind="capture"), name="entry_captured_once"
            ),
            models.UniqueConstraint(
                fields=["refund", "kind", "account"], condition=Q(refund__isnull=False), name="entry_refund_once"
            ),
            models.UniqueConstraint(
                fields=["cause", "kind", "account"], condition=~Q(cause=""), name="entry_cause_once"
            ),
            # Another fee than was first named is posted for the difference that found it (entry_cause_once).
            models.UniqueConstraint(
                fields=["payment", "account"], condition=Q(kind="fee", cause=""), name="entry_fee_once"
            ),
            models.UniqueConstraint(
                fields=["dispute", "kind", "account"], condition=Q(dispute__isnull=False), name="entry_dispute_once"
            ),
            models.UniqueConstraint(
                fields=["bank_line", "kind", "account"],
                condition=Q(bank_line__isnull=False),
                name="entry_bank_line_once",
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(bank_line__isnull=False) | ~Q(cause=""),
                name="entry_about_something",
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
        DISPUTED = "disputed", _("disputed")
        UNKNOWN = "unknown", _("no payment of ours")

    gateway = models.CharField(max_length=20)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, null=True, related_name="+")
    event_id = models.CharField(max_length=80)
    reason = models.CharField(max_length=40, blank=True)  # the gateway's code for why it says no
    reference = models.CharField(max_length=80)
    about = models.CharField(max_length=10, default="payment")  # or "dispute": whose name the reference is
    body = models.BinaryField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # Each account numbers its own events: what another facility signs never stands for ours.
            models.UniqueConstraint(
                fields=["gateway", "account", "event_id"], nulls_distinct=False, name="delivery_once"
            )
        ]
        indexes = [models.Index(fields=["gateway", "reference"], name="delivery_reference")]
