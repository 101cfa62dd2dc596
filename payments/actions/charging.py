"""Charging: a bill is prepared, items are put on it as they stand in the price list, and it is said who pays which part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Sum

import audit
from core.actor import Actor
from core.money import Money
from core.refs import Ref
from payments import bhyt, paper_access, price_lists
from payments.errors import CardUnknown, DiscountTooHigh, InvoiceFinal, NoSuchPrice, NotInsured, OtherTooHigh
from payments.models import Category, ChargedItem, Invoice, PriceItem


@transaction.atomic
def prepare_invoice(
    *,
    subject: Ref,
    person_id: UUID,
    payer_id: UUID,
    facility_id: UUID,
    visited_on: date,
    form: str,
    by: Actor,
    now: datetime,
) -> Invoice:
    """Begin a bill about something; asking again while it is being prepared returns the same. `form` is the form of care.

    Raises NotAllowed.
    """
    paper_access.require_desk_of(by, facility_id)
    values = {"subject": str(subject), "person_id": person_id, "payer_id": payer_id, "facility_id": facility_id}
    with connection.cursor() as cursor:  # of two at once the second waits here, until the first one's bill can be seen
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))", [f"bill {subject}"])
    drafts = Invoice.objects.select_for_update().filter(**values, kind="bill", status="draft", replaces=None)
    found = drafts.order_by("created_at", "id").first()
    if found is not None:
        return found
    invoice = Invoice.objects.create(**values, visited_on=visited_on, form=form, created_at=now)
    audit.record(by, "payments.prepare_invoice", invoice, person_id=person_id, facility_id=facility_id)
    return invoice


@transaction.atomic
def charge_item(*, invoice_id: UUID, code: str, quantity: int = 1, by: Actor, now: datetime) -> ChargedItem:
    """Put an item of the price list on a bill, at the price of the day of the visit. Raises NotFound, InvoiceFinal, NoSuchPrice."""
    invoice = _draft(by, invoice_id)
    item = price_lists.item_on(invoice.facility_id, code, invoice.visited_on)
    if item is None:
        raise NoSuchPrice()
    return _put(invoice, line_of(item, quantity), by, now)


@transaction.atomic
def charge_amount(
    *, invoice_id: UUID, name: str, price: Money, quantity: int = 1, by: Actor, now: datetime
) -> ChargedItem:
    """Put something on a bill that was agreed outside a price list. Raises NotFound, InvoiceFinal."""
    invoice = _draft(by, invoice_id)
    return _put(invoice, plain_line(name, price, quantity), by, now)


@transaction.atomic
def charge_visit(
    *, invoice_id: UUID, visit_type_id: UUID, mode: str, name: str, price: Money, by: Actor, now: datetime
) -> ChargedItem:
    """Put the visit itself on its bill: the line of the day's price list at this price, else its name. Raises NotFound, InvoiceFinal."""
    invoice = _draft(by, invoice_id)
    item = price_lists.visit_item_on(invoice.facility_id, visit_type_id, mode, price.amount, invoice.visited_on)
    return _put(invoice, line_of(item) if item else plain_line(name, price), by, now)


def line_of(item: PriceItem, quantity: int = 1) -> ChargedItem:
    """Return an unsaved line that says what the price list says now: later lists change nothing in it."""
    base = item.amount * quantity
    return ChargedItem(
        item=item,
        list_version=item.price_list.version,
        code=item.code,
        name_vi=item.name_vi,
        name_en=item.name_en,
        unit=item.unit,
        category=item.category,
        in_scope=item.in_scope,
        quantity=quantity,
        unit_amount=item.amount,
        base_amount=base,
        own_amount=base,
        currency=item.currency,
    )


def plain_line(name: str, price: Money, quantity: int = 1) -> ChargedItem:
    """Return an unsaved line outside any list."""
    base = price.amount * quantity
    return ChargedItem(
        name_vi=name[:200],
        category=Category.UNINSURED,
        quantity=quantity,
        unit_amount=price.amount,
        base_amount=base,
        own_amount=base,
        currency=price.currency,
    )


