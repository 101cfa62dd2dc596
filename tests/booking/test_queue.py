"""The line in front of a room, at the doors of the desk, the doctor and the citizen."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from booking import actions, queries
from booking.errors import LineEmpty, NothingToUndo
from booking.models import Appointment, Line, Policy, Ticket
from core.errors import NotFound
from tests import make
from tests.booking import line, stage
from tests.booking.line import TODAY, arrived, booked, person_called, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SOON = make.NOW + timedelta(minutes=1)


@pytest.fixture
def schedule(ben, hospital):
    """Ben's hours of today and tomorrow."""
    return stage.make_schedule(practitioner=ben, facility=hospital, weekdays=range(1, 3))


@pytest.fixture
def desk(dan):
    return make.actor_for(dan)


@pytest.fixture
def three(schedule, visit_type, desk):
    """Three people whose times have come: 13:00, 13:20, 13:40; the last one came first."""
    people = {"late": "13:40", "first": "13:00", "second": "13:20"}
    return {name: arrived(schedule, visit_type, person_called(name), clock, by=desk) for name, clock in people.items()}


@pytest.fixture
def other_room(hospital):
    doctor = make.make_practitioner(facility=hospital, full_name="Lê Thị Hoa")
    return stage.make_schedule(practitioner=doctor, facility=hospital, weekdays=range(1, 3), room="Phòng 205")


def post(client, path, body=None, status=200):
    answer = client.post(f"/api/v1/{path}", body or {})
    assert answer.status_code == status, answer.content
    return answer.json()


def test_numbers_follow_the_arrivals_and_calls_the_promises(three, schedule, dan_api):
    assert [three[name].number for name in ("late", "first", "second")] == [1, 2, 3]

    called = [post(dan_api, "queue/call-next", {"schedule": str(schedule.id)})["number"] for _ in range(3)]

    assert called == [2, 3, 1]
    assert post(dan_api, "queue/call-next", {"schedule": str(schedule.id)}, 409)["code"] == "line_empty"


def test_a_video_visit_has_no_number(schedule, visit_type, ana, desk):
    held = stage.hold(schedule, visit_type, ana, stage.at("16:00", TODAY), now=line.MORNING)
    actions.book_appointment(appointment_id=held.id, by=stage.SYSTEM, now=line.MORNING)
    actions.check_in(appointment_id=held.id, by=make.actor_for(ana), now=make.NOW)
    assert not Ticket.objects.exists()


def test_a_small_child_and_a_very_old_person_are_seen_by_their_birthday(schedule, visit_type, desk):
    child = arrived(schedule, visit_type, person_called("Bé Na", date(2027, 6, 1)), "13:00", by=desk)
    old = arrived(schedule, visit_type, person_called("Cụ Tư", date(1940, 6, 1)), "13:20", by=desk)
    grown = arrived(schedule, visit_type, person_called("Anh Ba"), "13:40", by=desk)
    assert [one.priority for one in (child, old, grown)] == ["child", "elderly", "none"]


def test_the_desk_puts_an_emergency_first_and_takes_it_back(three, schedule, dan_api):
    late = three["late"]
    assert post(dan_api, f"queue/{late.id}/priority", {"priority": "emergency"})["priority"] == "emergency"
    waiting = dan_api.get(f"/api/v1/queue?schedule={schedule.id}").json()["waiting"]
    assert [one["number"] for one in waiting] == [1, 2, 3]
    assert [one["people_before"] for one in waiting] == [0, 1, 2]

    post(dan_api, f"queue/{late.id}/undo")
    waiting = dan_api.get(f"/api/v1/queue?schedule={schedule.id}").json()["waiting"]
    assert [one["number"] for one in waiting] == [2, 3, 1]


def test_each_step_and_its_way_back(three, dan_api):
    first = three["first"]
    steps = [
        ("call", "called", "waiting"),
        ("skip", "skipped", "called"),
        ("start", "serving", "called"),
        ("finish", "done", "serving"),
    ]
    post(dan_api, f"queue/{first.id}/call")
    for verb, after, before in steps[1:]:
        assert post(dan_api, f"queue/{first.id}/{verb}")["status"] == after
        assert post(dan_api, f"queue/{first.id}/undo")["status"] == before
        post(dan_api, f"queue/{first.id}/undo", status=409)  # once
        if verb != "skip":
            post(dan_api, f"queue/{first.id}/{verb}")
    assert state(first) == "done"
    assert Appointment.objects.get(pk=first.appointment_id).status == "in_consultation"


