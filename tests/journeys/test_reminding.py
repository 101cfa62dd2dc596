"""Reminders at each lead time, said once, answered with or without signing in. The clock is moved, jobs run by hand."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client

import booking.actions
from audit.models import Line
from booking import reminding
from booking.events import AppointmentBooked
from booking.models import Appointment, Policy
from core.actor import Actor
from core.events import emit
from identity.models import Delegation
from notifications.models import Attempt, Message
from tests import make
from tests.booking import stage
from tests.booking.stage import at
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
IN_TWO_DAYS = make.TOMORROW + timedelta(days=1)


@pytest.fixture
def clock(now: Any) -> Any:

    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def schedule(ben: Any, hospital: Any) -> Any:
    return stage.make_schedule(practitioner=ben, facility=hospital)


@pytest.fixture
def visit(clock: Any, schedule: Any, visit_type: Any, ana: Any) -> Appointment:
    """Ana's visit in two days at ten."""
    booked = stage.book(schedule, visit_type, ana, at("10:00", IN_TWO_DAYS))
    run_jobs()
    return booked


def reminders(person: Any) -> list[int]:
    rows = Message.objects.filter(kind="appointment_reminder", recipient=person.user).order_by("created_at")
    return [row.params["hours"] for row in rows]


def go_to(clock: Any, moment: Any) -> None:
    clock.move_to(moment)
    run_jobs()


def live_through(clock: Any, visit: Appointment) -> None:
    """The worker works at each hour that may matter, up to the visit."""
    for hours in (24, 3, 2, 0):
        if visit.starts_at - hours * HOUR > make.NOW:
            go_to(clock, visit.starts_at - hours * HOUR)


def address_in_sms() -> str:
    body = Attempt.objects.filter(kind="appointment_reminder", carrier="sms").latest("created_at").body
    found = re.search(r"/v/[A-Za-z0-9_-]{38}/", body)
    assert found, body
    return found[0]


def test_each_lead_time_reminds_once(clock, visit, ana):
    starts = visit.starts_at
    go_to(clock, starts - 24 * HOUR - timedelta(seconds=1))
    assert reminders(ana) == []
    go_to(clock, starts - 24 * HOUR)
    assert reminders(ana) == [24]
    go_to(clock, starts - 2 * HOUR)
    go_to(clock, starts + HOUR)
    assert reminders(ana) == [24, 2]


def test_a_crash_or_a_second_telling_says_nothing_twice(clock, visit, ana):

    with transaction.atomic():
        emit(AppointmentBooked(str(visit.pk)))  # the reaction runs again, as after a crash
    run_jobs()
    go_to(clock, visit.starts_at - 24 * HOUR)
    for _again in range(2):
        booking.actions.remind(
            appointment_id=visit.pk, hours=24, by=Actor.system("test"), now=visit.starts_at - 24 * HOUR
        )
        run_jobs()
    assert reminders(ana) == [24]
    assert Attempt.objects.filter(kind="appointment_reminder", carrier="sms").count() == 1


def test_who_books_late_hears_only_what_is_still_ahead(clock, schedule, visit_type, ana, eve):
    soon, sooner = at("16:00"), at("15:20", make.TOMORROW - timedelta(days=1))  # in 26 and in 1⅓ hours
    visit = stage.book(schedule, visit_type, ana, soon)
    stage.book(schedule, visit_type, eve, sooner)
    run_jobs()
    assert (reminders(ana), reminders(eve)) == ([], [])
    live_through(clock, visit)
    assert (reminders(ana), reminders(eve)) == ([24, 2], [])


def test_no_reminder_of_what_was_given_up_and_the_new_time_has_its_own(
    clock, visit, schedule, visit_type, ana, eve, now
):
    gone = stage.book(schedule, visit_type, eve, at("11:00", IN_TWO_DAYS))
    booking.actions.cancel_appointment(appointment_id=gone.pk, by=make.actor_for(eve), now=now)
    moved = booking.actions.move_appointment(
        appointment_id=visit.pk,
        schedule_id=schedule.pk,
        starts_at=at("15:00", IN_TWO_DAYS + timedelta(days=1)),
        by=make.actor_for(ana),
        now=now,
    )
    run_jobs()
    live_through(clock, visit)
    assert (reminders(eve), reminders(ana)) == ([], [])
    live_through(clock, moved)
    assert reminders(ana) == [24, 2]


def test_a_worker_that_slept_over_it_says_only_the_nearer_one(clock, visit, ana):
    go_to(clock, visit.starts_at - HOUR)
    assert reminders(ana) == [2]


def test_a_worker_that_slept_past_the_visit_says_nothing(clock, visit, ana):
    go_to(clock, visit.starts_at + HOUR)
    assert reminders(ana) == []


def test_a_facility_may_have_its_own_lead_times(clock, hospital, schedule, visit_type, ana):
    Policy.objects.create(facility=hospital, reminder_hours=[3])
    booked = stage.book(schedule, visit_type, ana, at("10:00", IN_TWO_DAYS))
    run_jobs()
    live_through(clock, booked)
    assert reminders(ana) == [3]


def test_words_are_short_and_say_nothing_clinical(clock, visit, ana):
    go_to(clock, visit.starts_at - 24 * HOUR)
    sms = Attempt.objects.get(kind="appointment_reminder", carrier="sms").body
    assert "10:00" in sms and "Ho ba ngày" not in sms and ana.full_name not in sms


