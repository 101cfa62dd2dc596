"""A visit's bills at the desk: who was not asked before pays once, with what the insurance leaves; deposits; late money."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

import booking.actions
import payments.actions
from core.actor import Actor
from core.ids import new_id
from core.money import Money
from journeys import billing
from notifications.models import Message
from payments.gateways.sandbox import bank
from payments.models import CountedPayment, Invoice, Payment, Refund
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok, this_instant
from tests.payments.billing import publish

pytestmark = pytest.mark.django_db
CARD = "GD4010123456789"
HOUSE = Actor.system("rules")


@pytest.fixture
def desk(story: Story, dan: Any) -> Client:
    return make.page_client(dan)


def walk_in(story: Story, dan: Any) -> tuple[str, Payment]:
    """Somebody comes without an appointment and has not paid."""
    wish = {
        "schedule": str(story.schedule.id),
        "visit_type": str(story.visit_type.id),
        "person": {"full_name": "Phạm Long", "born_on": "1979-03-02"},
    }
    answer = ok(make.api_client(dan).post("/api/v1/walk-ins", wish, HTTP_IDEMPOTENCY_KEY="w"), 201)
    return answer["ticket"]["appointment"], Payment.objects.get(id=answer["payment"]["id"])


def test_a_walk_in_with_a_card_pays_only_what_is_left(story: Story, clock, dan: Any, desk: Client) -> None:
    appointment, asked = walk_in(story, dan)
    page = f"/hospital/visits/{appointment}/money/"
    assert desk.get(page).status_code == 200
    places = {desk.post(f"{page}bill/")["Location"] for _ in range(2)}
    bill = Invoice.objects.get()
    asked.refresh_from_db()
    assert places == {f"/hospital/bills/{bill.id}/"}
    assert (asked.status, bill.items.get().base_amount, bill.form) == ("cancelled", asked.amount, "in_person")
    desk.post(f"/hospital/bills/{bill.id}/issue/", {})
    bill.refresh_from_db()
    desk.post(f"/hospital/invoices/{bill.id}/ask/")
    paid = Payment.objects.get(subject=f"invoice:{bill.id}")
    started = payments.actions.start_payment(payment_id=paid.id, gateway="sandbox", by=HOUSE, now=this_instant())
    bank.pay(started.gateway_reference, now=this_instant())
    run_jobs()
    bill.refresh_from_db()
    assert (bill.status, Invoice.objects.count(), Refund.objects.count()) == ("settled", 1, 0)


@pytest.mark.parametrize("issued", [False, True])
def test_who_pays_the_old_code_all_the_same_has_paid_the_bill(
    story: Story, clock, dan: Any, desk: Client, issued: bool
) -> None:
    """The phone still showed the first code: the money counts for the bill, and no second invoice is written."""
    appointment, asked = walk_in(story, dan)
    started = payments.actions.start_payment(payment_id=asked.id, gateway="sandbox", by=HOUSE, now=this_instant())
    bill = billing.begin_bill(appointment_id=appointment, by=HOUSE, now=this_instant())
    if issued:
        payments.actions.issue_invoice(invoice_id=bill.id, by=HOUSE, now=this_instant())
    bank.pay(started.gateway_reference, now=this_instant())
    payments.actions.ask_gateway(payment_id=asked.id, by=HOUSE, now=this_instant())
    run_jobs()
    bill.refresh_from_db()
    assert (Invoice.objects.count(), Refund.objects.count()) == (1, 0)
    if not issued:  # the desk finds it as a deposit
        payments.actions.issue_invoice(invoice_id=bill.id, by=HOUSE, now=this_instant())
        assert str(asked.id) in desk.get(f"/invoices/{bill.id}/").content.decode()
        desk.post(f"/hospital/invoices/{bill.id}/count/", {"payment": str(asked.id)})
        bill.refresh_from_db()
    assert bill.status == "settled" and CountedPayment.objects.get().payment_id == asked.id


def test_a_paid_visit_has_more_on_another_bill(story: Story, clock, dan: Any, desk: Client) -> None:
    story.hold()
    story.pay()
    page = f"/hospital/visits/{story.ids['appointment']}/money/"
    assert "HD" in desk.get(page).content.decode()
    desk.post(f"{page}bill/")
    draft = Invoice.objects.get(status="draft")
    assert (draft.items.count(), draft.payer_id) == (0, story.ana.id)


def test_a_time_nobody_has_booked_is_not_billed(story: Story, clock, desk: Client) -> None:
    story.hold()
    page = f"/hospital/visits/{story.ids['appointment']}/money/"
    assert desk.get(page).status_code == 200
    assert desk.post(f"{page}bill/")["Location"] == page
    assert Invoice.objects.count() == 0 and Payment.objects.get().status == "created"


def test_a_deposit_is_asked_for_once_and_counts(story: Story, clock, dan: Any, desk: Client) -> None:
    story.hold()
    story.pay()
    page = f"/hospital/visits/{story.ids['appointment']}/money/"
    for wrong in ("", "viel", "999", "-5", "2000000000"):
        assert desk.post(f"{page}deposit/", {"amount": wrong}).status_code == 422
    assert Payment.objects.count() == 1
    wish = {"amount": "500.000", "deposit": str(new_id())}
    places = {desk.post(f"{page}deposit/", wish)["Location"] for _ in range(2)}
    asked = Payment.objects.get(subject__startswith="deposit:")
    assert places == {f"/hospital/cash/payments/{asked.id}/"} and asked.payer_id == story.ana.id
    started = payments.actions.start_payment(payment_id=asked.id, gateway="sandbox", by=HOUSE, now=this_instant())
    bank.pay(started.gateway_reference, now=this_instant())
    run_jobs()
    assert "500.000" in desk.get(page).content.decode()
    assert ok(story.api(story.ana).get(f"/api/v1/payments/{asked.id}/papers"))["receipts"]


def test_an_insured_visit_paid_in_full_gets_the_funds_part_back(story: Story, clock, dan: Any, desk: Client) -> None:
    """150.000 ₫ are below 15 % of the base salary: on the right route the fund pays all of what it knows."""
    publish(story.hospital, now=this_instant())
    _appointment, asked = walk_in(story, dan)
    started = payments.actions.start_payment(payment_id=asked.id, gateway="sandbox", by=HOUSE, now=this_instant())
    bank.pay(started.gateway_reference, now=this_instant())
    run_jobs()
    first = Invoice.objects.get()
    desk.post(f"/hospital/invoices/{first.id}/replace/", {"reason": "Thẻ BHYT"})
    fresh = Invoice.objects.get(replaces=first)
    for line in fresh.items.all():
        desk.post(f"/hospital/bills/lines/{line.id}/", {"act": "off"})
    desk.post(f"/hospital/bills/{fresh.id}/lines/", {"code": "KB01", "quantity": "1"})
    desk.post(f"/hospital/bills/{fresh.id}/insurance/", {"card": CARD, "visit_object": "1.1"})
    desk.post(f"/hospital/bills/{fresh.id}/issue/", {})
    run_jobs()
    fresh.refresh_from_db()
    refund = Refund.objects.get()
    assert (fresh.status, fresh.due.amount, refund.status, refund.amount) == ("settled", 0, "done", asked.amount)
    assert Invoice.objects.filter(kind="credit").count() == 0


@pytest.mark.parametrize("issued", [False, True])
def test_money_held_on_a_card_pays_the_visit_and_nothing_beside_it(
    story: Story, clock, dan: Any, desk: Client, issued: bool
) -> None:
    """The desk's bill was begun when the visit was as good as paid: the visit is not on it, and gets an invoice of its own."""
    story.hold()
    story.to_the_gateway()
    held = Payment.objects.get()
    payments.actions.record_authorisation(payment_id=held.id, by=HOUSE, now=this_instant())
    run_jobs()
    clock.shift(60)
    page = f"/hospital/visits/{story.ids['appointment']}/money/"
    desk.post(f"{page}bill/")
    bill = Invoice.objects.get()
    desk.post(f"/hospital/bills/{bill.id}/lines/", {"name": "Băng gạc", "price": "50.000", "quantity": "1"})
    if issued:
        desk.post(f"/hospital/bills/{bill.id}/issue/", {})
    held.refresh_from_db()
    payments.actions.record_capture(
        payment_id=held.id, gateway_reference=held.gateway_reference, by=HOUSE, now=this_instant()
    )
    run_jobs()
    of_the_visit = Invoice.objects.exclude(id=bill.id).get()
    assert (of_the_visit.status, of_the_visit.total_amount) == ("settled", held.amount)
    assert (CountedPayment.objects.get().invoice_id, Refund.objects.count()) == (of_the_visit.id, 0)
    bill.refresh_from_db()
    assert (bill.status, bill.total_amount) == ("issued" if issued else "draft", 50_000)


