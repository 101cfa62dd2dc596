"""Reading payments: plain facts for journeys, lists for doors and jobs, and the proof of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse

from core.actor import Actor
from core.errors import NotFound
from core.money import Money
from core.refs import Ref
from payments import access, gateways
from payments.models import BankLine, Dispute, Entry, GatewayAccount, Payment, Refund, RefundLimit


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
    code: str
    expires_at: datetime
    captured_at: datetime | None
    is_open: bool
    is_paid: bool
    page_url: str


def approval_above(facility_id: UUID) -> int:
    """Return how much of one payment (in dong) a facility's desk gives back without a second person: its own limit, or the house's."""
    rows = RefundLimit.objects.filter(facility_id=facility_id, status=RefundLimit.Status.HOLDS)
    own = rows.values_list("amount", flat=True).first()
    return settings.REFUND_APPROVAL_ABOVE if own is None else own


def page_url(payment: Payment) -> str:
    """Return the path of the payment's own page."""
    return reverse("payments_payment", args=[payment.id])


def return_path(payment: Payment) -> str:
    """Return the path the payer comes back to from a gateway."""
    return reverse("payments_back", args=[payment.id])


def hook_path(gateway: str, account_id: UUID | None) -> str:
    """Return the path a gateway calls, for one account or for gateways that need none."""
    if account_id is None:
        return reverse("payments_hook", args=[gateway])
    return reverse("payments_account_hook", args=[gateway, account_id])


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
        code=payment.code,
        expires_at=payment.expires_at,
        captured_at=payment.captured_at,
        is_open=payment.is_open,
        is_paid=payment.is_paid,
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


def is_paid(subject: Ref) -> bool:
    """Say whether money came for this, or is reserved."""
    return Payment.objects.filter(subject=str(subject), status__in=Payment.PAID).exists()


def payer_of(subjects: Iterable[Ref]) -> UUID | None:
    """Return who was asked last to pay for these; None when nobody was."""
    rows = Payment.objects.filter(subject__in=[str(one) for one in subjects]).order_by("-created_at", "-id")
    return rows.values_list("payer_id", flat=True).first()


def open_and_late(now: datetime) -> QuerySet[Payment]:
    """Return payments whose time to pay has run out and that nobody has closed."""
    return Payment.objects.filter(status__in=Payment.OPEN, expires_at__lte=now)


def to_ask_about(now: datetime, *, waiting: timedelta, closed_within: timedelta) -> QuerySet[Payment]:
    """Return payments to ask the gateway about, because its webhook may have been lost.

    Those pending for longer than `waiting`, and those closed unpaid within `closed_within`: money may have come late.
    """
    pending = Q(status__in=Payment.WAITING, pending_at__lte=now - waiting)
    closed = Q(status__in=["failed", "cancelled", "expired"], expires_at__gte=now - closed_within)
    return Payment.objects.filter(pending | closed).exclude(gateway_reference="")


def held_too_long(now: datetime, *, longer_than: timedelta) -> QuerySet[Payment]:
    """Return reserved payments that must be taken before the card's company lets them go."""
    return Payment.objects.filter(status=Payment.Status.AUTHORISED, authorised_at__lte=now - longer_than)


def holds_to_carry_out() -> QuerySet[Payment]:
    """Return reserved payments of which it is decided how much is taken."""
    return Payment.objects.filter(status=Payment.Status.AUTHORISED, hold_amount__isnull=False)


@dataclass(frozen=True)
class DisputeFacts:
    """A dispute in plain values, as journeys may hold it."""

    id: UUID
    payment_id: UUID
    facility_id: UUID
    code: str
    money: Money
    is_open: bool
    is_taken: bool
    answer_by: datetime | None


def dispute_facts(dispute_id: UUID) -> DisputeFacts:
    """Return the facts of a dispute, for journeys: nobody's permission is asked."""
    dispute = Dispute.objects.select_related("payment").get(id=dispute_id)
    return DisputeFacts(
        id=dispute.id,
        payment_id=dispute.payment_id,
        facility_id=dispute.payment.facility_id,
        code=dispute.payment.code,
        money=dispute.money,
        is_open=dispute.is_open,
        is_taken=dispute.is_taken,
        answer_by=dispute.answer_by if dispute.status == Dispute.Status.NEEDS_RESPONSE else None,
    )


