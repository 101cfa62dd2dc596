"""The cash desk: open a shift, take cash, count and close. Lock order: the shift, then the payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from core.errors import DomainError
from core.refs import Ref, ref
from payments import access, cash, ledger
from payments.actions import books
from payments.actions.asking import cancel_payment, open_payment
from payments.actions.recording import ask_gateway, record_capture
from payments.errors import (
    AlreadyPaid,
    BadCount,
    NotCash,
    PaymentExpired,
    ReasonMissing,
    ShiftOpenElsewhere,
    TooLittleGiven,
)
from payments.gateways.cash import reference_of
from payments.models import CashMovement, CashShift, Entry, Payment

HOUSE = Actor.system("cash desk")
MOST_FLOAT = 1_000_000_000
Status = Payment.Status


@transaction.atomic
def open_shift(*, opening_float: int, by: Actor, now: datetime) -> CashShift:
    """Begin to take cash, with so much in the drawer. While one is open, that one is returned.

    Raises BadCount, ShiftOpenElsewhere.
    """
    user_id, facility_id = access.require_desk_user(by)
    if not 0 <= opening_float <= MOST_FLOAT:
        raise BadCount()
    try:
        with transaction.atomic():
            shift = CashShift.objects.create(
                facility_id=facility_id,
                cashier_id=user_id,
                opening_float=opening_float,
                opened_at=now,
            )
    except IntegrityError:
        known = CashShift.objects.get(cashier_id=user_id, closed_at=None)
        if known.facility_id != facility_id:
            raise ShiftOpenElsewhere() from None
        return known
    audit.record(by, "payments.open_shift", shift, detail={"float": opening_float})
    return shift


def take_cash(*, payment_id: UUID, given: int, by: Actor, now: datetime) -> CashMovement:
    """Take cash for a payment and record it as paid; what was given beyond the price goes back at once, as `change`.

    Taking it again for the same payment returns the first time. If the payer was on the way at another gateway, that one
    is asked first, and money that comes from there all the same goes back by itself. Raises NoShift, AlreadyPaid,
    PaymentExpired, NotCash, TooLittleGiven.
    """
    access.require_desk_user(by)
    payment = access.get_payment(by, payment_id)
    if payment.status == Status.PENDING and payment.gateway != "cash":
        try:
            ask_gateway(payment_id=payment.id, by=HOUSE, now=now)
        except DomainError:
            pass  # not to be reached just now: what it collects after this is sent back
    return _take(payment_id=payment_id, given=given, by=by, now=now)


@transaction.atomic
def _take(*, payment_id: UUID, given: int, by: Actor, now: datetime) -> CashMovement:
    shift = access.lock_own_shift(by)
    payment = access.lock_payment(by, payment_id)
    known = CashMovement.objects.filter(payment=payment, kind=CashMovement.Kind.TAKE).first()
    if known is not None:
        return known
    if payment.captured_at is not None:
        raise AlreadyPaid()
    if payment.status in {Status.CANCELLED, Status.EXPIRED} or payment.is_late(now):
        raise PaymentExpired()
    if payment.currency != "VND":
        raise NotCash()
    if given < payment.amount:
        raise TooLittleGiven()
    payment = _turned_to_cash(payment, now)
    record_capture(payment_id=payment.id, gateway_reference=payment.gateway_reference, by=HOUSE, now=now)
    movement = CashMovement.objects.create(
        shift=shift, kind=CashMovement.Kind.TAKE, payment=payment, amount=payment.amount, given=given, at=now
    )
    audit.record(
        by, "payments.take_cash", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail=payment.price.as_json(),
    )  # fmt: skip
    return movement


def _turned_to_cash(payment: Payment, now: datetime) -> Payment:
    """Give the payment as one that waits at the cash desk: itself, or the next try in place of one begun elsewhere."""
    if payment.status == Status.PENDING and payment.gateway == "cash":
        return payment
    if payment.status != Status.CREATED:
        subject = Ref.parse(payment.subject)
        cancel_payment(subject=subject, by=HOUSE, now=now)
        payment = open_payment(
            subject=subject,
            price=payment.price,
            payer_id=payment.payer_id,
            facility_id=payment.facility_id,
            description=payment.description,
            expires_at=payment.expires_at,
            by=HOUSE,
            now=now,
        )
    payment.gateway, payment.gateway_reference = "cash", reference_of(payment.id)
    payment.move_to(Status.PENDING, at=now)
    payment.save(update_fields=["status", "pending_at", "gateway", "gateway_reference"])
    return payment


@transaction.atomic
def close_shift(*, notes: Mapping[int, int], reason: str, by: Actor, now: datetime) -> CashShift:
    """Count the drawer by banknotes and close the own shift; what is missing or too much is posted to the books.

    Raises NoShift, BadCount, ReasonMissing when the count differs and nobody says why.
    """
    shift = access.lock_own_shift(by)
    try:
        counted = cash.total(notes)
    except ValueError:
        raise BadCount() from None
    expected = cash.in_drawer(shift.opening_float, shift.movements.values_list("kind", "amount"))
    reason = reason.strip()[:200]
    if counted != expected and not reason:
        raise ReasonMissing()
    shift.closed_at, shift.expected, shift.counted = now, expected, counted
    shift.difference, shift.reason = counted - expected, reason
    shift.notes = {str(note): number for note, number in notes.items() if number}
    shift.save()
    difference = shift.money("difference")
    if difference is not None and not difference.is_zero:
        lines = ledger.drawer_differed(shift.facility_id, difference)
        books.write_for(ref(shift), Entry.Kind.CASH_DIFFERENCE, lines, facility_id=shift.facility_id)
    detail = {"expected": expected, "counted": counted, "reason": reason}
    audit.record(by, "payments.close_shift", shift, detail=detail)
    return shift
