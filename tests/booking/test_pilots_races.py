"""The last case of an approved pilot under races: real threads, real connections, real transactions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import actions
from booking.models import ACTIVE, Appointment
from identity.models import Pilot
from tests import make
from tests.booking.stage import SYSTEM, at
from tests.booking.test_pilots import hold, make_pilot
from tests.booking.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_people_want_the_last_case_at_eight_different_times(schedule, visit_type, hospital):
    pilot = make_pilot(hospital, quota=1)
    people = [make.make_person(full_name=f"Nguyễn Văn {number}") for number in range(8)]
    times = [at("09:00") + number * timedelta(minutes=20) for number in range(8)]
    for one in people:
        make.actor_for(one)

    said = all_at_once(
        [
            lambda person=person, time=time: hold(schedule, visit_type, person, time)
            for person, time in zip(people, times, strict=True)
        ]
    )

    assert said == ["not_at_a_distance"] * 7 + ["ok"]
    assert (Pilot.objects.get().used, Appointment.objects.filter(pilot=pilot).count()) == (1, 1)


def test_moving_cancelling_and_taking_wait_for_each_other_in_one_order(schedule, visit_type, hospital):
    """Whoever moves holds days, whoever cancels a visit: with the pilot first, none of them waits in a ring."""
    pilot = make_pilot(hospital, quota=4)
    people = [make.make_person(full_name=f"Trần Thị {number}") for number in range(8)]
    by = {one.pk: make.actor_for(one) for one in people}
    visits = []
    for number, person in enumerate(people[:4]):
        held = hold(schedule, visit_type, person, at("08:00") + number * timedelta(minutes=20))
        visits.append(actions.book_appointment(appointment_id=held.pk, by=SYSTEM, now=make.NOW))

    def moving(number):
        return lambda: actions.move_appointment(
            appointment_id=visits[number].pk, schedule_id=schedule.pk, starts_at=at("13:00") + number * timedelta(minutes=20),
            by=by[visits[number].person_id], now=make.NOW,
        )  # fmt: skip

    def cancelling(number):
        return lambda: actions.cancel_appointment(
            appointment_id=visits[number].pk, by=by[visits[number].person_id], now=make.NOW
        )

    def taking(number):
        return lambda: hold(schedule, visit_type, people[number], at("10:00") + number * timedelta(minutes=20))

    said = all_at_once(
        [moving(0), moving(1), cancelling(2), cancelling(3), *(taking(number) for number in range(4, 8))]
    )

    assert set(said) <= {"ok", "not_at_a_distance"}
    assert said.count("ok") >= 4, "two moved, two cancelled"
    count = Appointment.objects.filter(pilot=pilot, status__in=ACTIVE).count()
    assert Pilot.objects.get().used == count <= 4
