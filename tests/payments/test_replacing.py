"""A bill takes the place of an issued one, with what was paid for it; what is then too much goes back, once."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from core.actor import Actor
from core.errors import NotAllowed, NotFound, WrongState
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions, papers
from payments.errors import BadDeposit, InvoiceEmpty, InvoiceFinal, NotADeposit, NotReplaceable, PriceDiffers
from payments.gateways import DisputeTruth
from payments.models import CountedPayment, Invoice, Payment, Refund
from tests.make import actor_for, make_desk, make_facility, make_person
from tests.payments.billing import HOUSE, bill, give_back, paid_for, pay, publish

pytestmark = pytest.mark.django_db
CARD = "GD4010123456789"


@pytest.fixture(autouse=True)
def prices(hospital: Facility, now: datetime) -> None:
    publish(hospital, now=now)


def again(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(id=invoice.id)


def paid_visit(hospital: Facility, ana: Person, now: datetime, amount: int = 150_000) -> tuple[Payment, Invoice]:
    payment = paid_for(hospital, ana, Ref("appointment", new_id()), amount, now=now)
    invoice = actions.bill_payment(
        payment_id=payment.id, person_id=ana.id, form="in_person", visited_on=date(2026, 8, 3), by=HOUSE, now=now
    )
    assert invoice is not None
    return payment, invoice


def in_its_place(invoice: Invoice, by: Actor, now: datetime, *, card: str = CARD, visit_object: str = "1.1") -> Invoice:
    """Write the same bill anew, with a card."""
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Thẻ BHYT", by=by, now=now)
    line = draft.items.get()
    actions.take_off(item_id=line.id, by=by, now=now)
    actions.charge_item(invoice_id=draft.id, code="XN12", by=by, now=now)
    if card:
        actions.split_by_insurance(invoice_id=draft.id, card=card, visit_object=visit_object, by=by, now=now)
    return actions.issue_invoice(invoice_id=draft.id, by=by, now=now)


def dispute(payment: Payment, part: Money, now: datetime) -> None:
    """The payer's bank takes a part of it."""
    taken = DisputeTruth(
        reference="dp_1", payment_id=payment.id, money=part, reason="general", status="under_review", is_taken=True,
        opened_at=now,
    )  # fmt: skip
    actions.record_dispute(payment_id=payment.id, truth=taken, by=HOUSE, now=now)


def test_until_it_is_issued_nothing_has_changed(hospital: Facility, ana: Person, by_dan: Actor, now: datetime) -> None:
    payment, invoice = paid_visit(hospital, ana, now)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=by_dan, now=now)
    assert actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=by_dan, now=now).id == draft.id
    assert (again(invoice).status, draft.status, draft.total_amount) == ("settled", "draft", 150_000)
    actions.drop_bill(invoice_id=draft.id, by=by_dan, now=now)
    assert list(Invoice.objects.values_list("id", "status")) == [(invoice.id, "settled")]
    assert CountedPayment.objects.get().payment_id == payment.id


def test_an_unpaid_invoice_is_replaced_and_no_longer_asked_for(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime
) -> None:
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "KB01", now=now).id, by=by_dan, now=now)
    asked = actions.ask_to_pay(invoice_id=invoice.id, expires_at=now + timedelta(days=3), by=by_dan, now=now)
    assert asked is not None
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=by_dan, now=now)
    fresh = actions.issue_invoice(invoice_id=draft.id, buyer={"buyer_name": "Trần Văn Bình"}, by=by_dan, now=now)
    assert (again(invoice).status, fresh.replaces_id, fresh.total_amount) == ("replaced", invoice.id, 150_000)
    assert fresh.number != invoice.number and invoice.items.count() == 1
    assert Payment.objects.get(id=asked.id).status == "cancelled"


def test_what_was_paid_counts_for_the_new_one_and_the_funds_part_goes_back(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime, settings: Any
) -> None:
    """1.034.567 ₫ at 80 %: the fund pays 827.654 (…653,6), the citizen 206.913."""
    settings.REFUND_APPROVAL_ABOVE = 1_000_000
    payment, invoice = paid_visit(hospital, ana, now, 1_034_567)
    fresh = in_its_place(invoice, by_dan, now)
    assert (fresh.insurance_amount, fresh.due.amount, again(fresh).status) == (827_654, 206_913, "settled")
    assert (again(invoice).status, CountedPayment.objects.get(invoice=fresh).amount) == ("replaced", 206_913)
    refund = Refund.objects.get()
    assert (refund.payment_id, refund.amount, refund.reason, refund.status) == (
        payment.id,
        827_654,
        "not_owed",
        "requested",
    )
    actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    assert Invoice.objects.filter(kind="credit").count() == 0  # the new invoice says it already
    assert actions.give_back_free(payment_id=payment.id, reason="not_owed", by=HOUSE, now=now) is None
    assert again(fresh).status == "settled"


