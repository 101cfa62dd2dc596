"""A visit under an approved pilot from the booking to the door of the room: where it stands written, and when it may not begin."""

from __future__ import annotations

from datetime import timedelta

import pytest

import booking.actions
from booking.models import Appointment, Offer
from core.actor import Actor
from identity.actions import put_pilot
from identity.models import Pilot
from records import telemedicine
from records.models import Encounter
from tests import make
from tests.booking.stage import at, make_schedule
from tests.booking.test_pilots import OPERATOR, hold, make_pilot
from tests.jobs import run_jobs
from tests.journeys.stage import ok

pytestmark = pytest.mark.django_db
HOUSE = Actor.system("test")


def agree(schedule, visit_type, person, starts_at) -> Appointment:
    held = hold(schedule, visit_type, person, starts_at)
    return booking.actions.book_appointment(appointment_id=held.pk, by=HOUSE, now=make.NOW)


def test_the_visit_says_under_which_pilot_it_runs_and_begins_only_while_that_is_in_force(
    ben, dan, hospital, visit_type, ana, clock
):
    schedule, pilot = make_schedule(practitioner=ben, facility=hospital), make_pilot(hospital)
    visit = agree(schedule, visit_type, ana, at("09:00"))
    run_jobs()
    encounter = Encounter.objects.get()
    assert (encounter.pilot, encounter.listed_code, encounter.opened_because) == (pilot, "", "")

    doctor = make.page_client(ben)
    shown = doctor.get(f"/doctor/visits/{encounter.pk}/").content.decode()
    assert pilot.name in shown and "1234/QĐ-SYT" in shown and "I25.1" in shown
    desk = make.api_client(dan).get(f"/api/v1/appointments/{visit.pk}").json()
    assert (desk["pilot"], desk["self_pay"]) == (None, True), "what somebody has is not for the desk"
    citizen = make.api_client(ana).get(f"/api/v1/appointments/{visit.pk}").json()
    assert citizen["pilot"]["name"] == pilot.name

    assert telemedicine.refusals_of(encounter, visit.starts_at) == []
    assert telemedicine.passed(encounter, visit.starts_at)["pilot"] == f"1234/QĐ-SYT {pilot.name}"
    # The authority ends it on the day before: the visit may not begin under it any more, unless its doctor says why.
    row = Pilot.objects.get()
    row.valid_from = row.valid_to = make.TOMORROW - timedelta(days=1)
    put_pilot(pilot=row, by=OPERATOR, now=make.NOW)
    encounter = Encounter.objects.get()
    clock.move_to(visit.starts_at)
    refused = doctor.post(f"/doctor/visits/{encounter.pk}/start/", follow=True).content.decode()
    assert Encounter.objects.get().status == "planned"
    assert 'name="reason"' in refused
    doctor.post(f"/doctor/visits/{encounter.pk}/open/", {"reason": "Đã khám trực tiếp"})
    doctor.post(f"/doctor/visits/{encounter.pk}/start/")
    assert Encounter.objects.get().status == "in_progress"


def test_an_earlier_time_goes_on_with_the_last_case_of_the_later_one(ben, hospital, visit_type, ana, clock):
    """An offer takes no case; who takes it gives up the later visit, and the case goes along."""
    pilot = make_pilot(hospital, quota=1, valid_from=make.TOMORROW)
    narrow = make_schedule(practitioner=ben, facility=hospital, hours=("09:00", "09:20"))
    other = make.make_person(full_name="Lê Hẹn")
    held = booking.actions.hold_slot(
        schedule_id=narrow.id, starts_at=at("09:00"), visit_type_id=visit_type.id, person_id=other.id, mode="in_person",
        by=make.actor_for(other), now=make.NOW,
    )  # fmt: skip
    full = booking.actions.book_appointment(appointment_id=held.pk, by=HOUSE, now=make.NOW)
    later = agree(narrow, visit_type, ana, at("09:00", make.TOMORROW + timedelta(days=2)))
    run_jobs()
    wish = {
        "visit_type": str(visit_type.id), "mode": "video", "first_day": make.TOMORROW.isoformat(),
        "last_day": make.TOMORROW.isoformat(), "instead_of": str(later.pk),
    }  # fmt: skip
    citizen = make.api_client(ana)
    ok(citizen.post("/api/v1/waiting-list", wish), 201)
    booking.actions.cancel_appointment(appointment_id=full.pk, by=HOUSE, now=make.NOW)
    run_jobs()
    offer = Offer.objects.get()
    assert (offer.appointment.pilot, Pilot.objects.get().used) == (None, 1)

    ok(citizen.post(f"/api/v1/waiting-list/offers/{offer.pk}/take", {}))
    run_jobs()
    taken = Offer.objects.get().appointment
    assert (taken.pilot, taken.condition_code, taken.moved_from) == (pilot, "I25.1", later)
    assert Pilot.objects.get().used == 1
    booking.actions.cancel_appointment(appointment_id=taken.pk, by=make.actor_for(ana), now=make.NOW)
    later.refresh_from_db()
    assert Pilot.objects.get().used == (1 if later.status == "booked" else 0)
