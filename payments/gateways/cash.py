"""The cash desk as a gateway: the payer comes to the desk, and what the cashier took is the truth.

It needs no account and no network. Money goes back by hand; the count at the end of each shift is its reconciliation.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from core.money import Money
from payments.errors import BadSignature, RefundRefused
from payments.gateways import Account, Asked, Basics, Call, Redirect, Told, Truth, Wanted
from payments.models import CashMovement


def reference_of(payment_id: UUID) -> str:
    """Name a payment as the desk does."""
    return f"cash-{payment_id.hex}"


def number_of(movement_id: UUID) -> str:
    """Name a movement of cash as a gateway names its own."""
    return f"cash-{movement_id.hex}"


class Cash(Basics):
    """In cash at the facility's desk."""

    code = "cash"
    name = _("In cash at the desk")
    icon = "wallet"
    is_offered = False  # the payer chooses it by coming to the desk
    can_refund = False

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        """Nobody goes anywhere: the payment's own page shows the code to say at the desk."""
        return Redirect(url="", reference=reference_of(wanted.payment_id))

    def ask(self, account: Account, asked: Asked) -> Truth:
        taken = CashMovement.objects.filter(payment_id=asked.payment_id, kind=CashMovement.Kind.TAKE).first()
        if taken is None:
            return Truth("waiting", 0, asked.price.currency)
        return Truth("paid", taken.amount, "VND", transaction=number_of(taken.id))

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        raise RefundRefused()

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        """Nobody calls for the desk."""
        raise BadSignature()