def test_all_of_it_goes_back_when_the_card_pays_all(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime
) -> None:
    payment, invoice = paid_visit(hospital, ana, now)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Thẻ BHYT", by=by_dan, now=now)
    actions.take_off(item_id=draft.items.get().id, by=by_dan, now=now)
    actions.charge_item(invoice_id=draft.id, code="KB01", by=by_dan, now=now)
    actions.split_by_insurance(invoice_id=draft.id, card=CARD, visit_object="1.1", by=by_dan, now=now)
    fresh = actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)  # below 15 % of the base salary
    assert (fresh.due.amount, again(fresh).status, Refund.objects.get().amount) == (0, "settled", 150_000)
    actions.carry_out_refund(refund_id=Refund.objects.get().id, by=HOUSE, now=now)
    actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    assert Invoice.objects.filter(kind="credit").count() == 0


def test_more_is_due_than_was_paid(hospital: Facility, ana: Person, by_dan: Actor, now: datetime) -> None:
    _payment, invoice = paid_visit(hospital, ana, now, 100_000)
    fresh = in_its_place(invoice, by_dan, now)
    assert (again(fresh).status, Refund.objects.count()) == ("issued", 0)
    left = actions.ask_to_pay(invoice_id=fresh.id, expires_at=now + timedelta(days=1), by=by_dan, now=now)
    assert left is not None and left.price == Money.vnd(106_913)


def test_a_deposit_keeps_its_rest(hospital: Facility, ana: Person, by_dan: Actor, now: datetime) -> None:
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 2_000_000, now=now)
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "XN12", now=now).id, by=by_dan, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=by_dan, now=now)
    in_its_place(again(invoice), by_dan, now)
    assert Refund.objects.count() == 0
    other = actions.issue_invoice(invoice_id=bill(hospital, ana, "XN12", now=now).id, by=by_dan, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=other.id, by=by_dan, now=now)
    amounts = CountedPayment.objects.order_by("created_at", "id").values_list("amount", flat=True)
    assert list(amounts) == [1_034_567, 206_913, 1_034_567]
    assert actions.give_back_free(payment_id=deposit.id, reason="refund", by=by_dan, now=now).money == Money.vnd(
        758_520
    )  # type: ignore[union-attr]


def test_money_that_comes_late_for_the_old_one_counts_for_the_new(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime
) -> None:
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "XN12", now=now).id, by=by_dan, now=now)
    asked = actions.ask_to_pay(invoice_id=invoice.id, expires_at=now + timedelta(days=3), by=by_dan, now=now)
    assert asked is not None
    started = actions.start_payment(payment_id=asked.id, gateway="sandbox", by=HOUSE, now=now)
    fresh = in_its_place(again(invoice), by_dan, now)
    from payments.gateways.sandbox import bank

    bank.pay(started.gateway_reference, now=now)
    actions.ask_gateway(payment_id=started.id, by=HOUSE, now=now)
    actions.count_payment(payment_id=asked.id, invoice_id=invoice.id, by=HOUSE, now=now)
    rest = actions.give_back_free(payment_id=asked.id, reason="not_owed", by=HOUSE, now=now)
    assert again(fresh).status == "settled" and rest is not None and rest.amount == 827_654
    assert actions.give_back_free(payment_id=asked.id, reason="not_owed", by=HOUSE, now=now) is None


def test_what_went_back_is_not_replaced(hospital: Facility, ana: Person, by_dan: Actor, now: datetime) -> None:
    payment, invoice = paid_visit(hospital, ana, now)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="x", by=by_dan, now=now)
    give_back(payment, now=now, amount=50_000)
    actions.paper_refunds(payment_id=payment.id, by=HOUSE, now=now)
    with pytest.raises(NotReplaceable):
        actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)
    assert (again(draft).status, again(invoice).status) == ("draft", "adjusted")
    actions.drop_bill(invoice_id=draft.id, by=by_dan, now=now)
    with pytest.raises(NotReplaceable):
        actions.replace_invoice(invoice_id=invoice.id, reason="x", by=by_dan, now=now)
    with pytest.raises(InvoiceFinal):
        actions.replace_invoice(invoice_id=bill(hospital, ana, "KB01", now=now).id, reason="x", by=by_dan, now=now)
    with pytest.raises(WrongState):
        invoice.move_to("draft", at=now)


