"""A large refund needs a second person; the house itself needs nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.actor import Actor
from core.errors import NotAllowed, NotFound, WrongState
from core.money import Money
from identity.models import Facility
from payments import actions
from payments.errors import ReasonMissing, RefundTooHigh, SamePerson, TransferMissing
from payments.models import Credit, Entry, Payment, Refund
from tests.booking.test_races import all_at_once
from tests.jobs import run_jobs, waiting_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.conftest import HOUSE, again


@pytest.fixture(autouse=True)
def limit(settings: Any) -> None:
    settings.REFUND_APPROVAL_ABOVE = 100_000


@pytest.fixture
def by_second(hospital: Facility) -> Actor:
    """Dan's colleague at the desk."""
    return actor_for(make_desk(facility=hospital))


def ask(payment: Payment, by: Actor, now: datetime, amount: int | None = None) -> Refund:
    money = None if amount is None else Money.vnd(amount)
    return actions.request_refund(payment_id=payment.id, reason="Khách đổi ý", money=money, by=by, now=now)


def test_a_large_refund_waits_and_promises_nothing(paid: Payment, by_dan: Actor, now: datetime) -> None:
    refund = ask(paid, by_dan, now)
    assert refund.status == "awaiting_approval"
    assert "payments.tasks.carry_out_refund" not in waiting_jobs()
    assert not Entry.objects.filter(kind="refund_request").exists()
    assert ask(paid, by_dan, now).id == refund.id


def test_a_small_one_needs_nobody_but_small_ones_add_up(paid: Payment, by_dan: Actor, now: datetime) -> None:
    assert ask(paid, by_dan, now, 60_000).status == "requested"
    assert ask(paid, by_dan, now, 60_000).status == "awaiting_approval"


def test_a_colleague_approves_and_it_goes_back(paid: Payment, by_dan: Actor, by_second: Actor, now: datetime) -> None:
    refund = ask(paid, by_dan, now)
    actions.approve_refund(refund_id=refund.id, by=by_second, now=now)
    actions.approve_refund(refund_id=refund.id, by=by_second, now=now)
    run_jobs()
    refund = Refund.objects.get()
    assert (refund.status, refund.requested_by, refund.decided_by) == ("done", by_dan.user_id, by_second.user_id)
    assert again(paid).status == "refunded" and actions.prove_books(by=HOUSE, now=now).is_sound


def test_who_asked_cannot_decide(paid: Payment, by_dan: Actor, now: datetime) -> None:
    refund = ask(paid, by_dan, now)
    with pytest.raises(SamePerson):
        actions.approve_refund(refund_id=refund.id, by=by_dan, now=now)
    with pytest.raises(SamePerson):
        actions.reject_refund(refund_id=refund.id, reason="Nhầm", by=by_dan, now=now)
    assert Refund.objects.get().status == "awaiting_approval"
    assert "payments.tasks.carry_out_refund" not in waiting_jobs()


def test_strangers_cannot_decide(paid: Payment, by_dan: Actor, by_ana: Actor, by_eve: Actor, now: datetime) -> None:
    refund = ask(paid, by_dan, now)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Bệnh viện Hồng Hà")))
    for by, error in ((elsewhere, NotFound), (by_ana, NotAllowed), (by_eve, NotAllowed)):
        with pytest.raises(error):
            actions.approve_refund(refund_id=refund.id, by=by, now=now)
    assert Refund.objects.get().status == "awaiting_approval"


def test_a_rejected_one_is_over_and_frees_the_amount(
    paid: Payment, by_dan: Actor, by_second: Actor, now: datetime
) -> None:
    refund = ask(paid, by_dan, now)
    for reason in (" Đã khám xong ", "Lý do khác"):  # saying it again changes nothing
        actions.reject_refund(refund_id=refund.id, reason=reason, by=by_second, now=now)
    assert Refund.objects.get().rejected_because == "Đã khám xong"
    with pytest.raises(WrongState):
        actions.approve_refund(refund_id=refund.id, by=by_second, now=now)
    assert ask(paid, by_dan, now, 50_000).status == "requested"
    run_jobs()
    assert again(paid).refunded_amount == 50_000


def test_a_rejection_says_why(paid: Payment, by_dan: Actor, by_second: Actor, now: datetime) -> None:
    refund = ask(paid, by_dan, now)
    with pytest.raises(ReasonMissing):
        actions.reject_refund(refund_id=refund.id, reason=" ", by=by_second, now=now)
    refund = Refund.objects.get()
    assert (refund.status, refund.decided_by, refund.rejected_because) == ("awaiting_approval", None, "")


def test_the_house_does_not_wait_for_people(paid: Payment, by_dan: Actor, by_second: Actor, now: datetime) -> None:
    waiting = ask(paid, by_dan, now)
    ours = actions.request_refund(payment_id=paid.id, reason="cancelled", by=HOUSE, now=now)
    assert ours.id != waiting.id and ours.status == "requested"
    with pytest.raises(RefundTooHigh):
        actions.approve_refund(refund_id=waiting.id, by=by_second, now=now)
    run_jobs()
    assert again(paid).refunded_amount == 150_000
    assert actions.prove_books(by=HOUSE, now=now).is_sound


def test_a_credit_is_transferred_by_hand_with_the_banks_number(
    paid: Payment, by_dan: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.gateways.sandbox.Sandbox.can_refund", False)
    actions.request_refund(payment_id=paid.id, reason="cancelled", by=HOUSE, now=now)
    run_jobs()
    credit = Credit.objects.get()
    with pytest.raises(TransferMissing):
        actions.pay_out(credit_id=credit.id, way="transfer", transfer_reference=" ", by=by_dan, now=now)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Bệnh viện Hồng Hà")))
    with pytest.raises(NotFound):
        actions.pay_out(credit_id=credit.id, way="transfer", transfer_reference="FT1", by=elsewhere, now=now)
    assert Credit.objects.get().status == "owed" and again(paid).status == "captured"
    actions.pay_out(credit_id=credit.id, way="transfer", transfer_reference="FT26091512345", by=by_dan, now=now)
    assert again(paid).status == "refunded" and Refund.objects.get().status == "done"
    assert actions.prove_books(by=HOUSE, now=now).is_sound


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_decide_once(
    open_payment: Callable[..., Payment], by_dan: Actor, hospital: Facility, now: datetime
) -> None:
    payment = open_payment()
    actions.open_shift(opening_float=0, by=by_dan, now=now)
    payment = actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now).payment
    refund = ask(payment, by_dan, now)
    desks = [actor_for(make_desk(facility=hospital)) for _ in range(3)]
    acts = [lambda by=by: actions.approve_refund(refund_id=refund.id, by=by, now=now) for by in desks]
    acts += [lambda by=by: actions.reject_refund(refund_id=refund.id, reason="Nhầm", by=by, now=now) for by in desks]
    said = all_at_once(acts)
    assert sorted(said) == ["ok"] * 3 + ["wrong_state"] * 3
    assert Entry.objects.filter(kind="refund_request").count() in (0, 2)
