"""The life of an appointment after the hold: book, expire, check in, begin, fulfil, cancel."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.models import Line
from booking import actions, days, queries, slots, tasks
from booking.errors import HoldExpired, TooEarly, TooLate
from booking.events import AppointmentBooked, AppointmentCancelled, AppointmentFulfilled, AppointmentHeld, PlaceFreed
from booking.events import HoldExpired as HoldExpiredEvent
from booking.models import Appointment, Schedule, Status
from core.errors import NotFound, WrongState
from records.models import Encounter
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(schedule, visit_type, ana):
    return stage.hold(schedule, visit_type, ana, at("09:00"))


@pytest.fixture
def booked(held, now):
    return actions.book_appointment(appointment_id=held.id, by=SYSTEM, now=now)


def refused(error, act, appointment, **options):
    before = stage.everything()
    with pytest.raises(error), transaction.atomic():
        act(appointment_id=appointment.id, **options)
    assert stage.everything() == before


def test_tells_the_story_in_order(held, now, told):
    actions.book_appointment(appointment_id=held.id, by=SYSTEM, now=now)
    actions.cancel_appointment(appointment_id=held.id, by=SYSTEM, now=now)

    id = str(held.id)
    assert told == [
        AppointmentHeld(id, (now + timedelta(minutes=10)).isoformat()),
        AppointmentBooked(id),
        AppointmentCancelled(id, "system"),
        PlaceFreed(str(held.schedule_id), at("09:00").isoformat(), at("09:20").isoformat()),
    ]
    assert {event.story for event in told} == {f"appointment:{id}", f"schedule:{held.schedule_id}"}


def test_books_what_is_held_once(held, now, told):
    booked = actions.book_appointment(appointment_id=held.id, by=SYSTEM, now=now + timedelta(minutes=9))
    before = stage.everything()
    again = actions.book_appointment(appointment_id=held.id, by=SYSTEM, now=now + timedelta(hours=9))

    assert (booked.status, booked.booked_at, booked.hold_expires_at) == ("booked", now + timedelta(minutes=9), None)
    assert again == booked
    assert stage.everything() == before
    assert told.count(AppointmentBooked(str(held.id))) == 1


def test_a_payment_that_comes_too_late_books_nothing(held, now):
    refused(HoldExpired, actions.book_appointment, held, by=SYSTEM, now=now + timedelta(minutes=10))
    actions.expire_hold(appointment_id=held.id, by=SYSTEM, now=now + timedelta(minutes=10))
    refused(HoldExpired, actions.book_appointment, held, by=SYSTEM, now=now)


def test_a_cancelled_hold_cannot_be_booked(held, by_ana, now):
    actions.cancel_appointment(appointment_id=held.id, by=by_ana, now=now)

    refused(WrongState, actions.book_appointment, held, by=SYSTEM, now=now)


def test_expires_each_overdue_hold_and_no_other(schedule, visit_type, ana, held, now, told):
    late = stage.hold(schedule, visit_type, make.make_person(), at("10:00"), now=now + timedelta(minutes=5))
    sure = stage.book(schedule, visit_type, make.make_person(), at("11:00"))
    told.clear()

    tasks.expire_holds.func(timestamp=int((now + timedelta(minutes=10)).timestamp()))
    tasks.expire_holds.func(timestamp=int((now + timedelta(minutes=10)).timestamp()))

    assert stage.statuses(held.id, late.id, sure.id) == ["expired", "held", "booked"]
    assert [event for event in told if not isinstance(event, PlaceFreed)] == [HoldExpiredEvent(str(held.id))]
    assert len(told) == 2  # and the time is free again
    assert Line.objects.get(action="booking.expire").person_id == ana.id


def test_one_hold_that_cannot_be_let_go_stops_no_other(schedule, visit_type, held, now, monkeypatch):
    second = stage.hold(schedule, visit_type, make.make_person(), at("10:00"))
    real = actions.expire_hold

    def breaks_once(*, appointment_id, **rest):
        if appointment_id == held.id:
            raise RuntimeError("broken row")
        return real(appointment_id=appointment_id, **rest)

    monkeypatch.setattr(actions, "expire_hold", breaks_once)
    tasks.expire_holds.func(timestamp=int((now + timedelta(minutes=10)).timestamp()))

    assert stage.statuses(held.id, second.id) == ["held", "expired"]


def test_expiry_before_its_time_does_nothing(held, booked, now):
    actions.expire_hold(appointment_id=held.id, by=SYSTEM, now=now + timedelta(hours=1))

    assert stage.statuses(held.id) == ["booked"]


def test_the_whole_visit(booked, by_ana, by_ben, by_dan, told):
    morning = at("08:50")
    assert actions.check_in(appointment_id=booked.id, by=by_ana, now=morning).status == "checked_in"
    assert actions.undo_check_in(appointment_id=booked.id, by=by_dan, now=morning).status == "booked"
    assert actions.check_in(appointment_id=booked.id, by=by_dan, now=morning).checked_in_at == morning
    assert actions.start_consultation(appointment_id=booked.id, by=by_ben, now=at("09:01")).status == "in_consultation"
    assert actions.start_consultation(appointment_id=booked.id, by=by_ben, now=at("09:02")).in_consultation_at == at(
        "09:01"
    )
    done = actions.fulfil(appointment_id=booked.id, by=SYSTEM, now=at("09:17"))
    assert actions.fulfil(appointment_id=booked.id, by=SYSTEM, now=at("10:00")).fulfilled_at == at("09:17")
    assert actions.start_consultation(appointment_id=booked.id, by=SYSTEM, now=at("10:00")) == done
    assert actions.book_appointment(appointment_id=booked.id, by=SYSTEM, now=at("10:00")) == done
    assert (done.status, done.booked_at) == ("fulfilled", booked.booked_at)


def test_the_news_of_the_end_may_come_before_that_of_the_beginning(booked):
    done = actions.fulfil(appointment_id=booked.id, by=SYSTEM, now=at("09:17"))

    assert (done.status, done.in_consultation_at) == ("fulfilled", at("09:17"))


def test_a_visit_that_ends_early_gives_the_rest_of_its_time_back(ben, hospital, ana, eve):
    schedule = stage.make_schedule(practitioner=ben, facility=hospital, min_notice_minutes=0)
    long = make.make_visit_type(facility=hospital, minutes=60)
    usual = make.make_visit_type(facility=hospital, minutes=20)
    visit = stage.book(schedule, long, ana, at("09:00"))
    actions.start_consultation(appointment_id=visit.id, by=SYSTEM, now=at("09:00"))
    assert free_from_nine(usual, at("09:10")) == ["10:00", "10:20"]

    actions.fulfil(appointment_id=visit.id, by=SYSTEM, now=at("09:15"))

    assert free_from_nine(usual, at("09:15")) == ["09:20", "09:40", "10:00", "10:20"]
    assert days.check(now=at("09:15")) == []
    assert stage.hold(schedule, usual, eve, at("09:20"), now=at("09:16")).status == "held"


def test_a_visit_that_was_over_before_its_time_leaves_that_time_to_whoever_waits(booked, visit_type, told):
    told.clear()
    actions.fulfil(appointment_id=booked.id, by=SYSTEM, now=at("07:30"))
    actions.fulfil(appointment_id=booked.id, by=SYSTEM, now=at("07:31"))

    freed = PlaceFreed(str(booked.schedule_id), at("09:00").isoformat(), at("09:20").isoformat())
    assert told == [AppointmentFulfilled(str(booked.id)), freed]
    assert "09:00" in free_from_nine(visit_type, at("07:31"))


def free_from_nine(visit_type, now):
    (schedule,) = Schedule.objects.all()
    found = queries.slots_of(schedule.practitioner_id, visit_type.id, make.TOMORROW, make.TOMORROW, now)
    return [
        f"{slots.wall(one.starts_at, schedule.zone):%H:%M}"
        for one in found
        if at("09:00") <= one.starts_at < at("10:30")
    ]


def test_a_hold_cannot_be_checked_in_or_begun(held, by_ana, by_ben):
    refused(WrongState, actions.check_in, held, by=by_ana, now=at("08:50"))
    refused(WrongState, actions.start_consultation, held, by=by_ben, now=at("09:00"))
    refused(WrongState, actions.fulfil, held, by=by_ben, now=at("09:00"))


def test_checking_in_the_day_before_is_too_early(booked, by_ana):
    refused(TooEarly, actions.check_in, booked, by=by_ana, now=at("00:00") - timedelta(seconds=1))
    assert actions.check_in(appointment_id=booked.id, by=by_ana, now=at("00:00")).status == "checked_in"


@pytest.mark.parametrize(("who", "side"), [("by_ana", "citizen"), ("by_dan", "facility"), ("by_ben", "facility")])
def test_cancels_from_either_side(booked, request, who, side, now, visit_type, told):
    by = request.getfixturevalue(who)
    gone = actions.cancel_appointment(appointment_id=booked.id, reason="Bận việc", by=by, now=now)

    assert (gone.status, gone.cancelled_by, gone.cancel_reason, gone.cancelled_at) == (
        "cancelled",
        side,
        "Bận việc",
        now,
    )
    assert told[-2] == AppointmentCancelled(str(booked.id), side)
    free = queries.slots_of(booked.practitioner_id, visit_type.id, make.TOMORROW, make.TOMORROW, now)
    assert at("09:00") in [slot.starts_at for slot in free]


def test_a_citizen_cannot_cancel_what_has_begun(booked, by_ana, by_dan, by_ben):
    refused(TooLate, actions.cancel_appointment, booked, by=by_ana, now=at("09:00"))
    actions.start_consultation(appointment_id=booked.id, by=by_ben, now=at("09:00"))
    refused(TooLate, actions.cancel_appointment, booked, by=by_dan, now=at("09:01"))


def test_an_expired_hold_cannot_be_cancelled(held, by_ana, now):
    actions.expire_hold(appointment_id=held.id, by=SYSTEM, now=now + timedelta(minutes=10))

    refused(HoldExpired, actions.cancel_appointment, held, by=by_ana, now=now + timedelta(minutes=11))


@pytest.mark.parametrize(
    "act",
    [
        actions.book_appointment,
        actions.check_in,
        actions.undo_check_in,
        actions.start_consultation,
        actions.fulfil,
        actions.cancel_appointment,
        actions.expire_hold,
    ],
)
@pytest.mark.parametrize("who", ["by_eve", "by_cara", "nobody", "other_desk"])
def test_strangers_find_nothing(booked, request, act, who):
    if who == "nobody":
        by = make.Actor.anonymous()
    elif who == "other_desk":
        by = make.actor_for(make.make_desk(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")))
    else:
        by = request.getfixturevalue(who)

    refused(NotFound, act, booked, by=by, now=at("09:00"))


def test_links_one_encounter(booked, ana, ben, hospital, now):
    def encounter():
        return Encounter.objects.create(
            person=ana,
            practitioner=ben,
            facility=hospital,
            mode="video",
            planned_from=at("09:00"),
            planned_to=at("09:20"),
        )

    first, second = encounter(), encounter()
    actions.link_encounter(appointment_id=booked.id, encounter_id=first.id, by=SYSTEM)
    actions.link_encounter(appointment_id=booked.id, encounter_id=first.id, by=SYSTEM)

    assert queries.get_facts(booked.id).encounter_id == first.id
    with pytest.raises(WrongState):
        actions.link_encounter(appointment_id=booked.id, encounter_id=second.id, by=SYSTEM)


def test_facts_for_the_journeys(booked, ana, ben, visit_type):
    facts = queries.get_facts(str(booked.id))

    assert (facts.status, facts.person_id, facts.practitioner_id) == ("booked", ana.id, ben.id)
    assert (facts.starts_at, facts.ends_at, str(facts.price)) == (at("09:00"), at("09:20"), "150.000 ₫")
    assert (facts.reason, facts.visit_type_name, facts.encounter_id) == ("Ho ba ngày", "Khám từ xa", None)
    with pytest.raises(NotFound):
        queries.get_facts(visit_type.id)


def test_the_day_list_is_for_the_desk_and_the_doctor(booked, held, by_dan, by_ben, by_eve, hospital, ben):
    day = make.TOMORROW
    assert queries.day_list(by_dan, day=day, facility_id=hospital.id) == [booked]
    assert queries.day_list(by_ben, day=day, practitioner_id=ben.id) == [booked]
    assert queries.day_list(by_dan, day=day - timedelta(days=1)) == []
    assert queries.day_list(by_eve, day=day) == []


def test_every_state_has_its_moves():
    assert set(Appointment.MOVES) == set(Status)
    assert all(target in Status.values for targets in Appointment.MOVES.values() for target in targets)
