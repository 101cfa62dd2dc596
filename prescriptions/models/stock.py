"""A pharmacy's shelf: lots with their expiry and price, what moved, what was sold, and how it answers those who ask."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from prescriptions.models.collecting import Dispense
from prescriptions.models.drugs import Drug

MOST_DONG = 100_000_000  # for one unit of sale


class Lot(Entity):
    """So many units of one drug out of one lot, at one price. Of these, `reserved` are promised to citizens by name."""

    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)  # as printed on the box
    expires_on = models.DateField()  # the last day on which it may be handed out
    quantity = models.PositiveIntegerField()  # in the drug's unit of sale
    reserved = models.PositiveIntegerField(default=0)
    unit_price = models.PositiveBigIntegerField()  # dong for one unit of sale

    class Meta:
        indexes = [models.Index(fields=["pharmacy", "drug", "expires_on"], name="lot_first_to_expire")]
        constraints = [
            models.UniqueConstraint(fields=["pharmacy", "drug", "number"], name="lot_once"),
            # The guards that never sleep: no race sells what is not there, or what was promised to somebody else.
            models.CheckConstraint(condition=Q(quantity__gte=0), name="lot_quantity_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("quantity")), name="lot_reserved_is_there"
            ),
            models.CheckConstraint(condition=Q(unit_price__lte=MOST_DONG), name="lot_price_sane"),
            models.CheckConstraint(condition=~Q(number=""), name="lot_has_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.drug} {self.number}"

    @property
    def free(self) -> int:
        """What may be handed out to anybody."""
        return self.quantity - self.reserved

    def is_good_on(self, day: date) -> bool:
        """Whether it may still be handed out on this day."""
        return day <= self.expires_on


class StockMove(Entity):
    """One change of a lot's quantity; only appended, so that the lot can be told again from its moves."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        IMPORTED = "imported", _("taken in from a list")
        CORRECTED = "corrected", _("corrected")
        DISPENSED = "dispensed", _("handed out")

    class Reason(models.TextChoices):
        COUNTED = "counted", _("counted anew")
        BROKEN = "broken", _("broken or spoilt")
        EXPIRED = "expired", _("out of date, taken off the shelf")
        SENT_BACK = "sent_back", _("sent back to the supplier")
        RECALLED = "recalled", _("recalled")
        SOLD_OTHERWISE = "sold_otherwise", _("sold without a prescription")
        MISTYPED = "mistyped", _("typing mistake")

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    change = models.IntegerField()
    reason = models.CharField(max_length=14, choices=Reason.choices, blank=True)
    made_by = models.UUIDField(null=True)  # the user
    made_name = models.CharField(max_length=160, blank=True)  # as it was then
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["lot", "-at"], name="stock_move_of_lot")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["received", "imported", "corrected", "dispensed"]), name="stock_move_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind="corrected") | ~Q(reason=""), name="stock_move_correction_has_a_reason"
            ),
        ]


class Sale(Entity):
    """What was asked for one line that was handed out, and from which lot of ours it came."""

    dispense = models.OneToOneField(Dispense, on_delete=models.PROTECT, related_name="sale")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unit_price = models.PositiveBigIntegerField()  # dong for one unit of sale

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(unit_price__lte=MOST_DONG), name="sale_price_sane")]

    @property
    def amount(self) -> int:
        """Dong for the line."""
        return self.unit_price * self.dispense.quantity


class LowMark(Entity):
    """Below this many free units of a drug the pharmacy wants to be warned."""

    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.CASCADE, related_name="+")
    drug = models.ForeignKey(Drug, on_delete=models.CASCADE, related_name="+")
    at_least = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pharmacy", "drug"], name="low_mark_once")]


class AnswerRule(Entity):
    """How a pharmacy answers those who ask who has it: by hand, or at once from its stock."""

    pharmacy = models.OneToOneField("identity.Facility", on_delete=models.CASCADE, related_name="+")
    automatic = models.BooleanField(default=False)
    ready_in_minutes = models.PositiveSmallIntegerField(default=30)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ready_in_minutes__gte=5, ready_in_minutes__lte=1440), name="answer_rule_minutes_sane"
            )
        ]
