"""The desk writes a bill on its pages: lines, a discount, a card, to whom, the number; then it is paid, or written anew."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions
from payments.models import ChargedItem, CountedPayment, Invoice, Payment
from payments.tax_code import is_tax_code
from tests.make import make_desk, make_facility, page_client
from tests.payments.billing import HOUSE, bill, paid_for, publish

pytestmark = pytest.mark.django_db
CARD = "GD4010123456789"


@pytest.fixture(autouse=True)
def prices(hospital: Facility, now: datetime) -> None:
    publish(hospital, now=now)


@pytest.fixture
def draft(hospital: Facility, ana: Person, now: datetime) -> Invoice:
    return bill(hospital, ana, "XN12", now=now)


def again(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(id=invoice.id)


def page_of(invoice: Invoice) -> str:
    return f"/hospital/bills/{invoice.id}/"


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_lines_come_from_the_list_of_the_day_or_are_said(draft: Invoice, dan_browser: Client) -> None:
    page = page_of(draft)
    found = words(dan_browser.get(page, {"q": "kham noi"}))
    assert "Khám nội tổng quát" in found and 'value="KB01"' in found and 'value="DV07"' not in found
    assert dan_browser.post(f"{page}lines/", {"code": "KB01", "quantity": "2"})["Location"] == page
    assert (
        dan_browser.post(f"{page}lines/", {"name": "Sao bệnh án", "price": "20.000", "quantity": "1"})["Location"]
        == page
    )
    assert again(draft).total_amount == 1_034_567 + 300_000 + 20_000
    line = ChargedItem.objects.get(code="KB01")
    dan_browser.post(f"/hospital/bills/lines/{line.id}/", {"act": "off"})
    assert again(draft).total_amount == 1_054_567


@pytest.mark.parametrize(
    "said",
    [
        {"code": "none", "quantity": "1"},
        {"code": "KB01", "quantity": "0"},
        {"code": "KB01", "quantity": "1000"},
        {"code": "KB01"},
        {"name": "x", "price": "viel", "quantity": "1"},
        {"name": "x", "price": "-5", "quantity": "1"},
        {"name": "x", "price": "0", "quantity": "1"},
        {"name": "x", "price": "2000000000", "quantity": "1"},
        {"name": "", "price": "20.000", "quantity": "1"},
        {},
    ],
)
def test_a_line_that_means_nothing_is_refused_on_the_page(
    draft: Invoice, dan_browser: Client, said: dict[str, str]
) -> None:
    answer = dan_browser.post(f"{page_of(draft)}lines/", said)
    assert answer.status_code == 422 and draft.items.count() == 1


def test_a_discount_has_a_reason_and_others_may_pay_a_part(draft: Invoice, dan_browser: Client) -> None:
    page = f"/hospital/bills/lines/{draft.items.get().id}/"
    for said in (
        {"act": "discount", "amount": "100.000"},
        {"act": "discount", "amount": "x", "reason": "y"},
        {"act": "?"},
    ):
        dan_browser.post(page, said)
        assert (again(draft).discount_amount, again(draft).other_amount) == (0, 0)
    dan_browser.post(page, {"act": "discount", "amount": "34.567", "reason": "Hộ nghèo"})
    dan_browser.post(page, {"act": "other", "amount": "500.000"})
    found = again(draft)
    assert (found.discount_amount, found.other_amount, found.due.amount) == (34_567, 500_000, 500_000)
    assert "Hộ nghèo" in words(dan_browser.get(page_of(draft)))


def test_the_card_is_worked_out_and_taken_off(draft: Invoice, dan_browser: Client) -> None:
    """1.034.567 ₫ at 80 %: 827.654 (…653,6) and 206.913."""
    page = page_of(draft)
    said = {"act": "split", "card": CARD, "visit_object": "1.1", "paid_0": "", "paid_1": ""}
    for wrong in ({"card": "0101234567"}, {"card": ""}, {"visit_object": "77"}, {"paid_0": "viel"}):
        assert dan_browser.post(f"{page}insurance/", {**said, **wrong}).status_code == 422
        assert (again(draft).card, again(draft).insurance_amount) == ("", 0)
    assert dan_browser.post(f"{page}insurance/", said).status_code == 302
    assert (again(draft).insurance_amount, again(draft).due.amount) == (827_654, 206_913)
    shown = words(dan_browser.get(page))
    assert "827.654" in shown and "206.913" in shown
    dan_browser.post(f"{page}insurance/", {"act": "without"})
    assert (again(draft).card, again(draft).due.amount) == ("", 1_034_567)


def test_five_years_and_six_salaries_count_each_by_its_own_day(draft: Invoice, dan_browser: Client) -> None:
    """The visit is in August 2026: 6 x 2.340.000 were 14.040.000 until June; 14.040.001 is above, 14.040.000 is not."""
    page, said = page_of(draft), {"act": "split", "card": CARD, "visit_object": "1.1", "five_years": "1"}
    dan_browser.post(f"{page}insurance/", {**said, "paid_0": "14.040.000"})
    assert again(draft).copay_amount == 206_913
    dan_browser.post(f"{page}insurance/", {**said, "paid_0": "14.040.000", "paid_1": "1"})
    assert (again(draft).copay_amount, again(draft).insurance_amount) == (0, 1_034_567)


def test_what_was_paid_here_this_year_stands_in_the_form(
    hospital: Facility, ana: Person, draft: Invoice, dan_browser: Client, now: datetime
) -> None:
    actions.split_by_insurance(invoice_id=draft.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    shown = words(dan_browser.get(page_of(bill(hospital, ana, "KB01", now=now))))
    assert re.search(r'name="paid_1"[^>]*value="206\.913"', shown) and re.search(r'name="paid_0"[^>]*value=""', shown)


def test_no_card_at_a_distance(hospital: Facility, ana: Person, dan_browser: Client, now: datetime) -> None:
    far = bill(hospital, ana, "KB01", now=now, form="direct_to_patient")
    assert 'name="card"' not in words(dan_browser.get(page_of(far)))
    dan_browser.post(f"{page_of(far)}insurance/", {"act": "split", "card": CARD, "visit_object": "1.1"})
    assert (again(far).card, again(far).due.amount) == ("", 150_000)


def test_it_is_issued_to_whom_they_say(draft: Invoice, dan_browser: Client) -> None:
    page = page_of(draft)
    company = {"buyer_name": "Công ty TNHH Sao Mai", "buyer_tax_code": "0100109106", "buyer_email": "kt@saomai.example"}
    wrongs = (
        {"buyer_tax_code": "0100109107"}, {"buyer_name": ""}, {"buyer_email": "x"}, {"buyer_national_id": "123"},
        {"buyer_name": "x" * 161},
    )  # fmt: skip
    for wrong in wrongs:
        assert dan_browser.post(f"{page}issue/", {**company, **wrong}).status_code == 422
        assert again(draft).status == "draft"
    assert dan_browser.post(f"{page}issue/", company)["Location"] == f"/invoices/{draft.id}/"
    found = again(draft)
    assert (found.status, found.buyer_name, found.buyer_tax_code) == ("issued", "Công ty TNHH Sao Mai", "0100109106")
    assert dan_browser.get(page)["Location"] == f"/invoices/{draft.id}/"
    number = found.number
    dan_browser.post(f"{page}issue/", {})  # the second tap
    assert again(draft).number == number
    for act in ("lines", "insurance", "drop"):
        assert (
            dan_browser.post(
                f"{page}{act}/", {"code": "KB01", "quantity": "1", "card": CARD, "visit_object": "1.1"}
            ).status_code
            == 302
        )
    assert (again(draft).card, again(draft).items.count()) == ("", 1)


def test_tax_codes_agree_with_the_vectors() -> None:
    """Two valid and two wrong ones of the specification's identity vectors; a branch has three digits more."""
    assert is_tax_code("0100109106") and is_tax_code("0101243150") and is_tax_code("0100109106-001")
    assert not any(is_tax_code(one) for one in ("0100109107", "010010910", "0100109106-01", "", "０100109106"))


