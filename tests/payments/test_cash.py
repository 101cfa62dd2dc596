"""The cash desk: a drawer is opened, cash is taken once for each payment, and what lies there at the end is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.money import Money
from identity.models import Facility, Membership
from payments import actions, cash, ledger, queries
from payments.actions import prove_books
from payments.errors import (
    AlreadyPaid,
    BadCount,
    NoShift,
    PaymentExpired,
    ReasonMissing,
    ShiftOpenElsewhere,
    TooLittleGiven,
    UnknownGateway,
)
from payments.gateways.sandbox import bank
from payments.models import CashMovement, CashShift, Charge, Entry, Payment, Refund
from tests.booking.test_races import all_at_once
from tests.jobs import run_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.conftest import HOUSE, again

FLOAT = 500_000


@pytest.fixture
def shift(by_dan: Actor, now: datetime) -> CashShift:
    """Dan's drawer, with 500.000 ₫ in it."""
    return actions.open_shift(opening_float=FLOAT, by=by_dan, now=now)


def count(amount: int) -> dict[int, int]:
    """So much, in as few banknotes as it takes."""
    notes = {}
    for note in cash.NOTES:
        notes[note], amount = divmod(amount, note)
    return notes


def test_cash_is_taken_and_the_change_is_told(
    payment: Payment, shift: CashShift, by_dan: Actor, now: datetime, told: list[str]
) -> None:
    told.clear()
    movement = actions.take_cash(payment_id=payment.id, given=200_000, by=by_dan, now=now)
    assert (movement.money, movement.change) == (Money.vnd(150_000), Money.vnd(50_000))
    paid = again(payment)
    assert (paid.status, paid.gateway, paid.captured_amount) == ("captured", "cash", 150_000)
    assert told == ["PaymentCaptured"]
    balances = queries.balances(paid.facility_id)
    assert balances == {
        (ledger.clearing("cash", paid.facility_id), "VND"): 150_000,
        (ledger.income(paid.facility_id), "VND"): -150_000,
    }


def test_a_second_tap_returns_the_first(payment: Payment, shift: CashShift, by_dan: Actor, now: datetime) -> None:
    first = actions.take_cash(payment_id=payment.id, given=200_000, by=by_dan, now=now)
    assert actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now).id == first.id
    assert Entry.objects.filter(kind="capture").count() == 2


def test_another_desk_hears_that_it_is_paid(
    payment: Payment, shift: CashShift, by_dan: Actor, hospital: Facility, now: datetime
) -> None:
    actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now)
    colleague = actor_for(make_desk(facility=hospital))
    actions.open_shift(opening_float=0, by=colleague, now=now)
    with pytest.raises(AlreadyPaid):
        actions.take_cash(payment_id=payment.id, given=150_000, by=colleague, now=now)
    assert CashMovement.objects.count() == 1


def test_cash_ends_what_was_begun_at_another_gateway(
    pending: Payment, shift: CashShift, by_dan: Actor, now: datetime
) -> None:
    movement = actions.take_cash(payment_id=pending.id, given=150_000, by=by_dan, now=now)
    assert again(pending).status == "cancelled" and again(movement.payment).status == "captured"
    # The page of the first try may still be open at the desk: a tap there is the same tap.
    assert actions.take_cash(payment_id=pending.id, given=150_000, by=by_dan, now=now).id == movement.id
    bank.pay(pending.gateway_reference, now=now)
    assert Charge.objects.get().status != "paid"


def test_what_was_paid_at_the_gateway_meanwhile_is_not_taken_again(
    pending: Payment, shift: CashShift, by_dan: Actor, now: datetime
) -> None:
    bank.pay(pending.gateway_reference, now=now)  # and the notice is still on its way
    with pytest.raises(AlreadyPaid):
        actions.take_cash(payment_id=pending.id, given=150_000, by=by_dan, now=now)
    assert again(pending).status == "captured" and not CashMovement.objects.exists()


def test_a_citizen_cannot_say_that_they_pay_in_cash(payment: Payment, by_ana: Actor, now: datetime) -> None:
    with pytest.raises(UnknownGateway):
        actions.start_payment(payment_id=payment.id, gateway="cash", by=by_ana, now=now)
    assert again(payment).status == "created"
    assert "cash" not in [way.code for way in queries.ways_to_pay(payment.facility_id)]


