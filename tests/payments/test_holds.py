"""Cards that are held and charged after the care: through the whole story, and through whatever fails on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from booking.models import CutShort
from core.edge import now as this_instant
from core.errors import NotAllowed
from core.money import Money
from core.refs import Ref
from identity.models import Person
from journeys import moving
from notifications.models import Message
from payments import actions, queries
from payments.errors import GatewayUnavailable, NotCaptured
from payments.models import Entry, Payment, Refund
from payments.tasks import look_after_payments, look_again
from tests import make
from tests.jobs import run_jobs, waiting_jobs
from tests.journeys import stage
from tests.journeys.stage import Story, ok
from tests.payments.conftest import HOUSE, again
from tests.payments.holding import CARDS, WALLET, Charge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("companies")]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def told() -> None:
    """Here events have their reactions: the whole story runs."""


@pytest.fixture
def now() -> datetime:
    return make.NOW


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def story(clock: Any, settings: Any, ana: Any, ben: Any, cara: Any, visit_type: Any) -> Story:
    settings.SANDBOX_TRANSPORT = "tests.journeys.stage.deliver_here"
    return stage.begin(ana, ben, cara, visit_type)


@pytest.fixture
def held(open_payment: Callable[..., Payment], now: datetime) -> Payment:
    """Held on the card, for care tomorrow."""
    asked = open_payment(capture_by=now + DAY)
    begun = actions.start_payment(payment_id=asked.id, gateway="holding", by=HOUSE, now=now)
    CARDS.pay(begun.gateway_reference)
    actions.ask_gateway(payment_id=begun.id, by=HOUSE, now=now)
    return again(begun)


def payment_of(story: Story) -> Payment:
    return Payment.objects.get(id=story.ids["payment"])


def charge_of(story: Story) -> Charge:
    return CARDS.of(payment_of(story))


def hold_the_card(story: Story, starts_at: str = "") -> None:
    """Ana takes a time, gives her card, and comes back from the company's page."""
    story.hold(starts_at)
    wish = {"subject": f"appointment:{story.ids['appointment']}", "gateway": "holding"}
    ok(story.api(story.ana).post("/api/v1/payments", wish))
    CARDS.pay(payment_of(story).gateway_reference)
    make.page_client(story.ana).get(f"/payments/{story.ids['payment']}/back/")
    run_jobs()


def far_time(story: Story) -> str:
    """Far enough that it may be cancelled free of charge."""
    return str(story.free_times()[-1]["starts_at"])


def cancel(story: Story) -> None:
    ok(story.api(story.ana).post(f"/api/v1/appointments/{story.ids['appointment']}/cancel", {"reason": "Bận việc"}))
    run_jobs()


def finish(story: Story) -> None:
    story.appointment()
    ok(story.api(story.ben).post(f"/api/v1/encounters/{story.ids['encounter']}/start"))
    run_jobs()
    story.write_note()
    story.finish()


def balanced() -> int:
    """What the companies hold by our books, which balance."""
    totals = queries.balances()
    assert sum(totals.values()) == 0
    return sum(total for (account, _), total in totals.items() if account.startswith("clearing/"))


# -- the story


def test_held_counts_as_paid_and_the_time_is_booked(story: Story) -> None:
    hold_the_card(story)
    assert story.appointment()["status"] == "booked"
    assert payment_of(story).status == "authorised"
    assert (charge_of(story).status, charge_of(story).taken) == ("held", 0)
    assert not Entry.objects.exists()  # no money has moved
    assert Message.objects.filter(kind="appointment_booked", recipient=story.ana.user).count() == 1
    page = make.page_client(story.ana).get(f"/payments/{story.ids['payment']}/").content.decode()
    assert 'data-status="authorised"' in page and "/start/" not in page


def test_charged_once_the_encounter_is_finished(story: Story) -> None:
    hold_the_card(story)
    finish(story)
    assert story.appointment()["status"] == "fulfilled"
    payment, charge = payment_of(story), charge_of(story)
    assert (payment.status, payment.captured_amount, payment.hold_amount) == ("captured", 150_000, 150_000)
    assert (charge.taken, charge.times_taken) == (150_000, 1)
    assert balanced() == 150_000
    assert Message.objects.filter(kind="appointment_booked", recipient=story.ana.user).count() == 1


