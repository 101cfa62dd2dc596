"""What is owed to payers is paid out by people: in cash from their own drawer, or by a transfer they made at the bank."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.refs import ref
from payments import access, cash, ledger, queries
from payments.actions import books
from payments.actions.refunds import gone
from payments.errors import NotCash, SamePerson, TooLittleInDrawer, TransferMissing
from payments.models import CashMovement, CashShift, Credit, Entry


@transaction.atomic
def pay_out(*, credit_id: UUID, way: str, transfer_reference: str = "", by: Actor, now: datetime) -> Credit:
    """Pay a credit out: "cash" from the cashier's own drawer, "transfer" with the bank's number of it. Once.

    A large credit that nobody approved as a refund is paid out by another person than the one who found it.
    Raises NoShift, NotCash, TooLittleInDrawer, TransferMissing, SamePerson.
    """
    user_id, _facility_id = access.require_desk_user(by)
    in_cash = way == Credit.Way.CASH
    shift = access.lock_own_shift(by) if in_cash else None
    payment, credit = access.lock_credit(by, credit_id)
    if credit.status == Credit.Status.PAID:
        return credit
    is_own_finding = credit.refund is None and credit.made_by == user_id
    if is_own_finding and credit.amount > queries.approval_above(credit.facility_id):
        raise SamePerson()
    transfer_reference = transfer_reference.strip()[:80]
    if shift is not None:
        _take_from_drawer(shift, credit, now)
    elif not transfer_reference:
        raise TransferMissing()
    credit.move_to(Credit.Status.PAID, at=now)
    credit.way = Credit.Way.CASH if in_cash else Credit.Way.TRANSFER
    credit.transfer_reference = "" if in_cash else transfer_reference
    credit.paid_by = user_id
    credit.save(update_fields=["status", "paid_at", "way", "transfer_reference", "paid_by"])
    lines = ledger.credit_paid(credit.way, credit.facility_id, credit.money)
    books.write_for(ref(credit), Entry.Kind.CREDIT_PAID, lines, facility_id=credit.facility_id, payment=payment)
    if credit.refund is not None:
        gone(payment, credit.refund, gateway_reference=f"credit-{credit.id.hex}", now=now)
    audit.record(
        by, "payments.pay_out", payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"way": str(credit.way), **credit.money.as_json()},
    )  # fmt: skip
    return credit


def _take_from_drawer(shift: CashShift, credit: Credit, now: datetime) -> None:
    if credit.currency != "VND":
        raise NotCash()
    if credit.amount > cash.in_drawer(shift.opening_float, shift.movements.values_list("kind", "amount")):
        raise TooLittleInDrawer()
    CashMovement.objects.create(
        shift=shift,
        kind=CashMovement.Kind.PAY_OUT,
        payment_id=credit.payment_id,
        credit=credit,
        amount=credit.amount,
        given=credit.amount,
        at=now,
    )
