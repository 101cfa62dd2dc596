"""Recording what a gateway says: paid, declined, or something we must not believe."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.events import emit
from core.money import Money
from payments import access, gateways, ledger
from payments.actions import books
from payments.actions.refunds import request_refund
from payments.errors import OtherReference
from payments.events import PaymentCaptured, PaymentFailed
from payments.gateways import Truth
from payments.models import Delivery, Entry, Payment

log = logging.getLogger("lanh.payments")
Status = Payment.Status
Outcome = Delivery.Outcome
Flaw = Payment.Flaw


@transaction.atomic
def record_capture(*, payment_id: UUID, gateway_reference: str, by: Actor, now: datetime) -> Payment:
    """The money arrived: write it down once, however often we are told, and also when it came late.

    If the subject had been paid by another try already, this money goes back at once and nobody is told that it came.
    Raises OtherReference when the confirmation names another payment.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.gateway_reference != gateway_reference:
        raise OtherReference()
    if payment.captured_at is not None:
        return payment
    paid_already = Payment.objects.filter(subject=payment.subject, status__in=Payment.PAID).exists()
    payment.move_to(Status.CAPTURED, at=now)
    payment.save(update_fields=["status", "captured_at"])
    lines = ledger.captured(payment.gateway, payment.facility_id, payment.price)
    books.write(Entry.Kind.CAPTURE, lines, payment=payment)
    audit.record(
        by, "payments.capture", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail=payment.price.as_json(),
    )  # fmt: skip
    if paid_already:
        request_refund(payment_id=payment.id, reason="paid_twice", by=by, now=now)
    else:
        emit(PaymentCaptured(payment_id=str(payment.id), subject=payment.subject))
    return payment


@transaction.atomic
def record_failure(*, payment_id: UUID, by: Actor, now: datetime) -> Payment:
    """The gateway declined. Only a payment that waits can be declined; anything later stands."""
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.status == Status.PENDING:
        payment.move_to(Status.FAILED, at=now)
        payment.save(update_fields=["status", "failed_at"])
        emit(PaymentFailed(payment_id=str(payment.id), subject=payment.subject))
    return payment


def flaw_of(price: Money, truth: Truth) -> str:
    """Say in what the gateway's answer differs from what we asked for; empty when it does not. Pure."""
    if truth.currency != price.currency:
        return Flaw.CURRENCY
    return Flaw.AMOUNT if truth.amount != price.amount else Flaw.NONE


@transaction.atomic
def record_truth(*, payment_id: UUID, truth: Truth, by: Actor, now: datetime) -> str:
    """Write down what the gateway answered; return a Delivery.Outcome. Never moves a payment backwards.

    Money of another amount or currency is not captured: the payment is flagged for a person to look at.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.captured_at is not None or truth.status == "waiting":
        return Outcome.UNCHANGED
    if truth.status == "declined":
        was_waiting = payment.status == Status.PENDING
        record_failure(payment_id=payment.id, by=by, now=now)
        return Outcome.FAILED if was_waiting else Outcome.UNCHANGED
    flaw = flaw_of(payment.price, truth)
    if flaw:
        log.error("payment %s: %s differs at %s", payment.id, flaw, payment.gateway)
        payment.flaw = flaw
        payment.save(update_fields=["flaw"])
        return Outcome.FLAGGED
    record_capture(payment_id=payment.id, gateway_reference=payment.gateway_reference, by=by, now=now)
    return Outcome.CAPTURED


def ask_gateway(*, payment_id: UUID, by: Actor, now: datetime) -> str:
    """Ask the gateway how a payment stands and write it down; return a Delivery.Outcome. Raises GatewayUnavailable."""
    payment = access.get_payment(by, payment_id)
    if not payment.gateway_reference:
        return Outcome.UNCHANGED
    if payment.gateway not in gateways.codes():  # taken out of the settings: nobody is left to ask, ever
        log.error("payment %s: gateway %s is no longer there to be asked", payment.id, payment.gateway)
        return Outcome.UNCHANGED
    truth = gateways.get(payment.gateway).ask(payment.gateway_reference)
    return record_truth(payment_id=payment.id, truth=truth, by=by, now=now)