def test_coming_is_said_without_signing_in(clock, visit, ana):
    go_to(clock, visit.starts_at - 24 * HOUR)
    nobody, address = Client(), address_in_sms()
    page = nobody.get(address)
    shown = page.content.decode()
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    assert ana.full_name not in shown and "Ho ba ngày" not in shown and "Trần Minh Bình" not in shown
    for _twice in range(2):
        assert nobody.post(f"{address}come/").status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.confirmed_at) == ("booked", visit.starts_at - 24 * HOUR)
    (line,) = Line.objects.filter(action="booking.confirm")
    assert (line.role, line.reason, line.person_id) == ("citizen", "reminder", ana.pk)


@pytest.mark.parametrize(("hours", "fee"), [(24, 0), (2, 45_000)])  # late within four hours: 30 % of 150.000 ₫
def test_not_coming_frees_the_place_on_the_facilitys_terms(clock, visit, ana, hours, fee):
    go_to(clock, visit.starts_at - hours * HOUR)
    nobody, address = Client(), address_in_sms()
    assert ("45.000" in nobody.get(address).content.decode()) == bool(fee)
    for _twice in range(2):
        assert nobody.post(f"{address}free/").status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by, visit.fee_amount) == ("cancelled", "citizen", fee)
    assert Line.objects.filter(action="booking.cancel").count() == 1
    assert nobody.post(f"{address}come/").status_code == 409
    assert nobody.get(address).status_code == 200


def test_after_the_visit_has_begun_there_is_nothing_to_answer(clock, visit, ana):
    go_to(clock, visit.starts_at - 2 * HOUR)
    address = address_in_sms()
    clock.move_to(visit.starts_at)
    before = stage.everything()
    for answer in ("come", "free"):
        assert Client().post(f"{address}{answer}/").status_code == 409
    assert stage.everything() == before


def test_an_address_cannot_be_made_up_or_used_for_another_visit(clock, visit, schedule, visit_type, ana, eve):
    other = stage.book(schedule, visit_type, eve, at("11:00", IN_TWO_DAYS))
    token, before = reminding.token_of(visit.pk, ana.user.pk), stage.everything()
    swapped = reminding.token_of(other.pk, eve.user.pk)[:21] + token[21:]
    strangers = reminding.token_of(visit.pk, eve.user.pk)
    # Not the last letter, of which some bits mean nothing.
    changed = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for wrong in (changed, swapped, strangers, token[:-4], "x", token + "A"):
        for path in ("", "come/", "free/"):
            ask = Client().get if not path else Client().post
            assert ask(f"/v/{wrong}/{path}").status_code == 404, wrong
    assert Client().get(f"/v/{token}/free/").status_code == 405
    assert stage.everything() == before


def test_who_only_reads_for_somebody_is_not_handed_the_power_to_cancel(clock, visit, ana, eve):
    Delegation.objects.create(grantor=ana, delegate=eve, relation="parent", scopes=["read"])
    go_to(clock, visit.starts_at - 24 * HOUR)
    assert (reminders(ana), reminders(eve)) == ([24], [24])
    sent = Message.objects.filter(kind="appointment_reminder")
    assert sent.get(recipient=eve.user).params["answer"] == ""
    assert sent.get(recipient=ana.user).params["answer"] == f"/v/{reminding.token_of(visit.pk, ana.user.pk)}/"
    bodies = Attempt.objects.filter(message__recipient=eve.user).values_list("body", flat=True)
    assert len(bodies) and not any("/v/" in body for body in bodies)


def test_who_books_for_somebody_answers_as_themselves_and_only_as_long_as_they_may(clock, visit, ana, eve):
    given = Delegation.objects.create(grantor=ana, delegate=eve, relation="parent", scopes=["read", "book"])
    go_to(clock, visit.starts_at - 24 * HOUR)
    address = Message.objects.get(kind="appointment_reminder", recipient=eve.user).params["answer"]
    assert address != Message.objects.get(kind="appointment_reminder", recipient=ana.user).params["answer"]
    assert Client().post(f"{address}come/").status_code == 302
    (line,) = Line.objects.filter(action="booking.confirm")
    assert (line.user_id, line.reason, line.person_id) == (eve.user.pk, "reminder", ana.pk)

    given.revoked_at = make.NOW
    given.save()
    before = stage.everything()
    assert Client().get(address).status_code == 404
    for answer in ("come", "free"):
        assert Client().post(f"{address}{answer}/").status_code == 404
    assert stage.everything() == before


def test_signed_in_it_is_said_on_the_visits_page_and_over_the_api(clock, visit, ana, eve, ben, dan):
    address = f"/api/v1/appointments/{visit.pk}/confirm"
    before = stage.everything()
    assert make.api_client(eve).post(address).status_code == 404
    assert make.page_client(eve).post(f"/appointments/{visit.pk}/confirm/").status_code == 404
    assert make.api_client(ben).post(address).status_code == 403
    assert stage.everything() == before
    shown = make.page_client(ana).get(f"/appointments/{visit.pk}/").content.decode()
    assert f"/appointments/{visit.pk}/confirm/" in shown
    assert make.api_client(ana).post(address).status_code == 200
    visit.refresh_from_db()
    assert visit.confirmed_at is not None
    assert make.page_client(ana).post(f"/appointments/{visit.pk}/confirm/").status_code == 302
    assert make.api_client(dan).post(address).status_code == 200
    assert Line.objects.filter(action="booking.confirm").count() == 1


def test_an_address_leads_nowhere_a_day_after_the_visit(clock, visit, ana):
    address, before = f"/v/{reminding.token_of(visit.pk, ana.user.pk)}/", stage.everything()
    clock.move_to(visit.ends_at + timedelta(days=1, seconds=-1))
    assert Client().get(address).status_code == 200
    clock.move_to(visit.ends_at + timedelta(days=1))
    assert Client().get(address).status_code == 404
    for answer in ("come", "free"):
        assert Client().post(f"{address}{answer}/").status_code == 404
    assert stage.everything() == before
