"""Money given back: promised once, sent once, written down."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.money import Money
from identity.models import Facility
from payments import actions, ledger, queries
from payments.errors import NotCaptured, RefundTooHigh
from payments.models import Charge, Entry, Payment, Refund
from tests.jobs import run_jobs, waiting_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.conftest import HOUSE, again


def request(payment: Payment, now: datetime, by: Actor = HOUSE, amount: int | None = None) -> Refund:
    money = None if amount is None else Money.vnd(amount)
    return actions.request_refund(payment_id=payment.id, reason="cancelled", money=money, by=by, now=now)


def test_all_of_it_goes_back(paid: Payment, now: datetime, told: list[str]) -> None:
    told.clear()
    refund = request(paid, now)
    assert refund.status == "requested"
    assert again(paid).status == "captured"  # nothing has left yet
    run_jobs()
    payment, refund = again(paid), Refund.objects.get()
    assert (payment.status, payment.refunded) == ("refunded", Money.vnd(150_000))
    assert (refund.status, refund.gateway_reference[:4]) == ("done", "sbr_")
    assert Charge.objects.get().refunded_amount == 150_000
    assert told == ["RefundRequested", "PaymentRefunded"]
    balances = queries.balances()
    assert balances[ledger.clearing("sandbox", payment.facility_id), "VND"] == 0
    assert sum(balances.values()) == 0


def test_asking_for_all_of_it_again_returns_the_first_promise(paid: Payment, now: datetime) -> None:
    first = request(paid, now)
    assert request(paid, now).id == first.id
    run_jobs()
    assert request(paid, now).id == first.id
    assert Refund.objects.count() == 1 and Charge.objects.get().refunded_amount == 150_000


def test_a_part_goes_back_and_then_the_rest(paid: Payment, now: datetime) -> None:
    request(paid, now, amount=50_000)
    run_jobs()
    assert (again(paid).status, again(paid).refunded_amount) == ("partly_refunded", 50_000)
    assert request(paid, now).amount == 100_000
    run_jobs()
    assert (again(paid).status, again(paid).refunded_amount) == ("refunded", 150_000)


@pytest.mark.parametrize("amount", [0, -1, 150_001])
def test_refuses_more_than_was_paid_or_less_than_something(paid: Payment, now: datetime, amount: int) -> None:
    with pytest.raises(RefundTooHigh):
        request(paid, now, amount=amount)
    assert not Refund.objects.exists()


def test_promises_count_before_they_are_kept(paid: Payment, now: datetime) -> None:
    request(paid, now, amount=100_000)
    with pytest.raises(RefundTooHigh):
        request(paid, now, amount=100_000)


def test_refuses_when_nothing_was_paid(pending: Payment, now: datetime) -> None:
    with pytest.raises(NotCaptured):
        request(pending, now)
    assert waiting_jobs() == []


def test_a_citizen_may_not_and_eve_does_not_find_it(paid: Payment, now: datetime, by_ana: Actor, by_eve: Actor) -> None:
    with pytest.raises(NotAllowed):
        request(paid, now, by=by_ana)
    with pytest.raises(NotFound):
        request(paid, now, by=by_eve)
    stranger = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    with pytest.raises(NotFound):
        request(paid, now, by=stranger)
    assert not Refund.objects.exists()


def test_the_job_run_twice_sends_it_once(paid: Payment, now: datetime, hospital: Facility) -> None:
    refund = request(paid, now)
    for _ in range(3):
        actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert Charge.objects.get().refunded_amount == 150_000
    assert Entry.objects.filter(kind="refund_done").count() == 2


def test_a_crash_after_the_gateway_sent_it_sends_it_once(
    paid: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = request(paid, now)
    with monkeypatch.context() as patch:
        patch.setattr("payments.actions.refunds.record_refund", lambda **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert Charge.objects.get().refunded_amount == 150_000 and again(paid).status == "captured"
    run_jobs()
    assert Charge.objects.get().refunded_amount == 150_000 and again(paid).status == "refunded"


def test_what_the_gateway_refuses_to_send_is_owed_to_the_payer(paid: Payment, now: datetime) -> None:
    Charge.objects.update(refunded_amount=1)  # somebody gave a dong back at the bank's own counter
    request(paid, now)
    run_jobs()
    refund = Refund.objects.get()
    assert (refund.status, refund.credit.status, refund.credit.cause) == ("credited", "owed", "refused")
    assert again(paid).status == "captured"
    balances = queries.balances()
    assert balances[ledger.refunds_due(paid.facility_id), "VND"] == 0
    assert balances[ledger.credits_owed(paid.facility_id), "VND"] == -150_000
