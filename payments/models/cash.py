"""The cash desk: who stood there from when to when, what went in and out, and what was counted at the end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from payments.models.credits import Credit
from payments.models.payments import Payment


class CashShift(Entity):
    """One cashier's time at a cash drawer. All amounts in dong; `notes` says how many of each banknote were counted."""

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    opening_float = models.BigIntegerField()
    expected = models.BigIntegerField(null=True)
    counted = models.BigIntegerField(null=True)
    difference = models.BigIntegerField(null=True)  # counted less expected
    reason = models.CharField(max_length=200, blank=True)  # why it differs
    notes = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cashier"], condition=Q(closed_at=None), name="cash_shift_open_once"),
            models.CheckConstraint(condition=Q(opening_float__gte=0), name="cash_shift_float_not_negative"),
            models.CheckConstraint(
                condition=Q(closed_at=None, expected=None, counted=None, difference=None)
                | Q(closed_at__isnull=False, counted=F("expected") + F("difference")),
                name="cash_shift_counted_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(difference=None) | Q(difference=0) | ~Q(reason=""), name="cash_shift_difference_has_reason"
            ),
        ]
        indexes = [models.Index(fields=["facility", "-opened_at"], name="cash_shift_facility")]

    @property
    def is_open(self) -> bool:
        """Not counted yet."""
        return self.closed_at is None

    @property
    def gap(self) -> Money | None:
        """What was counted too much (or, below zero, too little); None while it is open."""
        return self.money("difference")

    def money(self, name: str) -> Money | None:
        """Return one of the amounts as money; None while it is not known."""
        amount: Any = getattr(self, name)
        return None if amount is None else Money.vnd(amount)


class CashMovement(Entity):
    """Money that went into the drawer or out of it. A trigger refuses a change or a removal."""

    class Kind(models.TextChoices):
        TAKE = "take", _("cash taken")  # for a payment
        PAY_OUT = "pay_out", _("cash paid out")  # for a credit

    shift = models.ForeignKey(CashShift, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, null=True, related_name="+")
    amount = models.BigIntegerField()  # what moved: without the change that went back at once
    given = models.BigIntegerField()  # what was put on the table
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, given__gte=F("amount")), name="cash_movement_amounts"),
            models.CheckConstraint(
                condition=Q(kind="take", credit=None) | Q(kind="pay_out", credit__isnull=False),
                name="cash_movement_kind",
            ),
            # The guards that never sleep: a payment is taken once, a credit handed out once.
            models.UniqueConstraint(fields=["payment"], condition=Q(kind="take"), name="cash_taken_once"),
            models.UniqueConstraint(fields=["credit"], condition=Q(kind="pay_out"), name="cash_paid_out_once"),
        ]
        indexes = [models.Index(fields=["shift", "at"], name="cash_movement_shift")]

    @property
    def money(self) -> Money:
        """How much moved."""
        return Money.vnd(self.amount)

    @property
    def given_money(self) -> Money:
        """What was put on the table."""
        return Money.vnd(self.given)

    @property
    def change(self) -> Money:
        """What went back over the table at once."""
        return Money.vnd(self.given - self.amount)
