"""Reminders of what is still to be paid: a few, further and further apart, and none once it is paid or closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from core.actor import Actor
from core.events import emit
from payments import access
from payments.events import PaymentUnpaid
from payments.models import Payment

AT_ONCE = 500


def remind_the_unpaid(*, by: Actor, now: datetime) -> int:
    """Tell of each payment that is due for its next reminder; return how many. Each is told once, whoever runs this twice.

    settings.PAYMENT_REMINDERS says after how many hours each comes; what lapses within the hour is left alone.
    """
    access.require_house(by)
    told = 0
    for nth, hours in enumerate(settings.PAYMENT_REMINDERS, start=1):
        due = Payment.objects.filter(
            status__in=[Payment.Status.CREATED, Payment.Status.PENDING],
            reminders_sent=nth - 1,
            created_at__lte=now - timedelta(hours=hours),
            expires_at__gt=now + timedelta(hours=1),
        )
        for payment in due.order_by("created_at")[:AT_ONCE]:
            told += _remind(payment, nth)
    return told


@transaction.atomic
def _remind(payment: Payment, nth: int) -> int:
    # One conditional statement: a second run finds the number gone up.
    taken = Payment.objects.filter(
        id=payment.id, reminders_sent=nth - 1, status__in=[Payment.Status.CREATED, Payment.Status.PENDING]
    ).update(reminders_sent=nth)
    if taken:
        emit(PaymentUnpaid(payment_id=str(payment.id), subject=payment.subject, nth=nth))
    return taken
