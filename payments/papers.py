"""Reading papers: a payment's own, what is missing, and what a person may see of money moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Concat

from core.actor import Actor
from core.money import Money
from core.refs import Ref, ref
from identity.models import Facility
from payments import access, paper_access
from payments.free import left_of, paid_of, unspoken_of
from payments.models import EInvoice, Invoice, Payment, Receipt, Refund, Summed
from records.sources import Entry

SUM_UP_DAYS = 3  # a receipt that is written late still comes into a summary of its day


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice in plain values, as journeys may hold it."""

    id: UUID
    number: str
    payer_id: UUID
    facility_id: UUID
    subject: Ref
    left: Money


def receipts_for(by: Actor, payment: Payment) -> QuerySet[Receipt]:
    """Return the receipts and slips of a payment, of all tries for the same thing."""
    return paper_access.receipts_of(by).filter(payment__subject=payment.subject).order_by("created_at", "id")


def invoices_for(by: Actor, payment: Payment) -> list[Invoice]:
    """Return the invoices a payment counts for, their credit notes, and the one it is asked for."""
    about = Q(payments__payment=payment) | Q(adjusts__payments__payment=payment)
    if payment.subject.startswith("invoice:"):
        about |= Q(id=payment.subject.removeprefix("invoice:"))
    return list(paper_access.invoices_of(by).filter(about).distinct().order_by("created_at", "id"))


def nobody_pays() -> QuerySet[Invoice]:
    """Return the invoices that are issued and not settled, and that no payment is asked, reserved or just made for."""
    its = Concat(Value("invoice:"), Cast(OuterRef("pk"), CharField()))
    begun = Payment.objects.filter(subject=its, status__in=[*Payment.OPEN, *Payment.PAID])
    return Invoice.objects.filter(status=Invoice.Status.ISSUED, kind=Invoice.Kind.BILL).filter(~Exists(begun))


def unpaid_facts(invoice_id: UUID) -> InvoiceFacts | None:
    """Return the facts of an invoice nobody pays, for journeys; None once somebody does, or nothing is owed any more."""
    found = nobody_pays().filter(id=invoice_id).first()
    if found is None or left_of(found).is_zero:
        return None
    return InvoiceFacts(
        found.id, found.number, found.payer_id, found.facility_id, Ref.parse(found.subject), left_of(found)
    )


def split_before(payment: Payment) -> Invoice | None:
    """Return the invoice a payment is asked for when somebody else pays a part of it, to show before paying."""
    if not payment.subject.startswith("invoice:"):
        return None
    found = Invoice.objects.filter(id=payment.subject.removeprefix("invoice:")).first()
    return found if found is not None and found.has_split else None


def bills_of(by: Actor, subjects: Iterable[Ref]) -> QuerySet[Invoice]:
    """Return the bills and credit notes about these things, the oldest first."""
    return paper_access.invoices_of(by).filter(subject__in=[str(one) for one in subjects]).order_by("created_at", "id")


def left_behind(subject: Ref) -> list[str]:
    """Return the numbers of the desk's bills about this that are to be paid still, or were paid and nothing gave that back.

    An invoice of what was paid beforehand is none of them: its money goes back by the visit's own rules.
    """
    bills = Invoice.objects.filter(subject=str(subject), kind="bill", status__in=["issued", "settled", "adjusted"])
    beforehand = Q(payments__payment__subject__startswith="appointment:") | Q(
        payments__payment__subject__startswith="series:"
    )
    bills = bills.exclude(id__in=Invoice.objects.filter(beforehand).values("id")).order_by("created_at", "id")
    return [one.number for one in bills if not left_of(one).is_zero or _is_kept(one)]


def _is_kept(invoice: Invoice) -> bool:
    credited = invoice.credits.filter(refund__isnull=False).aggregate(total=Sum("total_amount"))["total"] or 0
    return paid_of(invoice) > credited


def is_billed(subject: Ref, *, beside: UUID) -> bool:
    """Say whether a bill about this other than that one is being prepared or stands."""
    rows = Invoice.objects.filter(subject=str(subject), kind="bill").exclude(status="replaced")
    return rows.exclude(id=beside).exists()


def was_billed_before(payment_id: UUID) -> bool:
    """Say whether the desk's bill about what a payment is for was begun before its money came or was reserved: it stands there.

    An invoice written for another payment of the visit is none of these: which of two moneys goes back is decided by the visit.
    """
    payment = Payment.objects.get(id=payment_id)
    bills = Invoice.objects.filter(subject=payment.subject, kind="bill")
    paid_by_a_visit = Q(payments__payment__subject__startswith="appointment:") | Q(
        payments__payment__subject__startswith="series:"
    )
    bills = bills.exclude(id__in=Invoice.objects.filter(paid_by_a_visit).values("id"))
    return bills.filter(created_at__lte=payment.authorised_at or payment.captured_at).exists()


