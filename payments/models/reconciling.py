"""Our books beside a gateway's: a day of one account, the lines of its statement, and where the two differ."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.models.accounts import GatewayAccount
from payments.models.disputes import Dispute
from payments.models.payments import Payment, Refund


class Reconciliation(Entity):
    """One day (of Vietnam's calendar) of a facility at one gateway, compared. Counts and sums are of the last run, in dong."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("no statement yet")
        AGREED = "agreed", _("agrees")
        DIFFERS = "differs", _("differs")

    class Source(models.TextChoices):
        NONE = "", _("none")
        ASKED = "asked", _("asked at the gateway")
        FILE = "file", _("taken from a file")

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.NONE, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    ran_at = models.DateTimeField(null=True)
    their_count = models.PositiveIntegerField(default=0)
    our_count = models.PositiveIntegerField(default=0)
    matched_count = models.PositiveIntegerField(default=0)
    their_amount = models.BigIntegerField(default=0)  # what came in less what went back
    our_amount = models.BigIntegerField(default=0)
    fee_amount = models.BigIntegerField(default=0)  # what the gateway kept

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "gateway", "account", "day"], nulls_distinct=False, name="reconciliation_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "agreed", "differs"]), name="reconciliation_status_known"
            ),
        ]
        indexes = [models.Index(fields=["facility", "-day"], name="reconciliation_facility")]

    @property
    def their_money(self) -> Money:
        return Money.vnd(self.their_amount)

    @property
    def our_money(self) -> Money:
        return Money.vnd(self.our_amount)

    @property
    def fees(self) -> Money:
        return Money.vnd(self.fee_amount)

    @property
    def gap(self) -> Money:
        """What the gateway says more than we do."""
        return Money.vnd(self.their_amount - self.our_amount)


class StatementLine(models.Model):
    """One line of a gateway's statement, and what of ours it is. Written by COPY, many at a time."""

    id = models.BigAutoField(primary_key=True)
    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=12)  # as in gateways.Movement
    reference = models.CharField(max_length=80)
    transaction = models.CharField(max_length=80)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="+")
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, null=True, related_name="+")


class Difference(Stateful, Entity):
    """One thing on which a gateway and we do not agree; people decide what becomes of it."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", _("they have it, we do not")
        MISSING_THERE = "missing_there", _("we have it, they do not")
        AMOUNT = "amount", _("another amount")
        TWICE = "twice", _("collected twice")
        STATUS = "status", _("they sent it back, for us it has not left")
        FEE = "fee", _("another fee than in our books")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("difference", "open")
        LOOKED_INTO = "looked_into", _("being looked into")
        RESOLVED = "resolved", pgettext_lazy("difference", "resolved")

    class Resolution(models.TextChoices):
        NONE = "", _("none")
        RECORDED = "recorded", _("recorded in our books")
        WRITTEN_OFF = "written_off", _("written off")
        CREDITED = "credited", _("owed to the payer")
        ELSEWHERE = "elsewhere", _("settled among the bank transfers")
        AGREED = "agreed", _("agreed by itself later")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.OPEN: {Status.LOOKED_INTO, Status.RESOLVED},
        Status.LOOKED_INTO: {Status.RESOLVED},
        Status.RESOLVED: set(),
    }

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    side = models.CharField(max_length=12)  # what it is about, as in gateways.Movement
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="+")
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=80, blank=True)  # theirs
    transaction = models.CharField(max_length=80, blank=True)  # theirs
    our_amount = models.BigIntegerField(null=True)
    their_amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="VND")
    at = models.DateTimeField()  # theirs, else ours
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    resolution = models.CharField(max_length=12, choices=Resolution.choices, default=Resolution.NONE, blank=True)
    note = models.CharField(max_length=300, blank=True)
    resolved_by = models.UUIDField(null=True)
    looked_into_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "kind", "side", "payment", "refund", "dispute", "transaction"],
                condition=~Q(kind="fee"),
                nulls_distinct=False,
                name="difference_once",
            ),
            # What they say of a fee may change again after it was posted: that is another difference.
            models.UniqueConstraint(
                fields=["reconciliation", "payment", "dispute", "their_amount"],
                condition=Q(kind="fee"),
                nulls_distinct=False,
                name="difference_fee_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "looked_into", "resolved"]), name="difference_status_known"
            ),
        ]
        indexes = [models.Index(fields=["reconciliation", "status", "id"], name="difference_status")]

    @property
    def ours(self) -> Money | None:
        return None if self.our_amount is None else Money(self.our_amount, self.currency)

    @property
    def theirs(self) -> Money | None:
        return None if self.their_amount is None else Money(self.their_amount, self.currency)

    @property
    def gap(self) -> Money:
        """What they hold for the facility more than we say; what leaves counts the other way round."""
        more = (self.their_amount or 0) - (self.our_amount or 0)
        return Money(-more if self.side in {"refund", "dispute", "fee"} else more, self.currency)


class BooksProof(Entity):
    """One run of the checker over the whole ledger, and what it found."""

    took_ms = models.PositiveIntegerField()
    entries = models.PositiveBigIntegerField()
    accounts = models.PositiveIntegerField()
    problems = models.JSONField(default=list)

    @property
    def is_sound(self) -> bool:
        """Nothing was found."""
        return not self.problems
