"""Nobody came, and weekly visits as one act: what it costs, who is told, what can be taken back. Over HTTP, jobs by hand."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

import booking.actions
import payments.actions
from booking.models import Appointment, Block, Policy
from core.actor import Actor
from journeys import absence, consultation, tasks
from notifications.models import Message
from payments.events import PaymentCaptured
from payments.gateways import DisputeTruth
from payments.models import Payment, Refund
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok
from tests.journeys.test_moving import in_balance, kept, later, rows, statuses, true_projection

pytestmark = pytest.mark.django_db


@pytest.fixture
def dan(story: Story):
    return make.make_desk(facility=story.hospital)


@pytest.fixture
def booked(story: Story) -> dict:
    """The day after tomorrow at nine, paid: 150.000 ₫."""
    story.hold(later("09:00", 1).isoformat())
    story.pay()
    return story.appointment()


def post(story: Story, who, path: str, body=None, expect: int = 200):
    return ok(story.api(who).post(f"/api/v1/{path}", body or {}, HTTP_IDEMPOTENCY_KEY=str(uuid4())), expect)


def sweep() -> None:
    tasks.note_who_did_not_come.func(timestamp=int(timezone.now().timestamp()))


def test_a_citizen_who_did_not_come_pays_the_fee_when_the_day_is_over(story: Story, booked, dan, clock):
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    path = f"appointments/{booked['id']}/no-show"
    before = rows()
    assert post(story, dan, path, {"side": "citizen"}, 409)["code"] == "not_begun_yet"
    post(story, story.ana, path, {"side": "practitioner"}, 403)
    assert rows() == before

    clock.move_to(later("09:25", 1))
    missed = post(story, dan, path, {"side": "citizen"})
    run_jobs()
    assert (missed["status"], missed["no_show_by"], missed["fee"]["amount"]) == ("no_show", "citizen", 90_000)
    assert kept() == 150_000  # it can still be taken back
    run_jobs(until=later("23:59", 1))
    assert kept() == 150_000
    run_jobs(until=later("00:00"))
    assert [one.amount for one in Refund.objects.all()] == [60_000]
    assert (kept(), in_balance()) == (90_000, True)
    assert Message.objects.filter(recipient=story.ana.user, kind="appointment_no_show").count() == 1


def test_it_is_taken_back_on_its_day_and_not_later(story: Story, booked, dan, clock):
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show")
    run_jobs()
    back = post(story, dan, f"appointments/{booked['id']}/undo-no-show")
    assert (back["status"], back["fee"]["amount"], back["encounter"]) == ("booked", 0, booked["encounter"])
    run_jobs(until=later("00:00"))
    assert kept() == 150_000

    post(story, dan, f"appointments/{booked['id']}/no-show")
    clock.move_to(later("00:00"))
    before = rows()
    assert post(story, dan, f"appointments/{booked['id']}/undo-no-show", expect=409)["code"] == "no_show_settled"
    assert rows() == before


def test_the_clock_does_not_contradict_the_desk(story: Story, booked, dan, clock):
    """They were there and never put into the machine; the sweep of the next minutes must not fine them again."""
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show")
    post(story, dan, f"appointments/{booked['id']}/undo-no-show")
    clock.move_to(later("15:00", 1))
    before = rows()
    absence.sweep(timezone.now())
    run_jobs(until=later("00:00"))
    assert (rows(), kept()) == (before, 150_000)

    post(story, dan, f"appointments/{booked['id']}/no-show")  # a person may still say so
    assert Appointment.objects.get(pk=booked["id"]).status == "no_show"


def test_who_was_noted_as_missing_does_not_check_in_past_it(story: Story, booked, dan, clock):
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show")
    run_jobs()
    before = rows()
    assert post(story, story.ana, f"appointments/{booked['id']}/check-in", expect=409)["code"] == "wrong_state"
    assert post(story, dan, f"appointments/{booked['id']}/check-in", expect=409)["code"] == "wrong_state"
    assert rows() == before


def test_saying_i_am_here_of_a_call_does_not_hide_that_nobody_came(story: Story, booked, clock):
    """A video visit checked in over the API and never entered is settled by the clock like any other."""
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    assert booked["mode"] == "video"
    clock.move_to(later("08:50", 1))
    assert post(story, story.ana, f"appointments/{booked['id']}/check-in")["status"] == "checked_in"
    clock.move_to(later("11:00", 1))
    absence.sweep(timezone.now())
    missed = Appointment.objects.get(pk=booked["id"])
    assert (missed.status, missed.no_show_by, missed.fee_amount) == ("no_show", "citizen", 90_000)


def test_old_news_of_the_money_does_not_take_a_no_show_back(story: Story, booked, dan, clock):
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    paid = PaymentCaptured(str(Payment.objects.get().pk), f"appointment:{booked['id']}")
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show")
    run_jobs()
    before = rows()
    consultation.confirm_the_appointment(paid)  # its worker died before it could say that it was done
    run_jobs()
    assert (rows(), kept()) == (before, 150_000)


def test_what_is_settled_beside_a_no_show_leaves_its_money_until_the_day_is_over(story: Story, dan, clock):
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    made = post(story, story.ana, "appointment-series", series_wish(story, count=2), 201)
    pay_series(story, made)
    first, second = (one["id"] for one in made["appointments"])
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{first}/no-show")
    post(story, story.ana, f"appointments/{second}/cancel")
    run_jobs()
    assert kept() == 150_000  # of the second nothing, of the first all: it may still be taken back

    post(story, dan, f"appointments/{first}/undo-no-show")
    run_jobs(until=later("00:00"))
    assert (kept(), in_balance()) == (150_000, True)


def test_missed_again_it_waits_for_its_new_midnight(story: Story, booked, dan, clock):
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    path, first_midnight = f"appointments/{booked['id']}", later("00:00")
    clock.move_to(later("09:25", 1))
    post(story, dan, f"{path}/no-show")
    post(story, dan, f"{path}/undo-no-show")
    clock.move_to(later("09:25", 2))
    post(story, dan, f"{path}/no-show")
    tasks.close_missed_visit.func(appointment_id=booked["id"], moment=first_midnight.isoformat())
    assert kept() == 150_000
    run_jobs(until=later("00:00", 3))
    assert kept() == 90_000


def test_a_doctor_who_did_not_come_costs_nothing_and_counts_for_nobody(story: Story, booked, dan, clock):
    Policy.objects.create(facility=story.hospital, no_shows_allowed=1)
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show", {"side": "practitioner"})
    run_jobs()
    assert (kept(), in_balance(), Block.objects.count()) == (0, True, 0)


def test_the_clock_notes_who_did_not_come(story: Story, booked, clock):
    clock.move_to(later("10:19", 1))
    sweep()
    assert statuses() == ["booked"]  # an hour of grace after the end
    clock.move_to(later("10:20", 1))
    sweep()
    sweep()
    assert Appointment.objects.values_list("status", "no_show_by").get() == ("no_show", "citizen")


def test_who_sat_in_the_waiting_room_in_vain_gets_all_back(story: Story, booked, clock):
    clock.move_to(later("08:55", 1))
    room = story.room()
    ok(story.api(story.ana).post(f"/api/v1/rooms/{room['id']}/join"))
    clock.move_to(later("10:30", 1))
    sweep()
    run_jobs()
    assert Appointment.objects.values_list("status", "no_show_by").get() == ("no_show", "practitioner")
    assert (kept(), in_balance()) == (0, True)


def miss(story: Story, clock, days_on: int) -> None:
    story.hold(later("09:00", days_on).isoformat())
    booking.actions.book_appointment(
        appointment_id=UUID(story.ids["appointment"]), by=Actor.system("test"), now=timezone.now()
    )
    clock.move_to(later("11:00", days_on))
    sweep()
    run_jobs()


def test_often_absent_is_a_block_with_an_appeal(story: Story, dan, clock, eve):
    Policy.objects.create(facility=story.hospital, no_shows_allowed=2, no_show_days=30, block_days=10)
    miss(story, clock, 0)
    assert Block.objects.count() == 0
    miss(story, clock, 1)
    block = Block.objects.get()
    assert block.until == timezone.now() + timedelta(days=10)

    wish = {"schedule": str(story.schedule.id), "starts_at": later("09:00", 3).isoformat(), "mode": "in_person"}
    wish |= {"visit_type": str(story.visit_type.id)}
    before = rows()
    refusal = post(story, story.ana, "appointments", wish, 409)
    assert refusal["code"] == "booking_blocked"
    assert refusal["errors"]["until"] == [block.until.isoformat()]
    assert rows() == before

    path = f"booking-blocks/{block.id}"
    post(story, eve, f"{path}/appeal", {"words": "x"}, 404)
    post(story, dan, f"{path}/appeal", {"words": "x"}, 403)
    post(story, story.ana, f"{path}/answer", {"lift": True}, 403)
    elsewhere = make.make_desk(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen"))
    post(story, elsewhere, f"{path}/answer", {"lift": True}, 404)
    post(story, story.ana, f"{path}/appeal", {"words": "Tôi bị tai nạn, có giấy ra viện."})
    assert [one["appeal"] for one in ok(story.api(dan).get("/api/v1/booking-blocks"))["results"]] == [
        "Tôi bị tai nạn, có giấy ra viện."
    ]
    post(story, dan, f"{path}/answer", {"lift": True, "answer": "Mong bác sớm khỏe."})
    run_jobs()
    post(story, story.ana, "appointments", wish, 201)
    kinds = Message.objects.filter(recipient=story.ana.user).values_list("kind", flat=True)
    assert {"booking_blocked", "block_answered"} <= set(kinds)


def test_a_no_show_taken_back_lifts_the_block_it_led_to(story: Story, dan, clock, booked):
    Policy.objects.create(facility=story.hospital, no_shows_allowed=1)
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show")
    assert Block.objects.get().status == "active"
    post(story, dan, f"appointments/{booked['id']}/undo-no-show")
    assert Block.objects.get().status == "lifted"


# ---- weekly visits


def series_wish(story: Story, **changes):
    return {
        "schedule": str(story.schedule.id),
        "starts_at": later("09:00", 1).isoformat(),
        "count": 4,
        "visit_type": str(story.visit_type.id),
        "mode": "in_person",
    } | changes


def pay_series(story: Story, series: dict, way: str = "pay") -> None:
    from django.test import Client

    wish = {"subject": f"series:{series['id']}", "gateway": "sandbox"}
    address = ok(story.api(story.ana).post("/api/v1/payments", wish))["redirect_url"]
    path = "/" + address.split("/", 3)[3] if address.startswith("http") else address
    assert Client().post(path.rstrip("/") + "/answer/", {"way": way}).status_code == 302
    run_jobs()


def test_four_weeks_are_one_payment_and_cancelled_one_by_one_or_together(story: Story):
    made = post(story, story.ana, "appointment-series", series_wish(story), 201)
    times = [one["starts_at"] for one in made["appointments"]]
    assert times == [
        (later("09:00", 1) + timedelta(weeks=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(4)
    ]  # nine o'clock each week
    assert made["payment"]["price"]["amount"] == 600_000
    assert post(story, story.ana, "appointment-series", series_wish(story), 201)["id"] == made["id"]
    assert Appointment.objects.count() == 4

    pay_series(story, made)
    assert statuses() == ["booked"] * 4
    post(story, story.ana, f"appointments/{made['appointments'][2]['id']}/cancel")
    run_jobs()
    assert (kept(), in_balance()) == (450_000, True)

    left = post(story, story.ana, f"appointment-series/{made['id']}/cancel")
    run_jobs()
    assert {one["status"] for one in left["appointments"]} == {"cancelled"}
    assert (kept(), in_balance(), true_projection(story)) == (0, True, True)


def test_all_or_nothing(story: Story, eve):
    taken = later("09:00", 1) + timedelta(weeks=2)
    wish = series_wish(story) | {"starts_at": taken.isoformat()}
    ok(story.api(eve).post("/api/v1/appointments", {k: v for k, v in wish.items() if k != "count"}), 201)
    before = rows()
    refusal = post(story, story.ana, "appointment-series", series_wish(story), 409)
    assert (refusal["code"], refusal["errors"]["starts_at"]) == ("slot_taken", [taken.isoformat()])
    assert rows() == before
    assert true_projection(story)


def test_a_series_not_paid_in_time_is_free_again_and_late_money_goes_back(story: Story, clock):
    made = post(story, story.ana, "appointment-series", series_wish(story), 201)
    pay_series(story, made, way="late")
    clock.shift(timedelta(minutes=12))
    run_jobs()
    assert set(statuses()) <= {"expired", "cancelled"}
    assert (kept(), in_balance(), true_projection(story)) == (0, True, True)


def test_one_visit_of_a_series_moves_alone(story: Story):
    made = post(story, story.ana, "appointment-series", series_wish(story, count=2), 201)
    pay_series(story, made)
    wish = {"schedule": str(story.schedule.id), "starts_at": later("15:00", 3).isoformat()}
    moved = post(story, story.ana, f"appointments/{made['appointments'][1]['id']}/reschedule", wish)
    run_jobs()
    assert moved["series"] == made["id"]
    post(story, story.ana, f"appointments/{moved['id']}/cancel")
    run_jobs()
    assert sorted(statuses()) == ["booked", "cancelled", "rescheduled"]
    assert (kept(), Payment.objects.count(), in_balance()) == (150_000, 1, True)


def test_strangers_see_no_series(story: Story, eve):
    made = post(story, story.ana, "appointment-series", series_wish(story, count=2), 201)
    before = rows()
    assert story.api(eve).get(f"/api/v1/appointment-series/{made['id']}").status_code == 404
    post(story, eve, f"appointment-series/{made['id']}/cancel", expect=404)
    post(story, eve, "appointment-series", series_wish(story, person=str(story.ana.id)), 404)
    post(story, story.ana, "appointment-series", series_wish(story, count=13), 422)
    assert rows() == before


def test_an_open_booking_too_many_and_a_series_counts_as_one(story: Story):
    Policy.objects.create(facility=story.hospital, max_open_bookings=2)
    made = post(story, story.ana, "appointment-series", series_wish(story, count=3), 201)
    pay_series(story, made)
    wish = series_wish(story, starts_at=later("12:00", 1).isoformat())
    del wish["count"]
    post(story, story.ana, "appointments", wish, 201)
    before = rows()
    wish["starts_at"] = later("13:00", 1).isoformat()
    assert post(story, story.ana, "appointments", wish, 409)["code"] == "too_many_bookings"
    assert rows() == before


def test_a_revisit_has_its_own_price(story: Story, clock):
    Policy.objects.create(facility=story.hospital, revisit_days=7, revisit_percent=50)
    story.hold(later("09:00", 0).isoformat())
    story.pay()
    clock.move_to(later("09:00", 0))
    by = Actor.system("test")
    booking.actions.fulfil(appointment_id=UUID(story.ids["appointment"]), by=by, now=timezone.now())
    soon = story.hold((later("09:00", 0) + timedelta(days=7) - timedelta(minutes=20)).isoformat())
    assert soon["price"]["amount"] == 75_000
    assert Appointment.objects.get(id=soon["id"]).price_parts == [
        {"kind": "base", "amount": 150_000},
        {"kind": "revisit", "amount": -75_000},
    ]
    late = story.hold((later("09:00", 0) + timedelta(days=7, minutes=20)).isoformat())
    assert late["price"]["amount"] == 150_000


def test_nobody_keeps_a_doctors_weeks_by_series_without_paying(story: Story, child):
    post(story, story.ana, "appointment-series", series_wish(story, count=3), 201)
    before = rows()
    again = series_wish(story, starts_at=later("10:00", 1).isoformat(), count=3)
    assert post(story, story.ana, "appointment-series", again, 409)["code"] == "too_many_holds"
    assert rows() == before

    for_the_child = series_wish(story, starts_at=later("11:00", 1).isoformat(), person=str(child.id))
    second = post(story, story.ana, "appointment-series", for_the_child, 201)
    another = make.make_child(parent=story.ana, full_name="Nguyễn Gia Hân")
    before = rows()
    third = series_wish(story, starts_at=later("13:00", 1).isoformat(), person=str(another.id))
    assert post(story, story.ana, "appointment-series", third, 409)["code"] == "too_many_holds"
    assert rows() == before
    pay_series(story, second)
    post(story, story.ana, "appointment-series", third, 201)


@pytest.mark.parametrize("days_later", [0, 3])
def test_who_was_missed_does_not_check_in_past_it(story: Story, booked, dan, clock, days_later):
    Policy.objects.create(facility=story.hospital, no_show_fee_percent=60)
    clock.move_to(later("09:25", 1))
    post(story, dan, f"appointments/{booked['id']}/no-show", {"side": "citizen"})
    clock.move_to(later("09:40", 1 + days_later))
    run_jobs(until=timezone.now())
    before, money = rows(), kept()
    for who in (story.ana, dan):
        assert post(story, who, f"appointments/{booked['id']}/check-in", expect=409)["code"] == "wrong_state"
    make.page_client(story.ana).post(f"/appointments/{booked['id']}/check-in/")
    assert rows() == before
    run_jobs()
    assert kept() == money


def dispute(payment: Payment, status: str) -> None:
    """The payer's bank has taken all of it, or has decided."""
    truth = DisputeTruth(
        reference="du_1", payment_id=payment.id, money=payment.captured, reason="fraudulent", status=status, is_taken=True,
        opened_at=timezone.now(),
    )  # fmt: skip
    house = Actor.system("test")
    payments.actions.record_dispute(payment_id=payment.id, truth=truth, by=house, now=timezone.now())
    run_jobs()


