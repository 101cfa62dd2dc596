"""Papers about money: a receipt for each payment that came, a slip for each refund that went. Numbered, written once."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.money import Money
from payments import access
from payments.actions import numbers
from payments.actions.einvoices import adjust_summary
from payments.actions.invoicing import credit_refund
from payments.errors import NotCaptured
from payments.free import came
from payments.models import Credit, Payment, Receipt, Refund

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing that is misread
CODE = 12


@transaction.atomic
def issue_receipt(*, payment_id: UUID, by: Actor, now: datetime) -> Receipt:
    """Write the receipt of a payment that came. Repeatable: each payment has one. Raises NotCaptured."""
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    known = Receipt.objects.filter(payment=payment, kind="receipt").first()
    if known is not None:
        return known
    if payment.captured_at is None:
        raise NotCaptured()
    return _write("receipt", payment, came(payment), payment.description, payment.captured_at, None, by, now)


@transaction.atomic
def paper_refunds(*, payment_id: UUID, by: Actor, now: datetime) -> list[Receipt]:
    """Write the slip and the credit note of each refund of a payment that has left. Repeatable: each has one.

    Its receipt comes first where there is none yet: money that comes twice goes back before anybody is told of it. Where the
    receipt stands in a day's summary invoice, that is adjusted.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    issue_receipt(payment_id=payment.id, by=by, now=now)
    slips = []
    for refund in payment.refunds.filter(status=Refund.Status.DONE).order_by("created_at", "id"):
        slip = Receipt.objects.filter(refund=refund).first()
        if slip is None:
            said = f"Hoàn tiền: {payment.description}"
            slip = _write("payout", payment, refund.money, said, refund.done_at or now, refund, by, now)
        credit_refund(refund_id=refund.id, by=by, now=now)
        adjust_summary(slip_id=slip.id, by=by, now=now)
        slips.append(slip)
    return slips


def _write(
    kind: str,
    payment: Payment,
    money: Money,
    description: str,
    moved_at: datetime,
    refund: Refund | None,
    by: Actor,
    now: datetime,
) -> Receipt:
    number = numbers.take(kind, payment.facility, now)
    payer = payment.payer
    receipt = Receipt.objects.create(
        kind=kind,
        facility_id=payment.facility_id,
        payer_id=payment.payer_id,
        payment=payment,
        refund=refund,
        year=number.year,
        sequence=number.sequence,
        number=number.text,
        code="".join(secrets.choice(ALPHABET) for _ in range(CODE)),
        amount=money.amount,
        currency=money.currency,
        payer_name=payer.full_name,
        payer_address=", ".join(part for part in (payer.address, payer.commune) if part)[:200],
        description=description[:200],
        method=_way(payment, refund),
        moved_at=moved_at,
        created_at=now,
    )
    audit.record(
        by, f"payments.{kind}", receipt, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"number": receipt.number, **money.as_json()},
    )  # fmt: skip
    return receipt


def _way(payment: Payment, refund: Refund | None) -> str:
    """The way the money went: a refund the gateway could not send was paid out at the desk."""
    credit = Credit.objects.filter(refund=refund).first() if refund is not None else None
    return str(credit.way) if credit is not None and credit.way else payment.gateway
