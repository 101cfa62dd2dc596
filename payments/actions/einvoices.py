"""Electronic invoices: wanted by the customer, or one summary at the end of the day; sent by jobs, once, until it worked."""

from __future__ import annotations

import logging
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.tasks import later
from identity.models import Facility
from payments import access, einvoice, paper_access
from payments.einvoice import Line, Party, Wanted
from payments.errors import InSummary, InvoiceFinal
from payments.models import ChargedItem, CountedPayment, EInvoice, Invoice, Receipt, Summed
from payments.numerals import dong_in_words

log = logging.getLogger("lanh.payments")
Status = EInvoice.Status
NOBODY = Party(name="Khách hàng không lấy hóa đơn")


@transaction.atomic
def request_einvoice(*, invoice_id: UUID, by: Actor, now: datetime) -> EInvoice | None:
    """Ask for the electronic invoice of an issued invoice. Repeatable: each has one. None without a provider.

    A credit note adjusts, a replacement replaces the electronic invoice of the one it is about; of what was replaced without
    one, the one in its place gets it. Raises NotFound, InvoiceFinal, InSummary once the day was summed up.
    """
    invoice = paper_access.lock_invoice(by, invoice_id)
    provider = einvoice.provider()
    known = EInvoice.objects.filter(invoice=invoice).first()
    if known is not None or provider is None:
        return known
    if invoice.is_draft:
        raise InvoiceFinal()
    if invoice.status == Invoice.Status.REPLACED:
        return request_einvoice(invoice_id=invoice.replacements.get().id, by=by, now=now)
    # A credit note's money was counted for the invoice it is about: if that is summed up, the day's summary is adjusted.
    counted = CountedPayment.objects.filter(invoice__in=[invoice.pk, invoice.adjusts_id]).values("payment_id")
    if Summed.objects.filter(receipt__payment__in=counted).exists():
        raise InSummary()
    wanted = EInvoice(facility_id=invoice.facility_id, invoice=invoice, provider=provider.code, created_at=now)
    wanted.content = _wanted_of(wanted.id, invoice).as_json()
    wanted.save(force_insert=True)
    audit.record(by, "payments.request_einvoice", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id)
    later("payments.tasks.send_einvoice", lock=f"einvoice:{invoice.facility_id}", einvoice_id=str(wanted.id))
    return wanted


def follow_einvoice(invoice: Invoice, *, by: Actor, now: datetime) -> None:
    """An invoice that adjusts or replaces one with an electronic invoice gets its own, in the caller's transaction."""
    about = invoice.adjusts_id or invoice.replaces_id
    if about and EInvoice.objects.filter(invoice_id=about).exists():
        request_einvoice(invoice_id=invoice.id, by=by, now=now)


@transaction.atomic
def sum_up_day(*, facility_id: UUID, day: date, by: Actor, now: datetime) -> EInvoice | None:
    """Make the one electronic invoice of a day's receipts whose payers wanted none of their own. Repeatable.

    What came after the day's summary goes into a further one. None when there is nothing, or no provider.
    """
    access.require_house(by)
    provider = einvoice.provider()
    facility = Facility.objects.select_for_update(of=("self",)).select_related("province").get(id=facility_id)
    if provider is None:
        return None
    zone = ZoneInfo(facility.zone)
    begins = datetime.combine(day, time(0), zone)
    ends = datetime.combine(day + timedelta(days=1), time(0), zone)
    rows = Receipt.objects.filter(
        facility=facility, kind="receipt", moved_at__gte=begins, moved_at__lt=ends, currency="VND"
    )
    own = CountedPayment.objects.filter(invoice__einvoice__isnull=False, invoice__facility=facility).values(
        "payment_id"
    )
    summed = Summed.objects.filter(receipt__facility=facility).values("receipt_id")
    receipts = list(rows.exclude(id__in=summed).exclude(payment_id__in=own).order_by("sequence"))
    if not receipts:
        return None
    before = EInvoice.objects.filter(facility=facility, day=day).count()
    made = EInvoice(
        facility=facility, day=day, number_of_day=before, provider=provider.code, created_at=now
    )  # fmt: skip
    made.content = _summary_of(made.id, facility, day, receipts).as_json()
    made.save(force_insert=True)
    Summed.objects.bulk_create(Summed(receipt=receipt, summary=made) for receipt in receipts)
    later("payments.tasks.send_einvoice", lock=f"einvoice:{facility_id}", einvoice_id=str(made.id))
    return made