def test_a_refund_that_waits_for_somebody_keeps_it(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime, settings: Any
) -> None:
    payment, invoice = paid_visit(hospital, ana, now)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="x", by=by_dan, now=now)
    actions.give_discount(item_id=draft.items.get().id, money=Money.vnd(100_000), reason="Hộ nghèo", by=by_dan, now=now)
    settings.REFUND_APPROVAL_ABOVE = 10_000
    actions.request_refund(payment_id=payment.id, reason="x", money=Money.vnd(100_000), by=by_dan, now=now)
    with pytest.raises(NotReplaceable):
        actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)
    assert (again(draft).status, again(invoice).status, Refund.objects.count()) == ("draft", "settled", 1)


def test_the_part_above_the_limit_waits_for_a_second_person(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime, settings: Any
) -> None:
    settings.REFUND_APPROVAL_ABOVE = 500_000
    _payment, invoice = paid_visit(hospital, ana, now, 1_034_567)
    in_its_place(invoice, by_dan, now)
    assert Refund.objects.get().status == "awaiting_approval"


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_replace_once(hospital: Facility, ana: Person, by_dan: Actor, now: datetime) -> None:
    payment, invoice = paid_visit(hospital, ana, now, 1_034_567)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="Thẻ BHYT", by=by_dan, now=now)
    actions.take_off(item_id=draft.items.get().id, by=by_dan, now=now)
    actions.charge_item(invoice_id=draft.id, code="XN12", by=by_dan, now=now)
    actions.split_by_insurance(invoice_id=draft.id, card=CARD, visit_object="1.1", by=by_dan, now=now)
    together, errors = threading.Barrier(3), []

    def run(act: Any) -> None:
        try:
            together.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def issue() -> None:
        actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)

    def count() -> None:  # a hook's reaction, late
        actions.count_payment(payment_id=payment.id, invoice_id=invoice.id, by=HOUSE, now=now)

    threads = [threading.Thread(target=run, args=(act,)) for act in (issue, issue, count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert (again(invoice).status, again(draft).status, Refund.objects.get().amount) == ("replaced", "settled", 827_654)
    assert CountedPayment.objects.get(invoice=draft).amount == 206_913


def test_a_deposit_is_asked_for_once(
    hospital: Facility, ana: Person, by_dan: Actor, by_eve: Actor, now: datetime
) -> None:
    wish: dict[str, Any] = {"deposit_id": new_id(), "payer_id": ana.id, "facility_id": hospital.id, "now": now}
    first = actions.ask_for_deposit(**wish, money=Money.vnd(500_000), by=by_dan)
    assert actions.ask_for_deposit(**wish, money=Money.vnd(500_000), by=by_dan).id == first.id
    with pytest.raises(PriceDiffers):
        actions.ask_for_deposit(**wish, money=Money.vnd(600_000), by=by_dan)
    for wrong in (Money.vnd(999), Money.vnd(-5), Money.vnd(1_000_000_001), Money(5_000, "USD")):
        with pytest.raises(BadDeposit):
            actions.ask_for_deposit(**{**wish, "deposit_id": new_id()}, money=wrong, by=by_dan)
    for by in (by_eve, actor_for(make_desk(facility=make_facility(name="Elsewhere")))):
        with pytest.raises(NotAllowed):
            actions.ask_for_deposit(**{**wish, "deposit_id": new_id()}, money=Money.vnd(500_000), by=by)
    assert (Payment.objects.count(), pay(first, now=now).status) == (1, "captured")


def test_strangers_throw_nothing_away(
    hospital: Facility, ana: Person, by_eve: Actor, by_ana: Actor, by_dan: Actor, now: datetime
) -> None:
    draft = bill(hospital, ana, "KB01", now=now)
    actions.split_by_insurance(invoice_id=draft.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    for by in (by_eve, by_ana, elsewhere):
        with pytest.raises(NotFound):
            actions.drop_bill(invoice_id=draft.id, by=by, now=now)
        with pytest.raises(NotFound):
            actions.without_insurance(invoice_id=draft.id, by=by, now=now)
    assert (again(draft).card, draft.items.count()) == (CARD, 1)
    assert actions.without_insurance(invoice_id=draft.id, by=by_dan, now=now).due == Money.vnd(150_000)
    actions.take_off(item_id=draft.items.get().id, by=by_dan, now=now)
    with pytest.raises(InvoiceEmpty):
        actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)


@pytest.mark.parametrize("taken_by", ["refund", "dispute"])
def test_what_goes_back_already_does_not_go_back_twice(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime, taken_by: str
) -> None:
    """The cashier gave 50.000 ₫ back, which is still on its way, and then took the same off the bill."""
    payment, invoice = paid_visit(hospital, ana, now)
    part = Money.vnd(50_000)
    if taken_by == "refund":
        actions.request_refund(payment_id=payment.id, reason="x", money=part, by=by_dan, now=now)
    else:
        dispute(payment, part, now)
    before = Refund.objects.count()
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="x", by=by_dan, now=now)
    actions.give_discount(item_id=draft.items.get().id, money=part, reason="Hộ nghèo", by=by_dan, now=now)
    with pytest.raises(NotReplaceable):
        actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)
    assert (again(draft).status, again(invoice).status, Refund.objects.count()) == ("draft", "settled", before)
    actions.drop_bill(invoice_id=draft.id, by=by_dan, now=now)
    named = actions.replace_invoice(invoice_id=invoice.id, reason="Sai tên", by=by_dan, now=now)
    assert actions.issue_invoice(invoice_id=named.id, by=by_dan, now=now).status == "settled"  # nothing goes back


