"""The calendar of a schedule: every minute of the hours is free, past, closed or taken, once."""

from datetime import timedelta

import pytest

from booking import actions, queries
from booking.models import Appointment, Rule
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at

pytestmark = pytest.mark.django_db
MONDAY = make.TOMORROW - timedelta(days=2)


def told(day):
    return [(piece.kind, f"{piece.starts:%H:%M}", piece.minutes) for piece in day.pieces if piece.kind != "free"]


@pytest.fixture
def short(ben, hospital):
    """Ben works from eight to ten."""
    return stage.make_schedule(practitioner=ben, facility=hospital, hours=("08:00", "10:00"))


def test_a_week_of_free_and_past_times(short, now):
    week = queries.calendar_of(short, MONDAY, 7, now)

    assert [day.day for day in week] == [MONDAY + timedelta(days=n) for n in range(7)]
    assert [day.free for day in week] == [0, 0, 6, 6, 6, 6, 6]
    assert {piece.kind for day in week[:2] for piece in day.pieces} == {"past"}


def test_shows_what_is_taken_closed_and_elsewhere(short, visit_type, ben, ana, now):
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    make.make_membership(user=ben.user, facility=clinic, role="practitioner", practitioner=ben)
    other = stage.make_schedule(practitioner=ben, facility=clinic)
    there = make.make_visit_type(facility=clinic)
    stage.book(short, visit_type, ana, at("08:20"))
    stage.book(other, there, make.make_person(), at("09:40"))
    gone = stage.book(short, visit_type, make.make_person(), at("08:00"))
    actions.cancel_appointment(appointment_id=gone.id, by=SYSTEM, now=now)
    actions.add_closure(schedule_id=short.id, starts_at=at("08:40"), ends_at=at("09:20"), by=SYSTEM, now=now)

    [day] = queries.calendar_of(short, make.TOMORROW, 1, now)
    assert told(day) == [("taken", "08:20", 20), ("closed", "08:40", 40), ("elsewhere", "09:40", 20)]
    assert (day.free, day.taken, len(day.closures)) == (2, 1, 1)


def test_marks_what_was_agreed_before_the_hours_changed(short, visit_type, ana, now):
    stage.book(short, visit_type, ana, at("08:20"))
    Rule.objects.all().delete()

    [day] = queries.calendar_of(short, make.TOMORROW, 1, now)
    assert [(piece.kind, piece.off_hours) for piece in day.pieces] == [("taken", True)]


def test_an_overdue_hold_is_free_again(short, visit_type, ana, now):
    stage.hold(short, visit_type, ana, at("08:20"))

    assert queries.calendar_of(short, make.TOMORROW, 1, now)[0].free == 5
    assert queries.calendar_of(short, make.TOMORROW, 1, now + timedelta(minutes=10))[0].free == 6


def test_four_statements_for_a_week(short, visit_type, django_assert_num_queries, now):
    for number in range(6):
        stage.book(short, visit_type, make.make_person(), at("08:00") + timedelta(minutes=20 * number))

    with django_assert_num_queries(4):
        queries.calendar_of(short, MONDAY, 7, now)


def test_the_first_week_shown_is_that_with_most_agreed_not_with_most_walk_ins(short, hospital, visit_type, now):
    colleague = make.make_practitioner(facility=hospital, full_name="Lê Thu Hà")
    full = stage.make_schedule(practitioner=colleague, facility=hospital, hours=("08:00", "10:00"))
    for clock in ("08:00", "08:20"):
        came = stage.book(full, visit_type, make.make_person(), at(clock))
        Appointment.objects.filter(pk=came.pk).update(walk_in=True)
    stage.book(short, visit_type, make.make_person(), at("09:00"))

    assert queries.busiest([short, full], now, now + timedelta(days=7)) == short.pk
    assert queries.busiest([full], now, now + timedelta(days=7)) is None
