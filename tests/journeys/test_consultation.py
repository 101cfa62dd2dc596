"""From free time to collected drugs over HTTP, jobs run by hand; and the ways it goes wrong."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Message
from tests import make
from tests.jobs import run_jobs
from tests.journeys.stage import Story, ok

pytestmark = pytest.mark.django_db


def kinds_for(user) -> list[str]:
    return sorted(Message.objects.filter(recipient=user).values_list("kind", flat=True))


def test_the_whole_story(story: Story, clock):
    held = story.hold()
    assert (held["status"], held["payment"]["price"]) == ("held", {"amount": 150_000, "currency": "VND"})
    story.pay()
    booked = story.appointment()
    assert booked["status"] == "booked"
    assert booked["encounter"]
    assert kinds_for(story.ana.user) == ["appointment_booked"]
    assert kinds_for(story.ben.user) == ["appointment_booked"]

    clock.move_to(timezone.datetime.fromisoformat(booked["starts_at"]))
    room = story.room()
    seat = ok(story.api(story.ana).post(f"/api/v1/rooms/{room['id']}/join"))
    assert seat["state"] == "waiting"
    assert seat["ice_servers"] == []
    doctor = ok(story.api(story.ben).post(f"/api/v1/rooms/{room['id']}/join"))
    assert doctor["state"] == "admitted"

    story.let_in()
    assert story.appointment()["status"] == "in_consultation"

    note = story.write_note()
    assert [one["code"] for one in note["diagnoses"]] == ["J00"]
    signed = story.prescribe()
    assert signed["status"] == "signed"
    run_jobs()
    assert "prescription_ready" in kinds_for(story.ana.user)
    story.finish()
    assert story.appointment()["status"] == "fulfilled"

    done = story.collect()
    assert done["status"] == "dispensed"
    assert "prescription_dispensed" in kinds_for(story.ana.user)
    assert "prescription_routed" in kinds_for(story.cara.user)

    timeline = ok(story.api(story.ana).get(f"/api/v1/people/{story.ana.id}/record/timeline"))
    assert {"encounter", "prescription", "dispense"} <= {entry["kind"] for entry in timeline["results"]}
    log = ok(story.api(story.ana).get(f"/api/v1/people/{story.ana.id}/record/access-log"))
    assert {story.ben.display_name} <= {line["who"] for line in log["results"]}


def test_a_visit_that_is_over_before_its_time_leaves_that_time_to_others(story: Story):
    held = story.hold()
    story.pay()
    story.appointment()
    assert held["starts_at"] not in [slot["starts_at"] for slot in story.free_times()]
    ok(story.api(story.ben).post(f"/api/v1/encounters/{story.ids['encounter']}/start"))
    run_jobs()
    assert held["starts_at"] not in [slot["starts_at"] for slot in story.free_times()]

    story.write_note()
    story.finish()

    assert story.appointment()["status"] == "fulfilled"
    assert held["starts_at"] in [slot["starts_at"] for slot in story.free_times()]


def test_unpaid_time_is_free_again_and_told(story: Story, clock):
    held = story.hold()
    clock.shift(timedelta(minutes=11))
    assert story.appointment()["status"] == "expired"
    assert held["starts_at"] in [slot["starts_at"] for slot in story.free_times()]
    from booking import tasks

    tasks.expire_holds.func(timestamp=int(timezone.now().timestamp()))
    run_jobs()
    assert kinds_for(story.ana.user) == ["hold_expired"]
    payment = ok(story.api(story.ana).get(f"/api/v1/payments/{story.ids['payment']}"))
    assert payment["status"] in {"expired", "cancelled"}


def test_money_that_comes_late_goes_back(story: Story, clock):
    story.hold()
    story.pay(way="late")
    clock.shift(timedelta(minutes=12))
    run_jobs()
    assert story.appointment()["status"] == "expired"
    payment = ok(story.api(story.ana).get(f"/api/v1/payments/{story.ids['payment']}"))
    assert payment["status"] == "refunded"
    assert "payment_refunded" in kinds_for(story.ana.user)


def test_a_declined_card_keeps_the_hold_and_can_be_tried_again(story: Story):
    story.hold()
    story.pay(way="decline")
    assert story.appointment()["status"] == "held"
    story.pay()
    assert story.appointment()["status"] == "booked"


def test_cancelling_gives_the_money_back_and_closes_what_was_prepared(story: Story):
    story.hold(make.at(make.TOMORROW, "09:00").isoformat())  # early enough to cost nothing
    story.pay()
    story.appointment()
    ok(story.api(story.ana).post(f"/api/v1/appointments/{story.ids['appointment']}/cancel", {"reason": "Bận việc"}))
    run_jobs()
    payment = ok(story.api(story.ana).get(f"/api/v1/payments/{story.ids['payment']}"))
    assert payment["status"] == "refunded"
    encounter = ok(story.api(story.ana).get(f"/api/v1/encounters/{story.ids['encounter']}"))
    assert encounter["status"] == "cancelled"
    assert story.room()["status"] == "closed"
    assert "appointment_cancelled" in kinds_for(story.ana.user)
    assert "appointment_cancelled" in kinds_for(story.ben.user)


def test_a_free_visit_is_booked_at_once(story: Story):
    story.visit_type.price_amount = 0
    story.visit_type.save()
    held = story.hold()
    assert held["payment"] is None
    run_jobs()
    assert story.appointment()["status"] == "booked"


def test_reactions_may_come_twice(story: Story):
    """At least once is what jobs promise: everything already done is run again, and nothing doubles."""
    from django.db import connection

    story.hold()
    story.pay()
    before = (story.appointment(), kinds_for(story.ana.user), kinds_for(story.ben.user))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE task_name LIKE '%react%'")
    run_jobs()
    assert (story.appointment(), kinds_for(story.ana.user), kinds_for(story.ben.user)) == before


def test_a_mother_books_for_her_child_and_hears_of_it(story: Story, child):
    held = story.hold(person=child)
    story.pay()
    assert held["person"]["id"] == str(child.id)
    assert kinds_for(story.ana.user) == ["appointment_booked"]