def test_undoing_the_begin_lets_the_visit_wait_again(three, dan_api):
    first = three["first"]
    post(dan_api, f"queue/{first.id}/start")
    post(dan_api, f"queue/{first.id}/undo")
    visit = Appointment.objects.get(pk=first.appointment_id)
    assert (visit.status, visit.in_consultation_at) == ("checked_in", None)
    assert visit.checked_in_at == make.NOW


def test_who_did_not_answer_comes_back_to_the_place_of_the_promise(three, schedule, dan_api):
    first = three["first"]
    post(dan_api, f"queue/{first.id}/call")
    post(dan_api, f"queue/{first.id}/skip")
    assert post(dan_api, "queue/call-next", {"schedule": str(schedule.id)})["number"] == 3
    post(dan_api, f"queue/{first.id}/bring-back")
    assert post(dan_api, "queue/call-next", {"schedule": str(schedule.id)})["number"] == 2
    assert post(dan_api, f"queue/{first.id}/call")["calls"] == 3


def test_who_left_is_not_called(three, schedule, dan_api):
    post(dan_api, f"queue/{three['first'].id}/left")
    assert post(dan_api, "queue/call-next", {"schedule": str(schedule.id)})["number"] == 3


def test_wrong_steps_change_nothing(three, dan_api):
    first = three["first"]
    before = Ticket.objects.filter(pk=first.pk).values().get()
    for verb in ("skip", "finish", "undo"):
        post(dan_api, f"queue/{first.id}/{verb}", status=409)
    assert Ticket.objects.filter(pk=first.pk).values().get() == before


def test_a_transfer_keeps_the_promise_and_takes_the_visit_along(three, schedule, other_room, visit_type, desk, dan_api):
    waits_there = arrived(other_room, visit_type, person_called("Chị Sáu"), "13:20", by=desk)
    first = three["first"]

    sent = post(dan_api, f"queue/{first.id}/transfer", {"schedule": str(other_room.id)})

    assert (sent["number"], sent["room"], sent["status"]) == (2, "Phòng 205", "waiting")
    assert post(dan_api, "queue/call-next", {"schedule": str(other_room.id)})["number"] == 2  # 13:00 before 13:20
    visit = Appointment.objects.get(pk=first.appointment_id)
    assert (visit.practitioner_id, visit.walk_in) == (other_room.practitioner_id, True)
    assert state(waits_there) == "waiting"
    assert post(dan_api, "queue/call-next", {"schedule": str(schedule.id)})["number"] == 3


def test_a_transfer_is_taken_back_with_the_old_number(three, schedule, other_room, dan_api):
    first = three["first"]
    post(dan_api, f"queue/{first.id}/transfer", {"schedule": str(other_room.id)})
    back = post(dan_api, f"queue/{first.id}/undo")
    visit = Appointment.objects.get(pk=first.appointment_id)
    assert (back["number"], visit.schedule_id, visit.walk_in) == (2, schedule.id, False)


def test_nobody_is_sent_to_another_facility(three, dan_api):
    elsewhere = make.make_facility(name="Bệnh viện khác")
    doctor = make.make_practitioner(facility=elsewhere)
    foreign = stage.make_schedule(practitioner=doctor, facility=elsewhere, weekdays=range(1, 2))
    refused = post(dan_api, f"queue/{three['first'].id}/transfer", {"schedule": str(foreign.id)}, 422)
    assert refused["code"] == "other_line"
    assert Ticket.objects.get(pk=three["first"].pk).schedule_id == three["first"].schedule_id


def test_two_doctors_of_one_room_share_its_numbers(hospital, visit_type, desk, other_room):
    doctor = make.make_practitioner(facility=hospital, full_name="Vũ Đức Nam")
    shares = stage.make_schedule(practitioner=doctor, facility=hospital, weekdays=range(1, 3), room="Phòng 205")
    mine = arrived(other_room, visit_type, person_called("A"), "13:00", by=desk)
    theirs = arrived(shares, visit_type, person_called("B"), "13:00", by=desk)
    assert (mine.number, theirs.number, mine.line_id) == (1, 2, theirs.line_id)
    assert actions.call_next(schedule_id=shares.id, by=desk, now=SOON).pk == theirs.pk


