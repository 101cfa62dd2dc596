"""A visit takes place at another time: the money, the encounter and the room follow; checked by hand arithmetic."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

import booking.actions
import payments.actions
from booking import days
from booking.models import Appointment, Block, Policy
from core.actor import Actor
from notifications.models import Message
from payments.models import Entry, Payment, Refund
from records.models import Encounter
from tests import make
from tests.booking.stage import SYSTEM, make_schedule
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def booked(story: Story) -> dict:
    """The day after tomorrow at nine, paid: 150.000 ₫."""
    story.hold((make.at(make.TOMORROW + DAY, "09:00")).isoformat())
    story.pay()
    return story.appointment()


def move(story: Story, starts_at, *, who=None, expect: int = 200, **wish):
    wish = {"schedule": str(story.schedule.id), "starts_at": starts_at.isoformat()} | wish
    path = f"/api/v1/appointments/{story.ids['appointment']}/reschedule"
    return ok(story.api(who or story.ana).post(path, wish, HTTP_IDEMPOTENCY_KEY=str(uuid4())), expect)


def later(clock: str = "10:00", days_on: int = 2):
    return make.at(make.TOMORROW + days_on * DAY, clock)


def kept() -> int:
    """What the facility holds after all that is promised back."""
    paid = sum(one.amount for one in Payment.objects.filter(captured_at__isnull=False))
    return paid - sum(one.amount for one in Refund.objects.exclude(status="failed"))


def in_balance() -> bool:
    return sum(Entry.objects.values_list("amount", flat=True)) == 0


def statuses() -> list[str]:
    return list(Appointment.objects.order_by("created_at", "id").values_list("status", flat=True))


def rows():
    return list(Appointment.objects.order_by("id").values()), list(Payment.objects.order_by("id").values())


def true_projection(story: Story) -> bool:
    return days.check(now=timezone.now()) == []


def test_another_time_at_the_same_price(story: Story, booked):
    moved = move(story, later())
    run_jobs()

    assert (moved["status"], moved["moved_from"], moved["payment"]) == ("booked", booked["id"], None)
    assert statuses() == ["rescheduled", "booked"]
    now = ok(story.api(story.ana).get(f"/api/v1/appointments/{moved['id']}"))
    listed = ok(story.api(story.ana).get("/api/v1/appointments"))["results"]
    mine = next(one for one in listed if one["id"] == moved["id"])
    assert (mine["payment"]["id"], mine["payment"]["status"]) == (story.ids["payment"], "captured")
    assert (kept(), in_balance()) == (150_000, True)
    assert now["encounter"] not in {None, booked["encounter"]}
    assert Encounter.objects.get(id=booked["encounter"]).status == "cancelled"
    assert Encounter.objects.get(id=now["encounter"]).status == "planned"
    told = list(Message.objects.filter(recipient=story.ana.user).order_by("created_at").values_list("kind", flat=True))
    assert told == ["appointment_booked", "appointment_moved"]
    assert true_projection(story)


def test_a_time_that_only_seems_kept_may_be_moved_into(story: Story, booked, eve, clock):
    """Eve's wait is over and no job has noticed; search offers her time, so a move may have it."""
    mine = story.ids["appointment"]
    hers = hold_as(story, eve, later())
    clock.shift(timedelta(minutes=10))
    assert statuses() == ["booked", "held"]

    moved = move(story, later())

    assert (moved["status"], moved["moved_from"]) == ("booked", mine)
    assert Appointment.objects.get(pk=hers).status == "expired"
    run_jobs()
    assert (kept(), in_balance(), true_projection(story)) == (150_000, True, True)


def test_late_money_takes_its_own_time_back_from_one_who_only_seems_to_keep_it(story: Story, eve, clock):
    mine = hold_as(story, story.ana, later(), if_late="swap")
    clock.shift(timedelta(minutes=10))
    hold_as(story, eve, later())
    clock.shift(timedelta(minutes=10))
    assert statuses() == ["expired", "held"]

    new = booking.actions.swap_late(appointment_id=UUID(mine), by=Actor.system("test"), now=timezone.now())

    assert (new.status, new.starts_at) == ("booked", later())
    assert statuses() == ["expired", "expired", "booked"]
    assert true_projection(story)


def hold_as(story: Story, who, starts_at, **wish) -> str:
    wish = {"schedule": str(story.schedule.id), "starts_at": starts_at.isoformat(), "mode": "in_person"} | wish
    wish |= {"visit_type": str(story.visit_type.id)}
    answer = story.api(who).post("/api/v1/appointments", wish, HTTP_IDEMPOTENCY_KEY=str(uuid4()))
    return str(ok(answer, 201)["id"])


def test_the_same_wish_twice_is_one_move_and_another_wish_is_refused(story: Story, booked):
    first = move(story, later())
    assert move(story, later())["id"] == first["id"]
    before = rows()
    assert move(story, later("11:00"), expect=409)["code"] == "wrong_state"
    assert rows() == before


