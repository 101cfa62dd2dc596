"""Carrying: tried until it is handed over, handed over once, in the reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from identity.models import Person
from notifications import actions
from notifications.carriers.sms import DemoSms
from notifications.errors import CarrierUnavailable
from notifications.models import Attempt, Message
from notifications.words import Letter
from tests.jobs import run_jobs, waiting_jobs
from tests.notifications.facts import HOUSE, say


@pytest.fixture
def message(ana: Person, now: datetime) -> Message:
    assert ana.user is not None
    ana.user.email = "ana@example.vn"
    ana.user.save()
    found = say(ana.id, now)
    assert found is not None
    return found


def test_goes_out_by_each_carrier(message: Message, ana: Person) -> None:
    run_jobs()
    assert ana.user is not None
    sent = {attempt.carrier: attempt for attempt in Attempt.objects.all()}
    assert set(sent) == {"sms", "email", "push"}
    assert all(attempt.status == "sent" for attempt in sent.values())
    assert sent["sms"].to == ana.user.phone
    assert sent["sms"].body.startswith("Lanh: Lich kham luc 09:00")
    assert [(letter.to, letter.extra_headers["X-Lanh-Message"]) for letter in mail.outbox] == [
        (["ana@example.vn"], str(message.id))
    ]


def test_speaks_the_readers_language(message: Message, ana: Person) -> None:
    assert ana.user is not None
    ana.user.language = "en"
    ana.user.save()
    run_jobs()
    assert Attempt.objects.get(carrier="sms").body.startswith("Lanh: the visit at 09:00")


def test_a_job_that_runs_twice_hands_it_over_once(message: Message, now: datetime) -> None:
    run_jobs()
    for carrier in ("sms", "email", "push"):
        actions.deliver(message_id=message.id, carrier=carrier, now=now)
    assert Attempt.objects.count() == 3 and len(mail.outbox) == 1


def test_a_worker_killed_while_carrying_is_followed_by_one_that_ends_it(
    message: Message, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: DemoSms, letter: Letter) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DemoSms, "carry", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.deliver(message_id=message.id, carrier="sms", now=now)
    assert Attempt.objects.get().status == "queued"
    run_jobs()
    assert Attempt.objects.get(carrier="sms").status == "sent"


def test_a_carrier_that_is_down_is_tried_again_with_the_same_key(
    message: Message, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def down_twice(self: DemoSms, letter: Letter) -> str:
        keys.append(letter.key)
        if len(keys) < 3:
            raise CarrierUnavailable()
        return "ok"

    monkeypatch.setattr(DemoSms, "carry", down_twice)
    run_jobs()
    run_jobs(until=now.replace(year=2100))
    run_jobs(until=now.replace(year=2100))
    statuses = list(Attempt.objects.filter(carrier="sms").order_by("id").values_list("status", flat=True))
    assert statuses == ["failed", "failed", "sent"]
    assert keys == [str(message.id)] * 3


def test_one_carrier_down_does_not_stop_the_others(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: DemoSms, letter: Letter) -> str:
        raise CarrierUnavailable()

    monkeypatch.setattr(DemoSms, "carry", down)
    run_jobs(failures="keep")
    assert set(Attempt.objects.filter(status="sent").values_list("carrier", flat=True)) == {"email", "push"}


def test_who_cannot_be_reached_that_way_is_left_in_peace(ana: Person, now: datetime) -> None:
    say(ana.id, now)
    run_jobs()
    assert not Attempt.objects.filter(carrier="email").exists()


def test_a_closed_account_gets_nothing_more(message: Message, ana: Person) -> None:
    assert ana.user is not None
    ana.user.is_active = False
    ana.user.save()
    run_jobs()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "Ma dang nhap"), ("en", "sign-in code"), ("fr", "Ma dang nhap")]
)
def test_a_sign_in_code_goes_out_by_sms(db: None, now: datetime, language: str, words: str) -> None:
    actions.send_sign_in_code(phone="+84901234567", code="123456", language=language, now=now)
    assert waiting_jobs() == ["notifications.tasks.carry_attempt"]
    run_jobs()
    attempt = Attempt.objects.get()
    assert (attempt.to, attempt.status, attempt.message) == ("+84901234567", "sent", None)
    assert "123456" in attempt.body and words in attempt.body


@pytest.mark.parametrize(("demo", "kept"), [(True, True), (False, False)])
def test_a_code_that_has_left_is_kept_in_the_demo_only(
    db: None, now: datetime, settings: Any, demo: bool, kept: bool
) -> None:
    settings.DEMO = demo
    actions.send_sign_in_code(phone="+84901234567", code="123456", now=now)
    run_jobs()
    assert Attempt.objects.get().status == "sent"
    assert ("123456" in Attempt.objects.get().body) is kept


def test_other_peoples_mail_lands_in_the_outbox_too(db: None, settings: Any) -> None:
    from django.core.mail import send_mail

    settings.EMAIL_BACKEND = "notifications.carriers.email.OutboxBackend"
    send_mail("Reset", "Open this", None, ["ben@example.vn"])
    attempt = Attempt.objects.get()
    assert (attempt.carrier, attempt.to, attempt.subject, attempt.status) == (
        "email",
        "ben@example.vn",
        "Reset",
        "sent",
    )


def test_our_own_mail_is_in_the_outbox_once(message: Message, settings: Any) -> None:
    settings.EMAIL_BACKEND = "notifications.carriers.email.OutboxBackend"
    run_jobs()
    assert Attempt.objects.filter(carrier="email").count() == 1


def test_nothing_is_due_twice(message: Message, now: datetime) -> None:
    run_jobs()
    assert run_jobs(until=now + timedelta(days=365 * 90)) == []


def test_somebody_without_an_account_gets_a_letter_once(db: None, now: datetime) -> None:
    wish: dict[str, Any] = {"kind": "call_invitation", "key": "one", "language": "vi", "by": HOUSE, "now": now}
    wish["params"] = {"answer": "/join/0123456789abcdefghijklmnopqrstuv/"}
    for _ in range(2):
        actions.send_to_address(carrier="sms", to="+84912345678", **wish)
        actions.send_to_address(carrier="email", to="lan@example.org", **wish)
        run_jobs()
    assert sorted(Attempt.objects.values_list("carrier", "to", "status")) == [
        ("email", "lan@example.org", "sent"),
        ("sms", "+84912345678", "sent"),
    ]
    (letter,) = mail.outbox
    assert letter.to == ["lan@example.org"] and "/join/0123456789abcdefghijklmnopqrstuv/" in str(letter.body)