def test_a_taken_back_check_in_gives_the_number_up_and_back(three, desk):
    first = three["first"]
    actions.undo_check_in(appointment_id=first.appointment_id, by=desk, now=SOON)
    assert state(first) == "left"
    actions.check_in(appointment_id=first.appointment_id, by=desk, now=SOON)
    again = Ticket.objects.get(appointment=first.appointment_id)
    assert (again.number, again.status) == (first.number, "waiting")


def test_a_line_begins_anew_each_day(three, schedule, visit_type, desk):
    tomorrow = make.NOW + timedelta(days=1)
    held = stage.hold(schedule, visit_type, person_called("D"), stage.at("15:00"), mode="in_person")
    actions.book_appointment(appointment_id=held.id, by=stage.SYSTEM, now=make.NOW)
    actions.check_in(appointment_id=held.id, by=desk, now=tomorrow)
    assert Ticket.objects.get(appointment=held).number == 1
    assert Line.objects.count() == 2
    assert actions.call_next(schedule_id=schedule.id, by=desk, now=tomorrow).appointment_id == held.id
    with pytest.raises(LineEmpty):  # nobody of yesterday
        actions.call_next(schedule_id=schedule.id, by=desk, now=tomorrow)


def test_the_doctor_calls_their_own_line_only(three, schedule, other_room, ben_api):
    assert post(ben_api, "queue/call-next", {"schedule": str(schedule.id)})["number"] == 2
    post(ben_api, "queue/call-next", {"schedule": str(other_room.id)}, 404)


def test_a_doctor_who_has_begun_to_write_is_not_undone(three, desk, monkeypatch):
    first = three["first"]
    actions.start_ticket(ticket_id=first.id, by=desk, now=SOON)
    import records.actions

    visit = Appointment.objects.get(pk=first.appointment_id)
    encounter = records.actions.plan_encounter(
        appointment_ref=f"appointment:{visit.pk}", person_id=visit.person_id, practitioner_id=visit.practitioner_id,
        facility_id=visit.facility_id, mode="in_person", planned_from=visit.starts_at, planned_to=visit.ends_at,
        reason="", by=stage.SYSTEM, now=SOON,
    )  # fmt: skip
    actions.link_encounter(appointment_id=visit.pk, encounter_id=encounter.pk, by=stage.SYSTEM)
    records.actions.start_encounter(encounter_id=encounter.pk, by=stage.SYSTEM, now=SOON)
    with pytest.raises(NothingToUndo):
        actions.undo_ticket(ticket_id=first.id, by=desk, now=SOON)
    assert state(first) == "serving"


def test_eve_finds_no_line_and_no_number(three, schedule, eve_api):
    first = three["first"]
    assert eve_api.get(f"/api/v1/queue?schedule={schedule.id}").status_code == 403
    post(eve_api, f"queue/{first.id}/call", status=403)
    assert eve_api.get(f"/api/v1/appointments/{first.appointment_id}/ticket").status_code == 404
    assert state(first) == "waiting"


def test_another_hospitals_desk_finds_nothing(three, schedule):
    elsewhere = make.make_desk(facility=make.make_facility(name="Bệnh viện khác"))
    api = make.api_client(elsewhere)
    for path in (f"queue/{three['first'].id}/call", f"queue/{three['first'].id}/undo"):
        theirs, absent = (
            post(api, path, status=404),
            post(api, path.replace(str(three["first"].id), str(uuid4())), status=404),
        )
        assert theirs == absent
    assert api.get(f"/api/v1/queue?schedule={schedule.id}").status_code == 404


def test_the_citizen_reads_their_number_and_the_wait(schedule, visit_type, ana, ana_api, three, desk):
    mine = arrived(schedule, visit_type, ana, "14:40", by=make.actor_for(ana))
    answer = ana_api.get(f"/api/v1/appointments/{mine.appointment_id}/ticket").json()
    assert (answer["number"], answer["people_before"]) == (4, 3)
    assert 0 <= answer["wait"]["from_minutes"] <= 60 <= answer["wait"]["to_minutes"]  # three visits of twenty minutes
    assert "person" not in answer


