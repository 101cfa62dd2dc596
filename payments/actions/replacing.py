"""Replacing: another bill takes the place of an issued one, with what was paid for it; what is then too much goes back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref, ref
from payments import access, paper_access
from payments.actions import counting
from payments.actions.asking import cancel_payment
from payments.actions.charging import sum_up
from payments.actions.refunds import request_refund
from payments.errors import InvoiceFinal, NotReplaceable
from payments.free import unspoken_of
from payments.models import CountedPayment, Invoice, Payment

Status = Invoice.Status


@transaction.atomic
def replace_invoice(*, invoice_id: UUID, reason: str, by: Actor, now: datetime) -> Invoice:
    """Begin a bill with the lines of an issued one, and who pays which part of them. Repeatable.

    Once issued it stands in its place; until then nothing has changed. Raises NotFound, InvoiceFinal for a draft or credit
    note, NotReplaceable once money went back.
    """
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    known = Invoice.objects.filter(replaces=invoice).first()
    if known is not None:
        return known
    if invoice.is_draft or invoice.kind != "bill":
        raise InvoiceFinal()
    if not invoice.can_move_to(Status.REPLACED):
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
        **{name: getattr(invoice, name) for name in (*Invoice.BUYER, "card", "visit_object", "split_reason")},
    )
    for line in invoice.items.all():
        line.pk, line.invoice, line.created_at = new_id(), draft, now
        line.save(force_insert=True)
    sum_up(draft)
    audit.record(
        by, "payments.replace_invoice", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail={"reason": draft.reason},
    )  # fmt: skip
    return draft


def lock_payments_of(by: Actor, invoice_id: UUID) -> None:
    """Lock what was paid or asked for the invoice a draft will replace: payments come before invoices, as everywhere."""
    old_id = paper_access.invoices_of(by).filter(id=invoice_id).values_list("replaces_id", flat=True).first()
    if old_id is not None:
        counted = CountedPayment.objects.filter(invoice_id=old_id).values_list("payment__subject", flat=True)
        access.lock_subjects(sorted({*counted, f"invoice:{old_id}"}))


def step_aside(draft: Invoice, by: Actor, now: datetime) -> Invoice | None:
    """Take the old invoice out of a new one's way, which is locked; None when it replaces none. Raises NotReplaceable."""
    if draft.replaces_id is None:
        return None
    old = paper_access.lock_invoice(by, draft.replaces_id)
    if not old.can_move_to(Status.REPLACED):  # money went back meanwhile
        raise NotReplaceable()
    old.move_to(Status.REPLACED, at=now)
    old.save(update_fields=["status", "replaced_at"])
    cancel_payment(subject=ref(old), by=by, now=now)
    return old


def bring_over(old: Invoice, fresh: Invoice, by: Actor, now: datetime) -> None:
    """Count what was paid for the old invoice for the new one; of a payment that was not a deposit the rest goes back.

    Where more is due than before, of a deposit more counts: a payment counts for an invoice once, so nobody could add it later.

    The part of a large refund that needs a second person waits for them like any other. Raises NotReplaceable when a refund or
    the payer's bank takes the same money already: it is not given back twice.
    """
    rows = list(old.payments.select_related("payment").order_by("created_at", "id"))
    short = max(fresh.due.amount - sum(row.amount for row in rows), 0)
    for row in rows:
        more = max(min(short, unspoken_of(row.payment) - row.amount), 0) if _is_deposit(row.payment) else 0
        short -= more
        kept = counting.put(row.payment, fresh, most=row.amount + more, by=by, now=now)
        if kept < row.amount and not _is_deposit(row.payment):
            rest = Money(row.amount - kept, fresh.currency)
            if rest.amount > unspoken_of(row.payment):
                raise NotReplaceable()
            request_refund(payment_id=row.payment_id, reason="not_owed", money=rest, by=by, now=now)
    counting.settle_if_paid(fresh, now)


def _is_deposit(payment: Payment) -> bool:
    return Ref.parse(payment.subject).kind == "deposit"
