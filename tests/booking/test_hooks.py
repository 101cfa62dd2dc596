"""Web hooks: a hospital's endpoint on a real socket, and its own code checks what arrives."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from booking import actions, hooks
from booking.errors import TooManyHooks, UnknownHookEvent
from booking.models import HookDelivery, HookEndpoint
from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.outbound import AddressRefused
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
STORY = Actor.system("hooks")


class Hospital:
    """The other side: answers as it is told and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []  # then 200
        self.waits = 0.0
        hospital = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                hospital.sent.append((dict(self.headers), raw))
                time.sleep(hospital.waits)
                status = hospital.answers.pop(0) if hospital.answers else 200
                self.send_response(status)
                if status in {301, 302, 307}:
                    self.send_header("Location", f"{hospital.url}elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                hospital.sent.append(({}, b"GET"))

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Event and appointment of each message."""
        bodies = [json.loads(raw) for _headers, raw in self.sent]
        return [(body["event"], body["data"].get("appointment", {}).get("id", "")) for body in bodies]


@pytest.fixture
def his() -> Iterator[Hospital]:
    hospital = Hospital()
    yield hospital
    hospital.server.shutdown()
    hospital.server.server_close()


@pytest.fixture
def hook(his, dan, now, clock) -> tuple[HookEndpoint, str]:
    return actions.add_hook(url=his.url, events=[], by=make.actor_for(dan), now=now)


@pytest.fixture
def visit(schedule, visit_type, ana):
    return stage.book(schedule, visit_type, ana, at("10:00"))


def tell(event: str, visit: Any, now: Any, key: str = "") -> int:
    return actions.tell_hooks(
        event=f"appointment.{event}", appointment_id=visit.pk, key=key or f"{event}:{visit.pk}", by=STORY, now=now
    )


def is_genuine(secret: str, headers: dict[str, str], raw: bytes, now: float) -> bool:
    """What the description of the header tells a hospital's programmer to write."""
    parts = dict(part.split("=", 1) for part in headers["Lanh-Signature"].split(","))
    expected = hmac.new(secret.encode(), f"{parts['t']}.".encode() + raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"]) and abs(now - int(parts["t"])) < 300


def states() -> list[str]:
    return list(HookDelivery.objects.order_by("created_at", "pk").values_list("status", flat=True))


def test_tells_signed_without_people_or_reasons(his, hook, visit, now, ana):
    endpoint, secret = hook
    assert tell("booked", visit, now) == 1
    assert his.sent == []  # the network is not in the transaction
    run_jobs()
    ((headers, raw),) = his.sent
    assert is_genuine(secret, headers, raw, now.timestamp())
    assert not is_genuine(secret, headers, raw + b" ", now.timestamp())
    assert not is_genuine("whsec_other", headers, raw, now.timestamp())
    assert not is_genuine(secret, headers, raw, now.timestamp() + 400)
    body = json.loads(raw)
    delivery = HookDelivery.objects.get()
    assert (body["event"], body["id"], headers["Lanh-Delivery"]) == (
        "appointment.booked",
        str(delivery.pk),
        str(delivery.pk),
    )
    told = body["data"]["appointment"]
    assert (told["id"], told["status"], told["start"]) == (str(visit.pk), "booked", visit.starts_at.isoformat())
    assert {"actor": {"reference": f"Patient/{ana.pk}"}, "status": "accepted"} in told["participant"]
    assert ana.full_name not in raw.decode() and "Ho ba ngày" not in raw.decode()
    assert (delivery.status, delivery.answer, delivery.tries) == ("done", "200", 1)
    endpoint.refresh_from_db()
    assert endpoint.heard_at == now
    assert secret.encode() not in bytes(endpoint.secret)


def test_the_same_thing_is_told_once(his, hook, visit, now):
    tell("booked", visit, now)
    tell("booked", visit, now)
    run_jobs()
    tell("booked", visit, now)
    run_jobs()
    assert len(his.sent) == 1


def test_other_facilities_and_other_events_are_not_told(his, now, clock, visit, dan):
    other = make.make_desk(facility=make.make_facility(name="Bệnh viện Khác"))
    actions.add_hook(url=his.url, events=[], by=make.actor_for(other), now=now)
    actions.add_hook(url=his.url, events=["appointment.cancelled"], by=make.actor_for(dan), now=now)
    assert tell("booked", visit, now) == 0
    run_jobs()
    assert his.sent == []


def test_who_does_not_answer_is_asked_again_with_growing_pauses_in_order(his, hook, visit, now, clock):
    his.answers = [500, 503, 429]
    tell("booked", visit, now)
    tell("cancelled", visit, now)
    run_jobs()
    assert len(his.sent) == 1  # one try, then the endpoint rests; the second message is not even tried
    for pause in (15, 30, 60):
        run_jobs(until=now + timedelta(seconds=pause - 1))
        tries = len(his.sent)
        now = now + timedelta(seconds=pause)
        clock.move_to(now)
        run_jobs(until=now)
        assert len(his.sent) > tries
    assert [event for event, _id in his.heard] == ["appointment.booked"] * 4 + ["appointment.cancelled"]
    assert states() == ["done", "done"]
    endpoint = hook[0]
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.rests_until) == (0, None)


def test_one_refused_message_holds_up_only_its_own_visit(his, hook, visit, schedule, visit_type, eve, now, clock):
    other = stage.book(schedule, visit_type, eve, at("11:00"))
    his.answers = [400]
    tell("booked", visit, now)
    tell("cancelled", visit, now)
    tell("booked", other, now)
    run_jobs()
    assert his.heard == [("appointment.booked", str(visit.pk)), ("appointment.booked", str(other.pk))]
    assert states() == ["waiting", "waiting", "done"]
    clock.move_to(now + timedelta(seconds=15))
    run_jobs(until=now + timedelta(seconds=15))
    assert states() == ["done", "done", "done"]


@pytest.mark.parametrize("trouble", ["redirects", "hangs", "is gone"])
def test_redirects_are_not_followed_and_nobody_waits_long(his, hook, visit, now, monkeypatch, trouble):
    monkeypatch.setattr("booking.actions.hooks.TIMEOUT_S", 0.2)
    if trouble == "redirects":
        his.answers = [307]
    elif trouble == "hangs":
        his.waits = 0.6
    else:
        his.server.server_close()
    tell("booked", visit, now)
    began = time.monotonic()
    run_jobs()
    assert time.monotonic() - began < 2
    assert states() == ["waiting"]
    assert HookDelivery.objects.get().answer == {"redirects": "307"}.get(trouble, "no_answer")
    assert len(his.sent) <= 1


def test_after_a_day_it_is_given_up_and_can_be_sent_again(his, hook, visit, now, clock, dan, eve):
    his.answers = [500] * 3
    by = make.actor_for(dan)
    tell("booked", visit, now)
    run_jobs()
    clock.move_to(now + timedelta(hours=23, minutes=59))
    run_jobs(until=now + timedelta(hours=23, minutes=59))
    assert states() == ["waiting"]
    clock.move_to(now + timedelta(hours=25))
    run_jobs(until=now + timedelta(hours=25))
    assert states() == ["failed"]
    tries = len(his.sent)
    run_jobs(until=now + timedelta(hours=30))
    assert len(his.sent) == tries
    delivery = HookDelivery.objects.get()
    other = make.make_desk(facility=make.make_facility(name="Bệnh viện Khác"))
    for stranger in (make.actor_for(eve), make.actor_for(other)):
        with pytest.raises(NotFound):
            actions.send_again(delivery_id=delivery.pk, by=stranger, now=now)
    assert states() == ["failed"]
    later_on = now + timedelta(hours=25)
    actions.send_again(delivery_id=delivery.pk, by=by, now=later_on)
    actions.send_again(delivery_id=delivery.pk, by=by, now=later_on)
    run_jobs(until=later_on)
    assert (states(), len(his.sent)) == (["done"], tries + 1)


def test_a_lost_job_is_found_by_the_sweep(his, hook, visit, now, clock):
    tell("booked", visit, now)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    clock.move_to(now + timedelta(minutes=3))
    assert actions.wake_hooks(now=now + timedelta(minutes=3)) == 1
    run_jobs()
    assert states() == ["done"]
    assert actions.wake_hooks(now=now + timedelta(minutes=6)) == 0


def test_removing_ends_it(his, hook, visit, now, dan):
    tell("booked", visit, now)
    actions.remove_hook(endpoint_id=hook[0].pk, by=make.actor_for(dan), now=now)
    run_jobs()
    assert (his.sent, states()) == ([], ["failed"])
    assert tell("cancelled", visit, now) == 0
    with pytest.raises(NotFound):
        actions.send_again(delivery_id=HookDelivery.objects.get().pk, by=make.actor_for(dan), now=now)


def test_a_greeting_wakes_who_rests(his, hook, visit, now, dan):
    his.answers = [500]
    tell("booked", visit, now)
    run_jobs()
    actions.ping_hook(endpoint_id=hook[0].pk, by=make.actor_for(dan), now=now)
    run_jobs()
    assert his.heard[-1] == ("ping", "")


def test_only_the_desk_adds_and_only_where_it_leads_outside(his, dan, eve, ben, now, clock):
    desk = make.actor_for(dan)
    for who in (make.actor_for(eve), make.actor_for(ben), SYSTEM):
        with pytest.raises(NotAllowed):
            actions.add_hook(url=his.url, events=[], by=who, now=now)
    with pytest.raises(UnknownHookEvent):
        actions.add_hook(url=his.url, events=["record.read"], by=desk, now=now)
    with override_settings(OUTBOUND_PRIVATE_ALLOWED=False), pytest.raises(AddressRefused):
        actions.add_hook(url=his.url, events=[], by=desk, now=now)
    assert not HookEndpoint.objects.exists()
    for _number in range(10):
        actions.add_hook(url="https://his.example.vn/h", events=[], by=desk, now=now)
    with pytest.raises(TooManyHooks):
        actions.add_hook(url=his.url, events=[], by=desk, now=now)


def test_an_address_that_turns_inwards_later_is_not_visited(his, hook, visit, now):
    tell("booked", visit, now)
    with override_settings(OUTBOUND_PRIVATE_ALLOWED=False):
        run_jobs()
    assert (his.sent, states(), HookDelivery.objects.get().answer) == ([], ["waiting"], "address_refused")


def test_pauses_grow_to_a_quarter_of_an_hour():
    assert [hooks.pause_after(number).total_seconds() for number in (1, 2, 3, 4, 5, 6, 7, 8, 5000)] == [
        15, 30, 60, 120, 240, 480, 900, 900, 900,
    ]  # fmt: skip
