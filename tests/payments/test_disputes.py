"""A payer disputes a payment: the gateway is asked, the books follow, the desk sees it, nobody else does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.test import Client

from core.actor import Actor
from core.errors import NotAllowed
from core.money import Money
from payments import actions, ledger, queries
from payments.gateways import DisputeTruth
from payments.models import Dispute, Entry, GatewayAccount, Payment
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe import call, events_of
from tests.payments.stripe_stage import There

TAKEN, WON, LOST = "needs_response", "won", "lost"
pytestmark = pytest.mark.usefixtures("account")


@pytest.fixture
def paid(payment: Payment, there: There, account: GatewayAccount, now: datetime) -> Payment:
    """150.000 ₫ paid through Stripe, and recorded."""
    pending = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    there.act("pay", pending.gateway_reference)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    return again(pending)


@pytest.fixture
def truth(paid: Payment, now: datetime) -> DisputeTruth:
    return DisputeTruth(
        reference="du_1", payment_id=paid.id, money=Money.vnd(150_000), reason="fraudulent", status=TAKEN,
        is_taken=True, opened_at=now, fee=350_000, answer_by=now + timedelta(days=7),
    )  # fmt: skip


@pytest.fixture
def record(paid: Payment, now: datetime) -> Callable[..., str]:
    return lambda truth: actions.record_dispute(payment_id=paid.id, truth=truth, by=HOUSE, now=now)


def balance(payment: Payment, account: Callable[..., str]) -> int:
    return queries.balances(payment.facility_id).get((account(payment.facility_id), "VND"), 0)


def at_stripe(payment: Payment) -> int:
    key = (ledger.clearing("stripe", payment.facility_id), "VND")
    return queries.balances(payment.facility_id).get(key, 0)


def test_a_hook_of_a_dispute_writes_it_down(
    paid: Payment, account: GatewayAccount, there: There, told: list[str]
) -> None:
    opened = there.act("dispute", paid.gateway_transaction)
    call(account, events_of(there, "charge.dispute.created")[0])
    run_jobs()
    found = Dispute.objects.get()
    assert (found.payment_id, found.gateway_reference, found.status) == (paid.id, opened["id"], TAKEN)
    assert (found.amount, found.fee_amount, found.is_taken) == (150_000, 350_000, True)
    assert found.answer_by is not None and found.answer_by > found.opened_at
    assert balance(paid, ledger.disputed) == 150_000
    assert at_stripe(paid) == -paid.fee_amount - 350_000
    assert "PaymentDisputed" in told
    assert again(paid).status == "captured"


@pytest.mark.parametrize(("deed", "status", "disputed", "lost"), [("win", WON, 0, 0), ("lose", LOST, 0, 150_000)])
def test_when_it_is_decided_the_money_goes_where_it_belongs(
    paid: Payment, account: GatewayAccount, there: There, deed: str, status: str, disputed: int, lost: int
) -> None:
    there.act(deed, there.act("dispute", paid.gateway_transaction)["id"])
    for event in events_of(there, "charge.dispute."):
        call(account, event)
        run_jobs()
    found = Dispute.objects.get()
    assert found.status == status and found.closed_at is not None
    assert (balance(paid, ledger.disputed), balance(paid, ledger.losses)) == (disputed, lost)
    assert balance(paid, ledger.fees) == paid.fee_amount + 350_000  # its fee is kept either way
    assert at_stripe(paid) == sum(row["net"] for row in there.raw("/v1/balance_transactions")["data"])


def test_without_any_hook_the_clock_finds_how_it_ended(
    paid: Payment, there: There, truth: DisputeTruth, record: Callable[..., str], now: datetime
) -> None:
    from payments.tasks import look_again

    opened = there.act("dispute", paid.gateway_transaction)
    record(replace(truth, reference=opened["id"]))
    there.act("lose", opened["id"])
    look_again.func(timestamp=int(now.timestamp()))
    run_jobs()
    assert Dispute.objects.get().status == LOST


def test_the_day_to_answer_by_is_the_banks_latest_word(
    truth: DisputeTruth, record: Callable[..., str], told: list[str], now: datetime
) -> None:
    record(replace(truth, status="under_review", answer_by=None))
    record(truth)
    assert Dispute.objects.get().answer_by == truth.answer_by and told.count("PaymentDisputed") == 2
    later = now + timedelta(days=21)
    record(replace(truth, answer_by=later))
    record(replace(truth, answer_by=None))
    record(replace(truth, status=WON, answer_by=now))
    assert Dispute.objects.get().answer_by == later and told.count("PaymentDisputed") == 2


def test_asked_ten_times_it_is_written_once(truth: DisputeTruth, record: Callable[..., str], told: list[str]) -> None:
    assert record(truth) == "disputed"
    lines = Entry.objects.count()
    assert {record(truth) for _ in range(10)} == {"unchanged"}
    assert (Dispute.objects.count(), Entry.objects.count()) == (1, lines)
    assert told.count("PaymentDisputed") == 1


def test_an_old_answer_changes_nothing_after_the_end(truth: DisputeTruth, record: Callable[..., str]) -> None:
    record(replace(truth, status=WON))
    lines = Entry.objects.count()
    for late in (TAKEN, "under_review", LOST):
        assert record(replace(truth, status=late)) == "unchanged"
    assert Dispute.objects.get().status == WON and Entry.objects.count() == lines


def test_a_question_of_the_bank_takes_no_money(paid: Payment, truth: DisputeTruth, record: Callable[..., str]) -> None:
    lines = Entry.objects.count()
    asked = replace(truth, is_taken=False, fee=0)
    record(asked)
    assert Entry.objects.count() == lines
    record(truth)  # and then it does
    assert balance(paid, ledger.disputed) == 150_000
    record(replace(truth, status=LOST))
    assert balance(paid, ledger.losses) == 150_000


def test_a_question_that_ends_well_moves_nothing(truth: DisputeTruth, record: Callable[..., str]) -> None:
    lines = Entry.objects.count()
    record(replace(truth, is_taken=False, fee=0))
    record(replace(truth, is_taken=False, fee=0, status=WON))
    assert Dispute.objects.get().status == WON and Entry.objects.count() == lines


@pytest.mark.parametrize("money", [Money.vnd(150_001), Money(150_000, "USD")])
def test_more_than_came_or_other_money_is_flagged(
    truth: DisputeTruth, record: Callable[..., str], money: Money
) -> None:
    lines = Entry.objects.count()
    assert record(replace(truth, money=money)) == "flagged"
    assert not Dispute.objects.exists() and Entry.objects.count() == lines


def test_a_dispute_that_changes_its_amount_is_flagged(truth: DisputeTruth, record: Callable[..., str]) -> None:
    record(truth)
    lines = Entry.objects.count()
    assert record(replace(truth, money=Money.vnd(90_000), status=LOST)) == "flagged"
    assert Dispute.objects.get().status == TAKEN and Entry.objects.count() == lines


def test_money_we_did_not_know_of_is_asked_about_first(
    payment: Payment, account: GatewayAccount, there: There, now: datetime
) -> None:
    pending = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    there.act("pay", pending.gateway_reference, card="pm_card_createDispute")
    call(account, events_of(there, "charge.dispute.created")[0])
    run_jobs()
    assert again(payment).status == "captured"
    assert Dispute.objects.get().is_taken


def test_another_hospitals_account_cannot_dispute_this_payment(
    paid: Payment, elsewhere: GatewayAccount, there: There
) -> None:
    there.act("dispute", paid.gateway_transaction)
    call(elsewhere, events_of(there, "charge.dispute.created")[0], secret="whsec_elsewhere")
    run_jobs(failures="keep")
    assert not Dispute.objects.exists() and not Entry.objects.filter(kind="dispute_taken").exists()


def test_only_the_house_records_disputes(
    paid: Payment, truth: DisputeTruth, by_dan: Actor, by_ana: Actor, now: datetime
) -> None:
    for by in (by_dan, by_ana):
        with pytest.raises(NotAllowed):
            actions.record_dispute(payment_id=paid.id, truth=truth, by=by, now=now)
    assert not Dispute.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_write_it_once(paid: Payment, truth: DisputeTruth, record: Callable[..., str]) -> None:
    ready, outcomes = threading.Barrier(4), []

    def write(status: str) -> None:
        try:
            ready.wait()
            outcomes.append(record(replace(truth, status=status)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(status,)) for status in (TAKEN, TAKEN, LOST, LOST)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(outcomes) == 4
    assert Dispute.objects.get().status == LOST
    assert balance(paid, ledger.losses) == 150_000 and balance(paid, ledger.disputed) == 0
    assert Entry.objects.filter(kind="dispute_fee").count() == 2


def test_the_desk_sees_it_and_the_payer_does_not(
    paid: Payment, truth: DisputeTruth, record: Callable[..., str], dan_browser: Client, ana_browser: Client
) -> None:
    record(truth)
    shown = dan_browser.get(f"/payments/{paid.id}/").content.decode()
    assert "du_1" in shown and "chủ thẻ" in shown
    hers = ana_browser.get(f"/payments/{paid.id}/").content.decode()
    assert "du_1" not in hers and "chủ thẻ" not in hers


def test_eve_cannot_tell_whether_it_exists(
    paid: Payment, truth: DisputeTruth, record: Callable[..., str], eve_browser: Client
) -> None:
    record(truth)
    assert eve_browser.get(f"/payments/{paid.id}/").status_code == 404


def test_a_fee_is_written_once(paid: Payment, now: datetime) -> None:
    actions.ask_gateway(payment_id=paid.id, by=HOUSE, now=now)
    fees = Entry.objects.filter(kind="fee")
    assert sorted(fees.values_list("amount", flat=True)) == [-paid.fee_amount, paid.fee_amount]