def test_a_won_dispute_of_a_series_given_up_meanwhile_goes_back(story: Story):
    made = post(story, story.ana, "appointment-series", series_wish(story), 201)
    pay_series(story, made)
    payment = Payment.objects.get()
    dispute(payment, "needs_response")
    post(story, story.ana, f"appointment-series/{made['id']}/cancel")
    run_jobs()
    assert not Refund.objects.exists()  # it is with the payer's bank
    dispute(payment, "won")
    assert [(one.amount, one.status, one.reason) for one in Refund.objects.all()] == [(600_000, "done", "dispute_won")]
    assert (kept(), in_balance()) == (0, True)


def test_a_won_dispute_of_a_series_gives_back_only_what_was_given_up(story: Story):
    made = post(story, story.ana, "appointment-series", series_wish(story), 201)
    pay_series(story, made)
    payment = Payment.objects.get()
    dispute(payment, "needs_response")
    post(story, story.ana, f"appointments/{made['appointments'][3]['id']}/cancel")
    run_jobs()
    for _ in range(2):
        dispute(payment, "won")
    assert [one.amount for one in Refund.objects.all()] == [150_000]
    assert (kept(), in_balance(), sorted(statuses())) == (450_000, True, ["booked"] * 3 + ["cancelled"])


def test_a_lost_dispute_of_a_series_gives_nothing_back_twice(story: Story):
    made = post(story, story.ana, "appointment-series", series_wish(story), 201)
    pay_series(story, made)
    payment = Payment.objects.get()
    dispute(payment, "needs_response")
    post(story, story.ana, f"appointment-series/{made['id']}/cancel")
    dispute(payment, "lost")
    assert not Refund.objects.exists()


def test_a_won_dispute_of_a_single_visit_given_up_meanwhile_goes_back(story: Story, booked):
    payment = Payment.objects.get()
    dispute(payment, "needs_response")
    post(story, story.ana, f"appointments/{booked['id']}/cancel")
    run_jobs()
    assert not Refund.objects.exists()
    dispute(payment, "won")
    assert (kept(), in_balance()) == (0, True)
