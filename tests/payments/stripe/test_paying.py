"""Paying by Stripe through our own doors: begin, truth, held cards; the other side is the pretended one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from core.money import Money
from core.refs import Ref
from payments import actions, gateways, ledger, queries
from payments.errors import AmountNotTaken, GatewayUnavailable
from payments.gateways import Wanted
from payments.models import Entry, GatewayAccount, Payment
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe import speaks
from tests.payments.stripe_stage import HOOK_SECRET, There

pytestmark = pytest.mark.usefixtures("account")
Pay = Callable[..., Payment]


# ---- begin


def test_the_payer_is_sent_to_stripes_page(pending: Payment, there: There) -> None:
    assert pending.gateway_url.startswith(f"{there.url}/c/pay/cs_test_")
    session = there.client().v1.checkout.sessions.retrieve(pending.gateway_reference)
    assert (session.amount_total, session.currency) == (150_000, "vnd")
    assert session.client_reference_id == str(pending.id)
    assert session.success_url.endswith(f"/payments/{pending.id}/back/")


def test_what_the_visit_is_about_does_not_leave_the_house(pending: Payment, there: There) -> None:
    said = " ".join(one["body"] for one in there.seen())
    assert "Kh" + "%C3%A1" + "m+t" not in said and "Kham" not in said
    assert pending.code in said


def test_asking_again_is_the_same_session(payment: Payment, there: There, now: datetime) -> None:
    gateway = gateways.get("stripe")
    account = queries.speaks_for(queries.account_of(payment.facility_id, "stripe"), payment.facility_id)
    wanted = Wanted(
        payment_id=payment.id, code=payment.code, price=payment.price, payee="Bệnh viện", description="",
        return_url="https://lanh.example/back/", hook_url="", expires_at=payment.expires_at, now=now,
    )  # fmt: skip
    first = gateway.begin(account, wanted)
    there.will("reset", path="/v1/checkout/sessions", method="POST")
    assert gateway.begin(account, wanted) == first
    assert len(there.raw("/v1/checkout/sessions")["data"]) == 1


def test_a_wish_that_is_stuck_at_stripe_is_begun_anew(payment: Payment, there: There, now: datetime) -> None:
    """A 500 stays with its key for a day; the payer has seen no page of it, so another may be opened."""
    there.will("500", path="/v1/checkout/sessions", method="POST")
    started = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    assert started.status == "pending" and started.gateway_reference.startswith("cs_test_")


@pytest.mark.parametrize(("minutes", "least", "most"), [(10, 30, 32), (90, 89, 91), (3000, 1430, 1440)])
def test_the_sessions_end_is_ours_as_near_as_stripe_allows(
    open_payment: Pay, there: There, now: datetime, minutes: int, least: int, most: int
) -> None:
    payment = open_payment(expires_at=now + timedelta(minutes=minutes))
    started = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    session = there.client().v1.checkout.sessions.retrieve(started.gateway_reference)
    assert least * 60 <= session.expires_at - now.timestamp() <= most * 60
    assert started.expires_at == payment.expires_at  # our own end stands


@pytest.mark.parametrize("amount", [9_000, 100_000_000])
def test_an_amount_stripe_does_not_take_is_said_so(open_payment: Pay, there: There, now: datetime, amount: int) -> None:
    payment = open_payment(price=Money.vnd(amount))
    with pytest.raises(AmountNotTaken):
        actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    assert again(payment).status == "created" and there.raw("/v1/checkout/sessions")["data"] == []


def test_in_another_language_another_session_is_opened(payment: Payment, there: There, now: datetime) -> None:
    """A crash lost the first one's answer, and the payer has changed the language since: the key is taken."""
    gateway = gateways.get("stripe")
    account = queries.speaks_for(queries.account_of(payment.facility_id, "stripe"), payment.facility_id)
    wanted = Wanted(
        payment_id=payment.id, code=payment.code, price=payment.price, payee="Bệnh viện", description="",
        return_url="https://lanh.example/back/", hook_url="", expires_at=payment.expires_at, now=now,
    )  # fmt: skip
    first = gateway.begin(account, wanted)
    assert gateway.begin(account, replace(wanted, language="en")).reference != first.reference


def test_when_stripe_does_not_answer_the_payer_may_try_again(payment: Payment, there: There, now: datetime) -> None:
    there.will("503", path="/v1/", times=3)
    with pytest.raises(GatewayUnavailable):
        actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    assert again(payment).status == "created"
    assert actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now).status == "pending"


def test_a_wrong_key_of_the_hospital_is_unavailable(payment: Payment, account: GatewayAccount, now: datetime) -> None:
    account.seal({"secret_key": "sk_test_revoked", "webhook_secret": HOOK_SECRET})
    account.save()
    with pytest.raises(GatewayUnavailable):
        actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    assert again(payment).status == "created"


