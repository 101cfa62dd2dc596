"""What Stripe's official library does, done against the pretended Stripe: retries, keys, errors, pages, signatures."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.payments.stripe_stage import HOOK_SECRET, KEY, OTHER_KEY, There, session_of

WISH: dict[str, Any] = {"amount": 150_000, "currency": "vnd"}
PAID: dict[str, Any] = {**WISH, "payment_method": "pm_card_visa", "confirm": True}
BODY = json.dumps({"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": {}}})


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits half a second and more between its tries; here it need not."""
    monkeypatch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *args: 0.01)


def intents(there: There) -> list[Any]:
    return there.client().v1.payment_intents.list({"limit": 100}).data


# ---- retries and idempotency keys


def test_when_the_line_breaks_after_the_work_the_library_asks_again_and_there_is_one_intent(there: There) -> None:
    there.will("reset", path="/v1/payment_intents", method="POST")
    made = there.client().v1.payment_intents.create(PAID)
    assert made.status == "succeeded"
    assert [one.id for one in intents(there)] == [made.id]
    calls = [call for call in there.seen() if call["method"] == "POST"]
    assert len(calls) == 2 and calls[0]["key"] == calls[1]["key"]
    assert made.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_gives_the_same_answer_and_says_so(there: There) -> None:
    client = there.client()
    first = client.v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
    second = client.v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
    assert first.id == second.id and len(intents(there)) == 1
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert first.last_response.request_id != second.last_response.request_id


def test_the_same_key_with_other_parameters_is_refused(there: There) -> None:
    client = there.client()
    client.v1.payment_intents.create(WISH, {"idempotency_key": "visit-1"})
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.payment_intents.create({**WISH, "amount": 160_000}, {"idempotency_key": "visit-1"})
    assert refused.value.http_status == 400
    assert len(intents(there)) == 1


def test_a_key_belongs_to_its_account(there: There) -> None:
    here = there.client().v1.payment_intents.create(WISH, {"idempotency_key": "visit-1"})
    elsewhere = there.client(OTHER_KEY).v1.payment_intents.create(WISH, {"idempotency_key": "visit-1"})
    assert here.id != elsewhere.id


def test_a_decline_stays_with_its_key(there: There) -> None:
    declined = {**WISH, "payment_method": "pm_card_chargeDeclined", "confirm": True}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            there.client().v1.payment_intents.create(declined, {"idempotency_key": "visit-1"})
    assert len(intents(there)) == 1


def test_a_broken_answer_stays_with_its_key_and_the_library_stops_trying(there: There) -> None:
    there.will("500", path="/v1/payment_intents", method="POST")
    with pytest.raises(stripe.APIError) as broken:
        there.client().v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
    assert broken.value.http_status == 500
    assert broken.value.headers["Idempotent-Replayed"] == "true"
    assert len(there.seen()) == 2  # the second was told not to try again
    assert intents(there) == []


def test_a_mistake_is_not_kept_so_the_key_may_be_used_again(there: There) -> None:
    client = there.client()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"currency": "vnd"}, {"idempotency_key": "visit-1"})  # type: ignore[typeddict-item]
    assert client.v1.payment_intents.create(WISH, {"idempotency_key": "visit-1"}).amount == 150_000