@pytest.mark.django_db(transaction=True)
def test_two_taps_begin_one_bill_that_has_the_visit_once(story: Story, clock, dan: Any, monkeypatch: Any) -> None:
    appointment, _asked = walk_in(story, dan)
    together, inside = threading.Barrier(2), threading.Barrier(2)
    errors: list[Exception] = []
    prepare = payments.actions.prepare_invoice

    def slowly(**wish: Any) -> Invoice:
        with suppress(threading.BrokenBarrierError):  # whoever is here alone goes on
            inside.wait(1)
        return prepare(**wish)

    monkeypatch.setattr(payments.actions, "prepare_invoice", slowly)

    def tap() -> None:
        try:
            together.wait(30)
            billing.begin_bill(appointment_id=UUID(appointment), by=HOUSE, now=this_instant())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tap) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert Invoice.objects.get().items.count() == 1


def test_nobody_is_reminded_of_the_bill_of_a_cancelled_visit(story: Story, clock, dan: Any, desk: Client) -> None:
    story.hold()
    story.pay()
    visit = UUID(story.ids["appointment"])
    clock.shift(60)
    bill = billing.begin_bill(appointment_id=visit, by=HOUSE, now=this_instant())
    wish = {"name": "Băng gạc", "price": Money.vnd(50_000)}
    payments.actions.charge_amount(invoice_id=bill.id, **wish, by=HOUSE, now=this_instant())  # type: ignore[arg-type]
    payments.actions.issue_invoice(invoice_id=bill.id, by=HOUSE, now=this_instant())
    booking.actions.cancel_appointment(appointment_id=visit, by=make.actor_for(story.ana), now=this_instant())
    run_jobs()
    clock.shift(5 * 86_400)
    payments.actions.remind_of_invoices(by=HOUSE, now=this_instant())
    run_jobs()
    assert not Message.objects.filter(kind="invoice_reminder").exists()