@transaction.atomic
def adjust_summary(*, slip_id: UUID, by: Actor, now: datetime) -> EInvoice | None:
    """Money went back that stands in a day's summary: adjust it by an electronic invoice of its own. Repeatable.

    A summary is never taken back or written anew for one payer's sake: each slip takes its amount away from it, and the
    receipts stay as they were. None when the receipt stands in no summary (yet), or no provider is there; who sums up the
    day, and the clock, ask again.
    """
    access.require_house(by)
    slip = Receipt.objects.select_related("facility").get(id=slip_id, kind="payout")
    access.lock_payment(by, slip.payment_id)
    provider = einvoice.provider()
    known = EInvoice.objects.filter(slip=slip).first()
    summed = Summed.objects.select_related("receipt").filter(receipt__payment=slip.payment_id).first()
    if known is not None or summed is None or provider is None:
        return known
    made = EInvoice(
        facility_id=slip.facility_id, slip=slip, adjusts_id=summed.summary_id, provider=provider.code, created_at=now
    )
    made.content = _adjustment_of(made.id, slip, summed.receipt, now).as_json()
    made.save(force_insert=True)
    later("payments.tasks.send_einvoice", lock=f"einvoice:{slip.facility_id}", einvoice_id=str(made.id))
    return made


def send_einvoice(*, einvoice_id: UUID, by: Actor, now: datetime) -> EInvoice:
    """Have the provider issue it and write down the tax authority's code. Repeatable. Raises EInvoiceUnavailable.

    What it adjusts or replaces is issued first: the tax authority knows that by its code.
    """
    access.require_house(by)
    row = EInvoice.objects.select_related("invoice", "adjusts").get(id=einvoice_id)
    provider = einvoice.provider()
    if row.status != Status.DRAFT:
        return row
    if provider is None or provider.code != row.provider:
        log.error("e-invoice %s: provider %s is no longer there", row.id, row.provider)
        return row
    original = _original_of(row)
    if original is not None and send_einvoice(einvoice_id=original.id, by=by, now=now).status == Status.DRAFT:
        return row
    EInvoice.objects.filter(id=row.id).update(tries=F("tries") + 1)
    wanted = _with_original(row)
    issued = provider.issue(wanted)
    return _record(row.id, issued, wanted, now)


def _with_original(row: EInvoice) -> Wanted:
    """Name the invoice this one adjusts or replaces by the code it has by now."""
    wanted = Wanted.from_json(row.content)
    original = _original_of(row)
    if original is None:
        return wanted
    return Wanted.from_json({**wanted.as_json(), "original": original.tax_code})


def _original_of(row: EInvoice) -> EInvoice | None:
    if row.invoice is None:
        return EInvoice.objects.filter(id=row.adjusts_id).first() if row.adjusts_id else None
    about = row.invoice.adjusts_id or row.invoice.replaces_id
    return EInvoice.objects.filter(invoice_id=about).first() if about else None


@transaction.atomic
def _record(einvoice_id: UUID, issued: einvoice.Issued, wanted: Wanted, now: datetime) -> EInvoice:
    row = EInvoice.objects.select_for_update(of=("self",)).select_related("invoice").get(id=einvoice_id)
    if row.status != Status.DRAFT:
        return row
    row.reference, row.tax_code = issued.reference[:80], issued.tax_code[:40]
    row.content = wanted.as_json()
    row.move_to(Status.ISSUED, at=now)
    row.save(update_fields=["reference", "tax_code", "content", "status", "issued_at"])
    original = _original_of(row)
    if original is not None:
        onward = Status.REPLACED if row.invoice is not None and row.invoice.replaces_id else Status.ADJUSTED
        if original.can_move_to(onward):
            original.move_to(onward, at=now)
            original.save(update_fields=["status", "adjusted_at", "replaced_at"])
    return row


