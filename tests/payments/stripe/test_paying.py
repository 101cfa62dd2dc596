"""Paying by Stripe through our own doors: begin, hooks, truth, holds, refunds, statements; the other side is the pretended one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import stripe
from django.test import Client
from django.utils import translation

from core.money import Money
from core.refs import Ref
from payments import actions, gateways, ledger, queries
from payments.errors import AmountNotTaken, GatewayUnavailable
from payments.gateways import Account, Asked, Wanted
from payments.models import Delivery, Entry, GatewayAccount, Payment, Refund
from tests.jobs import run_jobs, waiting_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe_stage import HOOK_SECRET, There

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
pytestmark = pytest.mark.usefixtures("account")
Pay = Callable[..., Payment]


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *args: 0.01)


@pytest.fixture
def pending(payment: Payment, now: datetime) -> Payment:
    """Ana stands at Stripe's page."""
    return actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)


@pytest.fixture
def paid(pending: Payment, there: There, now: datetime) -> Payment:
    """Paid at Stripe, and recorded."""
    there.act("pay", pending.gateway_reference)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    return again(pending)


@pytest.fixture
def held(open_payment: Callable[..., Payment], there: There, now: datetime) -> Payment:
    """Held on ana's card until her visit tomorrow is done."""
    payment = open_payment(capture_by=now + timedelta(days=1))
    payment = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    there.act("pay", payment.gateway_reference)
    actions.ask_gateway(payment_id=payment.id, by=HOUSE, now=now)
    return again(payment)


def events_of(there: There, kind: str = "") -> list[dict[str, Any]]:
    """What Stripe tells of, oldest first."""
    rows = there.raw("/v1/events?limit=100")["data"][::-1]
    return [row for row in rows if row["type"].startswith(kind)]


def call(
    account: GatewayAccount, event: Any, *, age: int = 0, secret: str = HOOK_SECRET, header: str | None = None
) -> Any:
    """Bring an event to our door, signed by the official library."""
    raw = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False, indent=2)
    signed = stripe.WebhookSignature.generate_signature_header(raw, secret, int(time.time()) - age)
    return Client().post(
        queries.hook_path("stripe", account.id), raw.encode(), content_type="application/json",
        headers={"Stripe-Signature": signed if header is None else header},
    )  # fmt: skip


def nothing_happened(payment: Payment) -> bool:
    return (
        again(payment).status == "pending"
        and not Delivery.objects.exists()
        and not Entry.objects.exists()
        and waiting_jobs() == []
    )


def speaks(payment: Payment, now: datetime) -> tuple[Any, Account, Asked]:
    account = queries.speaks_for(payment.account, payment.facility_id)
    return gateways.get("stripe"), account, queries.asked(payment, now)


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


# ---- hooks


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


# ---- refunds


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
