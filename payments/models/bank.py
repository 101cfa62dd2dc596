"""What came to a facility's bank account, line by line, and the statements it was read from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.models.accounts import GatewayAccount
from payments.models.payments import Payment


class BankStatement(Stateful, Entity):
    """A statement somebody at the desk handed in, and how each of its rows was taken."""

    class Status(models.TextChoices):
        READING = "reading", _("being read")
        READ = "read", pgettext_lazy("file", "read")
        FAILED = "failed", _("could not be read")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.READING: {Status.READ, Status.FAILED},
        Status.READ: set(),
        Status.FAILED: set(),
    }

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8)  # csv, xlsx, mt940
    content = models.BinaryField()  # until it was read
    handed_in_by = models.UUIDField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.READING)
    counts = models.JSONField(default=dict)  # how many rows were taken how
    report = models.JSONField(default=list)  # [{"line", "outcome", "reason", "value", "amount", "bank_line"}]
    read_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["reading", "read", "failed"]), name="bank_statement_status_known"
            ),
        ]
        indexes = [models.Index(fields=["facility", "-created_at"], name="bank_statement_facility")]


class BankLine(Stateful, Entity):
    """Money that came to the account, once for each of the bank's numbers, however we heard of it."""

    class Status(models.TextChoices):
        UNMATCHED = "unmatched", _("belongs to nobody yet")
        MATCHED = "matched", _("belongs to a payment")
        RETURNED = "returned", _("sent back by hand")
        IGNORED = "ignored", _("not for a payment")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.UNMATCHED: {Status.MATCHED, Status.RETURNED, Status.IGNORED},
        Status.MATCHED: set(),
        Status.RETURNED: set(),
        Status.IGNORED: set(),
    }

    class Reason(models.TextChoices):
        """Why no payment was confirmed by it."""

        NONE = "", _("none")
        NO_CODE = "no_code", _("the memo names no payment")
        UNKNOWN_CODE = "unknown_code", _("the memo names a payment we do not have here")
        TWO_CODES = "two_codes", _("the memo names several payments")
        LESS = "less", _("less came than was asked for")
        MORE = "more", _("more came than was asked for")
        DOUBLE = "double", _("this has already been paid")
        LATE = "late", _("it came after the time to pay")
        OTHER_WAY = "other_way", _("the payer had chosen another way to pay")

    class Source(models.TextChoices):
        HOOK = "hook", _("the bank's notice")
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"
        MT940 = "mt940", "MT940"

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=50)  # the bank's, of the movement; `~…` stands in where it gives none
    # Its second name, where the notice and the statement number the same money differently.
    alias = models.CharField(max_length=50, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    at = models.DateTimeField()  # by the bank's clock
    memo = models.CharField(max_length=500, blank=True)
    code = models.CharField(max_length=16, blank=True)  # the payment the memo names, if one
    counter_account = models.CharField(max_length=40, blank=True)
    counter_name = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, null=True, related_name="+")
    in_statement = models.BooleanField(default=False)  # the bank's own books have it, too
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UNMATCHED)
    reason = models.CharField(max_length=16, choices=Reason.choices, default=Reason.NONE, blank=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="+")
    # What of it was more than its payment asked for: owed to the payer, or sent back by the transfer `over_note` names.
    over_amount = models.BigIntegerField(default=0)
    over_note = models.CharField(max_length=200, blank=True)
    note = models.CharField(
        max_length=200, blank=True
    )  # the number of the transfer back, or why it is not for a payment
    resolved_by = models.UUIDField(null=True)  # the user; None when the house found the payment
    matched_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    ignored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_line_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["unmatched", "matched", "returned", "ignored"]), name="bank_line_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="matched", payment__isnull=False) | (~Q(status="matched") & Q(payment__isnull=True)),
                name="bank_line_payment_when_matched",
            ),
            models.CheckConstraint(
                condition=Q(over_amount=0, over_note="")
                | Q(status="matched", over_amount__gt=0, over_amount__lt=F("amount")),
                name="bank_line_over_within",
            ),
            # The guard that never sleeps: a notice that comes again, or stands in a statement, is the same money.
            models.UniqueConstraint(fields=["account", "number"], name="bank_line_once"),
            models.UniqueConstraint(fields=["account", "alias"], condition=~Q(alias=""), name="bank_line_alias_once"),
        ]
        indexes = [
            models.Index(fields=["facility", "-at"], condition=Q(status="unmatched"), name="bank_line_queue"),
            models.Index(fields=["facility", "-at"], name="bank_line_facility"),
            models.Index(fields=["payment"], name="bank_line_payment"),
            models.Index(fields=["code"], name="bank_line_code"),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.money}"

    @property
    def money(self) -> Money:
        """How much came."""
        return Money(self.amount, self.currency)

    @property
    def counted(self) -> Money:
        """What of it is for its payment."""
        return Money(self.amount - self.over_amount, self.currency)

    @property
    def over(self) -> Money:
        """What of it is not."""
        return Money(self.over_amount, self.currency)
