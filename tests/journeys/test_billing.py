"""A visit's papers, as reactions write them: receipt and invoice when it is paid, slip and credit note when money goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

import payments.actions
from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from journeys import billing
from payments.events import PaymentCaptured, PaymentRefunded
from payments.gateways.sandbox import bank
from payments.models import Invoice, Payment, Receipt
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok, this_instant

pytestmark = pytest.mark.django_db


def papers() -> tuple[list[tuple[str, int]], list[tuple[str, str, int]]]:
    receipts = Receipt.objects.order_by("created_at", "id").values_list("kind", "amount")
    invoices = Invoice.objects.order_by("sequence").values_list("kind", "status", "total_amount")
    return list(receipts), list(invoices)


def test_who_pays_a_visit_has_receipt_and_invoice_at_once(story: Story, clock) -> None:
    story.hold()
    story.pay()
    assert papers() == ([("receipt", 150_000)], [("bill", "settled", 150_000)])
    invoice = Invoice.objects.get()
    assert (invoice.person_id, invoice.payer_id) == (story.ana.id, story.ana.id)
    assert ok(story.api(story.ana).get(f"/api/v1/payments/{story.ids['payment']}/papers"))["receipts"]
    timeline = ok(story.api(story.ana).get(f"/api/v1/people/{story.ana.id}/record/timeline"))
    assert [one["ref"] for one in timeline["results"] if one["kind"] == "invoice"] == [f"invoice:{invoice.id}"]


def test_what_is_paid_for_an_invoice_settles_it(story: Story, clock) -> None:
    at, house = this_instant(), Actor.system("rules")
    draft = payments.actions.prepare_invoice(
        subject=Ref("encounter", new_id()), person_id=story.ana.id, payer_id=story.ana.id,
        facility_id=story.hospital.id, visited_on=at.date(), form="in_person", by=house, now=at,
    )  # fmt: skip
    values = {"invoice_id": draft.id, "by": house, "now": at}
    payments.actions.charge_amount(name="Cấp lại sổ khám", price=Money.vnd(20_000), **values)
    payments.actions.issue_invoice(**values)
    asked = payments.actions.ask_to_pay(expires_at=at + timedelta(days=1), **values)
    assert asked is not None
    started = ok(story.api(story.ana).post("/api/v1/payments", {"subject": asked.subject, "gateway": "sandbox"}))
    bank.pay(Payment.objects.get(id=started["id"]).gateway_reference, now=this_instant())
    run_jobs()
    draft.refresh_from_db()
    assert draft.status == "settled"
    assert list(Receipt.objects.values_list("kind", "amount")) == [("receipt", 20_000)]


def test_told_twice_it_stays_the_same(story: Story, clock) -> None:
    story.hold()
    story.pay()
    before = papers()
    payment = Payment.objects.get(id=story.ids["payment"])
    captured = PaymentCaptured(payment_id=str(payment.id), subject=payment.subject)
    for reaction in (billing.write_the_receipt, billing.bill_the_visit, billing.count_it_for_its_invoice):
        reaction(captured)
    billing.write_the_refund_slip(PaymentRefunded(payment_id=str(payment.id), subject=payment.subject))
    assert papers() == before


def test_a_cancelled_visit_has_a_slip_and_a_credit_note(story: Story, clock) -> None:
    story.hold()
    story.pay()
    ok(story.api(story.ana).post(f"/api/v1/appointments/{story.ids['appointment']}/cancel", {"reason": "x"}))
    run_jobs()
    refunded = Payment.objects.get(id=story.ids["payment"]).refunded_amount
    assert refunded > 0
    assert papers() == (
        [("receipt", 150_000), ("payout", refunded)],
        [("bill", "adjusted", 150_000), ("credit", "settled", refunded)],
    )


def test_another_desk_reads_none_of_it(story: Story, clock, eve) -> None:
    story.hold()
    story.pay()
    other = make.api_client(make.make_desk(facility=make.make_facility(name="Bệnh viện Núi Tản")))
    for api in (other, make.api_client(eve)):
        assert api.get(f"/api/v1/invoices/{Invoice.objects.get().id}").status_code == 404
        assert api.get(f"/api/v1/receipts/{Receipt.objects.get().id}").status_code == 404
