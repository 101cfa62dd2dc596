"""Money that belongs together: what was paid follows the thing it is for, and what is too much goes back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

import audit
from core.actor import Actor
from core.money import Money
from core.refs import Ref
from payments import access
from payments.actions.refunds import request_refund
from payments.models import Payment, Refund


@transaction.atomic
def carry_over(*, origin: Ref, target: Ref, by: Actor, now: datetime) -> list[Payment]:
    """Say that what was paid for one thing is now for another, which took its place. Asking again changes nothing."""
    access.require_house(by)
    carried = []
    for payment in access.lock_subjects([str(origin), str(target)]):
        if payment.subject == str(origin) and payment.is_captured:
            payment.subject = str(target)
            payment.save(update_fields=["subject"])
            audit.record(
                by, "payments.carry_over", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
                detail={"from": str(origin), "to": str(target)},
            )  # fmt: skip
            carried.append(payment)
    return carried


@transaction.atomic
def settle(*, subjects: Iterable[Ref], owed: Money, reason: str, by: Actor, now: datetime) -> list[Refund]:
    """Give back whatever was paid for these together beyond what is owed, the latest payment first.

    Money promised back before counts as gone. So asking again, late or twice, never gives back more.
    """
    access.require_house(by)
    paid = [one for one in access.lock_subjects([str(one) for one in subjects]) if one.captured_at is not None]
    left = {one.pk: one.amount - _promised(one) for one in paid}
    too_much = sum(left.values()) - owed.amount
    refunds = []
    for payment in sorted(paid, key=lambda one: (one.captured_at, one.pk), reverse=True):
        part = min(left[payment.pk], too_much)
        if part <= 0:
            continue
        money = Money(part, payment.currency)
        refunds.append(request_refund(payment_id=payment.pk, reason=reason, money=money, by=by, now=now))
        too_much -= part
    return refunds


def _promised(payment: Payment) -> int:
    return sum(one.amount for one in payment.refunds.filter(status__in=Refund.PROMISED))