def test_a_cheaper_visit_gives_the_difference_back_and_a_later_cancel_the_rest(story: Story, booked):
    short = make.make_visit_type(facility=story.hospital, minutes=20, price=100_000)
    moved = move(story, later(), visit_type=str(short.id))
    run_jobs()
    assert (moved["price"]["amount"], kept()) == (100_000, 100_000)

    ok(story.api(story.ana).post(f"/api/v1/appointments/{moved['id']}/cancel", {}))
    run_jobs()
    assert [one.amount for one in Refund.objects.order_by("created_at")] == [50_000, 100_000]
    assert (kept(), in_balance()) == (0, True)


@pytest.fixture
def longer(story: Story):
    return make.make_visit_type(facility=story.hospital, minutes=40, price=250_000)


def pay_for(story: Story, answer: dict) -> None:
    story.ids["appointment"] = answer["id"]
    story.pay()


def test_a_dearer_visit_waits_for_the_difference(story: Story, booked, longer):
    held = move(story, later(), visit_type=str(longer.id))
    assert (held["status"], held["payment"]["price"]["amount"]) == ("held", 100_000)
    assert statuses() == ["booked", "held"]

    pay_for(story, held)
    assert statuses() == ["rescheduled", "booked"]
    assert (kept(), in_balance()) == (250_000, True)

    ok(story.api(story.ana).post(f"/api/v1/appointments/{held['id']}/cancel", {}))
    run_jobs()
    assert sorted(one.amount for one in Refund.objects.all()) == [100_000, 150_000]
    assert (kept(), in_balance()) == (0, True)
    assert true_projection(story)


def test_a_difference_that_is_not_paid_changes_nothing(story: Story, booked, longer, clock):
    from booking import tasks

    move(story, later(), visit_type=str(longer.id))
    clock.shift(timedelta(minutes=11))
    tasks.expire_holds.func(timestamp=int(timezone.now().timestamp()))
    run_jobs()
    assert statuses() == ["booked", "expired"]
    assert kept() == 150_000
    assert story.appointment()["status"] == "booked"
    assert true_projection(story)


def test_a_difference_that_comes_late_goes_back_alone(story: Story, booked, longer, clock):
    held = move(story, later(), visit_type=str(longer.id))
    story.ids["appointment"] = held["id"]
    story.pay(way="late")
    clock.shift(timedelta(minutes=12))
    run_jobs()
    assert statuses() == ["booked", "expired"]
    assert [one.amount for one in Refund.objects.all()] == [100_000]
    assert (kept(), in_balance()) == (150_000, True)


def test_cancelling_the_old_visit_lets_go_of_the_new_time(story: Story, booked, longer):
    held = move(story, later(), visit_type=str(longer.id))
    ok(story.api(story.ana).post(f"/api/v1/appointments/{booked['id']}/cancel", {}))
    run_jobs()
    assert statuses() == ["cancelled", "expired"]
    payment = Payment.objects.get(subject=f"appointment:{held['id']}")
    assert (payment.status, kept()) == ("cancelled", 0)


def test_a_colleague_of_the_facility_takes_over_at_the_very_same_time(story: Story, booked):
    colleague = make.make_practitioner(facility=story.hospital, full_name="Lê Hoàng Hà")
    there = make_schedule(practitioner=colleague, facility=story.hospital, now=timezone.now())
    moved = move(story, make.at(make.TOMORROW + DAY, "09:00"), schedule=str(there.id))
    run_jobs()
    assert moved["practitioner"]["id"] == str(colleague.id)
    kinds = lambda user: sorted(Message.objects.filter(recipient=user).values_list("kind", flat=True))  # noqa: E731
    assert kinds(colleague.user) == ["appointment_moved"]
    assert kinds(story.ben.user) == ["appointment_booked", "appointment_cancelled"]
    assert true_projection(story)


def test_what_overlaps_and_costs_more_cannot_wait(story: Story, booked, longer):
    before = rows()
    refusal = move(story, make.at(make.TOMORROW + DAY, "09:00"), visit_type=str(longer.id), expect=409)
    assert refusal["code"] == "move_overlaps"
    assert rows() == before


def test_other_facilities_and_strangers_find_nothing(story: Story, booked, eve):
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    other = make_schedule(practitioner=make.make_practitioner(facility=clinic), facility=clinic, now=timezone.now())
    before = rows()
    move(story, later(), schedule=str(other.id), expect=404)
    move(story, later(), who=eve, expect=404)
    move(story, later(), who=story.ben, expect=403)
    assert rows() == before


def test_late_a_citizen_may_only_cancel_and_the_desk_may_still_move(story: Story, booked, clock, longer):
    clock.move_to(make.at(make.TOMORROW + DAY, "05:00"))  # four hours before: free cancelling is over
    before = rows()
    assert move(story, later(), expect=409)["code"] == "too_late_to_move"
    assert rows() == before

    desk = make.make_desk(facility=story.hospital)
    moved = move(story, later(), who=desk, visit_type=str(longer.id))
    run_jobs()
    assert (moved["status"], moved["price"]["amount"], kept()) == ("booked", 150_000, 150_000)  # no more than before


