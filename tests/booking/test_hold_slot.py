"""Holding a time: what is kept, what is refused, and that a refusal changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from audit.models import Line
from booking import actions, queries
from booking.errors import NotBookable, OffGrid, PersonBusy, SlotPast, SlotTaken, TooManyHolds
from booking.models import Appointment, Rule
from core.errors import NotFound
from identity.models import Delegation
from tests import make
from tests.booking import stage
from tests.booking.stage import at

pytestmark = pytest.mark.django_db


def refused(error, schedule, visit_type, person, starts_at, **options):
    before = stage.everything()
    with pytest.raises(error) as caught, transaction.atomic():
        stage.hold(schedule, visit_type, person, starts_at, **options)
    assert caught.type is error
    assert stage.everything() == before


def test_keeps_the_time_for_ten_minutes(schedule, visit_type, ana, by_ana, now):
    held = stage.hold(schedule, visit_type, ana, at("09:00"))

    assert (held.status, held.hold_expires_at) == ("held", now + timedelta(minutes=10))
    assert (held.starts_at, held.ends_at) == (at("09:00"), at("09:20"))
    assert (held.person, held.practitioner_id, held.booked_by) == (ana, schedule.practitioner_id, by_ana.user_id)
    assert str(held.price) == "150.000 ₫"
    assert list(Line.objects.values_list("action", "person_id").filter(person_id=ana.id)) == [("booking.hold", ana.id)]
    free = queries.slots_of(schedule.practitioner_id, visit_type.id, make.TOMORROW, make.TOMORROW, now)
    assert at("09:00") not in [slot.starts_at for slot in free]
    assert at("09:20") in [slot.starts_at for slot in free]


def test_the_price_stays_what_it_was(schedule, visit_type, ana):
    held = stage.hold(schedule, visit_type, ana, at("09:00"))
    visit_type.price_amount = 999_000
    visit_type.save()
    held.refresh_from_db()

    assert held.price_amount == 150_000


def test_asking_again_keeps_the_same_hold(schedule, visit_type, ana, now):
    first = stage.hold(schedule, visit_type, ana, at("09:00"))
    before = stage.everything()
    again = stage.hold(schedule, visit_type, ana, at("09:00"), now=now + timedelta(minutes=3))

    assert again == first
    assert stage.everything() == before


def test_refuses_a_time_already_taken(schedule, visit_type, ana, eve):
    stage.hold(schedule, visit_type, ana, at("09:00"))

    refused(SlotTaken, schedule, visit_type, eve, at("09:00"))


def test_refuses_a_visit_that_would_run_into_the_next_one(schedule, hospital, visit_type, ana, eve):
    long = make.make_visit_type(facility=hospital, minutes=40)
    stage.hold(schedule, visit_type, ana, at("09:20"))

    refused(SlotTaken, schedule, long, eve, at("09:00"))


@pytest.mark.parametrize(
    ("starts_at", "error"),
    [
        (make.NOW - timedelta(minutes=20), SlotPast),
        (datetime(1, 1, 1, tzinfo=UTC), SlotPast),
        (make.NOW + timedelta(minutes=20), NotBookable),  # on the grid, but under half an hour's notice
        (at("09:10"), OffGrid),
        (at("09:00") + timedelta(seconds=1), OffGrid),
        (at("07:40"), NotBookable),
        (at("16:50"), NotBookable),  # would end after the hours
        (at("09:00") + timedelta(days=61), NotBookable),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), NotBookable),
    ],
)
def test_refuses_the_past_the_far_future_and_what_is_off_the_grid(schedule, visit_type, ana, starts_at, error):
    refused(error, schedule, visit_type, ana, starts_at)


def test_refuses_a_time_of_another_schedule(schedule, visit_type, hospital, ana):
    other = stage.make_schedule(
        practitioner=make.make_practitioner(facility=hospital), facility=hospital, hours=("18:00", "20:00")
    )

    refused(NotBookable, schedule, visit_type, ana, at("18:00"))
    assert stage.hold(other, visit_type, ana, at("18:00")).status == "held"


def test_refuses_a_visit_type_of_another_facility(schedule, ana):
    elsewhere = make.make_visit_type(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen"))

    refused(NotBookable, schedule, elsewhere, ana, at("09:00"))


def test_refuses_a_visit_type_those_hours_are_not_for(schedule, visit_type, hospital, ana):
    other = make.make_visit_type(facility=hospital, name_vi="Khám tại chỗ")
    for rule in Rule.objects.filter(schedule=schedule):
        rule.visit_types.set([other])

    refused(NotBookable, schedule, visit_type, ana, at("09:00"))
    assert stage.hold(schedule, other, ana, at("09:00")).visit_type == other


def test_refuses_a_specialty_the_doctor_does_not_have(schedule, hospital, ana):
    heart = make.make_visit_type(facility=hospital, specialty=make.make_specialty("cardiology"))

    refused(NotBookable, schedule, heart, ana, at("09:00"))


def test_refuses_a_mode_that_is_not_offered(schedule, visit_type, ana):
    refused(NotBookable, schedule, visit_type, ana, at("09:00"), mode="phone")


def test_refuses_after_the_licence_has_ended(schedule, visit_type, ben, ana):
    ben.licence_valid_to = make.TOMORROW
    ben.save()

    refused(NotBookable, schedule, visit_type, ana, at("09:00") + timedelta(days=1))
    assert stage.hold(schedule, visit_type, ana, at("09:00")).status == "held"


def test_refuses_a_schedule_that_rests(schedule, visit_type, ana):
    schedule.active = False
    schedule.save()

    refused(NotBookable, schedule, visit_type, ana, at("09:00"))


def test_refuses_a_facility_that_has_closed(schedule, visit_type, hospital, ben, ana, now):
    hospital.active = False
    hospital.save()

    refused(NotBookable, schedule, visit_type, ana, at("09:00"))
    assert queries.slots_of(ben.id, visit_type.id, make.TOMORROW, make.TOMORROW, now) == []


def test_refuses_a_closed_time(schedule, visit_type, ana, now):
    actions.add_closure(schedule_id=schedule.id, starts_at=at("08:00"), ends_at=at("10:00"), by=stage.SYSTEM, now=now)

    refused(NotBookable, schedule, visit_type, ana, at("09:40"))
    assert stage.hold(schedule, visit_type, ana, at("10:00")).status == "held"


def test_refuses_two_visits_of_one_person_at_once(schedule, visit_type, hospital, ana):
    other = stage.make_schedule(practitioner=make.make_practitioner(facility=hospital), facility=hospital, grid=5)
    stage.hold(schedule, visit_type, ana, at("09:00"))

    refused(PersonBusy, other, visit_type, ana, at("09:15"))
    assert stage.hold(other, visit_type, ana, at("09:20")).status == "held"


def test_refuses_an_account_that_holds_for_one_person_after_the_other(schedule, visit_type, ana, now, settings):
    settings.BOOKING_MAX_OPEN_HOLDS = 1
    people = [make.make_child(parent=ana, full_name=f"Bé {number}") for number in range(3)]
    by = make.actor_for(ana)
    for person, clock in zip(people[:2], ("09:00", "09:20"), strict=True):
        stage.hold(schedule, visit_type, person, at(clock), by=by)
    with pytest.raises(TooManyHolds):
        stage.hold(schedule, visit_type, people[2], at("09:40"), by=by)
    assert Appointment.objects.count() == 2


def test_refuses_a_fourth_hold(schedule, visit_type, ana, now):
    holds = [stage.hold(schedule, visit_type, ana, at(clock)) for clock in ("09:00", "09:20", "09:40")]

    refused(TooManyHolds, schedule, visit_type, ana, at("10:00"))
    actions.book_appointment(appointment_id=holds[0].id, by=stage.SYSTEM, now=now)
    assert stage.hold(schedule, visit_type, ana, at("10:00")).status == "held"


def test_an_overdue_hold_gives_way_even_before_the_job_comes_round(schedule, visit_type, ana, eve, now):
    first = stage.hold(schedule, visit_type, ana, at("09:00"))
    refused(SlotTaken, schedule, visit_type, eve, at("09:00"), now=now + timedelta(minutes=9, seconds=59))

    second = stage.hold(schedule, visit_type, eve, at("09:00"), now=now + timedelta(minutes=10))
    assert stage.statuses(first.id, second.id) == ["expired", "held"]


def test_an_overdue_hold_elsewhere_does_not_keep_the_person_busy(schedule, visit_type, hospital, ana, now):
    other = stage.make_schedule(practitioner=make.make_practitioner(facility=hospital), facility=hospital)
    first = stage.hold(schedule, visit_type, ana, at("09:00"))

    second = stage.hold(other, visit_type, ana, at("09:00"), now=now + timedelta(minutes=10))
    assert stage.statuses(first.id, second.id) == ["expired", "held"]


def test_a_doctor_with_two_schedules_is_in_one_place(schedule, visit_type, ben, ana, eve):
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    there = make.make_visit_type(facility=clinic)
    make.make_membership(user=ben.user, facility=clinic, role="practitioner", practitioner=ben)
    second = stage.make_schedule(practitioner=ben, facility=clinic)
    stage.hold(schedule, visit_type, ana, at("09:00"))

    refused(SlotTaken, second, there, eve, at("09:00"))


def test_a_parent_holds_for_her_child(schedule, visit_type, ana, child, by_ana):
    held = stage.hold(schedule, visit_type, child, at("09:00"), by=by_ana)

    assert (held.person, held.booked_by) == (child, by_ana.user_id)


def test_a_delegation_to_read_is_none_to_book(schedule, visit_type, ana, child, by_ana):
    Delegation.objects.update(scopes=["read"])

    refused(NotFound, schedule, visit_type, child, at("09:00"), by=by_ana)


def test_eve_cannot_hold_for_ana(schedule, visit_type, ana, by_eve):
    refused(NotFound, schedule, visit_type, ana, at("09:00"), by=by_eve)


@pytest.mark.parametrize("field", ["practitioner", "person"])
def test_the_database_itself_refuses_two_at_once(schedule, visit_type, hospital, ana, eve, field):
    held = stage.hold(schedule, visit_type, ana, at("09:00"))
    other = stage.make_schedule(practitioner=make.make_practitioner(facility=hospital), facility=hospital)
    twin = Appointment.objects.get(pk=held.pk)
    twin.pk = make.make_person(user=None).pk  # any fresh id
    twin.during = DateTimeTZRange(at("09:10"), at("09:30"))
    twin.session = twin.blocked = None  # of its own, alone
    if field == "practitioner":
        twin.person = eve
    else:
        twin.practitioner = other.practitioner

    with pytest.raises(IntegrityError, match=f"appointment_{field}_free"), transaction.atomic():
        twin.save(force_insert=True)