def test_refuses_without_an_open_drawer(payment: Payment, by_dan: Actor, now: datetime) -> None:
    with pytest.raises(NoShift):
        actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now)
    assert again(payment).status == "created" and not Entry.objects.exists()


def test_refuses_less_than_the_price(payment: Payment, shift: CashShift, by_dan: Actor, now: datetime) -> None:
    with pytest.raises(TooLittleGiven):
        actions.take_cash(payment_id=payment.id, given=149_999, by=by_dan, now=now)
    assert again(payment).status == "created" and not CashMovement.objects.exists()


def test_refuses_what_is_no_longer_asked_for(payment: Payment, shift: CashShift, by_dan: Actor, now: datetime) -> None:
    with pytest.raises(PaymentExpired):
        actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now + timedelta(hours=1))
    assert again(payment).status == "created" and not CashMovement.objects.exists()


def test_strangers_take_nothing(
    payment: Payment, shift: CashShift, by_eve: Actor, by_ana: Actor, by_ben: Actor, now: datetime
) -> None:
    elsewhere = actor_for(make_desk(facility=make_facility(name="Bệnh viện Hồng Hà")))
    actions.open_shift(opening_float=0, by=elsewhere, now=now)
    with pytest.raises(NotFound):
        actions.take_cash(payment_id=payment.id, given=150_000, by=elsewhere, now=now)
    for by in (by_eve, by_ana, by_ben):
        with pytest.raises(NotAllowed):
            actions.open_shift(opening_float=0, by=by, now=now)
        with pytest.raises(NotAllowed):
            actions.take_cash(payment_id=payment.id, given=150_000, by=by, now=now)
    assert again(payment).status == "created" and not CashMovement.objects.exists()


def test_opening_again_returns_the_open_drawer(shift: CashShift, by_dan: Actor, now: datetime) -> None:
    assert actions.open_shift(opening_float=1, by=by_dan, now=now).id == shift.id
    assert CashShift.objects.get().opening_float == FLOAT


def test_one_drawer_a_cashier_also_at_two_facilities(shift: CashShift, dan: Membership, now: datetime) -> None:
    elsewhere = make_facility(name="Bệnh viện Hồng Hà")
    there = Actor("desk", user_id=dan.user_id, facility_id=elsewhere.id)
    with pytest.raises(ShiftOpenElsewhere):
        actions.open_shift(opening_float=0, by=there, now=now)
    assert CashShift.objects.count() == 1


def test_a_drawer_that_agrees_is_closed_without_a_word(
    payment: Payment, shift: CashShift, by_dan: Actor, now: datetime
) -> None:
    actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now)
    closed = actions.close_shift(notes=count(650_000), reason="", by=by_dan, now=now)
    assert (closed.expected, closed.counted, closed.difference) == (650_000, 650_000, 0)
    assert closed.notes == {"500000": 1, "100000": 1, "50000": 1}
    assert not Entry.objects.filter(kind="cash_difference").exists()
    with pytest.raises(NoShift):
        actions.close_shift(notes={}, reason="", by=by_dan, now=now)


@pytest.mark.parametrize("counted, difference", [(630_000, -20_000), (655_000, 5_000)])
def test_what_is_missing_or_too_much_is_said_and_posted(
    payment: Payment, shift: CashShift, by_dan: Actor, now: datetime, counted: int, difference: int
) -> None:
    actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now)
    with pytest.raises(ReasonMissing):
        actions.close_shift(notes=count(counted), reason=" ", by=by_dan, now=now)
    assert CashShift.objects.get().is_open and not Entry.objects.filter(kind="cash_difference").exists()
    closed = actions.close_shift(notes=count(counted), reason="Trả nhầm tiền thừa", by=by_dan, now=now)
    assert closed.difference == difference
    balances = queries.balances(closed.facility_id)
    assert balances[ledger.cash_differences(closed.facility_id), "VND"] == -difference
    assert balances[ledger.clearing("cash", closed.facility_id), "VND"] == 150_000 + difference
    assert prove_books(by=HOUSE, now=now).is_sound


