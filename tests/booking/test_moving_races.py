"""Changing plans while somebody else changes them too: real threads, real transactions; the projection stays true."""

import pytest

from booking import actions, days
from booking.models import ACTIVE, Appointment
from tests import make
from tests.booking import stage
from tests.booking.stage import at
from tests.booking.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booked(visit_type, schedule, ana):
    return stage.book(schedule, visit_type, ana, at("09:00"))


def moving(booked, schedule, clock, by, now, **wish):
    return lambda: actions.move_appointment(
        appointment_id=booked.id, schedule_id=schedule.id, starts_at=at(clock), by=by, now=now, **wish
    )


def agreed() -> list:
    return sorted(Appointment.objects.filter(status__in=ACTIVE).values_list("during", flat=True), key=lambda d: d.lower)


def test_many_moves_at_once_are_one(booked, schedule, by_ana, now):
    said = all_at_once([moving(booked, schedule, clock, by_ana, now) for clock in ("10:00", "11:00", "13:00", "15:00")])

    assert said == ["ok"] + ["wrong_state"] * 3
    assert len(agreed()) == 1
    assert days.check(now=now) == []


def test_two_swap_over_into_one_free_time(schedule, visit_type, by_ana, booked, now):
    other = make.make_person(full_name="Lê Văn Cường")
    second = stage.book(schedule, visit_type, other, at("09:20"))
    acts = [
        moving(booked, schedule, "10:00", by_ana, now),
        moving(second, schedule, "10:00", make.actor_for(other), now),
    ]

    assert all_at_once(acts) == ["ok", "slot_taken"]
    assert len(agreed()) == 2
    assert days.check(now=now) == []


def test_two_change_places_with_one_another_without_waiting_in_a_ring(visit_type, schedule, hospital, ana, by_ana, now):
    colleague = make.make_practitioner(facility=hospital, full_name="Lê Hoàng Hà")
    there = stage.make_schedule(practitioner=colleague, facility=hospital)
    other = make.make_person(full_name="Lê Văn Cường")
    first = stage.book(schedule, visit_type, ana, at("09:00"))
    second = stage.book(there, visit_type, other, at("09:00"))
    acts = [
        moving(first, there, "10:00", by_ana, now),
        moving(second, schedule, "10:00", make.actor_for(other), now),
    ]

    assert all_at_once(acts) == ["ok", "ok"]
    assert days.check(now=now) == []


def test_a_move_and_a_cancel_meet(booked, schedule, by_ana, by_dan, now):
    cancel = lambda: actions.cancel_appointment(appointment_id=booked.id, by=by_dan, now=now)  # noqa: E731

    said = all_at_once([moving(booked, schedule, "10:00", by_ana, now), cancel])

    booked.refresh_from_db()
    assert (booked.status, said, len(agreed())) in [
        ("rescheduled", ["ok", "too_late"], 1),
        ("cancelled", ["ok", "wrong_state"], 0),
    ]
    assert days.check(now=now) == []


def test_paying_the_difference_meets_the_end_of_the_hold(booked, schedule, hospital, by_ana, now):
    longer = make.make_visit_type(facility=hospital, minutes=40, price=250_000)
    held = moving(booked, schedule, "10:00", by_ana, now, visit_type_id=longer.id)()
    last_moment, over = now + stage.minutes(10) - stage.minutes(0.001), now + stage.minutes(10)
    pay = lambda: actions.confirm_paid(appointment_id=held.id, by=stage.SYSTEM, now=last_moment)  # noqa: E731
    expire = lambda: actions.expire_hold(appointment_id=held.id, by=stage.SYSTEM, now=over)  # noqa: E731

    said = all_at_once([pay, expire] * 3)

    pair = stage.statuses(booked.id, held.id)
    assert pair in (["rescheduled", "booked"], ["booked", "expired"])
    assert said.count("ok") == (6 if pair[1] == "booked" else 3)
    assert days.check(now=now) == []


def test_paying_the_difference_meets_a_cancel_of_the_old_visit(booked, schedule, hospital, by_ana, now):
    longer = make.make_visit_type(facility=hospital, minutes=40, price=250_000)
    held = moving(booked, schedule, "10:00", by_ana, now, visit_type_id=longer.id)()
    pay = lambda: actions.confirm_paid(appointment_id=held.id, by=stage.SYSTEM, now=now)  # noqa: E731
    cancel = lambda: actions.cancel_appointment(appointment_id=booked.id, by=by_ana, now=now)  # noqa: E731

    all_at_once([pay, cancel])

    assert stage.statuses(booked.id, held.id) in (["rescheduled", "booked"], ["cancelled", "expired"])
    assert days.check(now=now) == []