def test_it_is_replaced_again_while_the_funds_part_waits_for_somebody(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime, settings: Any
) -> None:
    settings.REFUND_APPROVAL_ABOVE = 500_000
    _payment, invoice = paid_visit(hospital, ana, now, 1_034_567)
    fresh = in_its_place(invoice, by_dan, now)
    draft = actions.replace_invoice(invoice_id=fresh.id, reason="Sai tên", by=by_dan, now=now)
    actions.give_discount(item_id=draft.items.get().id, money=Money.vnd(984_567), reason="x", by=by_dan, now=now)
    assert actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now).due == Money.vnd(50_000)
    assert list(Refund.objects.order_by("id").values_list("amount", flat=True)) == [827_654, 156_913]


@pytest.mark.parametrize("taken_by", ["refund", "dispute"])
def test_a_deposit_somebody_wants_back_is_not_counted(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime, settings: Any, taken_by: str
) -> None:
    settings.REFUND_APPROVAL_ABOVE = 0
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 500_000, now=now)
    if taken_by == "refund":
        actions.request_refund(payment_id=deposit.id, reason="x", by=by_dan, now=now)
    else:
        dispute(deposit, deposit.price, now)
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "KB01", now=now).id, by=by_dan, now=now)
    assert papers.deposits_of(by_dan, ana.id) == []
    with pytest.raises(NotADeposit):
        actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=by_dan, now=now)
    assert (again(invoice).status, CountedPayment.objects.count()) == ("issued", 0)


def test_a_deposit_pays_what_is_more_on_the_new_one(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime
) -> None:
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 200_000, now=now)
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "KB01", now=now).id, by=by_dan, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=by_dan, now=now)
    draft = actions.replace_invoice(invoice_id=invoice.id, reason="x", by=by_dan, now=now)
    actions.charge_item(invoice_id=draft.id, code="DV07", by=by_dan, now=now)
    fresh = actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)
    assert (again(fresh).status, fresh.payments.get().amount, Refund.objects.count()) == ("issued", 200_000, 0)
    left = actions.ask_to_pay(invoice_id=fresh.id, expires_at=now + timedelta(days=1), by=by_dan, now=now)
    assert left is not None and left.price == Money.vnd(40_000)


def test_who_pays_which_part_stays_when_only_the_name_was_wrong(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime
) -> None:
    prepared = bill(hospital, ana, "XN12", "DV07", now=now)
    actions.split_by_insurance(invoice_id=prepared.id, card=CARD, visit_object="1.1", by=by_dan, now=now)
    room = prepared.items.get(code="DV07")
    actions.take_from_other_source(item_id=room.id, money=Money.vnd(50_000), by=by_dan, now=now)
    old = actions.issue_invoice(invoice_id=prepared.id, by=by_dan, now=now)
    draft = actions.replace_invoice(invoice_id=old.id, reason="Sai tên", by=by_dan, now=now)
    fresh = actions.issue_invoice(invoice_id=draft.id, by=by_dan, now=now)
    assert (fresh.due, fresh.parts, fresh.card, fresh.split_reason) == (old.due, old.parts, CARD, "card share")
    assert fresh.due == Money.vnd(206_913 + 40_000)


def test_the_desk_pays_nobodys_bill_with_anothers_deposit(
    hospital: Facility, ana: Person, by_dan: Actor, now: datetime
) -> None:
    deposit = paid_for(hospital, make_person(), Ref("deposit", new_id()), 500_000, now=now)
    invoice = actions.issue_invoice(invoice_id=bill(hospital, ana, "KB01", now=now).id, by=by_dan, now=now)
    with pytest.raises(NotADeposit):
        actions.count_payment(payment_id=deposit.id, invoice_id=invoice.id, by=by_dan, now=now)
    assert (again(invoice).status, CountedPayment.objects.count()) == ("issued", 0)