def _put(invoice: Invoice, line: ChargedItem, by: Actor, now: datetime) -> ChargedItem:
    line.invoice, line.subject, line.person_id = invoice, invoice.subject, invoice.person_id
    line.facility_id, line.charged_by, line.created_at = invoice.facility_id, by.user_id, now
    line.save(force_insert=True)
    _without_split(invoice)
    audit.record(
        by, "payments.charge", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail={"code": line.code, "quantity": line.quantity, **line.total.as_json()},
    )  # fmt: skip
    return line


@transaction.atomic
def give_discount(*, item_id: UUID, money: Money, reason: str, by: Actor, now: datetime) -> ChargedItem:
    """Take something off a line, with a reason; another discount takes the place of the one before.

    Raises NotFound, InvoiceFinal, DiscountTooHigh.
    """
    line = _line(by, item_id)
    fits = money.currency == line.currency and 0 <= money.amount <= line.base_amount
    if not fits or (money.amount and not reason.strip()):
        raise DiscountTooHigh()
    line.discount_amount, line.discount_reason = money.amount, reason.strip()[:200]
    line.insurance_amount = line.copay_amount = 0
    _give_own(line)
    line.save()
    invoice = _draft(by, line.invoice_id)
    _without_split(invoice)
    audit.record(
        by, "payments.discount", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id,
        detail={"reason": line.discount_reason, **money.as_json()},
    )  # fmt: skip
    return line


@transaction.atomic
def take_off(*, item_id: UUID, by: Actor, now: datetime) -> None:
    """Take a line off a bill that is being prepared. Raises NotFound, InvoiceFinal."""
    line = _line(by, item_id)
    invoice = _draft(by, line.invoice_id)
    line.delete()
    _without_split(invoice)


@transaction.atomic
def split_by_insurance(
    *,
    invoice_id: UUID,
    card: str,
    visit_object: str,
    five_years: bool = False,
    copay_this_year: Sequence[bhyt.Paid] = (),
    by: Actor,
    now: datetime,
) -> Invoice:
    """Say what of a prepared bill the health insurance pays. Asking again with the same changes nothing.

    Raises NotFound, InvoiceFinal, NotInsured for care at a distance without a receiving facility, CardUnknown.
    """
    invoice = _draft(by, invoice_id)
    if invoice.form not in bhyt.INSURED_FORMS:
        raise NotInsured()
    kind = bhyt.visit_object(visit_object, invoice.visited_on)
    share = bhyt.share_of(card)
    if kind is None or share is None:
        raise CardUnknown()
    lines = list(invoice.items.select_for_update().order_by("created_at", "id"))
    inside = [line.total_amount if line.in_scope else 0 for line in lines]
    exact = bhyt.split(
        Decimal(1) if kind.any_card else share,
        sum(inside),
        beside=_known_beside(invoice),
        on=invoice.visited_on,
        form=invoice.form,
        object_share=kind.share,
        right_route=kind.right_route,
        five_years=five_years,
        copay_this_year=copay_this_year,
    )
    parts = bhyt.in_dong(exact, sum(inside))
    insured = bhyt.shared_out(parts.fund + parts.copay, inside)
    fund = bhyt.shared_out(parts.fund, insured)
    for line, its_insured, its_fund in zip(lines, insured, fund, strict=True):
        line.insurance_amount, line.copay_amount = its_fund, its_insured - its_fund
        _give_own(line)
        line.save()
    invoice.card, invoice.visit_object = card.replace(" ", "").upper(), visit_object
    invoice.split_reason = exact.reason
    invoice.save(update_fields=["card", "visit_object", "split_reason"])
    sum_up(invoice)
    audit.record(by, "payments.split", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id)
    return invoice