def test_cancelled_in_time_the_card_is_let_go_and_nothing_was_taken(story: Story) -> None:
    hold_the_card(story, far_time(story))
    cancel(story)
    assert story.appointment()["status"] == "cancelled"
    assert (payment_of(story).status, charge_of(story).status) == ("cancelled", "released")
    assert not Entry.objects.exists() and not Refund.objects.exists()


def test_cancelled_late_the_fee_is_taken_of_the_hold_and_the_rest_is_let_go(story: Story) -> None:
    hold_the_card(story)
    cancel(story)
    payment, charge = payment_of(story), charge_of(story)
    assert story.appointment()["status"] == "cancelled"
    assert (payment.status, payment.captured_amount, payment.refunded_amount) == ("captured", 45_000, 0)
    assert (charge.taken, charge.times_taken) == (45_000, 1)
    assert balanced() == 45_000
    assert not Refund.objects.exists()


def test_held_too_late_the_card_is_let_go(story: Story, clock: time_machine.Traveller) -> None:
    story.hold()
    wish = {"subject": f"appointment:{story.ids['appointment']}", "gateway": "holding"}
    ok(story.api(story.ana).post("/api/v1/payments", wish))
    clock.shift(11 * MINUTE)
    CARDS.pay(payment_of(story).gateway_reference)
    look_after_payments.func(timestamp=int(this_instant().timestamp()))
    run_jobs()
    assert story.appointment()["status"] == "expired"
    assert (payment_of(story).status, charge_of(story).status) == ("cancelled", "released")
    assert not Entry.objects.exists()


def test_being_taken_when_less_is_owed_the_rest_goes_back_once_it_has_come(story: Story) -> None:
    """The company is away when the visit ends; before it is back, the visit turns out to be given back whole."""
    hold_the_card(story)
    CARDS.is_silent = True
    finish(story)
    assert (payment_of(story).status, payment_of(story).hold_amount) == ("authorised", 150_000)
    appointment = story.ids["appointment"]
    CutShort.objects.create(
        appointment_id=appointment,
        joint_seconds=30,
        agreed_seconds=600,
        decide_by=this_instant() + DAY,
        status="refunded",
    )
    moving.settle(UUID(appointment), reason="cut_short")
    assert not Refund.objects.exists()
    CARDS.is_silent = False
    run_jobs(until=this_instant() + MINUTE)
    assert payment_of(story).status == "refunded"
    assert (charge_of(story).times_taken, charge_of(story).kept, balanced()) == (1, 0, 0)


def test_moved_to_another_time_the_hold_goes_along(story: Story) -> None:
    hold_the_card(story, far_time(story))
    path = f"/api/v1/appointments/{story.ids['appointment']}/reschedule"
    wish = {"schedule": str(story.schedule.id), "starts_at": story.free_times()[-3]["starts_at"]}
    moved = ok(story.api(story.ana).post(path, wish))
    run_jobs()
    payment = payment_of(story)
    assert (payment.status, payment.subject) == ("authorised", f"appointment:{moved['id']}")
    story.ids["appointment"] = moved["id"]
    finish(story)
    assert (payment_of(story).status, charge_of(story).times_taken, balanced()) == ("captured", 1, 150_000)


# -- when a card is held at all


@pytest.mark.parametrize(
    ("ends_in", "is_held"), [(timedelta(hours=1), True), (5 * DAY, True), (5 * DAY + MINUTE, False), (None, False)]
)
def test_only_for_care_within_five_days_a_card_is_held(
    open_payment: Callable[..., Payment], now: datetime, ends_in: timedelta | None, is_held: bool
) -> None:
    asked = open_payment(capture_by=None if ends_in is None else now + ends_in)
    begun = actions.start_payment(payment_id=asked.id, gateway="holding", by=HOUSE, now=now)
    assert CARDS.of(begun).holds is is_held


def test_a_way_that_cannot_hold_charges_at_once(open_payment: Callable[..., Payment], now: datetime) -> None:
    asked = open_payment(capture_by=now + DAY)
    begun = actions.start_payment(payment_id=asked.id, gateway="wallet", by=HOUSE, now=now)
    WALLET.pay(begun.gateway_reference)
    assert actions.ask_gateway(payment_id=begun.id, by=HOUSE, now=now) == "captured"