@pytest.mark.parametrize("notes", [{3: 1}, {500_000: -1}, {1_000: 10**9}])
def test_refuses_a_count_that_cannot_be(shift: CashShift, by_dan: Actor, now: datetime, notes: dict[int, int]) -> None:
    with pytest.raises(BadCount):
        actions.close_shift(notes=notes, reason="x", by=by_dan, now=now)
    assert CashShift.objects.get().is_open


def test_what_went_through_a_drawer_cannot_be_changed(
    payment: Payment, shift: CashShift, by_dan: Actor, now: datetime
) -> None:
    actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now)
    for change in (lambda: CashMovement.objects.update(amount=1), lambda: CashMovement.objects.all().delete()):
        with pytest.raises(IntegrityError, match="only append"), transaction.atomic():
            change()


def test_a_refund_of_cash_is_owed_and_handed_out_at_the_desk(
    payment: Payment, shift: CashShift, by_dan: Actor, now: datetime
) -> None:
    actions.take_cash(payment_id=payment.id, given=150_000, by=by_dan, now=now)
    actions.request_refund(payment_id=payment.id, reason="cancelled", by=HOUSE, now=now)
    run_jobs()
    refund = Refund.objects.get()
    assert (refund.status, refund.credit.status, refund.credit.cause) == ("credited", "owed", "by_hand")
    actions.pay_out(credit_id=refund.credit.id, way="cash", by=by_dan, now=now)
    actions.pay_out(credit_id=refund.credit.id, way="cash", by=by_dan, now=now)
    assert again(payment).status == "refunded" and Refund.objects.get().status == "done"
    closed = actions.close_shift(notes=count(FLOAT), reason="", by=by_dan, now=now)
    assert closed.difference == 0
    assert queries.balances(closed.facility_id)[ledger.clearing("cash", closed.facility_id), "VND"] == 0
    assert prove_books(by=HOUSE, now=now).is_sound


@pytest.mark.django_db(transaction=True)
def test_two_desks_and_many_taps_at_once_are_one_charge(
    open_payment: Callable[..., Payment], hospital: Facility, now: datetime
) -> None:
    payment = open_payment()
    payment = actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=now)
    desks = [actor_for(make_desk(facility=hospital)) for _ in range(2)]
    for by in desks:
        actions.open_shift(opening_float=0, by=by, now=now)

    def take(by: Actor) -> Callable[[], object]:
        return lambda: actions.take_cash(payment_id=payment.id, given=150_000, by=by, now=now)

    said = all_at_once([take(by) for by in desks for _ in range(4)])
    assert said == ["already_paid"] * 4 + ["ok"] * 4
    assert CashMovement.objects.count() == 1
    assert Entry.objects.filter(kind="capture").count() == 2
    assert Payment.objects.filter(status="captured").count() == 1


@pytest.mark.django_db(transaction=True)
def test_opening_twice_at_once_opens_one_drawer(hospital: Facility, now: datetime) -> None:
    by = actor_for(make_desk(facility=hospital))
    said = all_at_once([lambda: actions.open_shift(opening_float=0, by=by, now=now) for _ in range(6)])
    assert said == ["ok"] * 6 and CashShift.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_closing_while_cash_is_taken_counts_it_or_refuses_it(
    open_payment: Callable[..., Payment], hospital: Facility, now: datetime
) -> None:
    by = actor_for(make_desk(facility=hospital))
    actions.open_shift(opening_float=0, by=by, now=now)
    payments = [open_payment() for _ in range(4)]

    def take(payment: Payment) -> Callable[[], object]:
        return lambda: actions.take_cash(payment_id=payment.id, given=150_000, by=by, now=now)

    said = all_at_once([*map(take, payments), lambda: actions.close_shift(notes={}, reason="Kiểm thử", by=by, now=now)])
    shift = CashShift.objects.get()
    assert shift.expected == 150_000 * CashMovement.objects.count()
    assert said.count("ok") == 1 + CashMovement.objects.count()


def test_suggestions_begin_with_the_exact_amount() -> None:
    assert cash.suggestions(150_000) == [150_000, 160_000, 200_000, 500_000]
    assert cash.total({500_000: 1, 200: 2}) == 500_400
