"""The door where gateways call: believed only with a right signature, kept once, answered at once."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from payments import actions
from payments.gateways import signature
from payments.gateways.sandbox import bank
from payments.models import Charge, Delivery, Entry, Notice, Payment
from tests.jobs import run_jobs, waiting_jobs
from tests.payments.conftest import HOUSE, again

SECRET = "a secret of the tests"


def call(body: Any, *, at: datetime, secret: str = SECRET, header: str | None = None, path: str = "sandbox") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = signature.sign(secret, raw, at=int(at.timestamp())) if header is None else header
    return Client().post(f"/hooks/{path}/", raw, content_type="application/json", headers={"Sandbox-Signature": signed})


def event(payment: Payment, event_id: str = "evt_1", kind: str = "charge.paid") -> dict[str, Any]:
    return {"id": event_id, "type": kind, "data": {"reference": payment.gateway_reference}}


def nothing_happened(payment: Payment) -> bool:
    return (
        again(payment).status == "pending"
        and not Delivery.objects.exists()
        and not Entry.objects.exists()
        and waiting_jobs() == []
    )


@pytest.fixture
def paid_there(pending: Payment, now: datetime) -> Payment:
    """Ana has paid at the bank; its own notice is not on its way, so that the tests send theirs."""
    Charge.objects.filter(reference=pending.gateway_reference).update(status="paid", paid_at=now)
    return pending


def test_a_right_message_is_kept_and_a_job_captures(paid_there: Payment, now: datetime) -> None:
    response = call(event(paid_there), at=now)
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert again(paid_there).status == "pending"  # answered before anything else is done
    run_jobs()
    delivery = Delivery.objects.get()
    assert (delivery.outcome, bytes(delivery.body)) == ("captured", json.dumps(event(paid_there)).encode())
    assert again(paid_there).status == "captured"


def test_the_message_itself_is_not_believed(pending: Payment, now: datetime) -> None:
    """A right signature that says "paid" while the bank, asked, says it is not."""
    assert call(event(pending), at=now).status_code == 200
    run_jobs()
    assert Delivery.objects.get().outcome == "unchanged"
    assert again(pending).status == "pending"


def test_the_same_message_ten_times_is_one(paid_there: Payment, now: datetime) -> None:
    for _ in range(10):
        assert call(event(paid_there), at=now).status_code == 200
    run_jobs()
    assert Delivery.objects.count() == 1
    assert Entry.objects.count() == 2


def test_an_event_id_used_again_for_something_else_changes_nothing(paid_there: Payment, now: datetime) -> None:
    call(event(paid_there), at=now)
    run_jobs()
    other = {**event(paid_there), "data": {"reference": "sb_other"}}
    assert call(other, at=now).status_code == 200
    assert run_jobs() == []
    assert Delivery.objects.get().reference == paid_there.gateway_reference


@pytest.mark.parametrize("header", ["", "t=1,v1=" + "0" * 64, "nonsense", "v0=1"])
def test_forged_messages_leave_no_trace(paid_there: Payment, now: datetime, header: str) -> None:
    response = call(event(paid_there), at=now, header=header)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "bad_signature"
    assert nothing_happened(paid_there)


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(days=3), -timedelta(seconds=310)])
def test_stale_and_future_messages_leave_no_trace(paid_there: Payment, now: datetime, age: timedelta) -> None:
    assert call(event(paid_there), at=now - age).status_code == 400
    assert nothing_happened(paid_there)


def test_a_replay_with_a_new_date_leaves_no_trace(paid_there: Payment, now: datetime) -> None:
    raw = json.dumps(event(paid_there)).encode()
    old = signature.sign(SECRET, raw, at=int((now - timedelta(hours=1)).timestamp()))
    fresh = f"t={int(now.timestamp())},{old.partition(',')[2]}"
    assert call(raw, at=now, header=fresh).status_code == 400
    assert nothing_happened(paid_there)


def test_the_signature_is_over_the_bytes_not_over_what_they_mean(paid_there: Payment, now: datetime) -> None:
    header = signature.sign(SECRET, json.dumps(event(paid_there)).encode(), at=int(now.timestamp()))
    same_meaning = json.dumps(event(paid_there), indent=1).encode()
    assert call(same_meaning, at=now, header=header).status_code == 400
    assert nothing_happened(paid_there)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"1",
        b"{",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"id": "evt", "data": {"reference": 5}}',
        b'{"id": ["evt"], "data": {"reference": "sb_1"}}',
        b'{"id": "", "data": {"reference": "sb_1"}}',
        b'{"id": "' + b"x" * 81 + b'", "data": {"reference": "sb_1"}}',
        b'{"id": "evt", "data": "sb_1"}',
        b"\xff\xfe{\x00}\x00",
        b'{"id": "e\\u0000", "data": {"reference": "sb_1"}}',
    ],
)
def test_signed_nonsense_is_refused_and_leaves_no_trace(pending: Payment, now: datetime, body: bytes) -> None:
    response = call(body, at=now)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert nothing_happened(pending)


def test_a_body_that_is_too_large_is_refused_before_it_is_looked_at(pending: Payment, now: datetime) -> None:
    response = call(b" " * (64 * 1024) + b"{}", at=now)
    assert (response.status_code, response.json()["code"]) == (400, "body_too_large")
    assert nothing_happened(pending)


def test_a_message_about_something_unknown_is_kept_and_does_nothing(pending: Payment, now: datetime) -> None:
    body = {"id": "evt_9", "type": "charge.paid", "data": {"reference": "sb_never_heard_of"}}
    assert call(body, at=now).status_code == 200
    run_jobs()
    assert Delivery.objects.get().outcome == "unknown"
    assert again(pending).status == "pending"


def test_a_gateway_nobody_offers_has_no_door(pending: Payment, now: datetime, settings: Any) -> None:
    assert call(event(pending), at=now, path="vnpay").status_code == 404
    settings.PAYMENT_GATEWAYS = {}
    assert call(event(pending), at=now).status_code == 404
    assert Client().get("/hooks/sandbox/").status_code in {404, 405}


@pytest.mark.parametrize("order", list(permutations(["charge.paid", "charge.declined", "charge.created"])))
def test_in_whatever_order_they_come_the_end_is_the_truth(
    paid_there: Payment, now: datetime, order: tuple[str, ...]
) -> None:
    for kind in order:
        call(event(paid_there, event_id=kind, kind=kind), at=now)
        run_jobs()
    assert again(paid_there).status == "captured"
    assert Entry.objects.count() == 2


def test_a_refund_is_never_undone_by_an_old_message(paid_there: Payment, now: datetime) -> None:
    call(event(paid_there), at=now)
    run_jobs()
    actions.request_refund(payment_id=paid_there.id, reason="cancelled", by=HOUSE, now=now)
    run_jobs()
    call(event(paid_there, event_id="evt_late"), at=now)
    run_jobs()
    assert again(paid_there).status == "refunded"


def test_when_the_job_dies_half_way_the_next_one_ends_it(
    paid_there: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(event(paid_there), at=now)
    delivery = Delivery.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(Delivery, "save", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            actions.settle_delivery(delivery_id=delivery.id, by=HOUSE, now=now)
    assert Delivery.objects.get().handled_at is None
    run_jobs()
    assert Delivery.objects.get().handled_at is not None
    assert Entry.objects.count() == 2


def test_the_banks_own_notice_travels_through_the_door(pending: Payment, now: datetime) -> None:
    bank.pay(pending.gateway_reference, now=now)
    run_jobs()
    assert Notice.objects.get().delivered_at is not None
    assert Delivery.objects.get().event_id == Notice.objects.get().event_id
    assert again(pending).status == "captured"


def test_a_notice_that_is_not_taken_is_sent_again(pending: Payment, now: datetime, settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {}  # the merchant is away
    bank.pay(pending.gateway_reference, now=now)
    run_jobs()
    assert (Notice.objects.get().tries, Notice.objects.get().delivered_at) == (1, None)
    settings.PAYMENT_GATEWAYS = {"sandbox": "payments.gateways.sandbox.Sandbox"}
    run_jobs(until=now + timedelta(minutes=1))
    assert Notice.objects.get().delivered_at is not None
    assert again(pending).status == "captured"


def test_without_any_webhook_the_clock_finds_the_money(paid_there: Payment, now: datetime) -> None:
    from payments.tasks import look_after_payments

    later = now + timedelta(minutes=3)
    look_after_payments.func(timestamp=int(later.timestamp()))
    run_jobs()
    assert again(paid_there).status == "captured"


def test_the_clock_closes_what_was_not_paid_but_asks_a_last_time(
    pending: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payments.tasks import look_after_payments

    after = pending.expires_at + timedelta(seconds=1)
    monkeypatch.setattr("payments.tasks.this_instant", lambda: after)
    look_after_payments.func(timestamp=int(after.timestamp()))
    run_jobs()
    assert again(pending).status == "expired"


def test_pay_late_arrives_after_the_time_and_is_captured(
    pending: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.pay_late(pending.gateway_reference, now=now)
    run_jobs()
    assert again(pending).status == "pending"
    actions.expire_payment(payment_id=pending.id, by=HOUSE, now=pending.expires_at)
    run_jobs(until=pending.expires_at + timedelta(seconds=10))
    assert again(pending).status == "captured"


@pytest.mark.django_db(transaction=True)
def test_two_webhooks_at_once_are_one_capture(paid_there: Payment, now: datetime) -> None:
    """Six threads, two events three times each, through the door and then through the job. Taken away, the row lock makes
    two jobs collide at entry_captured_once, and delivery_once keeps each event to one row (tried; see the commit)."""
    together = threading.Barrier(6)
    statuses: list[int] = []

    def arrive(number: int) -> None:
        try:
            together.wait()
            statuses.append(call(event(paid_there, event_id=f"evt_{number % 2}"), at=now).status_code)
        finally:
            connections.close_all()

    _all_at_once([threading.Thread(target=arrive, args=(number,)) for number in range(6)])
    assert statuses == [200] * 6
    assert Delivery.objects.count() == 2

    ready = threading.Barrier(2)
    failures: list[BaseException] = []

    def settle(delivery: Delivery) -> None:
        try:
            ready.wait()
            actions.settle_delivery(delivery_id=delivery.id, by=HOUSE, now=now)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    _all_at_once([threading.Thread(target=settle, args=(delivery,)) for delivery in Delivery.objects.all()])
    assert failures == []
    assert sorted(Delivery.objects.values_list("outcome", flat=True)) == ["captured", "unchanged"]
    assert again(paid_there).status == "captured"
    assert Entry.objects.count() == 2


def _all_at_once(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