def unmatched_since(line_id: UUID) -> datetime | None:
    """Return when we heard of a transfer that nobody has matched yet; None once it is settled."""
    rows = BankLine.objects.filter(id=line_id, status=BankLine.Status.UNMATCHED)
    return rows.values_list("created_at", flat=True).first()


def unmatched_at(facility_id: UUID) -> tuple[int, Money]:
    """Return how many transfers wait at a facility for somebody to match them, and how much that is together."""
    rows = BankLine.objects.filter(facility_id=facility_id, status=BankLine.Status.UNMATCHED)
    found = rows.aggregate(count=Count("id"), sum=Sum("amount"))
    return found["count"], Money.vnd(found["sum"] or 0)


def refunds_waiting(now: datetime, *, longer_than: timedelta) -> QuerySet[Refund]:
    """Return refunds that were promised a while ago and have not left."""
    return Refund.objects.filter(status=Refund.Status.REQUESTED, created_at__lte=now - longer_than)


def open_disputes() -> QuerySet[Dispute]:
    """Return disputes that are not decided, to ask about: a word about them may have been lost."""
    return Dispute.objects.filter(status__in=Dispute.OPEN).select_related("payment")


def balances(facility_id: UUID | None = None) -> dict[tuple[str, str], int]:
    """Return the balance per (account, currency), of one facility or of all."""
    rows = Entry.objects.filter(facility_id=facility_id) if facility_id else Entry.objects.all()
    totals = rows.values("account", "currency").annotate(total=Sum("amount")).order_by()
    return {(row["account"], row["currency"]): row["total"] for row in totals}


@dataclass(frozen=True)
class Way:
    """One way to pay a facility: which gateway, under which words."""

    code: str
    name: str
    hint: str
    icon: str


def ways_to_pay(facility_id: UUID) -> list[Way]:
    """Return how one may pay this facility, in its own order; gateways that need no account come last."""
    known = gateways.codes()
    rows = GatewayAccount.objects.filter(facility_id=facility_id, is_active=True, gateway__in=known)
    found = [row.gateway for row in rows.order_by("rank", "created_at")]
    found += [code for code in known if code not in found and not gateways.get(code).fields]
    offered = [one for one in map(gateways.get, found) if one.is_offered]
    return [Way(code=one.code, name=one.name, hint=one.hint, icon=one.icon) for one in offered]


def account_of(facility_id: UUID, gateway: str) -> GatewayAccount | None:
    """Return the facility's account with a gateway; None without one."""
    return GatewayAccount.objects.filter(facility_id=facility_id, gateway=gateway, is_active=True).first()


def account_called(gateway: str, merchant: str) -> GatewayAccount | None:
    """Return the account a gateway's call names, the one in use first, else the last closed one; None without one."""
    rows = GatewayAccount.objects.filter(gateway=gateway, merchant=merchant)
    return rows.order_by("-is_active", "-created_at").first()


def account_with(gateway: str, account_id: UUID) -> GatewayAccount | None:
    """Return an account by its id, also one that takes no more money: its last payments may still be told of."""
    return GatewayAccount.objects.filter(gateway=gateway, id=account_id).first()


def speaks_for(row: GatewayAccount | None, facility_id: UUID) -> gateways.Account:
    """Return an account as gateways take it, its credentials opened. Raises SealBroken."""
    if row is None:
        return gateways.Account(facility_id=facility_id)
    return gateways.Account(
        facility_id=row.facility_id, id=row.id, merchant=row.merchant, credentials=row.credentials()
    )


def asked(payment: Payment, now: datetime) -> gateways.Asked:
    """Return how we name this payment to its gateway."""
    return gateways.Asked(
        payment_id=payment.id,
        code=payment.code,
        reference=payment.gateway_reference,
        transaction=payment.gateway_transaction,
        price=payment.price,
        begun_at=payment.begun_at or payment.created_at,
        now=now,
    )


def why(payment: Payment) -> str:
    """Return what the payer is told about a gateway's no or doubt; empty without a reason."""
    if not payment.gateway_reason or payment.gateway not in gateways.codes():
        return ""
    return str(gateways.get(payment.gateway).why(payment.gateway_reason))
