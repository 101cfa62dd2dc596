"""What of a payment counts for which invoice, and what of it is still free. A payment's row is locked before an invoice's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.money import Money
from payments import access, paper_access
from payments.actions.refunds import request_refund
from payments.errors import InvoiceFinal, NotADeposit
from payments.free import free_of, left_of, paid_of, unspoken_of
from payments.models import CountedPayment, Invoice, Payment, Refund

Status = Invoice.Status


def settle_if_paid(invoice: Invoice, now: datetime) -> None:
    """Note that nothing of an issued invoice is due any more. Its row is locked."""
    if invoice.status == Status.ISSUED and invoice.kind == "bill" and paid_of(invoice) >= invoice.due.amount:
        invoice.move_to(Status.SETTLED, at=now)
        invoice.save(update_fields=["status", "settled_at"])


@transaction.atomic
def count_payment(*, payment_id: UUID, invoice_id: UUID, by: Actor, now: datetime) -> Invoice:
    """Count a payment for an invoice, also one made before it (a deposit), as far as it is due. Repeatable.

    Of a replaced invoice, for the one in its place. Raises NotFound, InvoiceFinal for a draft, NotADeposit when nothing of
    the payment is free, it is another facility's or, at the desk, another payer's.
    """
    payment = access.lock_payment(by, payment_id)
    invoice = _standing(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    if CountedPayment.objects.filter(payment=payment, invoice=invoice).exists():
        return invoice
    if invoice.is_draft or invoice.kind != "bill":
        raise InvoiceFinal()
    if not by.is_system and payment.payer_id != invoice.payer_id:
        raise NotADeposit()
    # What a colleague wants to give back, or a bank has taken, is not there for the desk to count; the house does not wait for that.
    most = free_of(payment) if by.is_system else unspoken_of(payment)
    if put(payment, invoice, most=most, by=by, now=now) <= 0:
        raise NotADeposit()
    settle_if_paid(invoice, now)
    return invoice


def _standing(by: Actor, invoice_id: UUID) -> Invoice:
    """Return an invoice, or what took its place, locked."""
    invoice = paper_access.lock_invoice(by, invoice_id)
    while invoice.status == Status.REPLACED:
        invoice = paper_access.lock_invoice(by, Invoice.objects.values_list("id", flat=True).get(replaces=invoice))
    return invoice


def put(payment: Payment, invoice: Invoice, *, most: int, by: Actor, now: datetime) -> int:
    """Count so much of a payment for an issued invoice, both locked, as is due; return it, 0 when nothing is."""
    amount = min(most, left_of(invoice).amount)
    if amount <= 0 or payment.facility_id != invoice.facility_id or payment.currency != invoice.currency:
        return 0
    CountedPayment.objects.create(payment=payment, invoice=invoice, amount=amount, created_at=now)
    audit.record(
        by, "payments.count", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail=Money(amount, invoice.currency).as_json(),
    )  # fmt: skip
    return amount


@transaction.atomic
def give_back_free(*, payment_id: UUID, reason: str, by: Actor, now: datetime) -> Refund | None:
    """Give back what of a payment counts for nothing. Repeatable; None when nothing is free. Raises what request_refund raises."""
    payment = access.lock_payment(by, payment_id)
    free = free_of(payment) - payment.disputed_amount
    if free <= 0:
        return None
    return request_refund(payment_id=payment.id, reason=reason, money=Money(free, payment.currency), by=by, now=now)
