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
from payments.actions.holds import decide_hold
from payments.actions.refunds import request_refund
from payments.models import Payment, Refund


@transaction.atomic
def carry_over(*, origin: Ref, target: Ref, by: Actor, now: datetime) -> list[Payment]:
    """Say that what was paid for one thing is now for another, which took its place. Asking again changes nothing."""
    access.require_house(by)
    carried = []
    for payment in access.lock_subjects([str(origin), str(target)]):
        if payment.subject == str(origin) and payment.is_paid:
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
    """Give back whatever was paid for these together beyond what is owed, the latest payment first; let reserved money go.

    Money promised back before counts as gone. So asking again, late or twice, never gives back more. Of reserved money that
    is being taken nothing can be let go any more: what of it is too much goes back once it has come, when asked again.
    """
    access.require_house(by)
    paid = [one for one in access.lock_subjects([str(one) for one in subjects]) if _has_money(one)]
    left = {one.pk: _kept(one) for one in paid}
    too_much = sum(left.values()) - owed.amount
    refunds = []
    for payment in sorted(paid, key=lambda one: (one.captured_at or one.authorised_at or now, one.pk), reverse=True):
        part = min(left[payment.pk], too_much)
        if part <= 0:
            continue
        too_much -= part
        if (
            payment.captured_at is None
        ):  # reserved: the rest is taken, this part is let go, unless it was decided before
            decide_hold(payment, amount=payment.amount - part)
            continue
        money = Money(part, payment.currency)
        refunds.append(request_refund(payment_id=payment.pk, reason=reason, money=money, by=by, now=now))
    return refunds


def _has_money(payment: Payment) -> bool:
    return payment.captured_at is not None or payment.status == Payment.Status.AUTHORISED


def _kept(payment: Payment) -> int:
    """What of it stays with the facility, as far as decided."""
    if payment.captured_at is None:
        return payment.amount if payment.hold_amount is None else payment.hold_amount
    promised = sum(one.amount for one in payment.refunds.filter(status__in=Refund.PROMISED))
    return payment.captured_amount - promised - payment.disputed_amount