class TestWalkIns:
    WISH = {"full_name": "Phạm Văn Long", "born_on": "1979-03-02", "phone": "+84912000111"}

    def wish(self, schedule, visit_type, **values):
        return {"schedule": str(schedule.id), "visit_type": str(visit_type.id), "person": {**self.WISH}, **values}

    def test_a_number_a_visit_and_what_is_owed(self, schedule, visit_type, dan_api):
        answer = post(dan_api, "walk-ins", self.wish(schedule, visit_type), 201)
        visit = Appointment.objects.get(pk=answer["ticket"]["appointment"])
        assert (visit.status, visit.walk_in, visit.starts_at) == ("checked_in", True, make.NOW)
        assert answer["ticket"]["number"] == 1
        assert answer["payment"]["price"] == {"amount": visit_type.price_amount, "currency": "VND"}
        assert visit.person.full_name == "Phạm Văn Long"

    def test_keeps_no_time_from_others(self, schedule, visit_type, dan_api, ana):
        post(dan_api, "walk-ins", self.wish(schedule, visit_type), 201)
        booked(schedule, visit_type, ana, "14:00")  # the very hour

    def test_the_same_person_is_found_again(self, schedule, visit_type, dan_api):
        visit_type.minutes = 5
        visit_type.save()
        first = post(dan_api, "walk-ins", self.wish(schedule, visit_type), 201)
        post(dan_api, "walk-ins", self.wish(schedule, visit_type), 409)  # is waiting already
        assert Appointment.objects.count() == 1
        assert Appointment.objects.get().person_id == Ticket.objects.get(pk=first["ticket"]["id"]).appointment.person_id

    def test_only_where_the_facility_takes_them(self, schedule, visit_type, dan_api, hospital):
        Policy.objects.create(facility=hospital, takes_walk_ins=False)
        assert post(dan_api, "walk-ins", self.wish(schedule, visit_type), 409)["code"] == "walk_ins_not_taken"
        assert not Appointment.objects.exists()

    def test_only_the_desk(self, schedule, visit_type, ana_api, ben_api, ana):
        for api in (ana_api, ben_api):
            post(api, "walk-ins", self.wish(schedule, visit_type), 403)
        with pytest.raises(NotFound):
            actions.walk_in(
                schedule_id=schedule.id, visit_type_id=visit_type.id, person_id=ana.id, by=make.actor_for(ana), now=SOON
            )
        assert not Appointment.objects.exists()


class TestLeaveNow:
    """The way takes thirty minutes (QUEUE_TRAVEL_MINUTES)."""

    def told(self, now):
        return queries.on_the_way(now, timedelta(minutes=30))

    def test_half_an_hour_before_an_agreed_time_when_nobody_waits(self, schedule, visit_type, ana):
        visit = booked(schedule, visit_type, ana, "15:00")
        assert self.told(stage.at("14:29", TODAY)) == []
        assert self.told(stage.at("14:30", TODAY)) == [visit.pk]

    def test_later_when_the_doctor_runs_late(self, schedule, visit_type, ana, three, desk):
        visit = booked(schedule, visit_type, ana, "14:40")
        for number in range(4):
            arrived(
                schedule, visit_type, person_called(f"N{number}"), f"{11 + number // 3}:{number % 3 * 20:02d}", by=desk
            )
        # Seven people of twenty minutes before: 140 ± 0.4 · 20 · √7 = 21 minutes; not before 115 minutes have passed.
        assert self.told(stage.at("14:40", TODAY)) == []
        assert actions.say_leave_now(appointment_id=visit.pk, by=stage.SYSTEM, now=SOON)
        assert not actions.say_leave_now(appointment_id=visit.pk, by=stage.SYSTEM, now=SOON)
        assert self.told(stage.at("14:40", TODAY)) == []

    def test_who_is_here_is_not_told(self, three):
        assert self.told(make.NOW) == []

    def test_who_took_a_number_from_home_is(self, schedule, visit_type, ana):
        mine = arrived(schedule, visit_type, ana, "14:00", by=make.actor_for(ana))
        assert self.told(make.NOW) == [mine.appointment_id]
