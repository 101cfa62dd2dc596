"""Money that the payer's bank has taken is not given back a second time; won again, it follows the visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from core.money import Money
from core.refs import Ref
from payments import actions, queries
from payments.errors import RefundTooHigh
from payments.models import Credit, Dispute, Payment, Refund
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.holding import CARDS

pytestmark = pytest.mark.usefixtures("companies")


@pytest.fixture
def charged(payment: Payment, now: datetime) -> Payment:
    """Paid by card."""
    begun = actions.start_payment(payment_id=payment.id, gateway="holding", by=HOUSE, now=now)
    CARDS.pay(begun.gateway_reference)
    actions.ask_gateway(payment_id=begun.id, by=HOUSE, now=now)
    return again(begun)


def hear(payment: Payment, now: datetime) -> None:
    """The company tells how the dispute stands."""
    disputed = CARDS.of(payment).disputed
    assert disputed is not None and payment.account is not None
    actions.look_into_dispute(
        gateway="holding", account=payment.account, reference=disputed.reference, by=HOUSE, now=now
    )


def settle(payment: Payment, now: datetime) -> list[Refund]:
    subjects = [Ref.parse(payment.subject)]
    found = actions.settle(subjects=subjects, owed=Money.vnd(0), reason="cancelled", by=HOUSE, now=now)
    run_jobs()
    return found


def test_while_disputed_it_is_neither_given_back_nor_owed(charged: Payment, now: datetime, by_dan: Any) -> None:
    CARDS.dispute(charged.gateway_reference, at=now)
    hear(charged, now)
    assert settle(charged, now) == []
    for money in (None, Money.vnd(1)):
        with pytest.raises(RefundTooHigh):
            actions.request_refund(payment_id=charged.id, reason="x", money=money, by=by_dan, now=now)
    assert not Refund.objects.exists() and not Credit.objects.exists()


def test_lost_it_is_the_payers_and_nothing_more_goes_back(charged: Payment, now: datetime) -> None:
    CARDS.dispute(charged.gateway_reference, at=now)
    CARDS.decide(charged.gateway_reference, "lost")
    hear(charged, now)
    assert settle(charged, now) == []
    assert not Refund.objects.exists() and not Credit.objects.exists()
    assert sum(queries.balances().values()) == 0


def test_won_it_can_be_given_back(charged: Payment, now: datetime, told: list[str]) -> None:
    CARDS.dispute(charged.gateway_reference, at=now)
    hear(charged, now)
    CARDS.decide(charged.gateway_reference, "won")
    hear(charged, now)
    assert told.count("DisputeWon") == 1
    assert [one.amount for one in settle(charged, now)] == [150_000]
    assert (again(charged).status, CARDS.kept) == ("refunded", 0)


def test_only_what_is_not_disputed_goes_back(charged: Payment, now: datetime) -> None:
    actions.request_refund(payment_id=charged.id, reason="x", money=Money.vnd(50_000), by=HOUSE, now=now)
    run_jobs()
    CARDS.dispute(charged.gateway_reference, at=now)  # the rest
    hear(charged, now)
    assert Dispute.objects.get().amount == 100_000
    assert settle(charged, now) == []
    assert again(charged).refunded_amount == 50_000


def test_refused_because_it_was_disputed_meanwhile_it_is_not_owed_as_well(charged: Payment, now: datetime) -> None:
    actions.request_refund(payment_id=charged.id, reason="cancelled", by=HOUSE, now=now)
    CARDS.dispute(charged.gateway_reference, at=now)
    hear(charged, now)
    run_jobs()  # the company refuses: the money is not there
    assert Refund.objects.get().status == "failed"
    assert not Credit.objects.exists()
    balances = {account.partition("/")[0]: total for (account, _), total in queries.balances().items()}
    assert (balances["refunds"], balances["refunds_due"], balances["disputed"]) == (0, 0, 150_000)
    CARDS.decide(charged.gateway_reference, "won")
    hear(charged, now)
    settle(charged, now)
    assert (again(charged).status, CARDS.kept) == ("refunded", 0)
