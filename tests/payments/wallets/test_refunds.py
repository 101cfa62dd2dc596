"""Money that VNPAY, MoMo and ZaloPay send back: all and in parts, once each, whatever was lost on the way."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from payments import actions, gateways, queries
from payments.errors import GatewayUnavailable
from payments.models import GatewayAccount, Payment, Refund
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.wallets import WORDS, Wallet, deliver, said


def promise(payment: Payment, now: datetime, amount: int | None = None) -> Refund:
    money = None if amount is None else type(payment.price).vnd(amount)
    return actions.request_refund(payment_id=payment.id, reason="cancelled", money=money, by=HOUSE, now=now)


def test_all_goes_back(paid: Payment, wallet: Wallet, now: datetime) -> None:
    refund = promise(paid, now)
    run_jobs()
    refund.refresh_from_db()
    assert (refund.status, again(paid).status, wallet.refunds()) == ("done", "refunded", [150_000])
    numbers = [one.number for one in wallet.bank.books.movements("kind = 'refund'")]
    assert [refund.gateway_reference] == numbers


def test_parts_go_back_one_after_the_other(paid: Payment, wallet: Wallet, now: datetime) -> None:
    promise(paid, now, 50_000)
    run_jobs()
    assert again(paid).status == "partly_refunded"
    promise(paid, now, 50_000)
    run_jobs()
    promise(paid, now)
    run_jobs()
    assert (again(paid).status, wallet.refunds()) == ("refunded", [50_000] * 3)


def test_a_refund_whose_answer_was_lost_is_asked_for_again_and_sent_once(
    paid: Payment, wallet: Wallet, now: datetime
) -> None:
    refund = promise(paid, now, 60_000)
    wallet.bank.orders.append({"call": "refund", "what": "silence", "stores": True})
    with pytest.raises(GatewayUnavailable):
        actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert (Refund.objects.get().status, wallet.refunds()) == ("requested", [60_000])
    for _ in range(3):
        actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert (Refund.objects.get().status, wallet.refunds()) == ("done", [60_000])
    assert Refund.objects.get().gateway_reference == wallet.bank.books.movements("kind = 'refund'")[0].number


def test_a_refund_that_did_not_arrive_is_sent_the_next_time(paid: Payment, wallet: Wallet, now: datetime) -> None:
    refund = promise(paid, now)
    wallet.bank.orders.append({"call": "refund", "status": 503})
    with pytest.raises(GatewayUnavailable):
        actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert wallet.refunds() == []
    actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert wallet.refunds() == [150_000]


def test_a_refund_is_not_sent_twice_on_another_day(paid: Payment, wallet: Wallet, now: datetime) -> None:
    """VNPAY knows request ids for a day only."""
    refund = promise(paid, now, 60_000)
    wallet.bank.orders.append({"call": "refund", "what": "silence", "stores": True})
    with pytest.raises(GatewayUnavailable):
        actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    wallet.bank.books.ask("DELETE FROM request")
    actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now + timedelta(days=1))
    assert (Refund.objects.get().status, wallet.refunds()) == ("done", [60_000])


@pytest.mark.parametrize("wallet", ["vnpay"], indirect=True)
@pytest.mark.parametrize("other_was_before", [True, False])
def test_vnpay_shows_the_last_refund_only_so_a_later_one_hides_ours(
    paid: Payment, wallet: Wallet, now: datetime, other_was_before: bool
) -> None:
    """Not sent again while it may have been sent; one from before the promise hides nothing."""
    actions.carry_out_refund(refund_id=promise(paid, now, 50_000).id, by=HOUSE, now=now)
    refund = promise(paid, now, 60_000)
    if other_was_before:
        wallet.bank.books.ask("UPDATE movement SET at = at - 3600 WHERE kind = 'refund'")
        actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now + timedelta(days=1))
        assert wallet.refunds() == [50_000, 60_000]
    else:
        wallet.bank.books.ask("UPDATE movement SET at = at + 60 WHERE kind = 'refund'")  # they name whole seconds
        with pytest.raises(GatewayUnavailable):
            actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now + timedelta(days=1))
        assert wallet.refunds() == [50_000]


def test_two_workers_send_one_refund(paid: Payment, wallet: Wallet, account: GatewayAccount, now: datetime) -> None:
    refund = promise(paid, now)
    gateway = gateways.get(wallet.code)
    speaks, asked = queries.speaks_for(account, paid.facility_id), queries.asked(paid, now)
    together, references = threading.Barrier(4), []

    def send() -> None:
        together.wait()
        references.append(gateway.refund(speaks, asked, key=refund.id, money=refund.money, reason=""))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(set(references)), len(references), wallet.refunds()) == (1, 4, [150_000])


def test_a_refund_the_gateway_refuses_waits_for_a_person(paid: Payment, wallet: Wallet, now: datetime) -> None:
    refund = promise(paid, now)
    charge = wallet.charge(paid)
    wallet.bank.books.add_movement(
        charge=charge.id, kind="refund", number="999", amount=150_000, fee=0, at=0.0, name="by hand", about="by hand"
    )
    actions.carry_out_refund(refund_id=refund.id, by=HOUSE, now=now)
    assert Refund.objects.get().status == "credited"
    assert again(paid).status == "captured"


def test_what_was_given_back_is_not_undone_by_an_old_call(paid: Payment, wallet: Wallet, now: datetime) -> None:
    promise(paid, now)
    run_jobs()
    response = deliver(wallet.code, wallet.notice(paid))
    assert said(wallet, response) == WORDS["again" if wallet.code == "vnpay" else "recorded"][wallet.code]
    run_jobs()
    assert again(paid).status == "refunded"
