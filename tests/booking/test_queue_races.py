"""Two desks at one line: with real threads, connections and transactions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking import actions
from booking.models import Line, Ticket
from tests import make
from tests.booking import stage
from tests.booking.line import booked, person_called
from tests.booking.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLOCKS = ("13:00", "13:20", "13:40", "14:00", "14:20", "14:40", "15:00")


@pytest.fixture
def schedule(ben, hospital):
    return stage.make_schedule(practitioner=ben, facility=hospital, weekdays=range(1, 2))


def test_two_desks_never_call_one_person_and_never_nobody(schedule, visit_type, dan, ben):
    desks = [make.actor_for(dan), make.actor_for(ben)]
    visits = [booked(schedule, visit_type, person_called(f"N{clock}"), clock) for clock in CLOCKS]

    def arrive(visit):
        return lambda: actions.check_in(appointment_id=visit.pk, by=desks[0], now=make.NOW)

    # All arrive at one moment: no number twice, none left out.
    assert all_at_once([arrive(visit) for visit in visits]) == ["ok"] * 7
    assert sorted(Ticket.objects.values_list("number", flat=True)) == list(range(1, 8))
    assert Line.objects.get().last_number == 7

    called: list[int] = []

    def call(place):
        def act():
            ticket = actions.call_next(
                schedule_id=schedule.id, by=desks[place % 2], now=make.NOW + timedelta(minutes=place)
            )
            called.append(ticket.number)

        return act

    # Nine presses for seven people: seven are called, once each, and two hear that nobody waits.
    said = all_at_once([call(place) for place in range(9)])
    assert said == ["line_empty"] * 2 + ["ok"] * 7
    assert sorted(called) == list(range(1, 8))
    assert set(Ticket.objects.values_list("status", "calls")) == {("called", 1)}


def test_who_leaves_while_being_called_is_not_called_and_the_next_one_is(schedule, visit_type, dan):
    desk = make.actor_for(dan)
    for clock in CLOCKS[:4]:
        visit = booked(schedule, visit_type, person_called(f"N{clock}"), clock)
        actions.check_in(appointment_id=visit.pk, by=desk, now=make.NOW)
    first = Ticket.objects.order_by("promised_at").first()
    said = all_at_once(
        [
            lambda: actions.leave_line(ticket_id=first.pk, by=desk, now=make.NOW),
            lambda: actions.call_next(schedule_id=schedule.id, by=desk, now=make.NOW),
        ]
    )
    assert said == ["ok", "ok"]
    first.refresh_from_db()
    assert first.status == "left"
    # Either the call came first (and the person left after it), or somebody else was called.
    assert Ticket.objects.filter(calls=1).count() == 1