# ---- truth


def test_a_decline_on_the_page_lets_the_payer_try_another_card(pending: Payment, there: There, now: datetime) -> None:
    with pytest.raises(OSError):
        there.act("pay", pending.gateway_reference, card="pm_card_chargeDeclined")
    assert actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now) == "unchanged"
    there.act("pay", pending.gateway_reference)
    assert actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now) == "captured"


def test_a_session_that_has_ended_unpaid_is_declined(pending: Payment, there: There, now: datetime) -> None:
    there.act("cancel", pending.gateway_reference)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    found = again(pending)
    assert (found.status, found.gateway_reason) == ("failed", "expired") and not Entry.objects.exists()


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("pm_card_chargeDeclined", "từ chối"),
        ("pm_card_chargeDeclinedInsufficientFunds", "không đủ"),
        ("pm_card_chargeDeclinedExpiredCard", "hết hạn"),
        ("pm_card_visa_chargeDeclinedLostCard", "từ chối"),  # no more than that is said to who holds it
    ],
)
def test_the_payer_is_told_why_the_last_card_was_refused(
    pending: Payment, there: There, now: datetime, card: str, words: str
) -> None:
    with pytest.raises(OSError):
        there.act("pay", pending.gateway_reference, card=card)
    there.act("cancel", pending.gateway_reference)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    with translation.override("vi"):
        assert words in queries.why(again(pending))


def test_money_that_comes_late_is_recorded(pending: Payment, there: There, now: datetime) -> None:
    actions.expire_payment(payment_id=pending.id, by=HOUSE, now=pending.expires_at)
    there.act("pay", pending.gateway_reference)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    assert again(pending).status == "captured"


def test_the_fee_is_known_and_in_the_books(paid: Payment) -> None:
    assert paid.fee_amount == 5_100 + 5_000  # 3.4 % and 5.000 ₫: what the pretended Stripe takes
    balances = queries.balances(paid.facility_id)
    assert balances[ledger.fees(paid.facility_id), "VND"] == paid.fee_amount
    assert balances[ledger.clearing("stripe", paid.facility_id), "VND"] == 150_000 - paid.fee_amount
    assert balances[ledger.income(paid.facility_id), "VND"] == -150_000


def test_leaving_for_another_way_closes_stripes_page(
    pending: Payment, there: There, now: datetime, settings: Any
) -> None:
    actions.start_payment(payment_id=pending.id, gateway="sandbox", by=HOUSE, now=now)
    assert there.client().v1.checkout.sessions.retrieve(pending.gateway_reference).status == "expired"
    assert again(pending).status == "cancelled"


# ---- held cards


def test_a_visit_within_days_is_held_and_taken_when_it_is_done(held: Payment, there: There, now: datetime) -> None:
    assert held.status == "authorised" and not Entry.objects.exists()
    actions.request_capture(subject=Ref.parse(held.subject), by=HOUSE, now=now)
    there.will("reset", path="/v1/payment_intents/", method="POST")  # the line breaks after the money was taken
    run_jobs()
    found = again(held)
    assert (found.status, found.captured_amount) == ("captured", 150_000)
    assert len(there.raw("/v1/balance_transactions")["data"]) == 1


def test_a_part_of_a_hold_is_taken_and_the_rest_let_go(held: Payment, there: There, now: datetime) -> None:
    Payment.objects.filter(id=held.id).update(hold_amount=100_000)
    actions.carry_out_hold(payment_id=held.id, by=HOUSE, now=now)
    actions.carry_out_hold(payment_id=held.id, by=HOUSE, now=now)
    found = again(held)
    assert (found.status, found.captured_amount) == ("captured", 100_000)
    assert queries.balances(held.facility_id)[ledger.income(held.facility_id), "VND"] == -100_000


def test_a_hold_is_let_go(held: Payment, there: There, now: datetime) -> None:
    Payment.objects.filter(id=held.id).update(hold_amount=0)
    actions.carry_out_hold(payment_id=held.id, by=HOUSE, now=now)
    assert again(held).status == "cancelled" and not Entry.objects.exists()
    assert there.raw("/v1/payment_intents")["data"][0]["status"] == "canceled"
    gateway, account, asked = speaks(again(held), now)
    gateway.void(account, asked)  # nothing to stop is no error


def test_a_capture_by_two_at_once_is_one(held: Payment, there: There, now: datetime) -> None:
    gateway, account, asked = speaks(held, now)
    first = gateway.capture(account, asked, money=Money.vnd(150_000))
    assert gateway.capture(account, asked, money=Money.vnd(150_000)) == first
    assert (first.status, first.amount) == ("paid", 150_000)
