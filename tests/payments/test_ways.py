"""Choosing among ways to pay, changing one's mind, and money that comes where nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from core.actor import Actor
from core.errors import NotFound
from identity.models import Facility, Person
from payments import actions, ledger, queries
from payments.errors import AlreadyPaid, BeingChecked, GatewayUnavailable, NoAccount, PaymentExpired
from payments.gateways.sandbox import bank
from payments.models import Charge, Delivery, Entry, GatewayAccount, Payment, Refund
from payments.tasks import close_late_payment, look_after_payments
from tests.jobs import run_jobs, waiting_jobs
from tests.make import ApiClient
from tests.payments.conftest import HOUSE, again, at_once, enter
from tests.payments.holding import CARDS, WALLET, Company

pytestmark = pytest.mark.usefixtures("companies")


def start(payment: Payment, gateway: str, now: datetime, by: Actor = HOUSE) -> Payment:
    return actions.start_payment(payment_id=payment.id, gateway=gateway, by=by, now=now)


def ask(payment: Payment, now: datetime) -> str:
    return actions.ask_gateway(payment_id=payment.id, by=HOUSE, now=now)


def rows(payment: Payment) -> list[str]:
    """How all tries for the same thing stand, the first one first."""
    return list(
        Payment.objects.filter(subject=payment.subject).order_by("created_at", "id").values_list("status", flat=True)
    )


def kept() -> int:
    """What the books say the companies hold."""
    return sum(total for (account, _), total in queries.balances().items() if account.startswith("clearing/"))


# -- choosing


def test_a_facilitys_ways_come_in_its_own_order_and_those_without_account_last(
    payment: Payment, ana_api: ApiClient, ana_browser: Client
) -> None:
    GatewayAccount.objects.filter(gateway="wallet").update(rank=1)
    GatewayAccount.objects.filter(gateway="holding").update(rank=2)
    seen = ana_api.get(f"/api/v1/payments/{payment.id}").json()["ways"]
    assert [way["gateway"] for way in seen] == ["wallet", "holding", "sandbox"]
    page = ana_browser.get(f"/payments/{payment.id}/").content.decode()
    assert [page.count(f'value="{code}"') for code in ("wallet", "holding", "sandbox")] == [1, 1, 1]


def test_a_way_taken_out_of_the_settings_is_not_offered(payment: Payment, settings: object) -> None:
    settings.PAYMENT_GATEWAYS = {"wallet": "tests.payments.holding.Wallet"}  # type: ignore[attr-defined]
    assert [way.code for way in queries.ways_to_pay(payment.facility_id)] == ["wallet"]


def test_the_gateway_is_asked_with_the_facilitys_own_account(
    payment: Payment, hospital: Facility, now: datetime
) -> None:
    chosen = start(payment, "wallet", now)
    assert (chosen.id, chosen.gateway, chosen.status) == (payment.id, "wallet", "pending")
    assert WALLET.of(chosen).merchant == f"m-{hospital.code}"
    assert chosen.account is not None and chosen.account.gateway == "wallet"


def test_without_an_account_a_way_is_refused_and_nothing_is_changed(payment: Payment, now: datetime) -> None:
    actions.close_account(account_id=GatewayAccount.objects.get(gateway="wallet").id, by=HOUSE)
    with pytest.raises(NoAccount):
        start(payment, "wallet", now)
    assert (again(payment).status, again(payment).gateway, WALLET.calls) == ("created", "", {})


def test_refused_for_want_of_an_account_the_way_chosen_before_stays_open(payment: Payment, now: datetime) -> None:
    first = start(payment, "holding", now)
    actions.close_account(account_id=GatewayAccount.objects.get(gateway="wallet").id, by=HOUSE)
    with pytest.raises(NoAccount):
        start(payment, "wallet", now)
    assert again(first).status == "pending"
    assert CARDS.of(first).status == "open"


def test_after_a_refusal_too_a_way_needs_an_account(payment: Payment, now: datetime) -> None:
    first = start(payment, "wallet", now)
    WALLET.decline(first.gateway_reference)
    ask(first, now)
    actions.close_account(account_id=GatewayAccount.objects.get(gateway="wallet").id, by=HOUSE)
    with pytest.raises(NoAccount):
        start(first, "wallet", now)
    assert rows(payment) == ["failed"]


def test_eve_cannot_choose_for_ana(payment: Payment, eve_api: ApiClient, by_eve: Actor, now: datetime) -> None:
    assert eve_api.post("/api/v1/payments", {"subject": payment.subject, "gateway": "wallet"}).status_code == 404
    with pytest.raises(NotFound):
        start(payment, "wallet", now, by=by_eve)
    assert (again(payment).gateway, WALLET.charges) == ("", {})


# -- changing one's mind


def test_another_way_closes_the_first_try_there_and_here(payment: Payment, now: datetime) -> None:
    first = start(payment, "holding", now)
    second = start(first, "wallet", now)
    assert rows(payment) == ["cancelled", "pending"]
    assert CARDS.of(first).status == "closed"
    assert not CARDS.pay(first.gateway_reference)
    assert (second.subject, second.price, second.expires_at) == (first.subject, first.price, first.expires_at)
    assert second.code != first.code


def test_the_sandbox_closes_its_page_as_well(pending: Payment, now: datetime) -> None:
    start(pending, "wallet", now)
    assert Charge.objects.get().status == "closed"
    bank.pay(pending.gateway_reference, now=now)
    assert Charge.objects.get().paid_at is None


def test_paid_at_the_very_moment_of_changing_counts_and_nothing_new_is_opened(payment: Payment, now: datetime) -> None:
    first = start(payment, "holding", now)
    CARDS.pay(first.gateway_reference)
    with pytest.raises(AlreadyPaid):
        start(first, "wallet", now)
    assert rows(payment) == ["captured"]
    assert (kept(), CARDS.kept, WALLET.charges) == (150_000, 150_000, {})


def test_declined_at_the_very_moment_of_changing_the_other_way_is_the_next_try(payment: Payment, now: datetime) -> None:
    first = start(payment, "holding", now)
    CARDS.decline(first.gateway_reference)
    start(first, "wallet", now)
    assert rows(payment) == ["failed", "pending"]


def test_back_on_the_page_of_the_closed_try_there_is_the_way_to_the_newer_one(
    payment: Payment, now: datetime, ana_browser: Client
) -> None:
    first = start(payment, "holding", now)
    second = start(first, "wallet", now)
    assert f"/payments/{second.id}/" in ana_browser.get(f"/payments/{first.id}/").content.decode()
    with pytest.raises(PaymentExpired):
        start(first, "holding", now)
    assert rows(payment) == ["cancelled", "pending"]


def test_money_that_comes_at_the_closed_try_counts_and_closes_the_other(payment: Payment, now: datetime) -> None:
    first = start(payment, "wallet", now)  # its page cannot be closed
    second = start(first, "holding", now)
    WALLET.pay(first.gateway_reference)
    assert ask(first, now) == "captured"
    assert rows(payment) == ["captured", "cancelled"]
    assert (kept(), second.id != first.id) == (150_000, True)


def test_when_both_are_paid_the_second_money_goes_back(payment: Payment, now: datetime, told: list[str]) -> None:
    first = start(payment, "wallet", now)
    second = start(first, "sandbox", now)
    WALLET.pay(first.gateway_reference)
    bank.pay(second.gateway_reference, now=now)
    run_jobs()
    assert ask(first, now) == "captured"
    run_jobs()
    assert rows(payment) == ["refunded", "captured"]
    assert (WALLET.kept, kept()) == (0, 150_000)
    assert Refund.objects.get().reason == "paid_twice"
    assert told.count("PaymentCaptured") == 1


def test_a_try_declined_long_ago_is_not_asked_for_again_once_the_next_one_is_paid(
    payment: Payment, now: datetime
) -> None:
    """An old page, still open on another device: it must not begin anything at the gateway."""
    first = start(payment, "holding", now)
    CARDS.decline(first.gateway_reference)
    ask(first, now)
    second = start(first, "wallet", now)
    WALLET.pay(second.gateway_reference)
    ask(second, now)
    for gateway in ("wallet", "holding", "sandbox"):
        with pytest.raises(AlreadyPaid):
            start(first, gateway, now)
    assert rows(payment) == ["failed", "captured"]
    assert (len(CARDS.charges), len(WALLET.charges), Charge.objects.count()) == (1, 1, 0)


def test_from_the_page_of_a_declined_try_the_newest_one_is_changed(payment: Payment, now: datetime) -> None:
    first = start(payment, "holding", now)
    CARDS.decline(first.gateway_reference)
    ask(first, now)
    second = start(first, "wallet", now)
    third = start(first, "sandbox", now)
    assert rows(payment) == ["failed", "cancelled", "pending"]
    assert (again(second).status, third.gateway) == ("cancelled", "sandbox")


# -- a gateway that does not answer


def test_when_the_answer_to_the_beginning_is_lost_asking_again_is_the_same_charge(
    payment: Payment, now: datetime
) -> None:
    WALLET.troubles.append("after")
    with pytest.raises(GatewayUnavailable):
        start(payment, "wallet", now)
    begun = start(payment, "wallet", now + timedelta(minutes=1))
    assert (begun.id, len(WALLET.charges)) == (payment.id, 1)
    assert begun.begun_at == now


def test_back_from_a_gateway_that_does_not_answer_it_is_being_checked(
    payment: Payment, now: datetime, ana_browser: Client, ana_api: ApiClient
) -> None:
    waiting = start(payment, "wallet", now)
    WALLET.pay(waiting.gateway_reference)
    WALLET.is_silent = True
    page = f"/payments/{payment.id}/"
    assert ana_browser.get(f"{page}back/")["Location"] == f"{page}?back"
    run_jobs()
    assert again(payment).status == "unknown"
    shown = ana_browser.get(page).content.decode()
    assert 'data-status="unknown"' in shown
    assert "payment__way" not in shown and f"{page}start/" not in shown  # nothing to pay with is offered
    refused = ana_api.post("/api/v1/payments", {"subject": payment.subject, "gateway": "holding"})
    assert (refused.status_code, refused.json()["code"]) == (409, "being_checked")
    assert ana_browser.post(f"{page}start/", {"gateway": "holding"})["Location"] == page
    assert (rows(payment), CARDS.charges) == (["unknown"], {})

    WALLET.is_silent = False
    run_jobs(until=now + timedelta(minutes=1))  # the job of the return is tried again
    assert (again(payment).status, kept()) == ("captured", 150_000)


def test_a_hook_while_the_gateway_does_not_answer_makes_it_being_checked_and_the_next_answer_settles_it(
    payment: Payment, now: datetime
) -> None:
    waiting = start(payment, "wallet", now)
    WALLET.pay(waiting.gateway_reference)
    account = GatewayAccount.objects.get(gateway="wallet")
    raw, headers = WALLET.event(waiting.gateway_reference, "e1", secret=account.credentials()["secret"], at=now)
    answer = Client().post(
        f"/hooks/wallet/{account.id}/",
        raw,
        content_type="application/json",
        headers=headers,  # type: ignore[arg-type]
    )
    assert answer.status_code == 200
    WALLET.is_silent = True
    run_jobs()
    assert again(payment).status == "unknown"
    assert Delivery.objects.get().handled_at is None
    WALLET.is_silent = False
    run_jobs(until=now + timedelta(minutes=1))
    assert again(payment).status == "captured"
    assert Delivery.objects.get().outcome == "captured"
    assert Entry.objects.count() == 2


def test_being_checked_and_not_paid_one_may_pay_again(payment: Payment, now: datetime) -> None:
    waiting = start(payment, "wallet", now)
    WALLET.is_silent = True
    with pytest.raises(GatewayUnavailable):
        actions.look_into(payment_id=waiting.id, by=HOUSE, now=now)
    assert again(payment).status == "unknown"
    with pytest.raises(BeingChecked):
        start(payment, "wallet", now)
    WALLET.is_silent = False
    assert ask(waiting, now) == "unchanged"
    assert again(payment).status == "pending"


def test_being_checked_another_way_is_opened_once_the_first_says_nothing_was_paid(
    payment: Payment, now: datetime
) -> None:
    waiting = start(payment, "holding", now)
    CARDS.is_silent = True
    with pytest.raises(GatewayUnavailable):
        actions.look_into(payment_id=waiting.id, by=HOUSE, now=now)
    CARDS.is_silent = False
    start(waiting, "wallet", now)
    assert rows(payment) == ["cancelled", "pending"]
    assert CARDS.of(waiting).status == "closed"


def test_what_is_being_checked_is_not_closed_for_lateness_before_the_gateway_has_answered(
    payment: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = start(payment, "wallet", now)
    WALLET.pay(waiting.gateway_reference)
    WALLET.is_silent = True
    after = payment.expires_at + timedelta(minutes=1)
    monkeypatch.setattr("payments.tasks.this_instant", lambda: after)
    with pytest.raises(GatewayUnavailable):
        close_late_payment(payment_id=str(payment.id))
    assert again(payment).is_open
    WALLET.is_silent = False
    close_late_payment(payment_id=str(payment.id))
    assert again(payment).status == "captured"


def test_the_clock_settles_what_is_being_checked_when_every_hook_is_lost(payment: Payment, now: datetime) -> None:
    waiting = start(payment, "wallet", now)
    WALLET.is_silent = True
    with pytest.raises(GatewayUnavailable):
        actions.look_into(payment_id=waiting.id, by=HOUSE, now=now)
    WALLET.is_silent = False
    WALLET.pay(waiting.gateway_reference)
    look_after_payments.func(timestamp=int((now + timedelta(minutes=3)).timestamp()))
    run_jobs()
    assert again(payment).status == "captured"


# -- two devices


def no_reactions_waiting() -> bool:
    return not [name for name in waiting_jobs() if name.endswith("react")]


def each_of_the_subject(payment: Payment) -> list[Payment]:
    return list(Payment.objects.filter(subject=payment.subject).order_by("created_at", "id"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pair", [("wallet", "holding"), ("holding", "wallet"), ("wallet", "wallet")])
@pytest.mark.parametrize("declined_before", [False, True])
def test_two_devices_choose_two_ways_at_once_and_one_payment_is_open(
    payment: Payment, now: datetime, pair: tuple[str, str], declined_before: bool
) -> None:
    """Both may hold a page of their company's in the end; only one is open here, and of two moneys one is kept."""
    if declined_before:
        first = start(payment, "sandbox", now)
        bank.decline(first.gateway_reference, now=now)
        ask(first, now)
    ends = at_once([lambda way=way: start(payment, way, now) for way in (*pair, *pair)])
    refused = [end for end in ends if isinstance(end, BaseException)]
    assert all(isinstance(end, PaymentExpired | AlreadyPaid) for end in refused), refused
    tries = each_of_the_subject(payment)
    assert sum(one.is_open for one in tries) == 1
    for one in tries:
        if one.gateway_reference and one.gateway != "sandbox":  # each is at the company it says
            assert one.gateway_reference.startswith(one.gateway)

    companies: dict[str, Company] = {"wallet": WALLET, "holding": CARDS}
    for company in companies.values():
        for reference in list(company.charges):
            company.pay(reference)  # whoever has a page pays
    for _ in range(2):
        for one in each_of_the_subject(payment):
            if one.gateway in companies:
                ask(one, now)
        run_jobs()
    assert [one.status for one in each_of_the_subject(payment)].count("captured") == 1
    assert WALLET.kept + CARDS.kept == kept() == 150_000
    assert not any(one.is_open for one in each_of_the_subject(payment))


