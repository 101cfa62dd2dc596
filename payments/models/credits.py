"""Money owed to a payer that no gateway can send back: it is handed out or transferred by people."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.models.payments import Payment, Refund


class Credit(Stateful, Entity):
    """What a facility owes a payer, until it is paid out. With a refund: what the gateway could not send."""

    class Status(models.TextChoices):
        OWED = "owed", pgettext_lazy("credit", "owed")
        PAID = "paid", _("paid out")

    class Cause(models.TextChoices):
        BY_HAND = "by_hand", _("this way of paying cannot send money back")
        REFUSED = "refused", _("the payment company refused to send it back")
        TWICE = "twice", _("the payment company collected it twice")
        MORE = "more", _("more was transferred than was asked for")

    class Way(models.TextChoices):
        NONE = "", _("not paid out yet")
        CASH = "cash", _("in cash")
        TRANSFER = "transfer", _("by bank transfer")

    MOVES: ClassVar[dict[str, set[str]]] = {Status.OWED: {Status.PAID}, Status.PAID: set()}

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="credits")
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, null=True, related_name="credit")
    payer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    cause = models.CharField(max_length=8, choices=Cause.choices)
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OWED)
    way = models.CharField(max_length=8, choices=Way.choices, default=Way.NONE, blank=True)
    transfer_reference = models.CharField(max_length=80, blank=True)  # the bank's number of the transfer
    made_by = models.UUIDField(null=True)  # the user who found that it is owed; None when the house did
    paid_by = models.UUIDField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_amount_positive"),
            models.CheckConstraint(condition=Q(status__in=["owed", "paid"]), name="credit_status_known"),
            models.CheckConstraint(
                condition=Q(status="owed", way="", paid_at=None)
                | Q(status="paid", way="cash", paid_at__isnull=False)
                | Q(status="paid", way="transfer", paid_at__isnull=False) & ~Q(transfer_reference=""),
                name="credit_paid_somehow",
            ),
        ]
        indexes = [models.Index(fields=["facility", "status", "created_at"], name="credit_facility")]

    @property
    def money(self) -> Money:
        """How much."""
        return Money(self.amount, self.currency)
