"""A visit's papers, as reactions write them: receipt and invoice when it is paid, slip and credit note when money goes back."""

from __future__ import annotations

import pytest

from journeys import billing
from payments.events import PaymentCaptured, PaymentRefunded
from payments.models import Invoice, Payment, Receipt
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok

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
