"""Invoices: issued once and for all, paid by payments, taken back by credit notes, replaced by others. Never void."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

import audit
from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import ref
from payments import access, paper_access, price_lists
from payments.actions import numbers
from payments.actions.asking import open_payment
from payments.actions.charging import line_of, plain_line, sum_up
from payments.actions.einvoices import follow_einvoice
from payments.errors import InvoiceEmpty, InvoiceFinal, NotADeposit, NotReplaceable
from payments.models import ChargedItem, CountedPayment, Invoice, Payment, Refund

Status = Invoice.Status


@transaction.atomic
def issue_invoice(*, invoice_id: UUID, buyer: dict[str, str] | None = None, by: Actor, now: datetime) -> Invoice:
    """Give a prepared bill its number; from now on it is final. Asking again returns it. Raises NotFound, InvoiceEmpty.

    `buyer` says to whom it is made out (Invoice.BUYER); without it, to the payer by name.
    """
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    if not invoice.is_draft:
        return invoice
    if not invoice.items.exists():
        raise InvoiceEmpty()
    return _issue(invoice, buyer or {}, by, now)


def _issue(invoice: Invoice, buyer: dict[str, str], by: Actor, now: datetime) -> Invoice:
    for name in Invoice.BUYER:
        setattr(invoice, name, buyer.get(name, "") or getattr(invoice, name))
    invoice.buyer_name = invoice.buyer_name or invoice.payer.full_name
    invoice.buyer_address = invoice.buyer_address or _address_of(invoice.payer)
    sum_up(invoice)
    number = numbers.take("invoice", invoice.facility, now)
    invoice.year, invoice.sequence, invoice.number = number.year, number.sequence, number.text
    invoice.move_to(Status.ISSUED, at=now)
    invoice.save()
    audit.record(
        by, "payments.issue_invoice", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail={"number": invoice.number, **invoice.total.as_json()},
    )  # fmt: skip
    _settle(invoice, now)
    follow_einvoice(invoice, by=by, now=now)
    return invoice


def _address_of(person: object) -> str:
    parts = [getattr(person, "address", ""), getattr(person, "commune", "")]
    return ", ".join(part for part in parts if part)[:200]


def paid_of(invoice: Invoice) -> int:
    """Return how much has been counted for an invoice, in minor units."""
    return invoice.payments.aggregate(total=Sum("amount"))["total"] or 0


def _settle(invoice: Invoice, now: datetime) -> None:
    if invoice.status == Status.ISSUED and invoice.kind == "bill" and paid_of(invoice) >= invoice.due.amount:
        invoice.move_to(Status.SETTLED, at=now)
        invoice.save(update_fields=["status", "settled_at"])


@transaction.atomic
def ask_to_pay(*, invoice_id: UUID, expires_at: datetime, by: Actor, now: datetime) -> Payment | None:
    """Open the payment of what is still due of an issued invoice; None when nothing is. Raises NotFound, InvoiceFinal."""
    invoice = paper_access.lock_invoice(by, invoice_id)
    if invoice.kind != "bill" or invoice.status not in {Status.ISSUED, Status.SETTLED}:
        raise InvoiceFinal()
    left = invoice.due.amount - paid_of(invoice)
    if left <= 0:
        return None
    return open_payment(
        subject=ref(invoice),
        price=Money(left, invoice.currency),
        payer_id=invoice.payer_id,
        facility_id=invoice.facility_id,
        description=f"Hóa đơn {invoice.number}",
        expires_at=expires_at,
        by=by,
        now=now,
    )


def free_of(payment: Payment) -> int:
    """Return how much of a payment came, was not promised back, and counts for no invoice yet. Its row is locked."""
    if payment.captured_at is None:
        return 0
    # What went back by a credit note was counted before: it is not missing twice.
    return came(payment).amount - _counted(payment) - max(_back(payment) - _credited(payment), 0)


def _counted(payment: Payment) -> int:
    return CountedPayment.objects.filter(payment=payment).aggregate(total=Sum("amount"))["total"] or 0


def _back(payment: Payment) -> int:
    alive = payment.refunds.filter(status__in=Refund.PROMISED)
    return alive.aggregate(total=Sum("amount"))["total"] or 0


def _credited(payment: Payment) -> int:
    return Invoice.objects.filter(refund__payment=payment).aggregate(total=Sum("total_amount"))["total"] or 0


def came(payment: Payment) -> Money:
    """Return what arrived: of a reserved card perhaps less than was asked for."""
    return Money(payment.captured_amount, payment.currency)


@transaction.atomic
def count_payment(*, payment_id: UUID, invoice_id: UUID, by: Actor, now: datetime) -> Invoice:
    """Count a payment for an invoice, also one made before it (a deposit), as far as it is due. Repeatable.

    Raises NotFound, InvoiceFinal for a draft, NotADeposit when nothing of the payment is free or it is another facility's.
    """
    payment = access.lock_payment(by, payment_id)
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    if CountedPayment.objects.filter(payment=payment, invoice=invoice).exists():
        return invoice
    if invoice.is_draft or invoice.kind != "bill":
        raise InvoiceFinal()
    left = invoice.due.amount - paid_of(invoice)
    amount = min(free_of(payment), left)
    if amount <= 0 or payment.facility_id != invoice.facility_id or payment.currency != invoice.currency:
        raise NotADeposit()
    CountedPayment.objects.create(payment=payment, invoice=invoice, amount=amount, created_at=now)
    audit.record(
        by, "payments.count", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail=Money(amount, invoice.currency).as_json(),
    )  # fmt: skip
    _settle(invoice, now)
    return invoice


@transaction.atomic
def bill_payment(
    *,
    payment_id: UUID,
    person_id: UUID,
    form: str,
    visited_on: date,
    visit_type_id: UUID | None = None,
    mode: str = "",
    by: Actor,
    now: datetime,
) -> Invoice | None:
    """Write the invoice of something paid before: charged, issued and settled in one. Repeatable.

    The line is that of the day's price list where it has this kind of visit at this price, else what the payment was for.
    None when nothing of the payment is left: it came too late, and goes back.
    """
    access.require_house(by)
    payment = access.lock_payment(by, payment_id)
    known = CountedPayment.objects.select_related("invoice").filter(payment=payment).first()
    if known is not None:
        return known.invoice
    left = Money(free_of(payment), payment.currency)
    if left.amount <= 0:
        return None
    item = None
    if visit_type_id is not None:
        item = price_lists.visit_item_on(payment.facility_id, visit_type_id, mode, left.amount, visited_on)
    invoice = Invoice.objects.create(
        facility_id=payment.facility_id,
        person_id=person_id,
        payer_id=payment.payer_id,
        subject=payment.subject,
        form=form,
        visited_on=visited_on,
        created_at=now,
    )
    _only_line(invoice, line_of(item) if item else plain_line(payment.description, left), now)
    _issue(invoice, {}, by, now)
    return count_payment(payment_id=payment.id, invoice_id=invoice.id, by=by, now=now)


def _only_line(invoice: Invoice, line: ChargedItem, now: datetime) -> None:
    line.invoice, line.subject, line.person_id = invoice, invoice.subject, invoice.person_id
    line.facility_id, line.created_at = invoice.facility_id, now
    line.save(force_insert=True)


@transaction.atomic
def credit_refund(*, refund_id: UUID, by: Actor, now: datetime) -> Invoice | None:
    """Write the credit note of money that went back, adjusting the invoice it was counted for. Repeatable.

    None when it counted for no invoice: a deposit, what was left of one, or money that came twice.
    """
    access.require_house(by)
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    payment = access.lock_payment(by, payment_id)
    refund = payment.refunds.get(id=refund_id)
    known = Invoice.objects.filter(refund=refund).first()
    counted = CountedPayment.objects.filter(payment=payment).order_by("-created_at", "-id").first()
    if known is not None or counted is None:
        return known
    # What was never counted goes back first: only what a refund takes beyond it is credited.
    uncounted = came(payment).amount - _counted(payment)
    alive = payment.refunds.filter(status__in=Refund.PROMISED).order_by("created_at", "id")
    before = sum(one.amount for one in alive if (one.created_at, one.id) < (refund.created_at, refund.id))
    amount = max(before + refund.amount - uncounted, 0) - max(before - uncounted, 0)
    if amount <= 0:
        return None
    invoice = paper_access.lock_invoice(by, counted.invoice_id)
    note = Invoice.objects.create(
        kind="credit",
        adjusts=invoice,
        refund=refund,
        reason=refund.reason,
        facility_id=invoice.facility_id,
        person_id=invoice.person_id,
        payer_id=invoice.payer_id,
        subject=invoice.subject,
        form=invoice.form,
        visited_on=invoice.visited_on,
        created_at=now,
        **{name: getattr(invoice, name) for name in Invoice.BUYER},
    )
    _only_line(note, plain_line(f"Hoàn tiền theo hóa đơn {invoice.number}", Money(amount, refund.currency)), now)
    _issue(note, {}, by, now)
    note.move_to(Status.SETTLED, at=now)
    note.save(update_fields=["status", "settled_at"])
    if invoice.can_move_to(Status.ADJUSTED):
        invoice.move_to(Status.ADJUSTED, at=now)
        invoice.save(update_fields=["status", "adjusted_at"])
    return note


@transaction.atomic
def replace_invoice(*, invoice_id: UUID, reason: str, by: Actor, now: datetime) -> Invoice:
    """Put a new draft with the same lines in the place of an issued invoice nobody has paid. Asking again returns it.

    Raises NotFound, InvoiceFinal for a draft or credit note, NotReplaceable once money counts for it.
    """
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    known = Invoice.objects.filter(replaces=invoice).first()
    if known is not None:
        return known
    if invoice.is_draft or invoice.kind != "bill":
        raise InvoiceFinal()
    if invoice.payments.exists() or not invoice.can_move_to(Status.REPLACED):
        raise NotReplaceable()
    for payment in access.lock_subject(str(ref(invoice))):
        if payment.captured_at is not None:
            raise NotReplaceable()
    draft = Invoice.objects.create(
        replaces=invoice,
        reason=reason.strip()[:200],
        facility_id=invoice.facility_id,
        person_id=invoice.person_id,
        payer_id=invoice.payer_id,
        subject=invoice.subject,
        form=invoice.form,
        visited_on=invoice.visited_on,
        created_at=now,
        **{name: getattr(invoice, name) for name in Invoice.BUYER},
    )
    for line in invoice.items.all():
        line.pk, line.invoice, line.created_at = new_id(), draft, now
        line.own_amount, line.insurance_amount, line.copay_amount, line.other_amount = line.total_amount, 0, 0, 0
        line.save(force_insert=True)
    sum_up(draft)
    invoice.move_to(Status.REPLACED, at=now)
    invoice.save(update_fields=["status", "replaced_at"])
    audit.record(
        by, "payments.replace_invoice", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail={"reason": draft.reason},
    )  # fmt: skip
    return draft
