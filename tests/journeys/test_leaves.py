"""A doctor is away: each citizen is told once and chooses; silence decides well; nobody pays for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

import booking.queries
import booking.tasks
from booking import days
from booking.models import Appointment, Closure, Leave, LeaveCase
from notifications.models import Message
from tests import make
from tests.booking.stage import at, book, hold, make_schedule
from tests.jobs import run_jobs
from tests.journeys.stage import ok

pytestmark = pytest.mark.django_db
AFTER = make.TOMORROW + timedelta(days=1)


@pytest.fixture
def colleague(hospital):
    return make.make_practitioner(facility=hospital, full_name="Phan Thị Cẩm")


@pytest.fixture
def stage(ben, colleague, hospital, visit_type, clock):
    """Ben and a colleague, both from nine to ten; three visits with Ben tomorrow at nine, twenty past and twenty to."""
    own = make_schedule(practitioner=ben, facility=hospital, hours=("09:00", "10:00"))
    make_schedule(practitioner=colleague, facility=hospital, hours=("09:00", "10:00"))
    people = [make.make_person(full_name=f"Lê Thị {name}") for name in ("Mai", "Lan", "Cúc")]
    visits = [book(own, visit_type, one, at("09:00") + n * timedelta(minutes=20)) for n, one in enumerate(people)]
    run_jobs()
    return list(zip(people, visits, strict=True))


def span(**values: Any) -> dict[str, Any]:
    return {"starts_at": at("00:00").isoformat(), "ends_at": at("00:00", AFTER).isoformat(), **values}


def take(dan: Any, ben: Any, **values: Any) -> dict[str, Any]:
    wish = {"practitioner": str(ben.id), "message": "Bác sĩ đi công tác.", **span(**values)}
    made = ok(make.api_client(dan).post("/api/v1/leaves", wish), 201)
    run_jobs()
    return made


def choose(person: Any, case: LeaveCase, status: int = 200, **wish: Any) -> dict[str, Any]:
    done = ok(make.api_client(person).post(f"/api/v1/leave-cases/{case.id}/choose", wish), status)
    run_jobs()
    return done


def cases() -> list[LeaveCase]:
    return list(LeaveCase.objects.order_by("appointment__during"))


def told(person: Any, kind: str = "leave_choice") -> int:
    return Message.objects.filter(recipient=person.user, kind=kind).count()


def test_the_desk_sees_whom_it_touches_and_nothing_changes(dan, ben, colleague, stage):
    wish = {"practitioner": str(ben.id), **span()}

    found = ok(make.api_client(dan).post("/api/v1/leaves/preview", wish))["results"]

    assert [one["person"]["name"] for one in found] == [person.full_name for person, _ in stage]
    first = found[0]["ways"][0]
    assert (first["why"], first["practitioner"], first["starts_at"]) == (
        "colleague", colleague.display_name, "2031-03-26T02:00:00Z",
    )  # fmt: skip
    assert found[0]["ways"][1]["why"] == "same"
    suggested = [(way["schedule"], way["starts_at"]) for one in found for way in one["ways"]]
    assert len(suggested) == len(set(suggested)), "one time is suggested to two people"
    assert not Leave.objects.exists()
    assert not Closure.objects.exists()


def test_each_is_told_once_however_often_the_job_runs(dan, ben, stage, visit_type):
    from journeys import leaves

    made = take(dan, ben)
    assert (made["cases"], made["open"]) == (3, 3)
    for case in cases():
        leaves.find_ways_and_tell(leaves.LeaveCaseOpened(made["id"], str(case.id)))
    again = take(dan, ben)  # the desk presses twice

    assert again["id"] == made["id"]
    assert [told(person) for person, _ in stage] == [1, 1, 1]
    assert Closure.objects.count() == 1
    free = booking.queries.slots_of(ben.id, visit_type.id, make.TOMORROW, make.TOMORROW, make.NOW)
    assert free == []
    assert days.check(now=make.NOW) == []


def test_a_choice_keeps_the_price_and_the_chain(dan, ben, colleague, stage, visit_type):
    take(dan, ben)
    visit_type.price_amount = 400_000
    visit_type.save()
    (mai, visit), case = stage[0], cases()[0]

    done = choose(mai, case, choice="way", way=0)

    new = Appointment.objects.get(pk=done["moved_to"])
    visit.refresh_from_db()
    assert (new.status, new.practitioner_id, new.starts_at) == ("booked", colleague.id, at("09:00"))
    assert (new.price_amount, new.moved_from_id, visit.status) == (150_000, visit.id, "rescheduled")
    assert (done["status"], done["chosen_by"]) == ("moved", "citizen")
    assert choose(mai, case, choice="way", way=0)["moved_to"] == done["moved_to"]  # a second tap
    assert choose(mai, case, 409, choice="cancel")["code"] == "case_closed"
    assert days.check(now=make.NOW) == []


def test_a_way_that_is_gone_is_refused_and_nothing_is_lost(dan, ben, colleague, stage, visit_type, eve):
    take(dan, ben)
    (mai, visit), case = stage[0], cases()[0]
    theirs = booking.queries.schedule_of(colleague.id, visit.facility_id)
    book(theirs, visit_type, eve, at("09:00"))

    assert choose(mai, case, 409, choice="way", way=0)["code"] == "slot_taken"

    visit.refresh_from_db()
    case.refresh_from_db()
    assert (visit.status, case.status) == ("booked", "open")
    other = {"schedule": str(theirs.id), "starts_at": at("09:40", AFTER).isoformat(), "mode": "video"}
    assert choose(mai, case, choice="time", **other)["status"] == "moved"


def test_silence_takes_the_best_way_and_without_one_the_money_goes_back(dan, story, colleague, clock):
    """Ben works around the clock in this story; nobody else does, and his leave is longer than people may book ahead."""
    story.hold()
    story.pay()
    wish = {"starts_at": make.NOW.isoformat(), "ends_at": (make.NOW + timedelta(days=90)).isoformat()}
    take(dan, story.ben, **wish)
    (case,) = cases()
    assert case.ways == []
    clock.move_to(case.decide_by + timedelta(seconds=1))
    booking.tasks.close_cases.func(timestamp=int(case.decide_by.timestamp()) + 1)
    run_jobs()

    case.refresh_from_db()
    assert (case.status, case.chosen_by) == ("cancelled", "silence")
    payment = ok(story.api(story.ana).get(f"/api/v1/payments/{story.ids['payment']}"))
    assert payment["status"] == "refunded"
    assert story.appointment()["cancelled_by"] == "system"
    assert told(story.ana, "appointment_cancelled") == 1


def test_silence_moves_everybody_to_what_was_suggested(dan, ben, stage, clock):
    take(dan, ben)
    suggested = [case.ways[0]["starts_at"] for case in cases()]
    clock.move_to(cases()[0].decide_by + timedelta(hours=1))
    for _ in range(2):
        booking.tasks.close_cases.func(timestamp=int(timezone.now().timestamp()))
        run_jobs()

    assert [(case.status, case.chosen_by) for case in cases()] == [("moved", "silence")] * 3
    assert [case.moved_to.starts_at.isoformat() for case in cases()] == suggested
    assert not Appointment.objects.filter(status="no_show").exists()


def test_undone_before_anything_moved_all_is_as_before(dan, ben, stage, visit_type, hospital):
    before = list(Appointment.objects.order_by("id").values())
    made = take(dan, ben)
    assert make.api_client(dan).delete(f"/api/v1/leaves/{made['id']}").status_code == 204
    run_jobs()

    assert list(Appointment.objects.order_by("id").values()) == before
    assert not Closure.objects.exists()
    assert {case.status for case in cases()} == {"kept"}
    assert [told(person, "leave_kept") for person, _ in stage] == [1, 1, 1]
    assert days.check(now=make.NOW) == []


def test_undone_later_what_was_moved_stays_moved(dan, ben, stage):
    made = take(dan, ben)
    choose(stage[0][0], cases()[0], choice="way", way=0)
    make.api_client(dan).delete(f"/api/v1/leaves/{made['id']}")
    run_jobs()

    assert [case.status for case in cases()] == ["moved", "kept", "kept"]
    assert [told(person, "leave_kept") for person, _ in stage] == [0, 1, 1]


def test_a_kept_time_is_let_go_and_a_late_cancel_costs_nothing(dan, ben, stage, visit_type, ana, clock):
    schedule = booking.queries.schedule_of(ben.id, stage[0][1].facility_id)
    held = hold(schedule, visit_type, ana, at("09:00", AFTER))
    take(dan, ben, ends_at=at("00:00", AFTER + timedelta(days=1)).isoformat())
    held.refresh_from_db()
    assert held.status == "cancelled"

    clock.move_to(at("07:30"))  # within the hours in which cancelling costs a fee
    mai, visit = stage[0]
    ok(make.api_client(mai).post(f"/api/v1/appointments/{visit.id}/cancel"))
    run_jobs()
    visit.refresh_from_db()
    assert (visit.status, visit.fee_amount) == ("cancelled", 0)
    assert cases()[0].status == "cancelled"


def test_eve_and_other_desks_find_nothing(dan, ben, eve, stage):
    made = take(dan, ben)
    case, other = cases()[0], make.make_desk(facility=make.make_facility(name="Bệnh viện Hữu Nghị"))
    before = list(Appointment.objects.order_by("id").values())
    for who in (eve, other, stage[1][0]):
        client = make.api_client(who)
        assert client.get(f"/api/v1/leave-cases/{case.id}").status_code == 404
        for wish in ({"choice": "cancel"}, {"choice": "way", "way": 0}, {"choice": "time"}):
            assert client.post(f"/api/v1/leave-cases/{case.id}/choose", wish).status_code == 404
    desk = make.api_client(other)
    assert desk.get(f"/api/v1/leaves/{made['id']}").status_code == 404
    assert desk.delete(f"/api/v1/leaves/{made['id']}").status_code == 404
    assert desk.post("/api/v1/leaves", {"practitioner": str(ben.id), **span()}).status_code == 404
    assert desk.post("/api/v1/leaves/preview", {"practitioner": str(ben.id), **span()}).status_code == 404
    assert make.api_client(eve).post("/api/v1/leaves", {"practitioner": str(ben.id), **span()}).status_code == 403
    assert list(Appointment.objects.order_by("id").values()) == before
    assert {one.status for one in cases()} == {"open"}


def test_a_case_nobody_closed_before_the_visit_began_gives_the_money_back(dan, ben, stage, clock):
    """No worker ran that night: nobody is moved any more, and nothing stays open."""
    take(dan, ben)
    clock.move_to(stage[-1][1].starts_at + timedelta(minutes=1))
    booking.tasks.close_cases.func(timestamp=int(timezone.now().timestamp()))
    run_jobs()

    assert [(case.status, case.chosen_by) for case in cases()] == [("cancelled", "silence")] * 3
    assert {visit.status for visit in Appointment.objects.all()} == {"cancelled"}


def test_the_time_itself_is_no_way_on(dan, ben, stage):
    take(dan, ben)
    (mai, visit), case = stage[0], cases()[0]
    same = {"schedule": str(visit.schedule_id), "starts_at": visit.starts_at.isoformat(), "mode": visit.mode}

    assert choose(mai, case, 422, choice="time", **same)["code"] == "not_a_way"

    case.refresh_from_db()
    visit.refresh_from_db()
    assert (case.status, case.moved_to, visit.status) == ("open", None, "booked")


def test_a_leave_that_ends_before_it_begins_is_refused_in_the_preview_too(dan, ben, stage):
    wish = {"practitioner": str(ben.id), "starts_at": span()["ends_at"], "ends_at": span()["starts_at"]}
    refused = ok(make.api_client(dan).post("/api/v1/leaves/preview", wish), 422)
    assert refused["code"] == "bad_hours"