def test_thrown_away_is_gone_and_what_is_issued_stays(draft: Invoice, dan_browser: Client) -> None:
    dan_browser.post(f"{page_of(draft)}drop/")
    assert Invoice.objects.count() == 0 and dan_browser.get(page_of(draft)).status_code == 404


def test_the_desk_takes_the_payment_of_what_is_left(
    hospital: Facility, ana: Person, draft: Invoice, dan_browser: Client, now: datetime
) -> None:
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 500_000, now=now)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    shown = words(dan_browser.get(f"/invoices/{draft.id}/"))
    assert str(deposit.id) in shown and "500.000" in shown
    page = f"/hospital/invoices/{draft.id}/"
    for wrong in ("", "x", str(new_id())):
        assert dan_browser.post(f"{page}count/", {"payment": wrong}).status_code == 404
    for _ in range(2):
        dan_browser.post(f"{page}count/", {"payment": str(deposit.id)})
    assert CountedPayment.objects.get().amount == 500_000
    places = {dan_browser.post(f"{page}ask/")["Location"] for _ in range(2)}
    asked = Payment.objects.get(subject=f"invoice:{draft.id}")
    assert places == {f"/hospital/cash/payments/{asked.id}/"} and asked.amount == 534_567


def test_an_invoice_is_written_anew_with_a_card(draft: Invoice, dan_browser: Client, now: datetime) -> None:
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    page = f"/hospital/invoices/{draft.id}/replace/"
    assert dan_browser.post(page, {"reason": " "})["Location"] == f"/invoices/{draft.id}/"
    assert Invoice.objects.count() == 1
    places = {dan_browser.post(page, {"reason": "Thẻ BHYT"})["Location"] for _ in range(2)}
    fresh = Invoice.objects.get(replaces=draft)
    assert places == {page_of(fresh)} and again(draft).status == "issued"
    assert draft.number in words(dan_browser.get(page_of(fresh)))
    dan_browser.post(f"{page_of(fresh)}insurance/", {"act": "split", "card": CARD, "visit_object": "1.1"})
    dan_browser.post(f"{page_of(fresh)}issue/", {})
    assert (again(draft).status, again(fresh).status, again(fresh).due.amount) == ("replaced", "issued", 206_913)
    assert again(fresh).number in words(dan_browser.get(f"/invoices/{draft.id}/"))


