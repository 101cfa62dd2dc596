"""A payer begins to pay an issued invoice at its page: one payment, for what is left, and only for whom it concerns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions
from payments.models import Invoice, Payment
from tests.make import make_desk, make_facility, page_client
from tests.payments.billing import HOUSE, VISITED, bill, paid_for, pay, publish
from web.templatetags.lanh import day

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def unpaid(ana: Person, hospital: Facility, now: datetime) -> Invoice:
    """Issued, 240.000 ₫."""
    publish(hospital, now=now)
    return issued(bill(hospital, ana, "KB01", "DV07", now=now), now)


def issued(draft: Invoice, now: datetime) -> Invoice:
    return actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)


def begin(browser: Client, invoice: Invoice) -> Any:
    return browser.post(f"/invoices/{invoice.id}/pay/")


def read(browser: Client, invoice: Invoice) -> str:
    return browser.get(f"/invoices/{invoice.id}/").content.decode()


def has_button(browser: Client, invoice: Invoice) -> bool:
    return f'action="/invoices/{invoice.id}/pay/"' in read(browser, invoice)


def test_the_button_leads_to_the_payment_of_what_is_due(
    unpaid: Invoice, ana: Person, ana_browser: Client, now: datetime
) -> None:
    assert "Thanh toán 240.000" in read(ana_browser, unpaid)

    answer = begin(ana_browser, unpaid)

    payment = Payment.objects.get()
    assert answer.headers["Location"] == f"/payments/{payment.id}/"
    assert (payment.subject, payment.price, payment.status) == (f"invoice:{unpaid.id}", Money.vnd(240_000), "created")
    assert (payment.payer_id, payment.facility_id) == (ana.id, unpaid.facility_id)
    assert now + WEEK <= payment.expires_at <= now + WEEK + timedelta(minutes=5)
    page = ana_browser.get(f"/payments/{payment.id}/").content.decode()
    assert unpaid.number in page and "Xem hóa đơn" in page and "Xem lịch khám" not in page
    assert day(payment.expires_at) in page  # a clock alone would not do for a week


def test_twice_gives_one_payment(unpaid: Invoice, ana: Person, ana_browser: Client) -> None:
    answers = [begin(browser, unpaid).headers["Location"] for browser in (ana_browser, ana_browser, page_client(ana))]
    assert answers == [f"/payments/{Payment.objects.get().id}/"] * 3
    assert has_button(ana_browser, unpaid)  # the way back to it


def test_after_a_decline_no_time_of_a_visit_is_spoken_of(unpaid: Invoice, ana_browser: Client, now: datetime) -> None:
    begin(ana_browser, unpaid)
    started = actions.start_payment(payment_id=Payment.objects.get().id, gateway="sandbox", by=HOUSE, now=now)
    actions.record_failure(payment_id=started.id, by=HOUSE, now=now)
    page = ana_browser.get(f"/payments/{started.id}/").content.decode()
    assert "Bạn có thể thử lại." in page and "giờ khám" not in page


def test_a_payment_that_lapsed_is_asked_for_anew(unpaid: Invoice, ana_browser: Client, now: datetime) -> None:
    begin(ana_browser, unpaid)
    lapsed = Payment.objects.get()
    actions.expire_payment(payment_id=lapsed.id, by=HOUSE, now=now + WEEK + timedelta(hours=1))

    answer = begin(ana_browser, unpaid)

    fresh = Payment.objects.exclude(id=lapsed.id).get()
    assert answer.headers["Location"] == f"/payments/{fresh.id}/"
    assert fresh.price == Money.vnd(240_000)


def test_only_what_a_deposit_leaves_is_asked_for(
    unpaid: Invoice, hospital: Facility, ana: Person, ana_browser: Client, now: datetime
) -> None:
    deposit = paid_for(hospital, ana, Ref("deposit", new_id()), 100_000, now=now)
    actions.count_payment(payment_id=deposit.id, invoice_id=unpaid.id, by=HOUSE, now=now)
    text = read(ana_browser, unpaid)
    assert "Thanh toán 140.000" in text and "Còn phải trả" in text

    begin(ana_browser, unpaid)
    assert Payment.objects.get(subject=f"invoice:{unpaid.id}").price == Money.vnd(140_000)


def test_eve_and_desks_begin_nothing(unpaid: Invoice, eve_browser: Client, dan_browser: Client) -> None:
    other = page_client(make_desk(facility=make_facility(name="Elsewhere")))
    statuses = {eve_browser: 404, dan_browser: 403, other: 403, Client(): 302}
    assert all(begin(browser, unpaid).status_code == status for browser, status in statuses.items())
    assert not Payment.objects.exists()
    assert eve_browser.get(f"/invoices/{unpaid.id}/").status_code == 404
    assert eve_browser.post(f"/invoices/{new_id()}/pay/").status_code == 404  # absent looks the same
    assert not has_button(dan_browser, unpaid)


def test_who_may_pay_for_a_child_pays_its_invoice(
    hospital: Facility, child: Person, ana_browser: Client, eve_browser: Client, now: datetime
) -> None:
    publish(hospital, now=now)
    invoice = issued(bill(hospital, child, "KB01", now=now), now)
    assert has_button(ana_browser, invoice)
    assert begin(eve_browser, invoice).status_code == 404
    assert begin(ana_browser, invoice).status_code == 302
    assert Payment.objects.get().payer_id == child.id


def test_the_patient_does_not_pay_in_somebody_elses_name(
    hospital: Facility, ana: Person, eve: Person, ana_browser: Client, eve_browser: Client, now: datetime
) -> None:
    """Ana was cared for, eve promised to pay: ana reads the invoice, and only eve pays it."""
    publish(hospital, now=now)
    draft = actions.prepare_invoice(
        subject=Ref("encounter", new_id()), person_id=ana.id, payer_id=eve.id, facility_id=hospital.id,
        visited_on=VISITED, form="in_person", by=HOUSE, now=now,
    )  # fmt: skip
    actions.charge_item(invoice_id=draft.id, code="KB01", by=HOUSE, now=now)
    invoice = issued(draft, now)
    assert not has_button(ana_browser, invoice) and has_button(eve_browser, invoice)
    assert begin(ana_browser, invoice).status_code == 404
    assert not Payment.objects.exists()


def test_a_settled_invoice_asks_for_nothing(unpaid: Invoice, ana_browser: Client, now: datetime) -> None:
    begin(ana_browser, unpaid)
    paid = pay(Payment.objects.get(), now=now)
    actions.count_payment(payment_id=paid.id, invoice_id=unpaid.id, by=HOUSE, now=now)
    assert not has_button(ana_browser, unpaid)

    answer = ana_browser.post(f"/invoices/{unpaid.id}/pay/", follow=True)

    assert "không còn khoản nào phải trả" in answer.content.decode()
    assert Payment.objects.count() == 1


def test_paid_and_not_yet_counted_leads_to_what_was_paid(unpaid: Invoice, ana_browser: Client, now: datetime) -> None:
    begin(ana_browser, unpaid)
    paid = pay(Payment.objects.get(), now=now)
    assert begin(ana_browser, unpaid).headers["Location"] == f"/payments/{paid.id}/"
    assert Payment.objects.count() == 1


def test_replaced_and_draft_are_not_paid(
    unpaid: Invoice, hospital: Facility, ana: Person, ana_browser: Client, now: datetime
) -> None:
    draft = actions.replace_invoice(invoice_id=unpaid.id, reason="Sai tên", by=HOUSE, now=now)
    assert begin(ana_browser, draft).status_code == 404 and has_button(ana_browser, unpaid)
    actions.issue_invoice(invoice_id=draft.id, by=HOUSE, now=now)
    assert not has_button(ana_browser, unpaid)
    assert begin(ana_browser, unpaid).headers["Location"] == f"/invoices/{unpaid.id}/"
    assert not Payment.objects.exists()


def test_where_no_way_leads_online_no_button_promises_one(unpaid: Invoice, ana_browser: Client, settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {"cash": "payments.gateways.cash.Cash"}
    assert not has_button(ana_browser, unpaid)


def test_a_link_does_not_begin_a_payment(unpaid: Invoice, ana_browser: Client) -> None:
    assert ana_browser.get(f"/invoices/{unpaid.id}/pay/").status_code == 405
    assert not Payment.objects.exists()