def test_two_at_once_with_one_key_are_one(there: There) -> None:
    """The second finds the first still at work (409), which the library answers by asking again."""
    there.ask("next", path="/v1/payment_intents", method="POST", works_for=0.4)
    ready, ids = threading.Barrier(2), []

    def create() -> None:
        ready.wait()
        made = there.client(retries=60).v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
        ids.append(made.id)

    both = [threading.Thread(target=create) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(ids) == 2 and len(set(ids)) == 1
    assert len(intents(there)) == 1


@pytest.mark.parametrize("what", ["409", "429", "503"])
def test_turned_away_before_the_work_nothing_is_kept(there: There, what: str) -> None:
    there.will(what, path="/v1/payment_intents", method="POST")
    with pytest.raises(stripe.StripeError) as away:
        there.client(retries=0).v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
    assert away.value.http_status == int(what)
    assert intents(there) == []
    assert there.client().v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"}).status == "succeeded"


def test_an_answer_that_takes_too_long_is_a_connection_error_and_the_work_is_done(there: There) -> None:
    there.ask("next", path="/v1/payment_intents", method="POST", waits=1.5)
    with pytest.raises(stripe.APIConnectionError):
        there.client(retries=0, timeout=0.3).v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
    again = there.client().v1.payment_intents.create(PAID, {"idempotency_key": "visit-1"})
    assert [one.id for one in intents(there)] == [again.id]


def test_a_key_is_forgotten_after_a_day(there: There) -> None:
    first = there.client().v1.payment_intents.create(WISH, {"idempotency_key": "visit-1"})
    there.ask("clock", at=time.time() + 86_401)
    assert there.client().v1.payment_intents.create(WISH, {"idempotency_key": "visit-1"}).id != first.id


# ---- errors


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_declined_card_is_a_card_error_with_its_reason(there: There, card: str, code: str, decline_code: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        there.client().v1.payment_intents.create({**PAID, "payment_method": card})
    error = refused.value
    assert (error.http_status, error.code, error.error.type) == (402, code, "card_error")
    assert error.error.decline_code == decline_code
    assert error.error.payment_intent.status == "requires_payment_method"
    assert error.error.charge.startswith("ch_")
    assert error.request_id.startswith("req_")


def test_after_a_decline_another_card_pays_the_same_intent(there: There) -> None:
    client = there.client()
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create({**PAID, "payment_method": "pm_card_chargeDeclined"})
    intent_id = refused.value.error.payment_intent.id
    paid = client.v1.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    charges = client.v1.charges.list({"payment_intent": intent_id}).data
    assert [one.status for one in charges] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("wish", "code", "param"),
    [
        ({"currency": "vnd"}, "parameter_missing", "amount"),
        ({"amount": 150_000}, "parameter_missing", "currency"),
        ({"amount": "many", "currency": "vnd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 5, "currency": "vnd"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "vnd"}, "amount_too_large", "amount"),
        ({"amount": 150_000, "currency": "xyz"}, None, "currency"),
        ({**WISH, "colour": "red"}, "parameter_unknown", "colour"),
        ({**WISH, "payment_method": "pm_nowhere"}, "resource_missing", "payment_method"),
    ],
)
def test_a_wrong_wish_is_an_invalid_request(there: There, wish: Any, code: str | None, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        there.client().v1.payment_intents.create(wish)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.error.type == "invalid_request_error"
    assert intents(there) == []


def test_a_wrong_key_is_an_authentication_error(there: There) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        there.client("sk_test_nobody").v1.payment_intents.create(WISH)
    assert refused.value.http_status == 401
    assert "sk_test_nobody" not in str(refused.value)


def test_another_accounts_things_are_absent(there: There) -> None:
    made = there.client().v1.payment_intents.create(PAID)
    stranger = there.client(OTHER_KEY)
    for ask in (
        lambda: stranger.v1.payment_intents.retrieve(made.id),
        lambda: stranger.v1.charges.retrieve(str(made.latest_charge)),
        lambda: stranger.v1.refunds.create({"payment_intent": made.id}),
        lambda: stranger.v1.payment_intents.retrieve("pi_nowhere"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            ask()
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert stranger.v1.payment_intents.list().data == []


# ---- what money does


def test_dong_have_no_minor_unit_and_dollars_do(there: There) -> None:
    client = there.client()
    dong = client.v1.payment_intents.create({**PAID, "expand": ["latest_charge.balance_transaction"]})
    moved = dong.latest_charge.balance_transaction
    assert (moved.amount, moved.net) == (150_000, 150_000 - moved.fee)
    assert client.v1.payment_intents.create({"amount": 650, "currency": "usd"}).amount == 650


def test_three_d_secure_waits_for_the_bank_and_ends_as_its_owner_says(there: There) -> None:
    client = there.client()
    asks = {**PAID, "payment_method": "pm_card_authenticationRequired", "return_url": "https://lanh.example/"}
    waiting = client.v1.payment_intents.create(asks)
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "redirect_to_url")
    assert waiting.latest_charge is None
    page = waiting.next_action.redirect_to_url
    assert page.url.startswith(there.url) and page.return_url == "https://lanh.example/"


def test_held_money_is_taken_in_part_and_the_rest_is_let_go(there: There) -> None:
    client = there.client()
    held = client.v1.payment_intents.create({**PAID, "capture_method": "manual"})
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 150_000, 0)
    assert client.v1.charges.retrieve(str(held.latest_charge)).balance_transaction is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 150_001})
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 100_000})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 100_000, 0)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(held.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": held.id, "amount": 100_001})
    assert client.v1.refunds.create({"payment_intent": held.id}).amount == 100_000


def test_held_money_is_let_go(there: There) -> None:
    client = there.client()
    held = client.v1.payment_intents.create({**PAID, "capture_method": "manual"})
    ended = client.v1.payment_intents.cancel(held.id, {"cancellation_reason": "requested_by_customer"})
    assert (ended.status, ended.amount_capturable) == ("canceled", 0)
    for late in (
        client.v1.payment_intents.cancel,
        client.v1.payment_intents.capture,
        client.v1.payment_intents.confirm,
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            late(held.id)  # type: ignore[operator]
        assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.balance_transactions.list().data == []


def test_refunds_in_parts_never_more_than_came(there: There) -> None:
    client = there.client()
    paid = client.v1.payment_intents.create(PAID)
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 100_000})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 50_001})
    assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount")
    client.v1.refunds.create({"charge": str(paid.latest_charge)})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.refunded, charge.amount_refunded) == (True, 150_000)
    assert sum(one.amount for one in client.v1.balance_transactions.list().data) == 0


