"""The desk hears of disputes and of money nobody could match: all of them, once, with no storm, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.events import run_reaction
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Membership, Person
from notifications import words
from notifications.models import Attempt, Message
from payments import actions, gateways
from payments.events import PaymentDisputed, TransferUnmatched
from payments.gateways import DisputeTruth
from payments.models import BankLine, Dispute, GatewayAccount, Payment
from tests.jobs import run_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.bank_stage import enter
from tests.payments.conftest import HOUSE

pytestmark = pytest.mark.django_db
DISPUTED, UNMATCHED = "payment_disputed", "transfers_unmatched"


@pytest.fixture
def lan(hospital: Facility) -> Membership:
    """Dan's colleague at the desk."""
    return make_desk(facility=hospital, full_name="Đặng Thị Lan")


@pytest.fixture(autouse=True)
def others(lan: Membership, by_ben: Any, cara: Any, eve: Person, hospital: Facility) -> Membership:
    """Who must hear nothing: another hospital's desk, doctors, pharmacists, citizens, and who was at this desk before."""
    gone = make_desk(facility=hospital, full_name="Vũ Đã Nghỉ")
    gone.active_to = date(2021, 1, 1)
    gone.save()
    return make_desk(facility=make_facility(name="Bệnh viện Khác"))


def readers(kind: str) -> set[Any]:
    return set(Message.objects.filter(kind=kind).values_list("recipient_id", flat=True))


# ---- disputes


@pytest.fixture
def paid(ana: Person, hospital: Facility, dan: Membership, now: datetime) -> Payment:
    payment = actions.open_payment(
        subject=Ref("deskitem", new_id()),
        price=Money.vnd(320_000),
        payer_id=ana.id,
        facility_id=hospital.id,
        description="Xét nghiệm HIV",
        expires_at=now + timedelta(days=1),
        by=HOUSE,
        now=now,
    )
    actions.open_shift(opening_float=0, by=actor_for(dan), now=now)
    return actions.take_cash(payment_id=payment.id, given=320_000, by=actor_for(dan), now=now).payment


@pytest.fixture
def truth(paid: Payment, now: datetime) -> DisputeTruth:
    return DisputeTruth(
        reference="du_1", payment_id=paid.id, money=Money.vnd(320_000), reason="fraudulent", status="needs_response",
        is_taken=True, opened_at=now, fee=0, answer_by=now + timedelta(days=7),
    )  # fmt: skip


def record(truth: DisputeTruth, now: datetime) -> None:
    assert truth.payment_id is not None
    actions.record_dispute(payment_id=truth.payment_id, truth=truth, by=HOUSE, now=now)


def test_the_whole_desk_hears_of_a_dispute_once_and_until_when(
    truth: DisputeTruth, dan: Membership, lan: Membership, paid: Payment, ana: Person, now: datetime
) -> None:
    for told in (truth, truth, replace(truth, status="under_review")):
        record(told, now)
        run_jobs()
    assert readers(DISPUTED) == {dan.user_id, lan.user_id}
    assert Message.objects.filter(kind=DISPUTED).count() == 2
    message = Message.objects.filter(kind=DISPUTED).first()
    assert message is not None and words.link_of(message) == "/hospital/money/"
    for language in ("vi", "en"):
        said = " ".join(words.of_message(message, part, language) for part in words.PARTS)
        assert paid.code in said and "320.000" in said and "2031" in said
        assert "HIV" not in said and ana.full_name not in said
    assert "01/04/2031" in words.of_message(message, "subject", "vi")


def test_the_same_reaction_twice_writes_nothing_more(truth: DisputeTruth, paid: Payment, now: datetime) -> None:
    record(truth, now)
    run_jobs()
    values = {"payment_id": str(paid.id), "subject": paid.subject, "dispute_id": str(Dispute.objects.get().id)}
    for _ in range(2):
        run_reaction("journeys.tills.tell_the_desk_of_a_dispute", PaymentDisputed.path(), values)
    assert Message.objects.filter(kind=DISPUTED).count() == 2


def test_a_dispute_nobody_has_to_answer_names_no_day(truth: DisputeTruth, now: datetime) -> None:
    record(replace(truth, status="under_review"), now)
    run_jobs()
    message = Message.objects.filter(kind=DISPUTED).first()
    assert message is not None
    assert "chưa cần trả lời" in words.of_message(message, "inbox", "vi")
    assert "None" not in words.of_message(message, "subject", "en")


