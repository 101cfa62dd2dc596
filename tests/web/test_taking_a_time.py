"""From the doctor's page to an appointment, and what its page says at each point of the story."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from booking.models import Appointment
from tests.web import stage

pytestmark = pytest.mark.django_db


def wish(schedule, visit_type, ben, starts_at, **more):
    """What the page's links and its form send."""
    return {
        "doctor": str(ben.id),
        "schedule": str(schedule.id),
        "visit": str(visit_type.id),
        "mode": "video",
        "at": starts_at.isoformat(),
        "condition": "J00",
        **more,
    }


def test_takes_a_free_time(ana_browser, ana, ben, schedule, visit_type, now):
    asked = wish(schedule, visit_type, ben, stage.soon(now))
    assert ana_browser.get("/book/", asked).status_code == 200
    answer = ana_browser.post("/book/", {**asked, "person": str(ana.id), "reason": "Ho"})
    made = Appointment.objects.get()
    assert answer["Location"] == f"/appointments/{made.id}/"
    assert (made.status, made.person_id, made.reason, made.mode) == ("held", ana.id, "Ho", "video")


def test_a_second_tap_finds_the_same_appointment(ana_browser, ana, ben, schedule, visit_type, now):
    asked = wish(schedule, visit_type, ben, stage.soon(now), person=str(ana.id))
    first, second = ana_browser.post("/book/", asked), ana_browser.post("/book/", asked)
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 1


def test_a_time_that_is_gone_leads_back_to_the_doctor(eve_browser, eve, held, ben, schedule, visit_type):
    asked = wish(schedule, visit_type, ben, held.starts_at, person=str(eve.id))
    for answer in (eve_browser.get("/book/", asked), eve_browser.post("/book/", asked)):
        assert answer.status_code == 302 and answer["Location"].startswith(f"/doctors/{ben.id}/?visit=")
    assert Appointment.objects.count() == 1


def test_books_for_the_child_and_for_nobody_elses(ana_browser, eve, child, ben, schedule, visit_type, now):
    asked = wish(schedule, visit_type, ben, stage.soon(now))
    assert ana_browser.post("/book/", {**asked, "person": str(eve.id)}).status_code == 422
    assert not Appointment.objects.exists()
    ana_browser.post("/book/", {**asked, "person": str(child.id)})
    assert Appointment.objects.get().person_id == child.id


def test_visitors_sign_in_first_and_come_back(client, ben, schedule, visit_type, now):
    answer = client.get("/book/", wish(schedule, visit_type, ben, stage.soon(now)))
    assert answer["Location"].startswith("/sign-in/?next=%2Fbook%2F%3F")


def story(browser, appointment):
    return browser.get(f"/appointments/{appointment.id}/").context["story"]


def test_a_kept_time_counts_down_and_then_is_gone(ana_browser, held, now):
    assert story(ana_browser, held) == "held"
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        assert story(ana_browser, held) == "expired"


def test_the_waiting_room_opens_in_time(ana_browser, booked):
    assert story(ana_browser, booked) == "booked"
    with time_machine.travel(booked.starts_at - timedelta(minutes=15), tick=False):
        assert story(ana_browser, booked) == "waiting"
    with time_machine.travel(booked.ends_at + timedelta(minutes=61), tick=False):
        assert story(ana_browser, booked) == "missed"


def test_cancels(ana_browser, booked):
    ana_browser.post(f"/appointments/{booked.id}/cancel/", {"reason": "Bận việc"})
    booked.refresh_from_db()
    assert (booked.status, booked.cancel_reason) == ("cancelled", "Bận việc")
    assert story(ana_browser, booked) == "cancelled"


def test_cancelling_too_late_says_so_and_changes_nothing(ana_browser, booked):
    with time_machine.travel(booked.starts_at, tick=False):
        answer = ana_browser.post(f"/appointments/{booked.id}/cancel/", follow=True)
    booked.refresh_from_db()
    assert booked.status == "booked"
    assert "notice--bad" in answer.content.decode()


def test_the_day_strip_works_without_script(client, ben, schedule, visit_type, now):
    day = (now + timedelta(days=3)).date()
    page = client.get(f"/doctors/{ben.id}/", {"visit": visit_type.id, "day": day.isoformat()})
    assert page.context["chosen"].day == day
    assert len(page.context["chosen"].times) == 27  # 08:00 to 16:40, every twenty minutes
    assert f"at={day.isoformat()}" in page.content.decode()
