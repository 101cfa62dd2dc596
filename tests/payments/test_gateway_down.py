"""The gateway that waits does not answer: the payer goes another way, and of two moneys one is kept. Through the HTTP door."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from payments import actions, queries
from payments.gateways.sandbox import bank
from payments.models import Charge, ChargeRefund, GatewayAccount, Payment, Refund
from payments.tasks import look_again
from tests.jobs import run_jobs, waiting_jobs
from tests.make import ApiClient
from tests.payments.conftest import HOUSE, again, at_once
from tests.payments.holding import CARDS, WALLET
from tests.payments.stripe_stage import There
from tests.payments.test_ways import kept, rows

pytestmark = pytest.mark.usefixtures("companies")


def choose(api: ApiClient, payment: Payment, gateway: str) -> Any:
    return api.post("/api/v1/payments", {"subject": payment.subject, "gateway": gateway})


def tries(payment: Payment) -> list[Payment]:
    return list(Payment.objects.filter(subject=payment.subject).order_by("created_at", "id"))


# ---- two companies at the edge, in memory


def test_another_way_is_open_while_the_first_is_down_and_is_closed_there_later(
    payment: Payment, ana_api: ApiClient, now: datetime
) -> None:
    assert choose(ana_api, payment, "holding").status_code == 200
    CARDS.is_silent = True
    answer = choose(ana_api, payment, "wallet")
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    first, second = tries(payment)
    assert (first.status, second.status, second.gateway) == ("cancelled", "pending", "wallet")
    assert CARDS.of(first).status == "open" and "payments.tasks.stop_there" in waiting_jobs()
    CARDS.is_silent = False
    run_jobs()
    assert CARDS.of(first).status == "closed" and not CARDS.pay(first.gateway_reference)
    assert rows(payment) == ["cancelled", "pending"]


def test_through_the_page_as_well(payment: Payment, ana_browser: Client, now: datetime) -> None:
    page = f"/payments/{payment.id}/start/"
    ana_browser.post(page, {"gateway": "holding"})
    CARDS.is_silent = True
    to = ana_browser.post(page, {"gateway": "wallet"})
    assert (to.status_code, to["Location"]) == (302, tries(payment)[1].gateway_url)


def test_down_between_asking_and_closing(payment: Payment, ana_api: ApiClient) -> None:
    choose(ana_api, payment, "holding")
    CARDS.troubles.extend(["", "before"])  # it answers how it stands, and not the wish to close
    assert choose(ana_api, payment, "wallet").status_code == 200
    run_jobs()
    assert CARDS.of(tries(payment)[0]).status == "closed"


def test_paid_there_before_it_went_down_the_money_counts_and_the_newer_page_is_closed(
    payment: Payment, ana_api: ApiClient, told: list[str]
) -> None:
    choose(ana_api, payment, "wallet")
    WALLET.pay(tries(payment)[0].gateway_reference)
    WALLET.is_silent = True
    choose(ana_api, payment, "holding")
    WALLET.is_silent = False
    run_jobs()
    first, second = tries(payment)
    assert (first.status, second.status, told.count("PaymentCaptured")) == ("captured", "cancelled", 1)
    assert CARDS.of(second).status == "closed"  # nobody can pay it any more
    assert (kept(), Refund.objects.count()) == (150_000, 0)


def test_paid_in_both_ways_the_second_money_goes_back(
    payment: Payment, ana_api: ApiClient, now: datetime, told: list[str]
) -> None:
    choose(ana_api, payment, "wallet")
    first = tries(payment)[0]
    WALLET.pay(first.gateway_reference)
    WALLET.is_silent = True
    choose(ana_api, payment, "sandbox")
    bank.pay(tries(payment)[1].gateway_reference, now=now)
    run_jobs(failures="keep")
    assert rows(payment) == ["cancelled", "captured"]
    WALLET.is_silent = False
    look_again.func(timestamp=int(now.timestamp()))  # if all the job's tries were lost
    run_jobs()
    assert rows(payment) == ["refunded", "captured"]
    assert Refund.objects.get().reason == "paid_twice" and told.count("PaymentCaptured") == 1
    assert (WALLET.kept, kept()) == (0, 150_000)


def test_a_card_held_there_is_let_go(payment: Payment, ana_api: ApiClient, now: datetime) -> None:
    Payment.objects.filter(id=payment.id).update(capture_by=now + timedelta(hours=1))
    choose(ana_api, payment, "holding")
    first = tries(payment)[0]
    CARDS.pay(first.gateway_reference)
    CARDS.is_silent = True
    choose(ana_api, payment, "sandbox")
    bank.pay(tries(payment)[1].gateway_reference, now=now)
    run_jobs(failures="keep")
    CARDS.is_silent = False
    look_again.func(timestamp=int(now.timestamp()))
    run_jobs()
    assert rows(payment) == ["cancelled", "captured"] and CARDS.of(first).status == "released"


def test_who_has_been_there_and_may_have_paid_waits(payment: Payment, ana_api: ApiClient, now: datetime) -> None:
    choose(ana_api, payment, "wallet")
    WALLET.is_silent = True
    actions.record_unknown(payment_id=payment.id, by=HOUSE, now=now)
    refused = choose(ana_api, payment, "holding")
    assert (refused.status_code, refused.json()["code"]) == (409, "being_checked")
    assert (rows(payment), CARDS.charges) == (["unknown"], {})


def test_where_no_account_is_nothing_is_let_go(payment: Payment, ana_api: ApiClient) -> None:
    choose(ana_api, payment, "holding")
    CARDS.is_silent = True
    GatewayAccount.objects.filter(gateway="wallet").update(is_active=False)
    assert choose(ana_api, payment, "wallet").json()["code"] == "no_account"
    assert (rows(payment), waiting_jobs()) == (["pending"], [])


def test_eve_lets_nothing_go(payment: Payment, ana_api: ApiClient, eve_api: ApiClient) -> None:
    choose(ana_api, payment, "holding")
    CARDS.is_silent = True
    assert choose(eve_api, payment, "wallet").status_code == 404
    assert (rows(payment), WALLET.charges) == (["pending"], {})


def test_a_way_taken_out_of_the_settings_keeps_nobody(payment: Payment, ana_api: ApiClient, settings: Any) -> None:
    choose(ana_api, payment, "holding")
    settings.PAYMENT_GATEWAYS = {code: path for code, path in settings.PAYMENT_GATEWAYS.items() if code != "holding"}
    assert choose(ana_api, payment, "wallet").status_code == 200
    assert rows(payment) == ["cancelled", "pending"]


@pytest.mark.django_db(transaction=True)
def test_two_devices_and_the_late_money_at_once_keep_one(payment: Payment, now: datetime) -> None:
    def start(gateway: str) -> Payment:
        return actions.start_payment(payment_id=payment.id, gateway=gateway, by=HOUSE, now=now)

    first = start("holding")
    CARDS.pay(first.gateway_reference)
    CARDS.troubles.extend(["before"] * 2)
    ends = at_once(
        [
            lambda: start("wallet"),
            lambda: start("sandbox"),
            lambda: actions.stop_there(payment_id=first.id, by=HOUSE, now=now),
        ]
    )
    del ends  # whoever was refused was refused
    for one in tries(payment):
        if one.gateway == "wallet" and one.gateway_reference:
            WALLET.pay(one.gateway_reference)
        if one.gateway == "sandbox" and one.gateway_reference:
            bank.pay(one.gateway_reference, now=now)
    for _ in range(3):
        look_again.func(timestamp=int((now + timedelta(minutes=3)).timestamp()))
        run_jobs()
    assert kept() == CARDS.kept + WALLET.kept + bank_kept() == 150_000
    assert sum(one.is_paid for one in tries(payment)) == 1


def bank_kept() -> int:
    paid = sum(one.amount for one in Charge.objects.exclude(paid_at=None))
    return paid - sum(one.amount for one in ChargeRefund.objects.all())


# ---- Stripe's sandbox, a process that is not there


def test_stripe_is_down_and_the_payer_pays_another_way(
    payment: Payment, there: There, account: GatewayAccount, ana_api: ApiClient, now: datetime, settings: Any
) -> None:
    choose(ana_api, payment, "stripe")
    first = tries(payment)[0]
    settings.STRIPE_URL = "http://127.0.0.1:9"  # nobody listens
    assert choose(ana_api, payment, "stripe").status_code == 200  # the same page again
    answer = choose(ana_api, payment, "sandbox")
    assert (answer.status_code, answer.json()["gateway"]) == (200, "sandbox")
    bank.pay(tries(payment)[1].gateway_reference, now=now)
    run_jobs(failures="keep")
    there.act("pay", first.gateway_reference)  # in a tab that was still open
    settings.STRIPE_URL = there.url
    look_again.func(timestamp=int(now.timestamp()))
    run_jobs()
    assert rows(payment) == ["refunded", "captured"]
    assert [one["amount"] for one in there.raw("/v1/refunds")["data"]] == [150_000]
    assert sum(queries.balances().values()) == 0 and again(first).refunded_amount == 150_000


def test_stripe_comes_back_and_its_page_is_closed(
    payment: Payment, there: There, account: GatewayAccount, ana_api: ApiClient, now: datetime, settings: Any
) -> None:
    choose(ana_api, payment, "stripe")
    first = tries(payment)[0]
    settings.STRIPE_URL = "http://127.0.0.1:9"
    choose(ana_api, payment, "sandbox")
    settings.STRIPE_URL = there.url
    run_jobs()
    assert there.raw(f"/v1/checkout/sessions/{first.gateway_reference}")["status"] == "expired"
    assert rows(payment) == ["cancelled", "pending"]
