"""Giving money back: promise it, have the gateway send it, write down how that went."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.errors import NotAllowed
from core.events import emit
from core.money import Money
from core.tasks import later
from payments import access, gateways, ledger, queries
from payments.actions import books
from payments.errors import NotCaptured, RefundRefused, RefundTooHigh
from payments.events import PaymentRefunded, RefundRequested
from payments.models import Entry, Payment, Refund

log = logging.getLogger("lanh.payments")


@transaction.atomic
def request_refund(*, payment_id: UUID, reason: str, by: Actor, now: datetime, money: Money | None = None) -> Refund:
    """Promise money back; the gateway is asked by a job. Without `money`, all that is left.

    Asking again for all when all has been promised returns that promise. The house and the facility's desk may; a citizen
    gets money back by cancelling. Raises NotCaptured, RefundTooHigh, NotAllowed.
    """
    payment = access.lock_payment(by, payment_id)
    if not by.is_system and by.role != "desk":
        raise NotAllowed()
    if payment.captured_at is None:
        raise NotCaptured()
    alive = list(payment.refunds.exclude(status=Refund.Status.FAILED).order_by("created_at", "id"))
    left = payment.captured_amount - sum(refund.amount for refund in alive)
    if money is None and left == 0:
        return alive[-1]
    wanted = money or Money(left, payment.currency)
    if wanted.currency != payment.currency or not 0 < wanted.amount <= left:
        raise RefundTooHigh()
    refund = Refund.objects.create(
        payment=payment,
        amount=wanted.amount,
        currency=wanted.currency,
        reason=reason[:200],
        requested_by=by.user_id,
        created_at=now,
    )
    lines = ledger.refund_requested(payment.facility_id, wanted)
    books.write(Entry.Kind.REFUND_REQUEST, lines, payment=payment, refund=refund)
    audit.record(
        by, "payments.refund", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"reason": refund.reason, **wanted.as_json()},
    )  # fmt: skip
    emit(RefundRequested(payment_id=str(payment.id), subject=payment.subject, refund_id=str(refund.id)))
    later("payments.tasks.carry_out_refund", lock=payment.subject, refund_id=str(refund.id))
    return refund


def carry_out_refund(*, refund_id: UUID, by: Actor, now: datetime) -> None:
    """Have the gateway send promised money back. Repeatable: the refund's id is the gateway's key. Raises GatewayUnavailable."""
    access.require_house(by)
    refund = Refund.objects.select_related("payment__account").get(id=refund_id)
    if refund.status != Refund.Status.REQUESTED:
        return
    payment = refund.payment
    account = queries.speaks_for(payment.account, payment.facility_id)
    try:
        reference = gateways.get(payment.gateway).refund(
            account, queries.asked(payment, now), key=refund.id, money=refund.money, reason=refund.reason
        )
    except RefundRefused:
        record_refund_failure(refund_id=refund.id, by=by, now=now)
    else:
        record_refund(refund_id=refund.id, gateway_reference=reference, by=by, now=now)


def _lock(refund_id: UUID, by: Actor) -> tuple[Payment, Refund]:
    access.require_house(by)
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    payment = access.lock_payment(by, payment_id)
    return payment, Refund.objects.select_for_update().get(id=refund_id)


@transaction.atomic
def record_refund(*, refund_id: UUID, gateway_reference: str, by: Actor, now: datetime) -> Refund:
    """The money left. Repeatable."""
    payment, refund = _lock(refund_id, by)
    if refund.status == Refund.Status.DONE:
        return refund
    refund.move_to(Refund.Status.DONE, at=now)
    refund.gateway_reference = gateway_reference
    refund.save(update_fields=["status", "done_at", "gateway_reference"])
    all_back = payment.refunded_amount + refund.amount == payment.captured_amount
    target = Payment.Status.REFUNDED if all_back else Payment.Status.PARTLY_REFUNDED
    if payment.status != target:
        payment.move_to(target, at=now)
    payment.refunded_amount = F("refunded_amount") + refund.amount
    payment.save(update_fields=["status", "refunded_amount", "refunded_at"])
    lines = ledger.refund_done(payment.gateway, payment.facility_id, refund.money)
    books.write(Entry.Kind.REFUND_DONE, lines, payment=payment, refund=refund)
    emit(PaymentRefunded(payment_id=str(payment.id), subject=payment.subject))
    return refund


@transaction.atomic
def record_refund_failure(*, refund_id: UUID, by: Actor, now: datetime) -> Refund:
    """The gateway refused to send the money: the promise is taken back in the books, and a person must look."""
    payment, refund = _lock(refund_id, by)
    if refund.status == Refund.Status.FAILED:
        return refund
    refund.move_to(Refund.Status.FAILED, at=now)
    refund.save(update_fields=["status", "failed_at"])
    lines = ledger.refund_failed(payment.facility_id, refund.money)
    books.write(Entry.Kind.REFUND_FAILED, lines, payment=payment, refund=refund)
    log.error("refund %s of payment %s was refused by %s", refund.id, payment.id, payment.gateway)
    return refund
