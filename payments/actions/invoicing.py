"""Invoices: issued once and for all, asked to be paid, taken back by credit notes. Never void: see replacing.py."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from payments import access, paper_access, price_lists
from payments.actions import counting, numbers, replacing
from payments.actions.asking import cancel_payment, open_payment
from payments.actions.charging import line_of, plain_line, sum_up
from payments.actions.einvoices import follow_einvoice
from payments.errors import BeingChecked, InvoiceEmpty, InvoiceFinal, NotReplaceable
from payments.free import came, counted, free_of, left_of, paid_of
from payments.models import ChargedItem, CountedPayment, Invoice, Payment, Refund

Status = Invoice.Status


@transaction.atomic
def issue_invoice(*, invoice_id: UUID, buyer: dict[str, str] | None = None, by: Actor, now: datetime) -> Invoice:
    """Give a prepared bill its number; from now on it is final. Asking again returns it.

    One that replaces another takes its place now, with what was paid for it (replacing.py). Raises NotFound, InvoiceEmpty,
    NotReplaceable. `buyer` says to whom it is made out (Invoice.BUYER), what it leaves out stays as it stands on the bill;
    empty, to the payer by name.
    """
    replacing.lock_payments_of(by, invoice_id)
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    if not invoice.is_draft:
        return invoice
    if not invoice.items.exists():
        raise InvoiceEmpty()
    old = replacing.step_aside(invoice, by, now)
    issued = _issue(invoice, buyer or {}, by, now)
    if old is not None:
        replacing.bring_over(old, issued, by, now)
    return issued


def _issue(invoice: Invoice, buyer: dict[str, str], by: Actor, now: datetime) -> Invoice:
    for name in Invoice.BUYER:
        setattr(invoice, name, buyer.get(name, getattr(invoice, name)))
    invoice.buyer_name = invoice.buyer_name or invoice.payer.full_name
    if invoice.buyer_name == invoice.payer.full_name:  # where the payer lives is no business of their company's
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
    counting.settle_if_paid(invoice, now)
    follow_einvoice(invoice, by=by, now=now)
    return invoice


def _address_of(person: object) -> str:
    parts = [getattr(person, "address", ""), getattr(person, "commune", "")]
    return ", ".join(part for part in parts if part)[:200]


@transaction.atomic
def ask_to_pay(*, invoice_id: UUID, expires_at: datetime, by: Actor, now: datetime) -> Payment | None:
    """Open the payment of what is still due of an issued invoice; None when nothing is. Asking again returns it.

    When something was counted since it was asked for, the old wish is closed and the rest asked for anew.
    Raises NotFound, InvoiceFinal, BeingChecked while it is not known whether the old one was paid.
    """
    subject = Ref("invoice", invoice_id)
    asked = access.lock_subject(str(subject))  # before the invoice: whoever counts a payment locks in this order
    invoice = paper_access.lock_invoice(by, invoice_id)
    if invoice.kind != "bill" or invoice.status not in {Status.ISSUED, Status.SETTLED, Status.ADJUSTED}:
        raise InvoiceFinal()
    left = left_of(invoice)
    open_one = next((one for one in asked if one.is_open), None)
    if open_one is not None and open_one.price != left:
        if open_one.status == Payment.Status.UNKNOWN:
            raise BeingChecked()
        cancel_payment(subject=subject, by=by, now=now)
    if left.is_zero:
        return None
    return open_payment(
        subject=subject,
        price=left,
        payer_id=invoice.payer_id,
        facility_id=invoice.facility_id,
        description=f"Hóa đơn {invoice.number}",
        expires_at=expires_at,
        by=by,
        now=now,
    )


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
    return counting.count_payment(payment_id=payment.id, invoice_id=invoice.id, by=by, now=now)


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
    latest = (
        CountedPayment.objects.filter(payment=payment)
        .exclude(invoice__status=Status.REPLACED)
        .order_by("-created_at", "-id")
        .first()
    )
    if known is not None or latest is None:
        return known
    # What was never counted goes back first: only what a refund takes beyond it is credited.
    uncounted = came(payment).amount - counted(payment)
    alive = payment.refunds.filter(status__in=Refund.PROMISED).order_by("created_at", "id")
    before = sum(one.amount for one in alive if (one.created_at, one.id) < (refund.created_at, refund.id))
    amount = max(before + refund.amount - uncounted, 0) - max(before - uncounted, 0)
    if amount <= 0:
        return None
    invoice = paper_access.lock_invoice(by, latest.invoice_id)
    note = _note_of(invoice, refund.reason, now, refund=refund)
    _only_line(note, plain_line(f"Hoàn tiền theo hóa đơn {invoice.number}", Money(amount, refund.currency)), now)
    return _adjust(invoice, note, by, now)


def _note_of(invoice: Invoice, reason: str, now: datetime, refund: Refund | None = None) -> Invoice:
    return Invoice.objects.create(
        kind="credit",
        adjusts=invoice,
        refund=refund,
        reason=reason,
        facility_id=invoice.facility_id,
        person_id=invoice.person_id,
        payer_id=invoice.payer_id,
        subject=invoice.subject,
        form=invoice.form,
        visited_on=invoice.visited_on,
        created_at=now,
        **{name: getattr(invoice, name) for name in Invoice.BUYER},
    )


def _adjust(invoice: Invoice, note: Invoice, by: Actor, now: datetime) -> Invoice:
    """Issue a credit note with its lines, and say on the invoice, which is locked, that it is adjusted."""
    _issue(note, {}, by, now)
    note.move_to(Status.SETTLED, at=now)
    note.save(update_fields=["status", "settled_at"])
    if invoice.can_move_to(Status.ADJUSTED):
        invoice.move_to(Status.ADJUSTED, at=now)
        invoice.save(update_fields=["status", "adjusted_at"])
    return note


@transaction.atomic
def take_back_invoice(*, invoice_id: UUID, reason: str, by: Actor, now: datetime) -> Invoice:
    """Take an issued invoice back whole that nobody paid: a credit note over all of it, and it is no longer asked for.

    Asking again returns the note. Raises NotFound, InvoiceFinal for a draft or credit note, NotReplaceable once money counts
    for it (then the money is given back), another stands in its place or is being written, or a payment of it is looked into.
    """
    subject = Ref("invoice", invoice_id)
    asked = access.lock_subject(str(subject))
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    known = invoice.credits.filter(refund=None).first()
    if known is not None:
        return known
    if invoice.is_draft or invoice.kind != "bill":
        raise InvoiceFinal()
    came_in = paid_of(invoice) or any(one.is_paid or one.status == Payment.Status.UNKNOWN for one in asked)
    if invoice.status != Status.ISSUED or came_in or invoice.replacements.exists():
        raise NotReplaceable()
    cancel_payment(subject=subject, by=by, now=now)
    note = _note_of(invoice, reason.strip()[:200], now)
    for line in invoice.items.all():
        line.pk, line.invoice, line.created_at = new_id(), note, now
        line.save(force_insert=True)
    return _adjust(invoice, note, by, now)
