"""Opening a payment, going to the gateway, and no longer asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import NotAllowed, NotFound, WrongState
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions, queries
from payments.errors import AlreadyPaid, NothingToPay, PaymentExpired, PriceDiffers, UnknownGateway
from payments.gateways.sandbox import bank
from payments.models import Charge, Payment
from payments.tasks import close_late_payment
from tests.make import make_facility
from tests.payments.conftest import HOUSE, again, subject_of


def test_asks_for_the_price_until_the_moment(payment: Payment, ana: Person, hospital: Facility, now: datetime) -> None:
    assert payment.status == "created"
    assert payment.price == Money.vnd(150_000)
    assert (payment.payer_id, payment.facility_id) == (ana.id, hospital.id)
    assert payment.expires_at == now + timedelta(minutes=10)


def test_asking_again_for_the_same_returns_the_same_payment(
    payment: Payment, open_payment: Callable[..., Payment]
) -> None:
    assert open_payment(subject=Ref.parse(payment.subject)).id == payment.id
    assert Payment.objects.count() == 1


def test_refuses_another_price_for_what_is_already_asked_for(
    payment: Payment, open_payment: Callable[..., Payment]
) -> None:
    with pytest.raises(PriceDiffers):
        open_payment(subject=Ref.parse(payment.subject), price=Money.vnd(1))
    assert again(payment).amount == 150_000


@pytest.mark.parametrize("amount", [0, -1])
def test_refuses_to_ask_for_nothing(open_payment: Callable[..., Payment], amount: int) -> None:
    with pytest.raises(NothingToPay):
        open_payment(price=Money.vnd(amount))
    assert Payment.objects.count() == 0


def test_the_table_itself_refuses_a_second_open_payment_and_a_negative_amount(payment: Payment) -> None:
    for change in ({"pk": None}, {"pk": None, "subject": "other:1", "amount": -1}, {"refunded_amount": 150_001}):
        copy = again(payment)
        for name, value in change.items():
            setattr(copy, name, value)
        if copy.pk is None:
            copy.pk, copy._state.adding = Payment().pk, True
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()


def test_eve_cannot_open_a_payment_in_anas_name(
    open_payment: Callable[..., Payment], by_eve: Actor, by_ana: Actor, ana: Person
) -> None:
    with pytest.raises(NotFound):
        open_payment(by=by_eve)
    assert Payment.objects.count() == 0
    assert open_payment(by=by_ana).payer_id == ana.id


def test_the_desk_asks_only_for_its_own_house(open_payment: Callable[..., Payment], by_dan: Actor) -> None:
    assert open_payment(by=by_dan).is_open
    with pytest.raises(NotAllowed):
        open_payment(by=by_dan, facility_id=make_facility(name="Elsewhere").id)


def test_the_gateway_shows_its_page(pending: Payment) -> None:
    charge = Charge.objects.get()
    assert pending.status == "pending"
    assert pending.gateway_reference == charge.reference
    assert pending.gateway_url == f"/sandbox/pay/{charge.reference}/"
    assert (charge.amount, charge.currency, charge.return_path) == (150_000, "VND", queries.return_path(pending))


def test_starting_twice_leads_to_the_same_page(pending: Payment, now: datetime) -> None:
    twice = actions.start_payment(payment_id=pending.id, gateway="sandbox", by=HOUSE, now=now)
    assert (twice.id, twice.gateway_url) == (pending.id, pending.gateway_url)
    assert Charge.objects.count() == 1


def test_a_crash_between_the_gateway_and_our_books_asks_for_the_same_page(
    payment: Payment, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Payment, "move_to", crash)
        with pytest.raises(KeyboardInterrupt):
            actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=now)
    assert again(payment).status == "created"
    actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=now)
    assert Charge.objects.count() == 1


def test_refuses_a_gateway_nobody_offers(payment: Payment, now: datetime) -> None:
    with pytest.raises(UnknownGateway):
        actions.start_payment(payment_id=payment.id, gateway="vnpay", by=HOUSE, now=now)
    assert again(payment).status == "created"


def test_refuses_to_start_after_the_time_has_run_out(payment: Payment, now: datetime) -> None:
    with pytest.raises(PaymentExpired):
        actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=payment.expires_at)
    assert Charge.objects.count() == 0


def test_refuses_to_pay_twice(paid: Payment, now: datetime) -> None:
    with pytest.raises(AlreadyPaid):
        actions.start_payment(payment_id=paid.id, gateway="sandbox", by=HOUSE, now=now)


def test_after_a_refusal_the_next_try_is_a_new_payment_for_the_same_thing(pending: Payment, now: datetime) -> None:
    bank.decline(pending.gateway_reference, now=now)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    second = actions.start_payment(payment_id=pending.id, gateway="sandbox", by=HOUSE, now=now)
    assert again(pending).status == "failed"
    assert second.id != pending.id
    assert (second.subject, second.price, second.status) == (pending.subject, pending.price, "pending")


def test_no_longer_asking_closes_what_is_open_and_what_was_declined(pending: Payment, now: datetime) -> None:
    closed = actions.cancel_payment(subject=Ref.parse(pending.subject), by=HOUSE, now=now)
    assert closed is not None
    assert again(pending).status == "cancelled"
    assert actions.cancel_payment(subject=Ref.parse(pending.subject), by=HOUSE, now=now) is None


def test_no_longer_asking_leaves_what_is_paid(paid: Payment, now: datetime) -> None:
    assert actions.cancel_payment(subject=Ref("thing", subject_of(paid)), by=HOUSE, now=now) is None
    assert again(paid).status == "captured"


def test_expires_only_after_its_time(pending: Payment, now: datetime) -> None:
    with pytest.raises(WrongState):
        actions.expire_payment(payment_id=pending.id, by=HOUSE, now=now)
    actions.expire_payment(payment_id=pending.id, by=HOUSE, now=pending.expires_at)
    actions.expire_payment(payment_id=pending.id, by=HOUSE, now=pending.expires_at)
    assert again(pending).status == "expired"


def test_a_payment_whose_gateway_is_gone_is_closed_all_the_same(pending: Payment, now: datetime, settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {}
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        close_late_payment(payment_id=str(pending.id))
    assert Payment.objects.get(id=pending.id).status == "expired"
