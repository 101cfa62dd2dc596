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
from payments.events import CreditOwed, PaymentRefunded, RefundRequested
from payments.models import Credit, Entry, Payment, Refund

log = logging.getLogger("lanh.payments")


@transaction.atomic
def request_refund(*, payment_id: UUID, reason: str, by: Actor, now: datetime, money: Money | None = None) -> Refund:
    """Promise money back; the gateway is asked by a job. Without `money`, all that is left.

    What the desk wants for one payment above queries.approval_above waits for a second person; the house itself
    needs nobody, and does not wait for a wish that is still to be approved. Asking again for all when all has been asked
    for returns that refund. What the payer's bank has taken in a dispute is not there to be given back.
    The house and the facility's desk may; a citizen gets money back by cancelling.
    Raises NotCaptured, RefundTooHigh, NotAllowed.
    """
    payment = access.lock_payment(by, payment_id)
    if not by.is_system and by.role != "desk":
        raise NotAllowed()
    if payment.captured_at is None:
        raise NotCaptured()
    alive = _counted(payment, by)
    left = payment.captured_amount - sum(refund.amount for refund in alive) - payment.disputed_amount
    if money is None and left <= 0 and alive:
        return alive[-1]
    wanted = money or Money(left, payment.currency)
    if wanted.currency != payment.currency or not 0 < wanted.amount <= left:
        raise RefundTooHigh()
    waits = needs_approval(wanted, alive, by, above=queries.approval_above(payment.facility_id))
    refund = Refund.objects.create(
        payment=payment,
        amount=wanted.amount,
        currency=wanted.currency,
        reason=reason[:200],
        status=Refund.Status.AWAITING_APPROVAL if waits else Refund.Status.REQUESTED,
        requested_by=by.user_id,
        requested_at=None if waits else now,
        created_at=now,
    )
    audit.record(
        by, "payments.ask_refund" if waits else "payments.refund", payment, person_id=payment.payer_id,
        facility_id=payment.facility_id, detail={"reason": refund.reason, **wanted.as_json()},
    )  # fmt: skip
    if not waits:
        promise(payment, refund)
    return refund


def _counted(payment: Payment, by: Actor) -> list[Refund]:
    """What of a payment is spoken for, the oldest first: for the desk also what waits for a second person."""
    rows = payment.refunds.exclude(status__in=Refund.DEAD)
    if by.is_system:
        rows = rows.filter(status__in=Refund.PROMISED)
    return list(rows.order_by("created_at", "id"))


def needs_approval(wanted: Money, alive: list[Refund], by: Actor, *, above: int) -> bool:
    """Say whether a wish needs a second person: all that people asked for of one payment counts together. Pure."""
    if by.is_system:
        return False
    before = sum(one.amount for one in alive if one.requested_by is not None and one.decided_by is None)
    return before + wanted.amount > above


def promise(payment: Payment, refund: Refund) -> None:
    """Write a promise into the books and have the gateway asked, in the caller's transaction."""
    lines = ledger.refund_requested(payment.facility_id, refund.money)
    books.write(Entry.Kind.REFUND_REQUEST, lines, payment=payment, refund=refund)
    emit(RefundRequested(payment_id=str(payment.id), subject=payment.subject, refund_id=str(refund.id)))
    later("payments.tasks.carry_out_refund", lock=payment.subject, refund_id=str(refund.id))


def carry_out_refund(*, refund_id: UUID, by: Actor, now: datetime) -> None:
    """Have the gateway send promised money back; what it cannot or will not send is owed to the payer from then on.

    Repeatable: the refund's id is the gateway's key. Raises GatewayUnavailable.
    """
    access.require_house(by)
    refund = Refund.objects.select_related("payment__account").get(id=refund_id)
    if refund.status != Refund.Status.REQUESTED:
        return
    payment = refund.payment
    gateway = gateways.get(payment.gateway)
    if not gateway.can_refund:
        owe_instead(refund_id=refund.id, cause=Credit.Cause.BY_HAND, by=by, now=now)
        return
    account = queries.speaks_for(payment.account, payment.facility_id)
    try:
        reference = gateway.refund(
            account, queries.asked(payment, now), key=refund.id, money=refund.money, reason=refund.reason
        )
    except RefundRefused:
        if payment.disputed_amount:  # their bank has taken it: it is decided there whose it is, and not owed twice
            record_refund_failure(refund_id=refund.id, by=by, now=now)
        else:
            owe_instead(refund_id=refund.id, cause=Credit.Cause.REFUSED, by=by, now=now)
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
    gone(payment, refund, gateway_reference=gateway_reference, now=now)
    lines = ledger.refund_done(payment.gateway, payment.facility_id, refund.money)
    books.write(Entry.Kind.REFUND_DONE, lines, payment=payment, refund=refund)
    return refund


def gone(payment: Payment, refund: Refund, *, gateway_reference: str, now: datetime) -> None:
    """Note on the locked rows that the money left, and tell; the caller writes the ledger."""
    refund.move_to(Refund.Status.DONE, at=now)
    refund.gateway_reference = gateway_reference
    refund.save(update_fields=["status", "done_at", "gateway_reference"])
    all_back = payment.refunded_amount + refund.amount == payment.captured_amount
    target = Payment.Status.REFUNDED if all_back else Payment.Status.PARTLY_REFUNDED
    if payment.status != target:
        payment.move_to(target, at=now)
    payment.refunded_amount = F("refunded_amount") + refund.amount
    payment.save(update_fields=["status", "refunded_amount", "refunded_at"])
    emit(PaymentRefunded(payment_id=str(payment.id), subject=payment.subject))


def owed(credit: Credit) -> CreditOwed:
    """Return what is told of a credit."""
    payment = credit.payment
    return CreditOwed(
        payment_id=str(payment.id),
        subject=payment.subject,
        credit_id=str(credit.id),
        amount=credit.amount,
        currency=credit.currency,
    )


@transaction.atomic
def owe_instead(*, refund_id: UUID, cause: str, by: Actor, now: datetime) -> Refund:
    """No gateway will send promised money: the facility owes it to the payer, and people pay it out. Repeatable."""
    payment, refund = _lock(refund_id, by)
    if refund.status != Refund.Status.REQUESTED:
        return refund
    refund.move_to(Refund.Status.CREDITED, at=now)
    refund.save(update_fields=["status", "credited_at"])
    credit = Credit.objects.create(
        payment=payment,
        refund=refund,
        payer_id=payment.payer_id,
        facility_id=payment.facility_id,
        amount=refund.amount,
        currency=refund.currency,
        cause=cause,
        created_at=now,
    )
    lines = ledger.credited(payment.facility_id, refund.money)
    books.write(Entry.Kind.CREDIT, lines, payment=payment, refund=refund)
    audit.record(
        by, "payments.owe", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"cause": str(cause), **refund.money.as_json()},
    )  # fmt: skip
    emit(owed(credit))
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
