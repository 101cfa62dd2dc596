"""What the gateway says is written down once, also when it is said twice, at once, late or wrongly."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connections

from audit.models import Line
from core.actor import Actor
from core.errors import NotAllowed
from payments import actions
from payments.errors import OtherReference
from payments.gateways.sandbox import bank
from payments.models import Charge, Entry, Payment, Refund
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again


def capture(payment: Payment, now: datetime, reference: str = "", by: Actor = HOUSE) -> Payment:
    reference = reference or payment.gateway_reference
    return actions.record_capture(payment_id=payment.id, gateway_reference=reference, by=by, now=now)


def test_captures_writes_the_books_the_trail_and_tells(pending: Payment, now: datetime, told: list[str]) -> None:
    capture(pending, now)
    payment = again(pending)
    assert (payment.status, payment.captured_at) == ("captured", now)
    assert sorted(Entry.objects.values_list("amount", flat=True)) == [-150_000, 150_000]
    assert Line.objects.filter(action="payments.capture", person_id=payment.payer_id).count() == 1
    assert told == ["PaymentCaptured"]


def test_a_second_confirmation_changes_nothing(pending: Payment, now: datetime, told: list[str]) -> None:
    capture(pending, now)
    capture(pending, now + timedelta(seconds=1))
    assert again(pending).captured_at == now
    assert Entry.objects.count() == 2
    assert told == ["PaymentCaptured"]


def test_refuses_the_confirmation_of_another_payment(pending: Payment, now: datetime, told: list[str]) -> None:
    with pytest.raises(OtherReference):
        capture(pending, now, reference="sb_of_somebody_else")
    assert again(pending).status == "pending"
    assert not Entry.objects.exists() and told == []


def test_nobody_but_the_house_records_money(pending: Payment, now: datetime, by_ana: Actor, by_dan: Actor) -> None:
    for by in (by_ana, by_dan):
        with pytest.raises(NotAllowed):
            capture(pending, now, by=by)
    assert again(pending).status == "pending"


@pytest.mark.parametrize("end", ["expired", "cancelled", "failed"])
def test_money_that_comes_late_is_recorded_all_the_same(
    pending: Payment, now: datetime, told: list[str], end: str
) -> None:
    Payment.objects.filter(id=pending.id).update(status=end)
    capture(pending, pending.expires_at + timedelta(minutes=5))
    assert again(pending).status == "captured"
    assert told == ["PaymentCaptured"]  # the journey finds that the time is gone and sends the money back


def test_a_thing_paid_twice_gives_the_second_money_back_and_tells_nobody(
    pending: Payment, now: datetime, told: list[str]
) -> None:
    bank.decline(pending.gateway_reference, now=now)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    second = actions.start_payment(payment_id=pending.id, gateway="sandbox", by=HOUSE, now=now)
    capture(second, now)
    told.clear()
    Charge.objects.filter(reference=pending.gateway_reference).update(status="paid")  # the bank thinks again
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    assert (again(pending).status, again(second).status) == ("captured", "captured")
    assert Refund.objects.get().payment_id == pending.id
    assert told == ["RefundRequested"]
    run_jobs()
    assert again(pending).status == "refunded"


def test_a_refusal_closes_only_what_waits(pending: Payment, paid: Payment, now: datetime, told: list[str]) -> None:
    actions.record_failure(payment_id=paid.id, by=HOUSE, now=now)
    assert again(paid).status == "captured"
    assert "PaymentFailed" not in told


@pytest.mark.parametrize(
    ("change", "flaw"),
    [({"amount": 149_999}, "amount"), ({"amount": 1_500_000}, "amount"), ({"currency": "USD"}, "currency")],
)
def test_another_amount_or_currency_is_never_captured_but_flagged(
    pending: Payment, now: datetime, told: list[str], change: dict[str, object], flaw: str
) -> None:
    bank.pay(pending.gateway_reference, now=now)
    Charge.objects.update(**change)
    assert actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now) == "flagged"
    payment = again(pending)
    assert (payment.status, payment.flaw) == ("pending", flaw)
    assert not Entry.objects.exists() and told == []


def test_a_gateway_that_knows_nothing_changes_nothing(pending: Payment, now: datetime) -> None:
    assert actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now) == "unchanged"
    assert again(pending).status == "pending"


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_are_one_capture(pending: Payment, now: datetime, told: list[str]) -> None:
    """Without the row lock both look before either writes; without entry_captured_once both would then be booked."""
    together = threading.Barrier(8)
    failures: list[BaseException] = []

    def confirm() -> None:
        try:
            together.wait()
            capture(pending, now)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert again(pending).status == "captured"
    assert Entry.objects.count() == 2
    assert told == ["PaymentCaptured"]
