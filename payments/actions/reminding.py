"""Reminders of what is still to be paid: a few, further and further apart, and none once it is paid or closed.

settings.PAYMENT_REMINDERS says after how many hours each comes. A payment is spoken of while it is open, an invoice while nobody
has begun to pay it: never both for the same money.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.actor import Actor
from core.events import emit
from payments import access, paper_access, papers
from payments.events import InvoiceUnpaid, PaymentUnpaid
from payments.models import InvoiceReminder, Payment

AT_ONCE = 500


def remind_the_unpaid(*, by: Actor, now: datetime) -> int:
    """Tell of each payment that is due for its next reminder; return how many. Each is told once, whoever runs this twice.

    What lapses within the hour is left alone. What came due while the house stood still is told as one, the last.
    """
    access.require_house(by)
    told = 0
    for nth, hours in _latest_first():
        due = Payment.objects.filter(
            status__in=[Payment.Status.CREATED, Payment.Status.PENDING],
            reminders_sent__lt=nth,
            created_at__lte=now - timedelta(hours=hours),
            expires_at__gt=now + timedelta(hours=1),
        )
        for payment in due.order_by("created_at")[:AT_ONCE]:
            told += _remind(payment, nth)
    return told


def _latest_first() -> list[tuple[int, int]]:
    return list(enumerate(settings.PAYMENT_REMINDERS, start=1))[::-1]


@transaction.atomic
def _remind(payment: Payment, nth: int) -> int:
    # One conditional statement: a second run finds the number gone up.
    taken = Payment.objects.filter(
        id=payment.id, reminders_sent__lt=nth, status__in=[Payment.Status.CREATED, Payment.Status.PENDING]
    ).update(reminders_sent=nth)
    if taken:
        emit(PaymentUnpaid(payment_id=str(payment.id), subject=payment.subject, nth=nth))
    return taken


def remind_of_invoices(*, by: Actor, now: datetime) -> int:
    """Tell of each issued invoice that nobody is paying and that is due for a reminder; return how many.

    Each is told once, whoever runs this twice; of several that are due at once, the last.
    """
    access.require_house(by)
    told = 0
    for nth, hours in _latest_first():
        due = papers.nobody_pays().filter(issued_at__lte=now - timedelta(hours=hours))
        due = due.exclude(reminders__nth__gte=nth).order_by("issued_at")
        for invoice_id in due.values_list("id", flat=True)[:AT_ONCE]:
            told += _remind_of_invoice(invoice_id, nth, by=by, now=now)
    return told


@transaction.atomic
def _remind_of_invoice(invoice_id: UUID, nth: int, *, by: Actor, now: datetime) -> int:
    # Whoever opens its payment locks it, too; another run waits here, and then finds the reminder.
    invoice = paper_access.lock_invoice(by, invoice_id)
    if invoice.reminders.filter(nth__gte=nth).exists() or not papers.nobody_pays().filter(id=invoice_id).exists():
        return 0
    InvoiceReminder.objects.create(invoice=invoice, nth=nth, created_at=now)
    emit(InvoiceUnpaid(invoice_id=str(invoice_id), nth=nth))
    return 1