@pytest.mark.parametrize("paid", [False, True])
def test_the_desk_hears_of_the_bills_of_a_visit_that_is_cancelled(
    story: Story, clock, dan: Any, desk: Client, paid: bool
) -> None:
    appointment, _asked = walk_in(story, dan)
    bill = billing.begin_bill(appointment_id=appointment, by=HOUSE, now=this_instant())
    payments.actions.issue_invoice(invoice_id=bill.id, by=HOUSE, now=this_instant())
    if paid:
        asked = payments.actions.ask_to_pay(
            invoice_id=bill.id, expires_at=this_instant() + timedelta(days=1), by=HOUSE, now=this_instant()
        )
        assert asked is not None
        started = payments.actions.start_payment(payment_id=asked.id, gateway="sandbox", by=HOUSE, now=this_instant())
        bank.pay(started.gateway_reference, now=this_instant())
        run_jobs()
    booking.actions.cancel_appointment(
        appointment_id=appointment, reason="x", by=make.actor_for(dan), now=this_instant()
    )
    run_jobs()
    told = Message.objects.filter(kind="visit_bills_left")
    bill.refresh_from_db()
    assert [one.recipient_id for one in told] == [dan.user_id] and bill.number in str(told.get().params)
    page = f"/hospital/visits/{appointment}/money/"
    assert "không diễn ra" in desk.get(page).content.decode()
    door = f"/hospital/invoices/{bill.id}/take-back/"
    assert (
        desk.post(door, {"reason": ""}).status_code == 302
        and desk.post(door, {"reason": "Không khám"}).status_code == 302
    )
    bill.refresh_from_db()
    assert bill.status == ("settled" if paid else "adjusted")  # what was paid is given back, by a refund


def test_a_visit_paid_beforehand_and_cancelled_says_nothing_to_the_desk(story: Story, clock, dan: Any) -> None:
    story.hold()
    story.pay()
    booking.actions.cancel_appointment(
        appointment_id=story.ids["appointment"], reason="x", by=make.actor_for(dan), now=this_instant()
    )
    run_jobs()
    assert not Message.objects.filter(kind="visit_bills_left").exists()
