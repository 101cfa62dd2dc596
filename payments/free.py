"""What of a payment counts for which bills, and what of it is free. Whoever decides by it has locked the payment."""

from __future__ import annotations

from django.db.models import F, Sum

from core.money import Money
from payments.models import CountedPayment, Invoice, Payment, Refund


def paid_of(invoice: Invoice) -> int:
    """Return how much has been counted for an invoice, in minor units."""
    return invoice.payments.aggregate(total=Sum("amount"))["total"] or 0


def left_of(invoice: Invoice) -> Money:
    """Return what is still to be paid of an invoice: nothing of a draft or credit note, nor once another stands in its place.

    A credit note of money that went back takes as much off what is due as off what was paid; one without a refund off what
    is due alone.
    """
    standing = {Invoice.Status.ISSUED, Invoice.Status.ADJUSTED}
    if invoice.kind != Invoice.Kind.BILL or invoice.status not in standing:
        return Money(0, invoice.currency)
    taken_back = invoice.credits.filter(refund=None).exclude(status=Invoice.Status.DRAFT)
    sums = taken_back.aggregate(total=Sum(F("copay_amount") + F("own_amount")))["total"] or 0
    return Money(max(invoice.due.amount - paid_of(invoice) - sums, 0), invoice.currency)


def free_of(payment: Payment) -> int:
    """Return how much of a payment came, was not promised back, and counts for no invoice yet. Its row is locked."""
    if payment.captured_at is None:
        return 0
    # What went back by a credit note was counted before: it is not missing twice.
    return came(payment).amount - counted(payment) - max(_back(payment) - _credited(payment), 0)


def unspoken_of(payment: Payment) -> int:
    """Return how much of a payment is free and wanted by nobody: not by a refund that waits, nor by the payer's bank."""
    waiting = payment.refunds.filter(status=Refund.Status.AWAITING_APPROVAL)
    return free_of(payment) - (waiting.aggregate(total=Sum("amount"))["total"] or 0) - payment.disputed_amount


def counted(payment: Payment) -> int:
    """Return how much of a payment counts for invoices that stand."""
    rows = CountedPayment.objects.filter(payment=payment).exclude(invoice__status=Invoice.Status.REPLACED)
    return rows.aggregate(total=Sum("amount"))["total"] or 0


def _back(payment: Payment) -> int:
    alive = payment.refunds.filter(status__in=Refund.PROMISED)
    return alive.aggregate(total=Sum("amount"))["total"] or 0


def _credited(payment: Payment) -> int:
    return Invoice.objects.filter(refund__payment=payment).aggregate(total=Sum("total_amount"))["total"] or 0


def came(payment: Payment) -> Money:
    """Return what arrived: of a reserved card perhaps less than was asked for."""
    return Money(payment.captured_amount, payment.currency)
