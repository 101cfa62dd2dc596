"""Races with real threads, real connections and real transactions."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from booking import actions
from booking.events import PlaceFreed
from booking.models import ACTIVE, Appointment
from core.errors import DomainError
from tests import make
from tests.booking import stage
from tests.booking.stage import at

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(acts):
    """Run every act in a thread of its own, all let go at one moment; tell what each said."""
    gate = Barrier(len(acts))

    def run(act):
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=60)
            act()
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return sorted(pool.map(run, acts))


def holding(schedule, visit_type, person, starts_at, **options):
    by = make.actor_for(person)
    return lambda: stage.hold(schedule, visit_type, person, starts_at, by=by, **options)


def test_fifty_people_want_one_time(schedule, visit_type):
    people = [make.make_person(full_name=f"Nguyễn Văn {number}") for number in range(50)]

    said = all_at_once([holding(schedule, visit_type, person, at("09:00")) for person in people])

    assert said == ["ok"] + ["slot_taken"] * 49
    assert Appointment.objects.count() == 1


def test_overlapping_times_of_different_length(schedule, visit_type, hospital):
    long = make.make_visit_type(facility=hospital, minutes=60)
    people = [make.make_person(full_name=f"Nguyễn Văn {number}") for number in range(12)]
    clocks = ["09:00", "09:20", "09:40", "10:00"]

    said = all_at_once(
        [
            holding(schedule, long if number % 2 else visit_type, person, at(clocks[number % 4]))
            for number, person in enumerate(people)
        ]
    )

    assert set(said) == {"ok", "slot_taken"}
    kept = sorted((one.starts_at, one.ends_at) for one in Appointment.objects.filter(status__in=ACTIVE))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(kept))


def test_one_doctor_at_two_places(schedule, visit_type, ben):
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    make.make_membership(user=ben.user, facility=clinic, role="practitioner", practitioner=ben)
    there = make.make_visit_type(facility=clinic)
    second = stage.make_schedule(practitioner=ben, facility=clinic)
    people = [make.make_person(full_name=f"Nguyễn Văn {number}") for number in range(10)]

    said = all_at_once(
        [
            holding(*((schedule, visit_type) if number % 2 else (second, there)), person, at("09:00"))
            for number, person in enumerate(people)
        ]
    )

    assert said == ["ok"] + ["slot_taken"] * 9


def test_one_person_at_ten_doctors_doors(visit_type, hospital, ana):
    schedules = [
        stage.make_schedule(
            practitioner=make.make_practitioner(facility=hospital), facility=hospital, weekdays=range(7)
        )
        for _ in range(6)
    ]

    said = all_at_once([holding(schedule, visit_type, ana, at("09:00")) for schedule in schedules])

    assert said == ["ok"] + ["person_busy"] * 5
    assert Appointment.objects.count() == 1


def test_one_person_cannot_rush_past_the_limit_of_holds(visit_type, hospital, ana):
    acts = []
    for number in range(6):
        schedule = stage.make_schedule(practitioner=make.make_practitioner(facility=hospital), facility=hospital)
        acts.append(holding(schedule, visit_type, ana, at(f"{9 + number:02d}:00")))

    assert all_at_once(acts) == ["ok"] * 3 + ["too_many_holds"] * 3


def test_the_same_wish_twenty_times_is_one_hold(schedule, visit_type, ana):
    assert all_at_once([holding(schedule, visit_type, ana, at("09:00"))] * 20) == ["ok"] * 20
    assert Appointment.objects.count() == 1


def test_booking_and_expiry_meet(schedule, visit_type, ana, now, told):
    held = stage.hold(schedule, visit_type, ana, at("09:00"))
    told.clear()
    last_moment, over = now + stage.minutes(10) - stage.minutes(0.001), now + stage.minutes(10)
    book = lambda: actions.book_appointment(appointment_id=held.id, by=stage.SYSTEM, now=last_moment)  # noqa: E731
    expire = lambda: actions.expire_hold(appointment_id=held.id, by=stage.SYSTEM, now=over)  # noqa: E731

    said = all_at_once([book, expire] * 5)

    held.refresh_from_db()
    assert held.status in {"booked", "expired"}
    assert said.count("hold_expired") in ({0} if held.status == "booked" else {5})
    assert len([one for one in told if not isinstance(one, PlaceFreed)]) == 1


def test_two_cancel_at_once(schedule, visit_type, ana, by_ana, by_dan, now, told):
    booked = stage.book(schedule, visit_type, ana, at("09:00"))
    told.clear()

    said = all_at_once(
        [
            lambda by=by: actions.cancel_appointment(appointment_id=booked.id, by=by, now=now)
            for by in (by_ana, by_dan) * 4
        ]
    )

    assert said == ["ok"] * 8
    assert len([one for one in told if not isinstance(one, PlaceFreed)]) == 1


def test_a_closure_and_a_hold_do_not_pass_each_other(schedule, visit_type, ana, now):
    close = lambda: actions.add_closure(  # noqa: E731
        schedule_id=schedule.id, starts_at=at("08:00"), ends_at=at("12:00"), by=stage.SYSTEM, now=now
    )

    said = all_at_once([close, holding(schedule, visit_type, ana, at("09:00"))])

    # The row of the day refuses what the closure took away, whether or not the wish had looked before.
    assert said in (["not_bookable", "ok"], ["ok", "slot_taken"], ["appointments_affected", "ok"])
