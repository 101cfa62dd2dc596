"""Recording what a gateway says: paid, reserved, declined, or something we must not believe."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.events import emit
from core.money import Money
from core.tasks import later
from payments import access, gateways, ledger, queries
from payments.actions import books
from payments.actions.holds import decide_hold
from payments.actions.refunds import request_refund
from payments.errors import OtherReference
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentFailed
from payments.gateways import Truth
from payments.models import Delivery, Entry, Payment

log = logging.getLogger("lanh.payments")
Status = Payment.Status
Outcome = Delivery.Outcome
Flaw = Payment.Flaw


@transaction.atomic
def record_capture(
    *,
    payment_id: UUID,
    gateway_reference: str,
    by: Actor,
    now: datetime,
    money: Money | None = None,
    transaction_number: str = "",
    fee: int = 0,
) -> Payment:
    """The money arrived: write it down once, however often we are told, and also when it came late.

    Without `money`, the whole price; only a held card may bring less. If the subject had been paid by another try already,
    this money goes back at once and nobody is told that it came; tries still open are closed.
    Raises OtherReference when the confirmation names another payment.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.gateway_reference != gateway_reference:
        raise OtherReference()
    if payment.captured_at is not None:
        return payment
    was_reserved = payment.status == Status.AUTHORISED
    paid_already = not was_reserved and _is_paid_by_another(payment)
    came = money or payment.price
    payment.move_to(Status.CAPTURED, at=now)
    payment.captured_amount, payment.fee_amount = came.amount, fee
    payment.gateway_transaction = transaction_number or payment.gateway_transaction
    payment.save(
        update_fields=["status", "captured_at", "captured_amount", "fee_amount", "gateway_transaction"],
    )
    lines = ledger.captured(payment.gateway, payment.facility_id, came)
    books.write(Entry.Kind.CAPTURE, lines, payment=payment)
    books.write_fee(payment)
    audit.record(
        by, "payments.capture", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail=came.as_json(),
    )  # fmt: skip
    if paid_already:
        request_refund(payment_id=payment.id, reason="paid_twice", by=by, now=now)
    else:
        _close_other_tries(payment, now)
        emit(PaymentCaptured(payment_id=str(payment.id), subject=payment.subject))
    return payment


@transaction.atomic
def record_authorisation(*, payment_id: UUID, by: Actor, now: datetime, transaction_number: str = "") -> Payment:
    """The money is reserved: as good as paid for whoever waits for it. A second one for the same subject is let go."""
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.status == Status.AUTHORISED or payment.captured_at is not None:
        return payment
    paid_already = _is_paid_by_another(payment)
    payment.move_to(Status.AUTHORISED, at=now)
    payment.gateway_transaction = transaction_number or payment.gateway_transaction
    payment.save(update_fields=["status", "authorised_at", "gateway_transaction"])
    audit.record(
        by, "payments.authorise", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail=payment.price.as_json(),
    )  # fmt: skip
    if paid_already:
        decide_hold(payment, amount=0)
    else:
        _close_other_tries(payment, now)
        emit(PaymentAuthorised(payment_id=str(payment.id), subject=payment.subject))
    return payment


def _is_paid_by_another(payment: Payment) -> bool:
    others = Payment.objects.filter(subject=payment.subject, status__in=Payment.PAID).exclude(id=payment.id)
    return others.exists()


def _close_other_tries(payment: Payment, now: datetime) -> None:
    """Nobody is to pay again for what is paid. The rows are locked: they are of one subject."""
    for other in Payment.objects.filter(subject=payment.subject, status__in=Payment.OPEN).exclude(id=payment.id):
        other.move_to(Status.CANCELLED, at=now)
        other.save(update_fields=["status", "cancelled_at"])
        close_there(other)


def close_there(payment: Payment) -> None:
    """Have the page of a try that was closed here closed at its gateway as well, as soon as that answers."""
    if payment.gateway_reference:
        later("payments.tasks.stop_there", lock=payment.subject, payment_id=str(payment.id))


