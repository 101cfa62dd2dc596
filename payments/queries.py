"""Reading payments: plain facts for journeys, lists for doors and jobs, and the proof of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from core.actor import Actor
from core.errors import NotFound
from core.money import Money
from core.refs import Ref
from payments import access
from payments.models import Entry, Payment, Refund


@dataclass(frozen=True)
class PaymentFacts:
    """A payment in plain values, as other apps and journeys may hold it."""

    id: UUID
    subject: Ref
    payer_id: UUID
    facility_id: UUID
    status: str
    price: Money
    refunded: Money
    description: str
    expires_at: datetime
    captured_at: datetime | None
    is_open: bool
    is_captured: bool
    page_url: str


def page_url(payment: Payment) -> str:
    """Return the path of the payment's own page."""
    return reverse("payments_payment", args=[payment.id])


def facts_of(payment: Payment) -> PaymentFacts:
    """Return the plain values of a row."""
    return PaymentFacts(
        id=payment.id,
        subject=Ref.parse(payment.subject),
        payer_id=payment.payer_id,
        facility_id=payment.facility_id,
        status=payment.status,
        price=payment.price,
        refunded=payment.refunded,
        description=payment.description,
        expires_at=payment.expires_at,
        captured_at=payment.captured_at,
        is_open=payment.is_open,
        is_captured=payment.is_captured,
        page_url=page_url(payment),
    )


def get_facts(payment_id: UUID) -> PaymentFacts:
    """Return the facts of a payment, for journeys: nobody's permission is asked. Raises NotFound."""
    return facts_of(access.get_payment(Actor.system("payments"), payment_id))


def for_subject(subject: Ref) -> PaymentFacts | None:
    """Return the payment that matters for a subject (the paid one, else the latest), for journeys; None without one."""
    try:
        return facts_of(access.get_payment_for(Actor.system("payments"), subject))
    except NotFound:
        return None


def open_and_late(now: datetime) -> QuerySet[Payment]:
    """Return payments whose time to pay has run out and that nobody has closed."""
    return Payment.objects.filter(status__in=Payment.OPEN, expires_at__lte=now)


def to_ask_about(now: datetime, *, waiting: timedelta, closed_within: timedelta) -> QuerySet[Payment]:
    """Return payments to ask the gateway about, because its webhook may have been lost.

    Those pending for longer than `waiting`, and those closed unpaid within `closed_within`: money may have come late.
    """
    pending = Q(status="pending", pending_at__lte=now - waiting)
    closed = Q(status__in=["failed", "cancelled", "expired"], expires_at__gte=now - closed_within)
    return Payment.objects.filter(pending | closed).exclude(gateway_reference="")


def refunds_waiting(now: datetime, *, longer_than: timedelta) -> QuerySet[Refund]:
    """Return refunds that were promised a while ago and have not left."""
    return Refund.objects.filter(status=Refund.Status.REQUESTED, created_at__lte=now - longer_than)


def balances(facility_id: UUID | None = None) -> dict[tuple[str, str], int]:
    """Return the balance per (account, currency), of one facility or of all."""
    rows = Entry.objects.filter(facility_id=facility_id) if facility_id else Entry.objects.all()
    totals = rows.values("account", "currency").annotate(total=Sum("amount")).order_by()
    return {(row["account"], row["currency"]): row["total"] for row in totals}
