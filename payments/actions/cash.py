"""The cash desk: open a shift, take cash, count and close. Lock order: the shift, then the payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from core.refs import Ref, ref
from payments import access, cash, ledger
from payments.actions import books
from payments.actions.asking import start_payment
from payments.actions.recording import record_capture
from payments.errors import (
    AlreadyPaid,
    BadCount,
    NotCash,
    PaymentExpired,
    PriceDiffers,
    ReasonMissing,
    ShiftOpenElsewhere,
    TooLittleGiven,
)
from payments.gateways.cash import number_of
from payments.models import CashMovement, CashShift, Entry, Payment

HOUSE = Actor.system("cash desk")
MOST_FLOAT = 1_000_000_000


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

    A try begun at another gateway is stopped there first. Taking it again in the same shift returns the first time; a
    second desk hears that it is paid. Raises NoShift, AlreadyPaid, BeingChecked, PaymentExpired, NotCash, TooLittleGiven.
    """
    access.require_own_shift(by)
    payment = _standing_for(access.get_payment(by, payment_id), by)
    if payment.currency != "VND":
        raise NotCash()
    if given < payment.amount:
        raise TooLittleGiven()
    if payment.captured_at is None:
        try:
            payment = start_payment(payment_id=payment.id, gateway="cash", by=by, now=now)
        except PaymentExpired:
            # A second tap may have turned it into a payment at the desk this very moment: then that one counts.
            newest = _standing_for(payment, by)
            if newest.id == payment.id or newest.gateway != "cash":
                raise
            payment = newest
    return _take(payment_id=payment.id, given=given, by=by, now=now)


def _standing_for(payment: Payment, by: Actor) -> Payment:
    """Return the payment that matters for the same thing: an earlier try's page may still be open. Raises PriceDiffers."""
    newest = access.get_payment_for(by, Ref.parse(payment.subject))
    if newest.price != payment.price:
        raise PriceDiffers()
    return newest


@transaction.atomic
def _take(*, payment_id: UUID, given: int, by: Actor, now: datetime) -> CashMovement:
    shift = access.lock_own_shift(by)
    payment = access.lock_payment(by, payment_id)
    known = CashMovement.objects.filter(payment=payment, kind=CashMovement.Kind.TAKE).first()
    if known is not None and known.shift_id == shift.id:
        return known
    if known is not None or payment.captured_at is not None or payment.status == Payment.Status.AUTHORISED:
        raise AlreadyPaid()
    if payment.gateway != "cash" or not payment.is_waiting or payment.is_late(now):
        raise PaymentExpired()
    movement = CashMovement.objects.create(
        shift=shift, kind=CashMovement.Kind.TAKE, payment=payment, amount=payment.amount, given=given, at=now
    )
    record_capture(
        payment_id=payment.id,
        gateway_reference=payment.gateway_reference,
        transaction_number=number_of(movement.id),
        by=HOUSE,
        now=now,
    )
    audit.record(
        by, "payments.take_cash", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail=payment.price.as_json(),
    )  # fmt: skip
    return movement


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