# -- paid twice


def test_a_second_hold_for_what_is_held_is_let_go(held: Payment, now: datetime) -> None:
    second = _another_try(held, "holding", now)
    assert (again(held).status, again(second).status) == ("authorised", "cancelled")
    assert (CARDS.of(held).status, CARDS.of(second).status) == ("held", "released")


def test_a_second_hold_for_what_is_paid_is_let_go(open_payment: Callable[..., Payment], now: datetime) -> None:
    asked = open_payment(capture_by=now + DAY)
    first = actions.start_payment(payment_id=asked.id, gateway="wallet", by=HOUSE, now=now)
    WALLET.pay(first.gateway_reference)
    actions.ask_gateway(payment_id=first.id, by=HOUSE, now=now)
    second = _another_try(first, "holding", now)
    assert (again(first).status, again(second).status) == ("captured", "cancelled")
    assert (CARDS.of(second).status, balanced()) == ("released", 150_000)


def test_money_for_what_is_held_goes_back(held: Payment, now: datetime) -> None:
    second = _another_try(held, "wallet", now)
    assert (again(held).status, again(second).status) == ("authorised", "refunded")
    assert (WALLET.kept, balanced()) == (0, 0)


def _another_try(first: Payment, gateway: str, now: datetime) -> Payment:
    """A try that was closed when the first one was paid, and is paid all the same."""
    company = {"holding": CARDS, "wallet": WALLET}[gateway]
    before = again(first).status
    Payment.objects.filter(id=first.id).update(status="cancelled")
    asked = actions.open_payment(
        subject=Ref.parse(first.subject),
        price=first.price,
        payer_id=first.payer_id,
        facility_id=first.facility_id,
        description=first.description,
        expires_at=first.expires_at,
        capture_by=first.capture_by,
        by=HOUSE,
        now=now,
    )
    second = actions.start_payment(payment_id=asked.id, gateway=gateway, by=HOUSE, now=now)
    Payment.objects.filter(id=second.id).update(status="cancelled")
    Payment.objects.filter(id=first.id).update(status=before)
    company.pay(second.gateway_reference)
    actions.ask_gateway(payment_id=second.id, by=HOUSE, now=now)
    run_jobs()
    return second


# -- when it fails


@pytest.mark.parametrize("trouble", ["before", "after"])
def test_when_taking_it_times_out_asking_again_takes_it_once(held: Payment, now: datetime, trouble: Any) -> None:
    actions.request_capture(subject=Ref.parse(held.subject), by=HOUSE, now=now)
    CARDS.troubles.append(trouble)
    run_jobs()
    assert again(held).status == "authorised"
    run_jobs(until=now + MINUTE)
    charge = CARDS.of(held)
    assert (again(held).status, charge.times_taken, charge.taken, balanced()) == ("captured", 1, 150_000, 150_000)
    assert Entry.objects.count() == 2


def test_taken_there_and_only_heard_of_when_asked_it_is_written_down_once(held: Payment, now: datetime) -> None:
    actions.request_capture(subject=Ref.parse(held.subject), by=HOUSE, now=now)
    CARDS.troubles.append("after")
    run_jobs()
    assert actions.ask_gateway(payment_id=held.id, by=HOUSE, now=now) == "captured"
    run_jobs(until=now + MINUTE)
    assert (again(held).status, CARDS.of(held).times_taken, Entry.objects.count()) == ("captured", 1, 2)


def test_a_fee_taken_and_only_heard_of_when_asked_is_the_fee(held: Payment, now: datetime) -> None:
    actions.settle(subjects=[Ref.parse(held.subject)], owed=Money.vnd(45_000), reason="cancelled", by=HOUSE, now=now)
    CARDS.troubles.append("after")
    run_jobs()
    assert actions.ask_gateway(payment_id=held.id, by=HOUSE, now=now) == "captured"
    assert (again(held).captured_amount, again(held).flaw, balanced()) == (45_000, "", 45_000)


