"""Money that Stripe sends back, and its statement of a day."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.money import Money
from payments import actions, gateways, ledger, queries
from payments.errors import GatewayUnavailable
from payments.models import GatewayAccount, Payment, Refund
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe import speaks
from tests.payments.stripe_stage import There

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
pytestmark = pytest.mark.usefixtures("account")


def refund(payment: Payment, now: datetime, money: Money | None = None) -> Refund:
    made = actions.request_refund(payment_id=payment.id, reason="cancelled", money=money, by=HOUSE, now=now)
    run_jobs()
    made.refresh_from_db()
    return made


def test_a_refund_goes_back_once_also_when_the_line_breaks(paid: Payment, there: There, now: datetime) -> None:
    there.will("reset", path="/v1/refunds", method="POST")
    made = refund(paid, now)
    assert (made.status, made.gateway_reference[:3]) == ("done", "re_")
    assert again(paid).status == "refunded"
    assert len(there.raw("/v1/refunds")["data"]) == 1


@pytest.mark.parametrize("done", [False, True])
def test_a_refund_whose_answer_is_stuck_is_looked_for_and_not_sent_twice(
    paid: Payment, there: There, now: datetime, done: bool
) -> None:
    there.will("500", path="/v1/refunds", method="POST", done=done)
    assert refund(paid, now, Money.vnd(40_000)).status == "done"
    assert [one["amount"] for one in there.raw("/v1/refunds")["data"]] == [40_000]


def test_a_refund_stripe_refuses_is_owed_to_the_payer(paid: Payment, there: There, now: datetime) -> None:
    there.act("dispute", paid.gateway_transaction)
    assert refund(paid, now).status == "credited"
    assert again(paid).status == "captured"
    balances = queries.balances(paid.facility_id)
    assert balances[ledger.refunds_due(paid.facility_id), "VND"] == 0
    assert balances[ledger.credits_owed(paid.facility_id), "VND"] == -150_000
    assert there.raw("/v1/refunds")["data"] == []


def test_a_refund_waits_while_stripe_is_away(paid: Payment, there: There, now: datetime) -> None:
    there.will("503", path="/v1/", times=3)
    made = actions.request_refund(payment_id=paid.id, reason="cancelled", by=HOUSE, now=now)
    with pytest.raises(GatewayUnavailable):
        actions.carry_out_refund(refund_id=made.id, by=HOUSE, now=now)
    made.refresh_from_db()
    assert made.status == "requested"
    run_jobs()
    made.refresh_from_db()
    assert made.status == "done"


def test_why_money_goes_back_does_not_leave_the_house(paid: Payment, there: There, now: datetime) -> None:
    actions.request_refund(payment_id=paid.id, reason="HIV result given by phone", by=HOUSE, now=now)
    run_jobs()
    assert "HIV" not in json.dumps(there.seen())


# ---- the statement


def test_the_statement_of_a_day_names_payments_refunds_and_disputes(paid: Payment, there: There, now: datetime) -> None:
    refund(paid, now, Money.vnd(30_000))
    there.act("win", there.act("dispute", paid.gateway_transaction)["id"])
    there.client().v1.payment_intents.create(  # the hospital's own, by another program
        {"amount": 90_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": True}
    )
    gateway, account, _ = speaks(paid, now)
    rows = list(gateway.movements(account, now.astimezone(VIETNAM).date()))
    assert [(row.kind, row.money.amount, row.reference) for row in rows] == [
        ("capture", 90_000, ""),
        ("dispute_won", 120_000, paid.gateway_reference),
        ("dispute", 120_000, paid.gateway_reference),
        ("refund", 30_000, paid.gateway_reference),
        ("capture", 150_000, paid.gateway_reference),
    ]
    assert (rows[-1].transaction, rows[-1].fee) == (paid.gateway_transaction, paid.fee_amount)
    assert rows[2].fee == 350_000
    assert len({row.transaction for row in rows}) == 5
    assert list(gateway.movements(account, now.astimezone(VIETNAM).date() - timedelta(days=1))) == []


def test_a_long_statement_is_read_to_its_end(there: There, account: GatewayAccount, now: datetime) -> None:
    client = there.client()
    for _ in range(105):
        client.v1.payment_intents.create(
            {"amount": 20_000, "currency": "vnd", "payment_method": "pm_card_visa", "confirm": True}
        )
    speaks_ = queries.speaks_for(account, account.facility_id)
    rows = list(gateways.get("stripe").movements(speaks_, now.astimezone(VIETNAM).date()))
    assert len({row.transaction for row in rows}) == 105