def test_when_an_answer_is_wanted_later_the_desk_hears_the_day_then(truth: DisputeTruth, now: datetime) -> None:
    for told in (replace(truth, status="under_review", answer_by=None), truth, truth):
        record(told, now)
        run_jobs()
    first, second = Message.objects.filter(kind=DISPUTED, recipient_id=min(readers(DISPUTED))).order_by("id")
    assert "answer_at" not in first.params
    assert "01/04/2031" in words.of_message(second, "subject", "vi")


def test_what_was_decided_before_anybody_was_told_is_not_spoken_of(truth: DisputeTruth, now: datetime) -> None:
    record(truth, now)
    record(replace(truth, status="won"), now)
    run_jobs()
    assert not readers(DISPUTED)


# ---- money on the bank account


@pytest.fixture
def account(dan: Membership, settings: Any, now: datetime) -> GatewayAccount:
    settings.PAYMENT_GATEWAYS = {**settings.PAYMENT_GATEWAYS, "vietqr": "payments.gateways.vietqr.VietQR"}
    return enter(dan, now)


def come(account: GatewayAccount, number: int, at: datetime, amount: int = 70_000, memo: str = "x") -> BankLine:
    came = gateways.Came(amount=amount, at=at, memo=memo, number=f"FT{number}")
    return actions.take_line(account=account, came=came, source="hook", by=HOUSE, now=at).line


def test_the_whole_desk_hears_of_unmatched_money(
    account: GatewayAccount, dan: Membership, lan: Membership, now: datetime
) -> None:
    come(account, 1, now, memo="BHYT chuyen tien kham tim")
    run_jobs()
    assert readers(UNMATCHED) == {dan.user_id, lan.user_id}
    message = Message.objects.filter(kind=UNMATCHED).first()
    assert message is not None and words.link_of(message) == "/hospital/transfers/"
    said = " ".join(words.of_message(message, part, "vi") for part in words.PARTS)
    assert "1 chuyển khoản" in said and "70.000" in said
    assert "kham tim" not in said
    assert not Attempt.objects.filter(message__kind=UNMATCHED).exists()  # the inbox; elsewhere only by one's own wish


def test_a_storm_of_transfers_is_one_message_an_hour(account: GatewayAccount, now: datetime) -> None:
    for number in range(60):
        come(account, number, now + timedelta(seconds=number * 40))  # from seven to twenty to eight
        if number % 7 == 0:
            run_jobs()
    run_jobs()
    assert Message.objects.filter(kind=UNMATCHED).count() == 2  # one for each at the desk
    come(account, 100, now + timedelta(hours=1))
    come(account, 101, now + timedelta(hours=1, minutes=59))
    run_jobs()
    assert Message.objects.filter(kind=UNMATCHED).count() == 4
    latest = Message.objects.filter(kind=UNMATCHED).order_by("-id").first()
    assert latest is not None and latest.params["count"] == 62


def test_told_late_and_twice_it_is_still_once(account: GatewayAccount, now: datetime) -> None:
    line = come(account, 1, now)
    values = {"line_id": str(line.id), "facility_id": str(line.facility_id)}
    for _ in range(3):
        run_reaction("journeys.tills.tell_the_desk_of_unmatched_money", TransferUnmatched.path(), values)
    run_jobs()
    assert Message.objects.filter(kind=UNMATCHED).count() == 2


def test_money_that_fits_or_was_settled_at_once_is_not_spoken_of(
    account: GatewayAccount, ana: Person, hospital: Facility, dan: Membership, now: datetime
) -> None:
    asked = actions.open_payment(
        subject=Ref("deskitem", new_id()),
        price=Money.vnd(90_000),
        payer_id=ana.id,
        facility_id=hospital.id,
        description="Khám",
        expires_at=now + timedelta(days=1),
        by=HOUSE,
        now=now,
    )
    waiting = actions.start_payment(payment_id=asked.id, gateway="vietqr", by=HOUSE, now=now)
    fits = come(account, 1, now, amount=90_000, memo=waiting.code)
    assert fits.status == "matched"
    line = come(account, 2, now)
    actions.ignore_line(line_id=line.id, reason="Tiền thuê mặt bằng", by=actor_for(dan), now=now)
    run_jobs()
    assert not readers(UNMATCHED)


def test_told_again_of_the_same_money_nothing_is_said(account: GatewayAccount, now: datetime) -> None:
    for hours in (0, 2, 4):
        at = now + timedelta(hours=hours)
        came = gateways.Came(amount=70_000, at=now, memo="x", number="FT1")
        actions.take_line(account=account, came=came, source="hook", by=HOUSE, now=at)
        run_jobs()
    assert Message.objects.filter(kind=UNMATCHED).count() == 2
