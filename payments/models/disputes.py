"""A payer disputes a payment at their bank: the money is taken from the facility until the bank has decided."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.models.payments import Payment

REASONS = {  # as card companies name them; what is not here is shown as it came
    "fraudulent": _("the card's owner says they did not pay this"),
    "unrecognized": _("the card's owner does not recognise this"),
    "duplicate": _("paid twice"),
    "product_not_received": _("the visit did not take place"),
    "product_unacceptable": _("not as agreed"),
    "credit_not_processed": _("a promised refund did not come"),
    "general": _("no reason given"),
}


class Dispute(Stateful, Entity):
    """One dispute of one payment, as its gateway tells it. Whether the money is taken is a fact of its own: `is_taken`."""

    class Status(models.TextChoices):
        NEEDS_RESPONSE = "needs_response", _("answer needed")  # the facility may send evidence
        UNDER_REVIEW = "under_review", _("with the bank")
        WON = "won", _("won")  # the money is the facility's again
        LOST = "lost", _("lost")  # the money is the payer's

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.NEEDS_RESPONSE: {Status.UNDER_REVIEW, Status.WON, Status.LOST},
        Status.UNDER_REVIEW: {Status.NEEDS_RESPONSE, Status.WON, Status.LOST},
        Status.WON: set(),
        Status.LOST: set(),
    }
    OPEN: ClassVar[tuple[str, ...]] = (Status.NEEDS_RESPONSE, Status.UNDER_REVIEW)

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    gateway = models.CharField(max_length=20)
    gateway_reference = models.CharField(max_length=80)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    fee_amount = models.BigIntegerField(default=0)  # what the gateway keeps for the dispute itself
    reason = models.CharField(max_length=80)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.NEEDS_RESPONSE)
    is_taken = models.BooleanField(default=False)  # the books hold its money as disputed
    opened_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True)  # until when evidence may be sent
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "gateway_reference"], name="dispute_once"),
            models.CheckConstraint(condition=Q(amount__gt=0, fee_amount__gte=0), name="dispute_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["needs_response", "under_review", "won", "lost"]), name="dispute_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway_reference}, {self.money}"

    @property
    def money(self) -> Money:
        """How much is disputed."""
        return Money(self.amount, self.currency)

    @property
    def fee(self) -> Money:
        """What the gateway keeps for the dispute itself."""
        return Money(self.fee_amount, self.currency)

    @property
    def is_open(self) -> bool:
        """Not decided yet."""
        return self.status in self.OPEN

    @property
    def reason_words(self) -> str:
        """Why, for people."""
        return str(REASONS.get(self.reason, self.reason))