def _seller(facility: Facility) -> Party:
    return Party(
        name=facility.name,
        tax_code=facility.tax_code,
        address=facility.full_address,
        phone=facility.phone.replace("+84", "0", 1),
    )


def _wanted_of(key: UUID, invoice: Invoice) -> Wanted:
    facility = Facility.objects.select_related("province").get(id=invoice.facility_id)
    items = list(invoice.items.all())
    # Of what the tax authority never heard of, nothing is adjusted or replaced there.
    about = invoice.adjusts_id or invoice.replaces_id
    is_known = about is not None and EInvoice.objects.filter(invoice_id=about).exists()
    kind = ("adjustment" if invoice.adjusts_id else "replacement") if is_known else "invoice"
    assert invoice.issued_at is not None  # asked for issued ones only
    said = {name.removeprefix("buyer_"): getattr(invoice, name) for name in Invoice.BUYER}
    # What takes another's place is asked for before it has that one's payments.
    paid = CountedPayment.objects.filter(invoice__in=[invoice.pk, invoice.replaces_id])
    methods = paid.order_by("id").values_list("payment__gateway", flat=True)
    return Wanted(
        key=key,
        kind=kind,
        number=invoice.number,
        issued_on=invoice.issued_at.astimezone(ZoneInfo(facility.zone)).date().isoformat(),
        seller=_seller(facility),
        buyer=Party(**said),
        lines=tuple(_lines(items)),
        total=invoice.due.amount,
        total_in_words=dong_in_words(invoice.due.amount),
        currency=invoice.currency,
        insurance=invoice.insurance_amount,
        payment_methods=tuple(dict.fromkeys(methods)),
        reason=invoice.reason,
    )


def _lines(items: list[ChargedItem]) -> list[Line]:
    """Only what the buyer pays: the fund's part is invoiced when it settles."""
    return [
        Line(
            name=item.name_vi,
            unit=item.unit,
            quantity=item.quantity,
            unit_amount=item.unit_amount,
            discount=item.discount_amount,
            amount=item.copay_amount + item.own_amount,
        )
        for item in items
    ]


def _summary_of(key: UUID, facility: Facility, day: date, receipts: list[Receipt]) -> Wanted:
    total = sum(receipt.amount for receipt in receipts)
    return Wanted(
        key=key,
        kind="summary",
        number=day.isoformat(),
        issued_on=day.isoformat(),
        seller=_seller(facility),
        buyer=NOBODY,
        lines=tuple(
            Line(one.number, "phiếu thu", 1, one.amount, 0, one.amount) for one in receipts
        ),  # numbers only: no names of patients, no words about their care
        total=total,
        total_in_words=dong_in_words(total),
        payment_methods=tuple(sorted({one.method for one in receipts if one.method})),
    )


def _adjustment_of(key: UUID, slip: Receipt, receipt: Receipt, now: datetime) -> Wanted:
    facility = Facility.objects.select_related("province").get(id=slip.facility_id)
    said = f"Hoàn tiền theo phiếu thu {receipt.number}"  # numbers only, as in the summary; the refund's own reason stays here
    return Wanted(
        key=key,
        kind="adjustment",
        number=slip.number,
        issued_on=now.astimezone(ZoneInfo(facility.zone)).date().isoformat(),
        seller=_seller(facility),
        buyer=NOBODY,
        lines=(Line(said, "phiếu chi", 1, slip.amount, 0, slip.amount),),
        total=slip.amount,
        total_in_words=dong_in_words(slip.amount),
        currency=slip.currency,
        payment_methods=(slip.method,) if slip.method else (),
        reason=f"Hoàn tiền theo phiếu chi {slip.number}",
    )