@pytest.mark.django_db(transaction=True)
def test_while_one_device_changes_the_way_the_other_pays_the_first(payment: Payment, now: datetime) -> None:
    first = start(payment, "wallet", now)

    def pays() -> None:
        WALLET.pay(first.gateway_reference)
        ask(first, now)

    at_once([pays, lambda: start(first, "holding", now)])
    for one in each_of_the_subject(payment):
        ask(one, now)
    run_jobs()
    tries = each_of_the_subject(payment)
    assert [one.status for one in tries].count("captured") == 1
    assert not any(one.is_open for one in tries)
    assert WALLET.kept + CARDS.kept == kept() == 150_000


@pytest.mark.django_db(transaction=True)
def test_both_moneys_are_told_of_at_once_and_one_goes_back(payment: Payment, now: datetime, told: list[str]) -> None:
    first = start(payment, "wallet", now)
    second = start(first, "sandbox", now)
    WALLET.pay(first.gateway_reference)
    Charge.objects.update(status="paid", paid_at=now)
    ends = at_once([lambda: ask(first, now), lambda: ask(second, now)])
    assert ends == ["captured", "captured"]
    run_jobs()
    assert sorted(rows(payment)) == ["captured", "refunded"]
    assert kept() == 150_000 == WALLET.kept + sum(one.amount - one.refunded_amount for one in Charge.objects.all())
    assert told.count("PaymentCaptured") == 1


def test_the_books_of_two_companies_stand_apart(
    payment: Payment, open_payment: Callable[..., Payment], hospital: Facility, ana: Person, now: datetime
) -> None:
    other = open_payment()
    for one, way, company in ((payment, "wallet", WALLET), (other, "holding", CARDS)):
        begun = start(one, way, now)
        company.pay(begun.gateway_reference)
        ask(begun, now)
    balances = queries.balances(hospital.id)
    assert [balances[ledger.clearing(way, hospital.id), "VND"] for way in ("wallet", "holding")] == [150_000, 150_000]
    assert balances[ledger.income(hospital.id), "VND"] == -300_000


def test_a_new_merchant_takes_over_and_what_was_begun_stays_with_the_old_one(
    payment: Payment, hospital: Facility, now: datetime
) -> None:
    begun = start(payment, "wallet", now)
    enter(hospital, "wallet", now=now, merchant="a-new-one")
    WALLET.pay(begun.gateway_reference)
    assert ask(begun, now) == "captured"  # the company's side asserts whose account asks
    assert GatewayAccount.objects.filter(gateway="wallet", is_active=True).get().merchant == "a-new-one"