def test_a_late_cancel_keeps_the_fee_that_was_shown(story: Story, booked, clock):
    Policy.objects.create(facility=story.hospital, late_fee_percent=30, free_cancel_hours=4)
    terms = story.appointment()["cancel_terms"]
    assert (terms["fee"]["amount"], terms["late_fee"]["amount"], terms["may_move"]) == (0, 45_000, True)
    assert terms["free_until"] == "2031-03-26T22:00:00Z"

    clock.move_to(make.at(make.TOMORROW + DAY, "05:00"))
    terms = story.appointment()["cancel_terms"]
    assert (terms["fee"]["amount"], terms["may_move"]) == (45_000, False)
    gone = ok(story.api(story.ana).post(f"/api/v1/appointments/{booked['id']}/cancel", {}))
    run_jobs()
    assert (gone["fee"]["amount"], gone["cancel_terms"]) == (45_000, None)
    assert [one.amount for one in Refund.objects.all()] == [105_000]
    assert (kept(), in_balance()) == (45_000, True)
    assert Payment.objects.get().status == "partly_refunded"


def test_what_the_facility_cancels_costs_nothing(story: Story, booked, clock):
    clock.move_to(make.at(make.TOMORROW + DAY, "08:00"))
    desk = make.make_desk(facility=story.hospital)
    ok(story.api(desk).post(f"/api/v1/appointments/{booked['id']}/cancel", {"reason": "Bác sĩ ốm"}))
    run_jobs()
    assert (kept(), in_balance()) == (0, True)


def wished_swap(story: Story) -> dict:
    """A kept time whose money comes late, and the citizen had asked for the next free time in that case."""
    held = story.hold(later("09:00").isoformat())
    Appointment.objects.filter(id=held["id"]).update(if_late="swap")
    story.pay(way="late")
    return held


def test_late_money_takes_the_same_time_if_it_is_still_free(story: Story, clock):
    held = wished_swap(story)
    clock.shift(timedelta(minutes=12))
    run_jobs()
    new = Appointment.objects.get(moved_from=held["id"])
    assert statuses() == ["expired", "booked"]
    assert (new.starts_at, new.price_amount) == (later("09:00"), 150_000)
    assert (kept(), in_balance(), true_projection(story)) == (150_000, True, True)
    assert Message.objects.filter(recipient=story.ana.user, kind="appointment_moved").count() == 1


def test_late_money_takes_the_next_time_when_somebody_else_has_the_first(story: Story, clock, eve):
    held = wished_swap(story)
    clock.shift(timedelta(minutes=11))
    wish = {
        "schedule": str(story.schedule.id),
        "starts_at": later("09:00").isoformat(),
        "visit_type": str(story.visit_type.id),
        "mode": "in_person",
    }
    ok(story.api(eve).post("/api/v1/appointments", wish), 201)
    clock.shift(timedelta(minutes=1))
    run_jobs()
    assert Appointment.objects.get(moved_from=held["id"]).starts_at == later("09:20")
    assert (kept(), in_balance(), true_projection(story)) == (150_000, True, True)


def test_late_money_goes_back_when_nothing_is_free(story: Story, clock):
    wished_swap(story)
    clock.shift(timedelta(minutes=12))
    story.schedule.refresh_from_db()
    type(story.schedule).objects.filter(id=story.schedule.id).update(active=False)
    run_jobs()
    assert statuses() == ["expired"]
    assert (kept(), in_balance()) == (0, True)


def test_late_money_goes_back_to_whoever_may_not_book_any_more(story: Story, clock):
    wished_swap(story)
    clock.shift(timedelta(minutes=11))
    Block.objects.create(
        person=story.ana, facility=story.hospital, until=timezone.now() + 9 * DAY, created_at=timezone.now()
    )
    clock.shift(timedelta(minutes=1))
    run_jobs()
    assert statuses() == ["expired"]
    assert (kept(), in_balance(), true_projection(story)) == (0, True, True)


def test_late_money_does_not_lead_past_the_number_of_open_visits(story: Story, clock):
    Policy.objects.create(facility=story.hospital, max_open_bookings=1)
    wished_swap(story)
    clock.shift(timedelta(minutes=11))
    wish = {
        "schedule": str(story.schedule.id),
        "starts_at": later("15:00").isoformat(),
        "visit_type": str(story.visit_type.id),
        "mode": "in_person",
    }
    other = ok(story.api(story.ana).post("/api/v1/appointments", wish), 201)
    clock.shift(timedelta(minutes=1))
    run_jobs()
    assert statuses() == ["expired", "held"]
    assert not Appointment.objects.exclude(id=other["id"]).filter(status="booked").exists()
    assert (kept(), in_balance()) == (0, True)


def test_a_declined_try_that_is_paid_after_all_goes_back_though_the_visit_has_moved(story: Story):
    story.hold(later("09:00").isoformat())
    story.pay(way="decline")
    first = Payment.objects.get()
    story.pay()
    move(story, later("11:00"))
    run_jobs()
    assert kept() == 150_000

    payments.actions.record_capture(
        payment_id=first.pk, gateway_reference=first.gateway_reference, by=SYSTEM, now=timezone.now()
    )
    run_jobs()
    assert statuses() == ["rescheduled", "booked"]
    assert (kept(), in_balance()) == (150_000, True)
