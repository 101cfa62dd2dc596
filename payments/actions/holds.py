"""Reserved money: decide how much of it is taken, and have the gateway do so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from core.money import Money
from core.refs import Ref
from core.tasks import later
from payments import access, gateways, queries
from payments.models import Payment

Status = Payment.Status


@transaction.atomic
def request_capture(*, subject: Ref, by: Actor, now: datetime) -> list[Payment]:
    """The care is done: take what is reserved for this subject, whole. What was decided before stands. Repeatable."""
    access.require_house(by)
    reserved = [one for one in access.lock_subject(str(subject)) if one.status == Status.AUTHORISED]
    for payment in reserved:
        decide_hold(payment, amount=payment.amount)
    return reserved


def decide_hold(payment: Payment, *, amount: int) -> None:
    """Say how much of a locked, reserved payment is taken, zero for none of it, and let a job see to it. Decided once."""
    if payment.hold_amount is not None:
        return
    payment.hold_amount = amount
    payment.save(update_fields=["hold_amount"])
    later("payments.tasks.carry_out_hold", lock=payment.subject, payment_id=str(payment.id))


def carry_out_hold(*, payment_id: UUID, by: Actor, now: datetime) -> None:
    """Have the gateway take, or let go, what was decided. Repeatable: the payment is the gateway's key.

    Raises GatewayUnavailable; then asking again is right, and never charges twice.
    """
    from payments.actions import recording  # it decides holds, too

    access.require_house(by)
    payment = access.get_payment(by, payment_id)
    if payment.status != Status.AUTHORISED or payment.hold_amount is None:
        return
    gateway, account = gateways.get(payment.gateway), queries.speaks_for(payment.account, payment.facility_id)
    what = queries.asked(payment, now)
    if payment.hold_amount == 0:
        gateway.void(account, what)
        recording.record_failure(payment_id=payment.id, by=by, now=now)
    else:
        taken = gateway.capture(account, what, money=Money(payment.hold_amount, payment.currency))
        recording.record_truth(payment_id=payment.id, truth=taken, by=by, now=now)