def test_strangers_write_and_see_no_bills(
    draft: Invoice, hospital: Facility, ana_browser: Client, eve_browser: Client, now: datetime
) -> None:
    elsewhere = page_client(make_desk(facility=make_facility(name="Elsewhere")))
    line = draft.items.get()
    doors = [
        ("get", page_of(draft)), ("post", f"{page_of(draft)}lines/"), ("post", f"/hospital/bills/lines/{line.id}/"),
        ("post", f"{page_of(draft)}insurance/"), ("post", f"{page_of(draft)}issue/"), ("post", f"{page_of(draft)}drop/"),
        ("post", f"/hospital/invoices/{draft.id}/ask/"), ("post", f"/hospital/invoices/{draft.id}/count/"),
        ("post", f"/hospital/invoices/{draft.id}/replace/"),
    ]  # fmt: skip
    said = {
        "code": "KB01",
        "quantity": "1",
        "act": "off",
        "card": CARD,
        "visit_object": "1.1",
        "reason": "x",
        "payment": str(new_id()),
    }
    before = list(Invoice.objects.values()), list(ChargedItem.objects.values())
    for method, door in doors:
        assert getattr(elsewhere, method)(door, said).status_code == 404, door
        for browser in (ana_browser, eve_browser):
            assert getattr(browser, method)(door, said).status_code == 403, door
        assert getattr(Client(), method)(door, said).status_code == 302, door
    assert (list(Invoice.objects.values()), list(ChargedItem.objects.values())) == before


def test_a_company_is_taken_off_the_invoice_in_its_place(
    ana: Person, draft: Invoice, dan_browser: Client, now: datetime
) -> None:
    """Made out to the company by mistake: what the desk empties is empty, and stands again for who pays."""
    ana.address = "12 Lê Lợi"
    ana.save()
    company = {"buyer_name": "Công ty TNHH Sao Mai", "buyer_tax_code": "0100109106", "buyer_address": ""}
    dan_browser.post(f"{page_of(draft)}issue/", company)
    assert (again(draft).buyer_name, again(draft).buyer_address) == ("Công ty TNHH Sao Mai", "")
    fresh = actions.replace_invoice(invoice_id=draft.id, reason="x", by=HOUSE, now=now)
    dan_browser.post(f"{page_of(fresh)}issue/", dict.fromkeys(Invoice.BUYER, ""))
    found = again(fresh)
    assert (found.status, found.buyer_name, found.buyer_tax_code) == ("issued", ana.full_name, "")
    assert found.buyer_address.startswith("12 Lê Lợi")


def test_a_bill_in_anothers_place_does_not_count_that_ones_own_share(
    draft: Invoice, dan_browser: Client, now: datetime
) -> None:
    actions.split_by_insurance(invoice_id=draft.id, card=CARD, visit_object="1.1", by=HOUSE, now=now)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    fresh = actions.replace_invoice(invoice_id=draft.id, reason="x", by=HOUSE, now=now)
    assert re.search(r'name="paid_1"[^>]*value=""', words(dan_browser.get(page_of(fresh))))


def test_a_deposit_that_counts_already_is_not_offered_again(
    hospital: Facility, ana: Person, draft: Invoice, dan_browser: Client, now: datetime
) -> None:
    """It counted whole, for two bills; the first was replaced by a smaller one, so a part of it is free again."""
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 300_000, now=now)
    small = bill(hospital, ana, "KB01", now=now)
    for one in (small, draft):
        actions.issue_invoice(invoice_id=one.id, by=HOUSE, now=now)
        actions.count_payment(payment_id=deposit.id, invoice_id=one.id, by=HOUSE, now=now)
    fresh = actions.replace_invoice(invoice_id=small.id, reason="x", by=HOUSE, now=now)
    actions.give_discount(item_id=fresh.items.get().id, money=Money.vnd(50_000), reason="x", by=HOUSE, now=now)
    actions.issue_invoice(invoice_id=fresh.id, by=HOUSE, now=now)
    assert f'value="{deposit.id}"' not in words(dan_browser.get(f"/invoices/{draft.id}/"))
    other = bill(hospital, ana, "KB01", now=now)
    actions.issue_invoice(invoice_id=other.id, by=HOUSE, now=now)
    assert f'value="{deposit.id}"' in words(dan_browser.get(f"/invoices/{other.id}/"))