@transaction.atomic
def record_failure(*, payment_id: UUID, by: Actor, now: datetime, reason: str = "") -> Payment:
    """The gateway declined, or let reserved money go. Only what waits or is reserved can end so; anything later stands."""
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.status == Status.AUTHORISED and payment.hold_amount == 0:
        payment.move_to(Status.CANCELLED, at=now)  # as we had wished
        payment.save(update_fields=["status", "cancelled_at"])
    elif payment.is_waiting or payment.status == Status.AUTHORISED:
        if payment.status == Status.AUTHORISED:
            log.error("payment %s: reserved money is gone at %s", payment.id, payment.gateway)
        payment.move_to(Status.FAILED, at=now)
        payment.gateway_reason = reason[:40]
        payment.save(update_fields=["status", "failed_at", "gateway_reason"])
        emit(PaymentFailed(payment_id=str(payment.id), subject=payment.subject))
    return payment


@transaction.atomic
def record_unknown(*, payment_id: UUID, by: Actor, now: datetime) -> Payment:
    """The payer has been at the gateway, and it does not answer: nobody is asked to pay again until it does."""
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.status == Status.PENDING:
        payment.move_to(Status.UNKNOWN, at=now)
        payment.save(update_fields=["status", "unknown_at"])
    return payment


def flaw_of(price: Money, truth: Truth) -> str:
    """Say in what the gateway's answer differs from what we asked for; empty when it does not. Pure."""
    if truth.status == "review":
        return Flaw.REVIEW
    if truth.currency != price.currency:
        return Flaw.CURRENCY
    return Flaw.AMOUNT if truth.amount != price.amount else Flaw.NONE


@transaction.atomic
def record_truth(*, payment_id: UUID, truth: Truth, by: Actor, now: datetime) -> str:
    """Write down what the gateway answered; return a Delivery.Outcome. Never moves a payment backwards.

    Money of another amount or currency is not captured: the payment is flagged for a person to look at. Of a held card less
    than the price may come, if that was decided.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.captured_at is not None:
        return Outcome.UNCHANGED
    if truth.status == "waiting":
        if payment.status == Status.UNKNOWN:  # it answers again, and nothing was paid
            payment.move_to(Status.PENDING, at=payment.pending_at or now)
            payment.save(update_fields=["status", "pending_at"])
        return Outcome.UNCHANGED
    if truth.status == "declined":
        before = payment.status
        ended = record_failure(payment_id=payment.id, by=by, now=now, reason=truth.reason)
        return Outcome.UNCHANGED if ended.status == before else Outcome.FAILED
    expected = payment.price
    if payment.status == Status.AUTHORISED and truth.status == "paid" and payment.hold_amount:
        expected = Money(payment.hold_amount, payment.currency)
    flaw = flaw_of(expected, truth)
    if flaw:
        log.error("payment %s: %s differs at %s", payment.id, flaw, payment.gateway)
        payment.flaw, payment.gateway_reason = flaw, truth.reason[:40]
        payment.save(update_fields=["flaw", "gateway_reason"])
        return Outcome.FLAGGED
    if truth.status == "authorised":
        if payment.status == Status.AUTHORISED:
            return Outcome.UNCHANGED
        record_authorisation(payment_id=payment.id, by=by, now=now, transaction_number=truth.transaction)
        return Outcome.AUTHORISED
    record_capture(
        payment_id=payment.id,
        gateway_reference=payment.gateway_reference,
        money=expected,
        transaction_number=truth.transaction,
        fee=truth.fee,
        by=by,
        now=now,
    )
    return Outcome.CAPTURED


def ask_gateway(*, payment_id: UUID, by: Actor, now: datetime) -> str:
    """Ask the gateway how a payment stands and write it down; return a Delivery.Outcome. Raises GatewayUnavailable."""
    payment = access.get_payment(by, payment_id)
    if not payment.gateway_reference:
        return Outcome.UNCHANGED
    if payment.gateway not in gateways.codes():  # taken out of the settings: nobody is left to ask, ever
        log.error("payment %s: gateway %s is no longer there to be asked", payment.id, payment.gateway)
        return Outcome.UNCHANGED
    account = queries.speaks_for(payment.account, payment.facility_id)
    truth = gateways.get(payment.gateway).ask(account, queries.asked(payment, now))
    return record_truth(payment_id=payment.id, truth=truth, by=by, now=now)