def is_being_billed(subject: Ref) -> bool:
    """Say whether a bill about this is being prepared."""
    return Invoice.objects.filter(subject=str(subject), kind="bill", status="draft").exists()


def standing_bill_of(subject: Ref) -> UUID | None:
    """Return the id of the first bill about this that is issued and still due."""
    rows = Invoice.objects.filter(subject=str(subject), kind="bill", status="issued").order_by("created_at", "id")
    return rows.values_list("id", flat=True).first()


def deposits_of(by: Actor, payer_id: UUID, subjects: Iterable[Ref] = ()) -> list[tuple[Payment, Money]]:
    """Return what somebody paid ahead at the desk's facility, or for these subjects, with what of it counts for nothing yet."""
    wanted = Q(subject__startswith="deposit:") | Q(subject__in=[str(one) for one in subjects])
    rows = (
        access.visible_to(by).filter(wanted, payer_id=payer_id, captured_at__isnull=False).order_by("captured_at", "id")
    )
    found = [(one, Money(unspoken_of(one), one.currency)) for one in rows]
    return [(one, free) for one, free in found if free.amount > 0]


def copayments_beside(by: Actor, bill: Invoice, periods: Sequence[tuple[date, date]]) -> list[int]:
    """Return what a patient paid of their own share at the desk's facility in each of these times, as far as bills say.

    What the bill is to stand in the place of is not counted: it is the same visit.
    """
    rows = paper_access.invoices_of(by).filter(person_id=bill.person_id, kind="bill", status__in=["issued", "settled"])
    if bill.replaces_id is not None:
        rows = rows.exclude(id=bill.replaces_id)
    return [
        rows.filter(visited_on__range=period).aggregate(total=Sum("copay_amount"))["total"] or 0 for period in periods
    ]


def has_links(payment: Payment, now: datetime) -> bool:
    """Say whether somebody could pay by a link now."""
    return payment.links.filter(revoked_at=None, expires_at__gt=now).exists()


def without_papers(now: datetime, *, longer_than: timedelta) -> QuerySet[Payment, UUID]:
    """Return ids of payments whose receipt, or the slip of whose refund, should have been written a while ago."""
    before = now - longer_than
    receipt = Receipt.objects.filter(payment=OuterRef("pk"), kind="receipt")
    slip = Receipt.objects.filter(refund=OuterRef("pk"))
    unslipped = Refund.objects.filter(payment=OuterRef("pk"), status="done", done_at__lte=before).filter(~Exists(slip))
    rows = Payment.objects.filter(captured_at__lte=before, captured_amount__gt=0)
    return rows.filter(~Exists(receipt) | Exists(unslipped)).order_by("captured_at").values_list("id", flat=True)


def einvoices_to_send(now: datetime, *, longer_than: timedelta) -> QuerySet[EInvoice]:
    """Return electronic invoices that should have been issued a while ago."""
    return EInvoice.objects.filter(status="draft", created_at__lte=now - longer_than).order_by("created_at")


def slips_of_summed_money() -> QuerySet[Receipt, UUID]:
    """Return ids of slips whose receipt stands in a day's summary that was not adjusted for them: they were written before it."""
    summed = Summed.objects.filter(receipt__payment=OuterRef("payment"))
    rows = Receipt.objects.filter(kind="payout", einvoice=None).filter(Exists(summed))
    return rows.order_by("created_at", "id").values_list("id", flat=True)


def days_to_sum_up(now: datetime) -> list[tuple[UUID, date]]:
    """Return facilities and days that are over on their clocks and have receipts in no summary yet."""
    rows = Receipt.objects.filter(kind="receipt", moved_at__gte=now - timedelta(days=SUM_UP_DAYS + 1))
    rows = rows.exclude(id__in=Summed.objects.values("receipt_id"))
    zones = dict(Facility.objects.filter(id__in=rows.values("facility_id")).values_list("id", "zone"))
    found = {
        (facility_id, moved_at.astimezone(ZoneInfo(zones[facility_id])).date())
        for facility_id, moved_at in rows.values_list("facility_id", "moved_at")
    }
    return sorted(one for one in found if one[1] < now.astimezone(ZoneInfo(zones[one[0]])).date())


def papers_for_patient(person_id: UUID) -> list[Entry]:
    """RECORD_SOURCES: invoices about a person's care. Only what they cost and where: no word of what for."""
    rows = Invoice.objects.filter(person_id=person_id).exclude(status="draft").select_related("facility")
    return [
        Entry(
            kind="invoice",
            at=row.issued_at or row.created_at,
            title=f"{row.get_kind_display()} {row.number}",
            subtitle=str(row.total),
            ref=str(ref(row)),
            facility=row.facility.name,
            status=row.status,
        )
        for row in rows
    ]
