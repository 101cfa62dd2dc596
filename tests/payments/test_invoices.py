"""Bills: charged from the list, split, issued once and for all, paid, taken back, replaced."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.ids import new_id
from core.money import Money
from core.refs import Ref, ref
from identity.models import Facility, Person
from payments import actions, months
from payments.errors import (
    CardUnknown,
    DiscountTooHigh,
    InvoiceEmpty,
    InvoiceFinal,
    NoSuchPrice,
    NotADeposit,
    NotInsured,
    NotReplaceable,
    OtherTooHigh,
)
from payments.free import left_of
from payments.gateways import ZONE
from payments.models import ChargedItem, CountedPayment, Invoice, Payment
from tests.booking.test_races import all_at_once
from tests.make import actor_for, make_desk, make_facility
from tests.payments.billing import HOUSE, bill, give_back, paid_for, pay, publish

pytestmark = pytest.mark.django_db
CARD = "GD4010123456789"


@pytest.fixture(autouse=True)
def prices(hospital: Facility, now: datetime) -> None:
    publish(hospital, now=now)


def again(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(id=invoice.id)


def issued(hospital: Facility, ana: Person, *codes: str, now: datetime) -> Invoice:
    return actions.issue_invoice(invoice_id=bill(hospital, ana, *codes, now=now).id, by=HOUSE, now=now)


def test_a_charge_keeps_the_price_of_its_day(hospital: Facility, ana: Person, now: datetime) -> None:
    invoice = bill(hospital, ana, "KB01", now=now)
    publish(hospital, first_day=date(2026, 8, 1), now=now, KB01=999_000)
    line = invoice.items.get()
    assert (line.code, line.unit_amount, line.list_version, line.name_vi) == ("KB01", 150_000, 1, "Khám nội tổng quát")
    with pytest.raises(NoSuchPrice):
        actions.charge_item(invoice_id=invoice.id, code="none", by=HOUSE, now=now)
    assert again(invoice).total == Money.vnd(150_000)


def test_the_split_is_exact_on_every_line(hospital: Facility, ana: Person, now: datetime) -> None:
    invoice = bill(hospital, ana, "KB01", "XN12", "DV07", now=now)
    found = actions.split_by_insurance(invoice_id=invoice.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    assert found.insurance_amount == 947_654  # 80 % of 1.184.567 is 947.653,6
    assert found.copay_amount == 236_913
    assert (found.own_amount, found.total_amount, found.split_reason) == (90_000, 1_274_567, "card share")
    for line in found.items.all():
        assert line.insurance_amount + line.copay_amount + line.own_amount == line.base_amount
        assert line.in_scope or line.insurance_amount == 0
    assert found.due == Money.vnd(326_913)


def test_a_new_item_undoes_the_split(hospital: Facility, ana: Person, now: datetime) -> None:
    """The thresholds look at the whole visit."""
    invoice = bill(hospital, ana, "KB01", now=now)
    split = actions.split_by_insurance(invoice_id=invoice.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    assert (split.insurance_amount, split.copay_amount) == (150_000, 0)  # below 15 % of the base salary
    actions.charge_item(invoice_id=invoice.id, code="XN12", by=HOUSE, now=now)
    assert (again(invoice).insurance_amount, again(invoice).card) == (0, "")


def test_no_split_at_a_distance_without_a_receiving_facility(hospital: Facility, ana: Person, now: datetime) -> None:
    invoice = bill(hospital, ana, "KB01", form="direct_to_patient", now=now)
    with pytest.raises(NotInsured):
        actions.split_by_insurance(invoice_id=invoice.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    assert again(invoice).due == Money.vnd(150_000)


@pytest.mark.parametrize(("card", "kind"), [("0101234567", "1.1"), (CARD, "77"), ("", "1.1")])
def test_a_card_that_says_nothing_splits_nothing(
    hospital: Facility, ana: Person, now: datetime, card: str, kind: str
) -> None:
    invoice = bill(hospital, ana, "KB01", now=now)
    with pytest.raises(CardUnknown):
        actions.split_by_insurance(invoice_id=invoice.id, card=card, visit_object=kind, by=HOUSE, now=now)
    assert again(invoice).insurance_amount == 0


def test_a_discount_has_a_reason_and_an_end(hospital: Facility, ana: Person, now: datetime) -> None:
    line = bill(hospital, ana, "KB01", now=now).items.get()
    for money, reason in (
        (Money.vnd(150_001), "x"),
        (Money.vnd(10), " "),
        (Money(10, "USD"), "x"),
        (Money.vnd(-1), "x"),
    ):
        with pytest.raises(DiscountTooHigh):
            actions.give_discount(item_id=line.id, money=money, reason=reason, by=HOUSE, now=now)
    line.refresh_from_db()
    assert line.discount_amount == 0
    actions.give_discount(item_id=line.id, money=Money.vnd(50_000), reason="Hộ nghèo", by=HOUSE, now=now)
    actions.take_from_other_source(item_id=line.id, money=Money.vnd(30_000), by=HOUSE, now=now)
    found = Invoice.objects.get(id=line.invoice_id)
    assert (found.total_amount, found.discount_amount, found.other_amount, found.due.amount) == (
        100_000, 50_000, 30_000, 70_000,
    )  # fmt: skip


def test_others_pay_no_more_than_the_own_part(hospital: Facility, ana: Person, now: datetime) -> None:
    line = bill(hospital, ana, "KB01", now=now).items.get()
    for money in (Money.vnd(150_001), Money.vnd(-1), Money(10, "USD")):
        with pytest.raises(OtherTooHigh):
            actions.take_from_other_source(item_id=line.id, money=money, by=HOUSE, now=now)
    line.refresh_from_db()
    assert line.other_amount == 0


@pytest.mark.django_db(transaction=True)
def test_many_who_begin_at_once_begin_one_bill(hospital: Facility, ana: Person, now: datetime) -> None:
    subject = Ref("encounter", new_id())

    def begin() -> None:
        actions.prepare_invoice(
            subject=subject, person_id=ana.id, payer_id=ana.id, facility_id=hospital.id, visited_on=date(2026, 8, 3),
            form="in_person", by=HOUSE, now=now,
        )  # fmt: skip

    assert all_at_once([begin] * 8) == ["ok"] * 8 and Invoice.objects.count() == 1


def test_an_issued_invoice_is_numbered_and_says_to_whom(hospital: Facility, ana: Person, now: datetime) -> None:
    first = issued(hospital, ana, "KB01", now=now)
    year = f"{now.year % 100:02d}"
    assert (first.status, first.number, first.buyer_name) == ("issued", f"HD{year}-0000001", ana.full_name)
    assert actions.issue_invoice(invoice_id=first.id, by=HOUSE, now=now).number == first.number
    second = bill(hospital, ana, "KB01", now=now)
    buyer = {"buyer_name": "Công ty TNHH Sao Mai", "buyer_tax_code": "0109900009"}
    assert actions.issue_invoice(invoice_id=second.id, buyer=buyer, by=HOUSE, now=now).number == f"HD{year}-0000002"
    assert again(second).buyer_tax_code == "0109900009"


def test_an_empty_bill_takes_no_number(hospital: Facility, ana: Person, now: datetime) -> None:
    empty = bill(hospital, ana, now=now)
    with pytest.raises(InvoiceEmpty):
        actions.issue_invoice(invoice_id=empty.id, by=HOUSE, now=now)
    assert issued(hospital, ana, "KB01", now=now).sequence == 1


CHANGES = [
    "UPDATE payments_invoice SET total_amount = 0, own_amount = 0, copay_amount = 0, insurance_amount = 0 WHERE id = %s",
    "UPDATE payments_invoice SET buyer_name = 'x' WHERE id = %s",
    "UPDATE payments_invoice SET number = 'HD26-9999999' WHERE id = %s",
    "UPDATE payments_invoice SET status = 'draft', number = '', issued_at = NULL WHERE id = %s",
    "DELETE FROM payments_invoice WHERE id = %s",
    "UPDATE payments_chargeditem SET name_vi = 'x' WHERE invoice_id = %s",
    "UPDATE payments_chargeditem SET invoice_id = NULL WHERE invoice_id = %s",
    "DELETE FROM payments_chargeditem WHERE invoice_id = %s",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_an_issued_invoice(
    hospital: Facility, ana: Person, now: datetime, change: str
) -> None:
    invoice = issued(hospital, ana, "KB01", now=now)
    before = list(Invoice.objects.filter(id=invoice.id).values()), list(ChargedItem.objects.values())
    with (
        pytest.raises(IntegrityError, match=r"final|never removed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change, [invoice.id])
    assert (list(Invoice.objects.filter(id=invoice.id).values()), list(ChargedItem.objects.values())) == before


def test_the_database_refuses_a_line_on_an_issued_invoice_and_a_wrong_sum(
    hospital: Facility, ana: Person, now: datetime
) -> None:
    draft, invoice = bill(hospital, ana, "DV07", now=now), issued(hospital, ana, "KB01", now=now)
    with pytest.raises(IntegrityError, match="final"), transaction.atomic():
        ChargedItem.objects.filter(invoice=draft).update(invoice=invoice)
    with pytest.raises(IntegrityError, match="sum of its items"), transaction.atomic():
        Invoice.objects.filter(id=draft.id).update(
            status="issued", number="HD26-0000009", issued_at=now, own_amount=1, total_amount=1
        )
    with pytest.raises(InvoiceFinal):
        actions.charge_item(invoice_id=invoice.id, code="KB01", by=HOUSE, now=now)
    assert again(draft).status == "draft" and invoice.items.count() == 1


def test_the_table_has_no_way_to_void() -> None:
    invoice = Invoice(status="issued")
    for status in ("draft", "void", "cancelled"):
        assert not invoice.can_move_to(status)


def test_a_payment_settles_its_invoice_once(hospital: Facility, ana: Person, now: datetime) -> None:
    invoice = issued(hospital, ana, "KB01", "DV07", now=now)
    until = now + timedelta(days=3)
    payment = actions.ask_to_pay(invoice_id=invoice.id, expires_at=until, by=HOUSE, now=now)
    assert payment is not None and (payment.price, payment.subject) == (Money.vnd(240_000), str(ref(invoice)))
    with pytest.raises(NotADeposit):
        actions.count_payment(payment_id=payment.id, invoice_id=invoice.id, by=HOUSE, now=now)
    pay(payment, now=now)
    for _ in range(2):
        actions.count_payment(payment_id=payment.id, invoice_id=invoice.id, by=HOUSE, now=now)
    assert again(invoice).status == "settled"
    assert CountedPayment.objects.get().amount == 240_000
    assert actions.ask_to_pay(invoice_id=invoice.id, expires_at=until, by=HOUSE, now=now) is None


def test_what_was_counted_meanwhile_is_not_asked_for_again(hospital: Facility, ana: Person, now: datetime) -> None:
    """A deposit is counted while the payment of the whole is open: the rest is asked for in its place, once."""
    invoice, until = issued(hospital, ana, "KB01", now=now), now + timedelta(days=3)
    whole = actions.ask_to_pay(invoice_id=invoice.id, expires_at=until, by=HOUSE, now=now)
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 100_000, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=HOUSE, now=now)
    asked = [actions.ask_to_pay(invoice_id=invoice.id, expires_at=until, by=HOUSE, now=now) for _ in range(2)]
    assert whole is not None and {one.id for one in asked if one} != {whole.id}
    rows = Payment.objects.filter(subject=str(ref(invoice))).order_by("created_at", "id")
    assert [(one.status, one.amount) for one in rows] == [("cancelled", 150_000), ("created", 50_000)]
    other = paid_for(hospital, ana, Ref("deposit", new_id()), 50_000, now=now)
    actions.count_payment(payment_id=other.id, invoice_id=invoice.id, by=HOUSE, now=now)
    assert actions.ask_to_pay(invoice_id=invoice.id, expires_at=until, by=HOUSE, now=now) is None
    assert not rows.filter(status="created").exists()


def test_a_deposit_counts_as_far_as_it_goes(hospital: Facility, ana: Person, now: datetime) -> None:
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 200_000, now=now)
    give_back(deposit, now=now, amount=20_000)
    first, second = issued(hospital, ana, "KB01", now=now), issued(hospital, ana, "DV07", now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=first.id, by=HOUSE, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=second.id, by=HOUSE, now=now)
    assert (again(first).status, again(second).status) == ("settled", "issued")
    assert list(CountedPayment.objects.order_by("-amount").values_list("amount", flat=True)) == [150_000, 30_000]
    left = actions.ask_to_pay(invoice_id=second.id, expires_at=now + timedelta(days=1), by=HOUSE, now=now)
    assert left is not None and left.price == Money.vnd(60_000)
    third = issued(hospital, ana, "DV07", now=now)
    with pytest.raises(NotADeposit):
        actions.count_payment(payment_id=deposit.id, invoice_id=third.id, by=HOUSE, now=now)


def test_what_is_left_of_a_deposit_goes_back_without_a_credit_note(
    hospital: Facility, ana: Person, now: datetime
) -> None:
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 200_000, now=now)
    invoice = issued(hospital, ana, "KB01", now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=HOUSE, now=now)
    give_back(deposit, now=now, amount=30_000)
    actions.paper_refunds(payment_id=deposit.id, by=HOUSE, now=now)
    assert (again(invoice).status, Invoice.objects.filter(kind="credit").count()) == ("settled", 0)
    give_back(deposit, now=now, amount=60_000)  # 20.000 of it were free, 40.000 counted
    actions.paper_refunds(payment_id=deposit.id, by=HOUSE, now=now)
    assert (again(invoice).status, Invoice.objects.get(kind="credit").total_amount) == ("adjusted", 40_000)


def test_a_deposit_elsewhere_counts_nothing_here(hospital: Facility, ana: Person, now: datetime) -> None:
    other = make_facility(name="Elsewhere")
    deposit = paid_for(other, ana, Ref("deposit", new_id()), 200_000, now=now)
    invoice = issued(hospital, ana, "KB01", now=now)
    with pytest.raises(NotADeposit):
        actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=HOUSE, now=now)
    assert again(invoice).status == "issued"


def billed(hospital: Facility, ana: Person, now: datetime) -> tuple[Payment, Invoice]:
    payment = paid_for(hospital, ana, Ref("appointment", new_id()), 150_000, now=now)
    invoice = None
    for _ in range(2):
        invoice = actions.bill_payment(
            payment_id=payment.id, person_id=ana.id, form="direct_to_patient", visited_on=date(2026, 8, 3),
            by=HOUSE, now=now,
        )  # fmt: skip
    assert invoice is not None
    return payment, invoice


def test_a_paid_visit_is_billed_once(hospital: Facility, ana: Person, now: datetime) -> None:
    _payment, invoice = billed(hospital, ana, now)
    assert (Invoice.objects.count(), invoice.status, invoice.due) == (1, "settled", Money.vnd(150_000))
    assert invoice.items.get().name_vi == "Khám từ xa"


def test_refunds_become_credit_notes_that_adjust(hospital: Facility, ana: Person, now: datetime) -> None:
    payment, invoice = billed(hospital, ana, now)
    give_back(payment, now=now, amount=50_000)
    give_back(payment, now=now)
    for _ in range(2):
        actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    notes = Invoice.objects.filter(kind="credit").order_by("sequence")
    assert [(note.total_amount, note.status, note.adjusts_id) for note in notes] == [
        (50_000, "settled", invoice.id),
        (100_000, "settled", invoice.id),
    ]
    assert again(invoice).status == "adjusted"
    assert [note.sequence for note in notes] == [2, 3]


def test_late_money_that_goes_back_has_no_invoice(hospital: Facility, ana: Person, now: datetime) -> None:
    payment = paid_for(hospital, ana, Ref("appointment", new_id()), 150_000, now=now)
    give_back(payment, now=now)
    values = {"payment_id": payment.id, "person_id": ana.id, "form": "", "visited_on": date(2026, 8, 3)}
    assert actions.bill_payment(**values, by=HOUSE, now=now) is None  # type: ignore[arg-type]
    slips = actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    assert (len(slips), Invoice.objects.count()) == (1, 0)


def test_an_invoice_nobody_paid_is_taken_back_whole(
    hospital: Facility, ana: Person, by_dan: Actor, by_eve: Actor, now: datetime
) -> None:
    """1.034.567 ₫ at 80 %: the note says the same parts, so the fund is asked for nothing."""
    draft = bill(hospital, ana, "XN12", now=now)
    actions.split_by_insurance(invoice_id=draft.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    invoice = actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    asked = actions.ask_to_pay(invoice_id=invoice.id, expires_at=now + timedelta(days=3), by=HOUSE, now=now)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    for by in (by_eve, elsewhere):
        with pytest.raises(NotFound):
            actions.take_back_invoice(invoice_id=invoice.id, reason="x", by=by, now=now)
    assert again(invoice).status == "issued" and asked is not None
    notes = [
        actions.take_back_invoice(invoice_id=invoice.id, reason="Không khám", by=by_dan, now=now) for _ in range(2)
    ]
    note = Invoice.objects.get(kind="credit")
    assert {one.id for one in notes} == {note.id} and (note.insurance_amount, note.due.amount) == (827_654, 206_913)
    assert (again(invoice).status, left_of(again(invoice)), Payment.objects.get().status) == (
        "adjusted",
        Money.vnd(0),
        "cancelled",
    )
    assert actions.ask_to_pay(invoice_id=invoice.id, expires_at=now + timedelta(days=3), by=HOUSE, now=now) is None
    month = months.month_of(hospital, now.astimezone(ZONE).date().replace(day=1)).billed
    assert (month.insurance, month.patients, month.credited, month.unpaid) == (0, 206_913, 206_913, 0)


def test_what_counts_for_an_invoice_is_given_back_and_not_taken_back(
    hospital: Facility, ana: Person, now: datetime
) -> None:
    invoice = issued(hospital, ana, "KB01", now=now)
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 100_000, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=HOUSE, now=now)
    with pytest.raises(NotReplaceable):
        actions.take_back_invoice(invoice_id=invoice.id, reason="x", by=HOUSE, now=now)
    assert (again(invoice).status, left_of(again(invoice)).amount) == ("issued", 50_000)


def test_what_is_left_of_an_adjusted_invoice_can_be_asked_for(hospital: Facility, ana: Person, now: datetime) -> None:
    """150.000: 100.000 counted, 40.000 of it went back by a credit note; 50.000 were never paid and are due still."""
    invoice = issued(hospital, ana, "KB01", now=now)
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 100_000, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=HOUSE, now=now)
    give_back(deposit, now=now, amount=40_000)
    actions.paper_refunds(payment_id=deposit.id, by=HOUSE, now=now)
    assert again(invoice).status == "adjusted"
    asked = actions.ask_to_pay(invoice_id=invoice.id, expires_at=now + timedelta(days=3), by=HOUSE, now=now)
    assert asked is not None and asked.price == Money.vnd(50_000)
    pay(asked, now=now)
    actions.count_payment(payment_id=asked.id, invoice_id=invoice.id, by=HOUSE, now=now)
    assert left_of(again(invoice)).is_zero
    assert actions.give_back_free(payment_id=asked.id, reason="not_owed", by=HOUSE, now=now) is None


def test_strangers_and_other_desks_write_no_bills(
    hospital: Facility, ana: Person, by_ana: Actor, by_eve: Actor, by_dan: Actor, now: datetime
) -> None:
    invoice = bill(hospital, ana, "KB01", now=now)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    for by in (by_eve, elsewhere, by_ana):  # a draft is nobody's but the desk's
        with pytest.raises(NotFound):
            actions.charge_item(invoice_id=invoice.id, code="KB01", by=by, now=now)
        with pytest.raises(NotFound):
            actions.issue_invoice(invoice_id=invoice.id, by=by, now=now)
    done = actions.issue_invoice(invoice_id=invoice.id, by=by_dan, now=now)
    with pytest.raises(NotAllowed):
        actions.replace_invoice(invoice_id=done.id, reason="x", by=by_ana, now=now)
    assert (done.items.count(), done.status) == (1, "issued")


def test_another_source_goes_on_paying_when_a_card_or_a_discount_comes(
    hospital: Facility, ana: Person, now: datetime
) -> None:
    """A contract pays the private room; of the blood count, what the card leaves it nothing of."""
    prepared = bill(hospital, ana, "XN12", "DV07", now=now)
    insured, room = prepared.items.get(code="XN12"), prepared.items.get(code="DV07")
    actions.take_from_other_source(item_id=room.id, money=Money.vnd(80_000), by=HOUSE, now=now)
    actions.take_from_other_source(item_id=insured.id, money=Money.vnd(1_000), by=HOUSE, now=now)
    split: dict[str, Any] = {"invoice_id": prepared.id, "card": "GD4010123456789", "visit_object": "1.1"}
    for _ in range(2):
        found = actions.split_by_insurance(**split, by=HOUSE, now=now)
        assert (found.other_amount, found.own_amount, found.copay_amount) == (80_000, 10_000, 206_913)
    actions.give_discount(item_id=room.id, money=Money.vnd(30_000), reason="Hộ nghèo", by=HOUSE, now=now)
    assert (again(prepared).other_amount, again(prepared).due.amount) == (60_000, 1_034_567)


def test_two_small_bills_are_no_small_visit(hospital: Facility, ana: Person, now: datetime) -> None:
    """150.000 ₫ are below 15 % of the base salary (379.500 ₫); with 300.000 ₫ on another bill of the visit they are not."""
    first = bill(hospital, ana, "KB01", "KB01", now=now)
    actions.issue_invoice(invoice_id=first.id, by=HOUSE, now=now)
    values = {name: getattr(first, name) for name in ("person_id", "payer_id", "facility_id", "visited_on", "form")}
    second = actions.prepare_invoice(subject=Ref.parse(first.subject), **values, by=HOUSE, now=now)
    actions.charge_item(invoice_id=second.id, code="KB01", by=HOUSE, now=now)
    split: dict[str, Any] = {"card": "GD4010123456789", "visit_object": "1.1", "by": HOUSE, "now": now}
    found = actions.split_by_insurance(invoice_id=second.id, **split)
    assert (found.split_reason, found.insurance_amount, found.due.amount) == ("card share", 120_000, 30_000)
    anew = actions.replace_invoice(invoice_id=first.id, reason="Thẻ BHYT", by=HOUSE, now=now)
    assert actions.split_by_insurance(invoice_id=anew.id, **split).insurance_amount == 300_000  # nothing else is issued
