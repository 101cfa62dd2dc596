"""Disputes: what a gateway says of them, written down, and their money in the books."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotAllowed
from core.events import emit
from core.money import Money
from payments import access, gateways, ledger, queries
from payments.actions import books
from payments.actions.recording import ask_gateway
from payments.events import DisputeWon, PaymentDisputed
from payments.gateways import DisputeTruth
from payments.models import Delivery, Dispute, Entry, GatewayAccount, Payment

log = logging.getLogger("lanh.payments")
Status = Dispute.Status
Outcome = Delivery.Outcome


def look_into_dispute(*, gateway: str, account: GatewayAccount, reference: str, by: Actor, now: datetime) -> str:
    """Ask the gateway about a dispute and write it down; return a Delivery.Outcome. Raises GatewayUnavailable.

    Money that is disputed has come: a payment we do not know to be paid yet is asked about first.
    """
    access.require_house(by)
    speaks = queries.speaks_for(account, account.facility_id)
    truth = gateways.get(gateway).dispute(speaks, reference)
    ours = truth.payment_id
    payment = Payment.objects.filter(id=ours, gateway=gateway, account=account).first() if ours else None
    if payment is None:
        log.error("dispute %s at %s is about no payment of ours", reference, gateway)
        return Outcome.UNKNOWN
    if payment.captured_at is None:
        ask_gateway(payment_id=payment.id, by=by, now=now)
    return record_dispute(payment_id=payment.id, truth=truth, by=by, now=now)


def ask_dispute(*, dispute_id: UUID, by: Actor, now: datetime) -> str:
    """Ask how a known dispute stands; return a Delivery.Outcome. Raises GatewayUnavailable."""
    access.require_house(by)
    dispute = Dispute.objects.select_related("payment__account").get(id=dispute_id)
    account = dispute.payment.account
    if account is None or not can_be_asked(dispute):
        return Outcome.UNCHANGED
    return look_into_dispute(
        gateway=dispute.gateway, account=account, reference=dispute.gateway_reference, by=by, now=now
    )


@transaction.atomic
def note_lost_dispute(*, dispute_id: UUID, by: Actor, now: datetime) -> Dispute:
    """The desk was told that the bank decided for the payer: the money is gone. Only where the gateway itself cannot be asked.

    A dispute that was won comes with the gateway's statement. Repeatable. Raises NotFound, NotAllowed, WrongState for one that was won.
    """
    access.require_desk_user(by)
    payment, dispute = access.lock_dispute(by, dispute_id)
    if dispute.status == Status.LOST:
        return dispute
    if can_be_asked(dispute):
        raise NotAllowed()
    dispute.move_to(Status.LOST, at=now)
    _close(dispute, payment, now)
    dispute.save()
    audit.record(
        by, "payments.dispute", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"status": dispute.status, **dispute.money.as_json()},
    )  # fmt: skip
    return dispute


def can_be_asked(dispute: Dispute) -> bool:
    """Say whether the gateway tells how a dispute ends."""
    return dispute.gateway in gateways.codes() and gateways.get(dispute.gateway).tells_disputes


@transaction.atomic
def record_dispute(*, payment_id: UUID, truth: DisputeTruth, by: Actor, now: datetime) -> str:
    """Write down how a dispute stands; return a Delivery.Outcome. Repeatable, and never moves it backwards.

    A dispute of money that is not in our books, or of more than came, is flagged: a person must look.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    if payment.captured_at is None or truth.money.currency != payment.currency or truth.money > payment.captured:
        log.error("payment %s: the dispute %s does not agree with our books", payment.id, truth.reference)
        return Outcome.FLAGGED
    dispute, is_new = Dispute.objects.get_or_create(
        gateway=payment.gateway,
        gateway_reference=truth.reference,
        defaults={
            "payment": payment,
            "amount": truth.money.amount,
            "currency": truth.money.currency,
            "reason": truth.reason,
            "opened_at": truth.opened_at,
            "answer_by": truth.answer_by,
            "created_at": now,
        },
    )
    if dispute.payment_id != payment.id or dispute.money != truth.money:
        log.error("payment %s: the dispute %s has changed at %s", payment.id, truth.reference, payment.gateway)
        return Outcome.FLAGGED
    needed_no_answer = is_new or dispute.status != Status.NEEDS_RESPONSE
    changed = _take(dispute, truth) | _move(dispute, truth, now=now)
    needs_answer = dispute.status == truth.status == Status.NEEDS_RESPONSE
    if needs_answer and truth.answer_by is not None:
        dispute.answer_by = truth.answer_by  # a question becomes a dispute, a bank gives more time
    dispute.save()
    if is_new or (needs_answer and needed_no_answer):
        emit(PaymentDisputed(payment_id=str(payment.id), subject=payment.subject, dispute_id=str(dispute.id)))
    if is_new or changed:
        audit.record(
            by, "payments.dispute", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
            detail={"status": dispute.status, **dispute.money.as_json()},
        )  # fmt: skip
    return Outcome.DISPUTED if is_new or changed else Outcome.UNCHANGED


def _take(dispute: Dispute, truth: DisputeTruth) -> bool:
    """Write that the gateway has taken the money, once, and what it keeps for that."""
    if dispute.is_taken or not truth.is_taken:
        return False
    payment = dispute.payment
    lines = ledger.dispute_taken(payment.gateway, payment.facility_id, dispute.money)
    books.write(Entry.Kind.DISPUTE_TAKEN, lines, payment=payment, dispute=dispute)
    if truth.fee:
        fee = ledger.fee_kept(payment.gateway, payment.facility_id, Money(truth.fee, dispute.currency))
        books.write(Entry.Kind.DISPUTE_FEE, fee, payment=payment, dispute=dispute)
    dispute.is_taken, dispute.fee_amount = True, truth.fee
    return True


def _move(dispute: Dispute, truth: DisputeTruth, *, now: datetime) -> bool:
    """Follow the gateway's status, and move the taken money where it belongs when it is decided."""
    if truth.status == dispute.status:
        return False
    if not dispute.can_move_to(truth.status):
        if truth.status in {Status.WON, Status.LOST}:  # anything else is an answer that was asked for earlier
            log.error("dispute %s: %s cannot become %s", dispute.gateway_reference, dispute.status, truth.status)
        return False
    dispute.move_to(truth.status, at=now)
    if dispute.is_open:
        return True
    _close(dispute, dispute.payment, now)
    return True


def _close(dispute: Dispute, payment: Payment, now: datetime) -> None:
    """Move what was taken to whose it is by now."""
    dispute.closed_at = now
    if dispute.is_taken and dispute.status == Status.WON:
        back = ledger.dispute_won(payment.gateway, payment.facility_id, dispute.money)
        books.write(Entry.Kind.DISPUTE_WON, back, payment=payment, dispute=dispute)
        emit(DisputeWon(payment_id=str(payment.id), subject=payment.subject, dispute_id=str(dispute.id)))
    elif dispute.is_taken:
        gone = ledger.dispute_lost(payment.facility_id, dispute.money)
        books.write(Entry.Kind.DISPUTE_LOST, gone, payment=payment, dispute=dispute)
