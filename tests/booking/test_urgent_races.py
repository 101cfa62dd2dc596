"""See someone now under races: real threads, real connections, real transactions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import actions
from booking.models import Appointment, UrgentAsk
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM
from tests.booking.test_races import all_at_once
from tests.booking.test_urgent import SECONDS, ask, go_on_call

pytestmark = pytest.mark.django_db(transaction=True)


def test_accepting_at_the_last_moment_against_the_clock(schedule, hospital, ben, ana, visit_type, now) -> None:
    second = make.make_practitioner(facility=hospital, full_name="Ngô Thị Đông")
    stage.make_schedule(practitioner=second, facility=hospital)
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    go_on_call(second, visit_type, now)
    by = make.actor_for(ben)

    # He presses with a second to go; the clock's job comes twice, once it is over.
    said = all_at_once(
        [
            lambda: actions.accept_ask(ask_id=wish.pk, by=by, now=now + SECONDS - timedelta(seconds=1)),
            *[lambda: actions.turn_ask(ask_id=wish.pk, by=SYSTEM, now=now + SECONDS)] * 2,
        ]
    )

    wish.refresh_from_db()
    if "ask_passed" in said:  # the clock was first: she is with the next doctor, and nothing was kept
        assert (wish.status, wish.offered_to.practitioner) == ("searching", second)
        assert not Appointment.objects.exists()
    else:
        assert (wish.status, wish.appointment) == ("accepted", Appointment.objects.get())


def test_many_citizens_and_few_doctors(schedule, hospital, ben, visit_type, now) -> None:
    doctors = [ben]
    for number in range(3):
        doctors.append(make.make_practitioner(facility=hospital, full_name=f"Bác sĩ {number}"))
        stage.make_schedule(practitioner=doctors[-1], facility=hospital)
    for one in doctors:
        go_on_call(one, visit_type, now)
    people = [make.make_person(full_name=f"Nguyễn Văn {number}") for number in range(12)]
    actors = {one.pk: make.actor_for(one) for one in people}

    def asking(person):
        wish = {"person_id": person.pk, "reason": "Ho", "condition": "J00"}
        return lambda: actions.ask_for_someone_now(**wish, by=actors[person.pk], now=now)

    said = all_at_once([asking(person) for person in people] + [asking(people[0])])  # one of them presses twice

    assert said == ["ok"] * 13
    assert UrgentAsk.objects.count() == 12
    offered = UrgentAsk.objects.filter(status="searching").exclude(offered_to=None)
    assert offered.count() == len({one.offered_to_id for one in offered}) <= 4
    assert not UrgentAsk.objects.filter(status="nobody").exists(), "the doctors are only busy"

    # All who were asked accept twice at once: each keeps one visit.
    def accepting(one):
        by = make.actor_for(one.offered_to.practitioner)
        return lambda: actions.accept_ask(ask_id=one.pk, by=by, now=now + timedelta(seconds=5))

    asked = list(offered)
    assert set(all_at_once([accepting(one) for one in asked for _ in range(2)])) == {"ok"}
    kept = list(Appointment.objects.values_list("practitioner", flat=True))
    assert len(kept) == len(set(kept)) == len(asked)


def test_taking_back_against_accepting(schedule, ben, ana, visit_type, now) -> None:
    go_on_call(ben, visit_type, now)
    wish = ask(ana, now)
    citizen, doctor = make.actor_for(ana), make.actor_for(ben)

    all_at_once(
        [
            lambda: actions.withdraw_ask(ask_id=wish.pk, by=citizen, now=now),
            lambda: actions.accept_ask(ask_id=wish.pk, by=doctor, now=now),
            lambda: actions.stop_on_call(by=doctor, now=now),
        ]
    )

    wish.refresh_from_db()
    assert wish.status in {"accepted", "withdrawn"}
    assert Appointment.objects.exists() is (wish.status == "accepted")