@pytest.mark.parametrize("trouble", ["before", "after"])
def test_when_letting_it_go_times_out_it_is_let_go_all_the_same(held: Payment, now: datetime, trouble: Any) -> None:
    actions.settle(subjects=[Ref.parse(held.subject)], owed=Money.vnd(0), reason="cancelled", by=HOUSE, now=now)
    CARDS.troubles.append(trouble)
    run_jobs()
    run_jobs(until=now + MINUTE)
    assert (again(held).status, CARDS.of(held).status) == ("cancelled", "released")
    assert not Entry.objects.exists()


def test_decided_is_decided(held: Payment, now: datetime) -> None:
    subject = Ref.parse(held.subject)
    actions.settle(subjects=[subject], owed=Money.vnd(45_000), reason="cancelled", by=HOUSE, now=now)
    actions.request_capture(subject=subject, by=HOUSE, now=now)
    actions.settle(subjects=[subject], owed=Money.vnd(150_000), reason="cancelled", by=HOUSE, now=now)
    assert again(held).hold_amount == 45_000
    run_jobs()
    assert (CARDS.of(held).taken, again(held).captured_amount) == (45_000, 45_000)


def test_the_company_lets_it_go_by_itself_and_that_is_seen(held: Payment, now: datetime) -> None:
    CARDS.lapse(held.gateway_reference)
    actions.request_capture(subject=Ref.parse(held.subject), by=HOUSE, now=now)
    run_jobs()
    assert again(held).status == "failed"
    assert not Entry.objects.exists()


def test_of_what_is_only_held_nothing_can_be_given_back(held: Payment, now: datetime) -> None:
    with pytest.raises(NotCaptured):
        actions.request_refund(payment_id=held.id, reason="x", by=HOUSE, now=now)
    assert not Refund.objects.exists() and not Entry.objects.exists()


def test_no_longer_asking_does_not_touch_what_is_held(held: Payment, now: datetime) -> None:
    assert actions.cancel_payment(subject=Ref.parse(held.subject), by=HOUSE, now=now) is None
    assert (again(held).status, CARDS.of(held).status) == ("authorised", "held")


# -- before the card's company lets go


def test_after_five_days_it_is_taken_and_not_before(
    held: Payment, now: datetime, clock: time_machine.Traveller
) -> None:
    for after, status in ((5 * DAY - MINUTE, "authorised"), (5 * DAY, "captured")):
        clock.move_to(now + after)
        look_again.func(timestamp=int((now + after).timestamp()))
        run_jobs()
        assert again(held).status == status
    assert CARDS.of(held).times_taken == 1
    look_again.func(timestamp=int((now + 6 * DAY).timestamp()))
    assert "payments.tasks.capture_in_time" not in waiting_jobs()


def test_what_got_stuck_is_tried_again_each_hour(held: Payment, now: datetime, clock: time_machine.Traveller) -> None:
    """Five tries of the job, and the company is away all the while."""
    actions.request_capture(subject=Ref.parse(held.subject), by=HOUSE, now=now)
    CARDS.is_silent = True
    for _ in range(6):
        clock.shift(5 * MINUTE)
        run_jobs(failures="keep")
    assert waiting_jobs() == [] and again(held).status == "authorised"
    CARDS.is_silent = False
    look_again.func(timestamp=int(this_instant().timestamp()))
    run_jobs()
    assert (again(held).status, CARDS.of(held).times_taken) == ("captured", 1)


def test_a_held_card_is_nobodys_to_charge_but_the_houses(held: Payment, now: datetime, eve: Person) -> None:
    before = waiting_jobs()
    for by in (make.actor_for(eve), make.actor_for(held.payer)):
        with pytest.raises(NotAllowed):
            actions.request_capture(subject=Ref.parse(held.subject), by=by, now=now)
        with pytest.raises(NotAllowed):
            actions.carry_out_hold(payment_id=held.id, by=by, now=now)
    assert (again(held).hold_amount, waiting_jobs()) == (None, before)


def test_an_unanswered_question_leaves_a_hold_held(held: Payment, now: datetime) -> None:
    CARDS.is_silent = True
    with pytest.raises(GatewayUnavailable):
        actions.look_into(payment_id=held.id, by=HOUSE, now=now)
    assert again(held).status == "authorised"