def _known_beside(invoice: Invoice) -> int:
    """Return how much of what stands on the other issued bills of the same visit health insurance knows."""
    bills = Invoice.objects.filter(subject=invoice.subject, person=invoice.person_id, kind="bill")
    bills = bills.exclude(status__in=["draft", "replaced"]).exclude(id=invoice.replaces_id or invoice.id)
    lines = ChargedItem.objects.filter(invoice__in=bills, in_scope=True)
    return lines.aggregate(total=Sum(F("base_amount") - F("discount_amount"), default=0))["total"]


@transaction.atomic
def without_insurance(*, invoice_id: UUID, by: Actor, now: datetime) -> Invoice:
    """Take a card off a bill that is being prepared. Raises NotFound, InvoiceFinal."""
    invoice = _draft(by, invoice_id)
    _without_split(invoice)
    return invoice


@transaction.atomic
def drop_bill(*, invoice_id: UUID, by: Actor, now: datetime) -> None:
    """Throw a bill away that was never issued; what it was to replace stands. Raises NotFound, InvoiceFinal."""
    invoice = _draft(by, invoice_id)
    audit.record(by, "payments.drop_bill", invoice, person_id=invoice.person_id, facility_id=invoice.facility_id)
    invoice.delete()


@transaction.atomic
def take_from_other_source(*, item_id: UUID, money: Money, by: Actor, now: datetime) -> ChargedItem:
    """Say that a contract, a fund or the budget pays this much of a line's own part. Raises NotFound, InvoiceFinal, OtherTooHigh."""
    line = _line(by, item_id)
    own = line.own_amount + line.other_amount
    if money.currency != line.currency or not 0 <= money.amount <= own:
        raise OtherTooHigh()
    line.other_amount, line.own_amount = money.amount, own - money.amount
    line.save(update_fields=["other_amount", "own_amount"])
    sum_up(_draft(by, line.invoice_id))
    return line


def _give_own(line: ChargedItem) -> None:
    """Give the citizen what neither the insurance nor, as far as that reaches, another source pays of a line."""
    rest = line.total_amount - line.insurance_amount - line.copay_amount
    line.other_amount = min(line.other_amount, rest)
    line.own_amount = rest - line.other_amount


def sum_up(invoice: Invoice) -> None:
    """Write the sums of the lines into their bill."""
    lines = list(invoice.items.all())
    invoice.total_amount = sum(line.total_amount for line in lines)
    for part in ("discount", "insurance", "copay", "own", "other"):
        setattr(invoice, f"{part}_amount", sum(getattr(line, f"{part}_amount") for line in lines))
    if lines:
        invoice.currency = lines[0].currency
    invoice.save(
        update_fields=[
            "total_amount", "discount_amount", "insurance_amount", "copay_amount", "own_amount", "other_amount",
            "currency",
        ]
    )  # fmt: skip


def _without_split(invoice: Invoice) -> None:
    """A bill that changed is no longer split: the thresholds look at the whole visit."""
    if invoice.card:
        for line in invoice.items.all():
            line.insurance_amount = line.copay_amount = 0
            _give_own(line)
            line.save()
        invoice.card = invoice.visit_object = invoice.split_reason = ""
        invoice.save(update_fields=["card", "visit_object", "split_reason"])
    sum_up(invoice)


def _draft(by: Actor, invoice_id: UUID | None) -> Invoice:
    assert invoice_id is not None  # lines without a bill are not reached by these verbs
    invoice = paper_access.lock_invoice(by, invoice_id)
    paper_access.require_desk_of(by, invoice.facility_id)
    if not invoice.is_draft:
        raise InvoiceFinal()
    return invoice


def _line(by: Actor, item_id: UUID) -> ChargedItem:
    invoice_id = paper_access.invoice_with(by, item_id)
    _draft(by, invoice_id)
    return ChargedItem.objects.select_for_update().get(id=item_id)
