"""Payers are reminded of what is unpaid: a few times, once each, in their language, and not once it is paid."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from notifications.models import Message
from payments import actions
from payments.models import Payment
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def unpaid(ana: Person, hospital: Facility, now: datetime) -> Payment:
    """Asked for, with thirty days to pay."""
    return actions.open_payment(
        subject=Ref("deskitem", new_id()),
        price=Money.vnd(320_000),
        payer_id=ana.id,
        facility_id=hospital.id,
        description="Xét nghiệm máu",
        expires_at=now + timedelta(days=30),
        by=HOUSE,
        now=now,
    )


def remind(at: datetime) -> int:
    told = actions.remind_the_unpaid(by=HOUSE, now=at)
    run_jobs()
    return told


def test_three_times_and_no_more(unpaid: Payment, ana: Person, now: datetime) -> None:
    assert remind(now + timedelta(hours=23)) == 0
    assert [remind(now + timedelta(days=day)) for day in (1, 1, 2, 3, 4, 7, 8, 20)] == [1, 0, 0, 1, 0, 1, 0, 0]
    assert Message.objects.filter(recipient=ana.user, kind="payment_reminder").count() == 3


def test_a_house_that_stood_still_reminds_once_not_three_times(unpaid: Payment, ana: Person, now: datetime) -> None:
    assert [remind(now + timedelta(days=20)) for _ in range(2)] == [1, 0]
    assert Message.objects.get(recipient=ana.user, kind="payment_reminder").params["nth"] == 3


def test_what_is_paid_or_closed_is_not_spoken_of(unpaid: Payment, now: datetime) -> None:
    actions.cancel_payment(subject=Ref.parse(unpaid.subject), by=HOUSE, now=now)
    assert remind(now + timedelta(days=1)) == 0


def test_what_lapses_within_the_hour_is_left_alone(unpaid: Payment, now: datetime) -> None:
    Payment.objects.update(expires_at=now + timedelta(hours=24, minutes=30))
    assert remind(now + timedelta(hours=24)) == 0


def test_money_kept_at_the_desk_is_told_once(ana: Person, unpaid: Payment, by_dan, now: datetime) -> None:
    actions.open_shift(opening_float=0, by=by_dan, now=now)
    actions.take_cash(payment_id=unpaid.id, given=500_000, by=by_dan, now=now)
    actions.request_refund(payment_id=unpaid.id, reason="x", by=HOUSE, now=now)
    run_jobs()
    assert Message.objects.filter(recipient=ana.user, kind="payment_owed").count() == 1