@pytest.mark.parametrize(("deed", "status", "net"), [("win", "won", 0), ("lose", "lost", -150_000)])
def test_a_dispute_takes_the_money_until_it_is_decided(there: There, deed: str, status: str, net: int) -> None:
    client = there.client()
    paid = client.v1.payment_intents.create({**PAID, "payment_method": "pm_card_createDispute"})
    dispute = client.v1.disputes.list({"payment_intent": paid.id}).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 150_000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_disputed"
    answered = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "Đã khám lúc 9:00"}})
    assert answered.status == "under_review"
    there.act(deed, dispute.id)
    ended = client.v1.disputes.retrieve(dispute.id)
    assert ended.status == status
    assert sum(one.amount for one in ended.balance_transactions) == net


# ---- Checkout


def test_a_session_is_paid_on_its_page_and_its_intent_is_made_then(there: There) -> None:
    client = there.client()
    session = session_of(client, payment_intent_data={"metadata": {"payment": "17"}}, client_reference_id="17")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    there.act("pay", session.id)
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.payment_intent.latest_charge.metadata["payment"] == "17"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


def test_a_session_ends_when_told_or_when_its_time_is_over(there: There) -> None:
    client = there.client()
    told, timed = session_of(client), session_of(client, expires_at=int(time.time()) + 1900)
    assert client.v1.checkout.sessions.expire(told.id).status == "expired"
    there.ask("clock", at=time.time() + 2000)
    assert client.v1.checkout.sessions.retrieve(timed.id).status == "expired"
    assert [one.type for one in client.v1.events.list().data] == ["checkout.session.expired"] * 2


