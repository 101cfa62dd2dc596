"""Stripe's webhooks at our door: kept, not believed, in any order and number; forged ones leave no trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
import stripe

from payments import actions, ledger, queries
from payments.models import Delivery, Entry, GatewayAccount, Payment
from tests.jobs import run_jobs, waiting_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe import call, events_of
from tests.payments.stripe_stage import HOOK_SECRET, There

pytestmark = pytest.mark.usefixtures("account")
Pay = Callable[..., Payment]


def nothing_happened(payment: Payment) -> bool:
    return (
        again(payment).status == "pending"
        and not Delivery.objects.exists()
        and not Entry.objects.exists()
        and waiting_jobs() == []
    )


def test_a_hook_is_kept_and_a_job_captures(pending: Payment, account: GatewayAccount, there: There) -> None:
    there.act("pay", pending.gateway_reference)
    (done,) = events_of(there, "checkout.session.completed")
    assert call(account, done).status_code == 200
    assert again(pending).status == "pending"
    run_jobs()
    found = again(pending)
    assert (found.status, found.captured_amount, found.gateway_transaction[:3]) == ("captured", 150_000, "ch_")
    assert Delivery.objects.get().outcome == "captured"


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"])
def test_each_of_the_events_alone_is_enough(pending: Payment, account: GatewayAccount, there: There, kind: str) -> None:
    there.act("pay", pending.gateway_reference)
    call(account, events_of(there, kind)[0])
    run_jobs()
    assert again(pending).status == "captured"


def test_the_message_itself_is_not_believed(pending: Payment, account: GatewayAccount, there: There) -> None:
    there.act("pay", pending.gateway_reference)
    (event,) = events_of(there, "checkout.session.completed")
    there.ask("reset")  # and Stripe, asked, knows of no such thing
    assert call(account, event).status_code == 200
    run_jobs(failures="keep")
    assert again(pending).status != "captured" and not Entry.objects.exists()


def test_duplicates_are_one(pending: Payment, account: GatewayAccount, there: There) -> None:
    there.act("pay", pending.gateway_reference)
    for event in events_of(there) * 3:
        assert call(account, event).status_code == 200
    run_jobs()
    assert Delivery.objects.count() == len(events_of(there))
    assert Entry.objects.filter(kind="capture").count() == 2


@pytest.mark.parametrize("header", ["", "nonsense", "t=1,v1=" + "0" * 64, "t=x,v1=y", "v1=" + "0" * 64, "t=1"])
def test_forged_ones_leave_no_trace(pending: Payment, account: GatewayAccount, there: There, header: str) -> None:
    there.act("pay", pending.gateway_reference)
    response = call(account, events_of(there)[0], header=header)
    assert (response.status_code, response.json()["code"]) == (400, "bad_signature")
    assert nothing_happened(pending)


@pytest.mark.parametrize(
    "change", [{"secret": "whsec_other"}, {"age": 301}, {"age": -310}], ids=["wrong secret", "stale", "future"]
)
def test_wrong_stale_and_future_ones_leave_no_trace(
    pending: Payment, account: GatewayAccount, there: There, change: dict[str, Any]
) -> None:
    there.act("pay", pending.gateway_reference)
    assert call(account, events_of(there)[0], **change).status_code == 400
    assert nothing_happened(pending)


def test_the_signature_is_over_the_bytes(pending: Payment, account: GatewayAccount, there: There) -> None:
    there.act("pay", pending.gateway_reference)
    event = events_of(there)[0]
    header = stripe.WebhookSignature.generate_signature_header(json.dumps(event), HOOK_SECRET)
    assert call(account, json.dumps(event, indent=1), header=header).status_code == 400
    assert nothing_happened(pending)


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", "{", "[" * 60_000, '{"id": "evt_1", "type": "x", "data": {"object": {"object": "charge"}}}',
     '{"id": "evt 1", "type": "x", "data": {"object": {"object": "charge", "id": "ch_1"}}}',
     '{"id": "evt_1", "type": "x", "data": {"object": {"object": "charge", "id": "ch_1", "metadata": 5}}}'],
)  # fmt: skip
def test_signed_nonsense_is_refused(pending: Payment, account: GatewayAccount, body: str) -> None:
    assert call(account, body).status_code == 400
    assert nothing_happened(pending)


def test_another_hospitals_account_cannot_speak_of_this_payment(
    pending: Payment, account: GatewayAccount, there: There, elsewhere: GatewayAccount
) -> None:
    there.act("pay", pending.gateway_reference)
    for event in events_of(there):
        assert call(elsewhere, event, secret="whsec_elsewhere").status_code == 200
    run_jobs()
    assert set(Delivery.objects.values_list("outcome", flat=True)) == {"unknown"}
    assert again(pending).status == "pending" and not Entry.objects.exists()


FIVE = (
    "checkout.session.completed",
    "payment_intent.succeeded",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
)


@pytest.mark.parametrize("order", list(permutations(range(5))))
def test_all_120_orders_of_five_events_end_alike(
    open_payment: Pay, account: GatewayAccount, there: There, now: datetime, order: tuple[int, ...]
) -> None:
    """Paid, a part sent back, disputed and lost, all before the first word of it reaches us."""
    payment = actions.start_payment(payment_id=open_payment().id, gateway="stripe", by=HOUSE, now=now)
    there.act("pay", payment.gateway_reference)
    client = there.client()
    charge = client.v1.charges.list().data[0]
    client.v1.refunds.create({"charge": charge.id, "amount": 50_000})
    dispute = there.act("dispute", charge.id)
    there.act("lose", dispute["id"])
    told = {kind: events_of(there, kind)[0] for kind in FIVE}
    for place in order:
        assert call(account, told[FIVE[place]]).status_code == 200
        run_jobs()
    found, facility = again(payment), payment.facility_id
    assert (found.status, found.captured_amount) == ("captured", 150_000)
    assert [(one.status, one.amount, one.is_taken) for one in found.disputes.all()] == [("lost", 100_000, True)]
    balances = queries.balances(facility)
    assert balances[ledger.income(facility), "VND"] == -150_000
    assert balances[ledger.losses(facility), "VND"] == 100_000
    assert balances.get((ledger.disputed(facility), "VND"), 0) == 0
    assert balances[ledger.fees(facility), "VND"] == found.fee_amount + 350_000
    assert sum(balances.values()) == 0