@pytest.mark.parametrize("seconds", [0, 1700, 86_500])
def test_a_session_lives_half_an_hour_to_a_day(there: There, seconds: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session_of(there.client(), expires_at=int(time.time()) + seconds)
    assert refused.value.param == "expires_at"


# ---- lists


def test_pages_are_turned_by_the_library_in_both_directions(there: There) -> None:
    client = there.client()
    made = [client.v1.payment_intents.create(WISH).id for _ in range(7)]
    page = client.v1.payment_intents.list({"limit": 3})
    assert page.has_more and len(page.data) == 3
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]
    upwards = client.v1.payment_intents.list({"limit": 3, "ending_before": made[0]})
    assert [one.id for one in upwards.auto_paging_iter()] == made[1:]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list({"starting_after": "pi_nowhere"})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list({"limit": 101})


def test_balance_transactions_of_a_day(there: There) -> None:
    client, now = there.client(), int(time.time())
    client.v1.payment_intents.create(PAID)
    there.ask("clock", at=now + 86_400)
    client.v1.payment_intents.create(PAID)
    rows = client.v1.balance_transactions.list
    assert len(rows({"created": {"gte": now - 5, "lt": now + 3600}}).data) == 1
    assert len(rows({"created": {"gte": now - 5}}).data) == 2


# ---- webhooks


def test_what_it_signs_is_what_the_library_signs() -> None:
    from payments.sandboxes.stripe.hooks import sign

    ours = sign(HOOK_SECRET, BODY.encode(), at=1_700_000_000)
    assert ours == stripe.WebhookSignature.generate_signature_header(BODY, HOOK_SECRET, 1_700_000_000)
    now = sign(HOOK_SECRET, BODY.encode(), at=int(time.time()))
    assert stripe.Webhook.construct_event(BODY.encode(), now, HOOK_SECRET).id == "evt_1"


@pytest.mark.parametrize(
    ("body", "secret", "age"),
    [(BODY + " ", HOOK_SECRET, 0), (BODY, "whsec_other", 0), (BODY, HOOK_SECRET, 301)],
    ids=["tampered", "wrong secret", "stale"],
)
def test_the_library_refuses_what_we_would(body: str, secret: str, age: int) -> None:
    header = stripe.WebhookSignature.generate_signature_header(BODY, secret, int(time.time()) - age)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.encode(), header, HOOK_SECRET)


class Merchant(ThreadingHTTPServer):
    """Takes webhooks; the first `refusals` of them are not taken."""

    daemon_threads = True

    def __init__(self, refusals: int) -> None:
        events: list[Any] = []
        left = [refusals]

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                event = stripe.Webhook.construct_event(raw, self.headers["Stripe-Signature"], HOOK_SECRET)
                left[0] -= 1
                if left[0] < 0:
                    events.append(event)
                self.send_response(500 if left[0] >= 0 else 200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Door)
        self.events = events

    def until(self, count: int) -> list[Any]:
        """The events taken, once there are so many."""
        patience = time.monotonic() + 30
        while len(self.events) < count and time.monotonic() < patience:
            time.sleep(0.02)
        return self.events


@pytest.mark.parametrize(("manner", "refusals", "times"), [("normal", 0, 1), ("normal", 2, 1), ("twice", 0, 2)])
def test_its_webhooks_are_signed_and_sent_until_they_are_taken(
    there: There, manner: str, refusals: int, times: int
) -> None:
    with Merchant(refusals) as merchant:
        threading.Thread(target=merchant.serve_forever, daemon=True).start()
        there.ask("account", key=KEY, hook=f"http://127.0.0.1:{merchant.server_port}/", hook_secret=HOOK_SECRET)
        there.ask("manner", manner=manner, key=KEY)
        try:
            paid = there.client().v1.payment_intents.create(PAID)
            events = merchant.until(3 * times)
        finally:
            there.ask("account", key=KEY, hook="", hook_secret="")
            merchant.shutdown()
    assert sorted(event.type for event in events) == sorted(
        ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"] * times
    )
    assert {event.data.object.id for event in events} == {paid.id, paid.latest_charge}
