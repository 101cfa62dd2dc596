"""A freed time goes along the waiting list: by urgency and age, to one person at a time, until somebody takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

import booking.actions
import booking.tasks
from booking import days
from booking.models import Appointment, Offer, WaitingEntry
from core.actor import Actor
from notifications.models import Message
from tests import make
from tests.booking.stage import SYSTEM, at, book, make_schedule
from tests.jobs import run_jobs, waiting_jobs
from tests.journeys.stage import ok

pytestmark = pytest.mark.django_db
NINE, TWENTY_PAST = at("09:00"), at("09:20")


@pytest.fixture
def narrow(ben, hospital, clock):
    """Ben works one hour a day: three times of twenty minutes."""
    return make_schedule(practitioner=ben, facility=hospital, hours=("09:00", "10:00"))


@pytest.fixture
def full(narrow, visit_type):
    """Tomorrow's three times, all agreed."""
    found = [
        book(narrow, visit_type, make.make_person(full_name=f"Lê Hẹn {n}"), NINE + n * timedelta(minutes=20))
        for n in range(3)
    ]
    run_jobs()
    return found


def wish(visit_type: Any, **values: Any) -> dict[str, Any]:
    days = {"first_day": make.TOMORROW.isoformat(), "last_day": make.TOMORROW.isoformat()}
    return {"visit_type": str(visit_type.id), "mode": "video", **days, **values}


def join(person: Any, visit_type: Any, **values: Any) -> dict[str, Any]:
    found = ok(make.api_client(person).post("/api/v1/waiting-list", wish(visit_type, **values)), 201)
    run_jobs()
    return found


def free(appointment: Appointment) -> None:
    booking.actions.cancel_appointment(appointment_id=appointment.id, by=Actor.system("x"), now=make.NOW)
    run_jobs()


def offers_of(person: Any) -> list[dict[str, Any]]:
    return ok(make.api_client(person).get("/api/v1/waiting-list/offers"))["results"]


def told(person: Any, kind: str) -> int:
    return Message.objects.filter(recipient=person.user, kind=kind).count()


def say(person: Any, offer: dict[str, Any], what: str, status: int = 200) -> dict[str, Any]:
    about = {"condition": "J00"} if what == "take" else {}  # a visit by video says what it is about
    done = ok(make.api_client(person).post(f"/api/v1/waiting-list/offers/{offer['id']}/{what}", about), status)
    run_jobs()
    return done


def test_urgency_then_age_and_each_time_one_person(ana, eve, visit_type, full, dan):
    urgent = make.make_person(full_name="Vũ Thị Gấp")
    join(ana, visit_type)
    join(eve, visit_type)
    booking.actions.join_waiting_list(
        person_id=urgent.id, visit_type_id=visit_type.id, mode="video", first_day=make.TOMORROW,
        last_day=make.TOMORROW, urgency=1, by=SYSTEM, now=make.NOW,
    )  # fmt: skip
    assert not Offer.objects.exists()

    free(full[1])

    for person, following in ((urgent, ana), (ana, eve)):
        (offer,) = offers_of(person)
        assert offer["starts_at"] == "2031-03-26T02:20:00Z"
        assert offers_of(following) == []
        assert told(person, "waiting_offer") == 1
        say(person, offer, "decline")
    (offer,) = offers_of(eve)
    assert [one["place_in_line"] for one in ok(make.api_client(ana).get("/api/v1/waiting-list"))["results"]] == [2]
    say(eve, offer, "decline")
    assert not Appointment.objects.filter(status="held").exists()  # nobody wants it: free for all
    assert [one["code"] for one in (say(ana, offer, "take", 404), say(eve, offer, "take", 409))] == [
        "not_found", "offer_over",
    ]  # fmt: skip
    assert days.check(now=make.NOW) == []


def test_silence_passes_it_on_and_three_silences_are_an_answer(ana, eve, visit_type, full, clock):
    join(ana, visit_type)
    join(eve, visit_type)
    free(full[0])
    (offer,) = offers_of(ana)
    clock.shift(timedelta(minutes=15))
    run_jobs(until=make.NOW + timedelta(minutes=15))

    assert (offers_of(ana), len(offers_of(eve))) == ([], 1)
    assert told(ana, "waiting_passed") == 1
    assert told(ana, "hold_expired") == 0
    assert say(ana, offer, "take", 409)["code"] == "offer_over"
    for one in full[1:]:
        free(one)
        clock.shift(timedelta(minutes=16))
        booking.tasks.pass_offers_on.func(timestamp=int(timezone.now().timestamp()))
        run_jobs()
    assert WaitingEntry.objects.get(person=ana).status == "withdrawn"
    assert told(ana, "waiting_over") == 1


def test_taken_it_is_paid_as_any_other_and_unpaid_they_wait_on(ana, eve, visit_type, full, clock):
    join(ana, visit_type)
    free(full[0])
    (offer,) = offers_of(ana)

    kept = say(ana, offer, "take")

    assert (kept["status"], kept["payment"]["price"]["amount"]) == ("held", 150_000)
    assert say(ana, offer, "take")["id"] == kept["id"]
    assert ok(make.api_client(ana).get("/api/v1/waiting-list"))["results"] == []
    join(eve, visit_type)
    clock.shift(timedelta(minutes=16))
    booking.tasks.expire_holds.func(timestamp=int(timezone.now().timestamp()))
    run_jobs()
    assert WaitingEntry.objects.get(person=ana).status == "waiting"
    assert len(offers_of(eve)) == 1  # ana has let this very time go: it is the next one's


def test_the_later_visit_is_kept_until_an_earlier_one_is_taken(ana, narrow, visit_type, full, ben):
    later = book(narrow, visit_type, ana, at("09:00", make.TOMORROW + timedelta(days=3)))
    run_jobs()
    entry = join(ana, visit_type, instead_of=str(later.id))
    free(full[2])
    (offer,) = offers_of(ana)
    later.refresh_from_db()
    assert (entry["instead_of"], later.status) == (str(later.id), "booked")

    moved = say(ana, offer, "take")

    later.refresh_from_db()
    assert (moved["status"], moved["payment"], later.status) == ("booked", None, "rescheduled")
    assert Appointment.objects.get(pk=moved["id"]).moved_from_id == later.id
    assert days.check(now=make.NOW) == []


def test_who_is_busy_then_is_skipped_and_not_lost(ana, eve, ben, visit_type, full):
    join(ana, visit_type)
    join(eve, visit_type)
    elsewhere = make.make_facility()
    other = make_schedule(practitioner=make.make_practitioner(facility=elsewhere), facility=elsewhere)
    busy = make.make_visit_type(facility=other.facility)
    book(other, busy, ana, TWENTY_PAST)

    free(full[1])

    assert (offers_of(ana), len(offers_of(eve))) == ([], 1)
    free(full[0])
    assert len(offers_of(ana)) == 1


def test_who_cannot_come_then_is_not_asked_again_every_few_seconds(ana, ben, visit_type, full, hospital, clock):
    """The only one in line is elsewhere then: the time stays free for all, and no job looks again."""
    other = make.make_practitioner(facility=hospital, full_name="Phan Thị Cẩm")
    theirs = make_schedule(practitioner=other, facility=hospital, hours=("09:00", "10:00"))
    book(theirs, visit_type, ana, NINE)
    join(ana, visit_type, practitioner=str(ben.id))
    free(full[0])

    assert offers_of(ana) == []
    assert "booking.tasks.offer_place" not in waiting_jobs()


def test_a_new_opening_is_found_and_nothing_is_offered_outside_the_wish(ana, ben, narrow, visit_type, full):
    join(ana, visit_type, day_time="afternoon")
    free(full[0])
    assert offers_of(ana) == []

    booking.actions.add_closure(
        schedule_id=narrow.id, starts_at=at("14:00"), ends_at=at("14:20"), kind="extra", by=SYSTEM, now=make.NOW
    )
    booking.tasks.look_for_the_waiting.func(timestamp=int(make.NOW.timestamp()))
    run_jobs()

    assert [one["starts_at"] for one in offers_of(ana)] == ["2031-03-26T07:00:00Z"]


def test_offers_do_not_count_as_times_one_keeps(ana, narrow, visit_type, full, settings):
    settings.BOOKING_MAX_OPEN_HOLDS = 1
    join(ana, visit_type)
    free(full[0])
    assert len(offers_of(ana)) == 1
    free_day = (make.TOMORROW + timedelta(days=2)).isoformat()
    wanted = {"schedule": str(narrow.id), "visit_type": str(visit_type.id), "mode": "video", "condition": "J00"}
    held = make.api_client(ana).post("/api/v1/appointments", wanted | {"starts_at": f"{free_day}T02:00:00Z"})
    assert held.status_code == 201
    assert [one["id"] for one in ok(make.api_client(ana).get("/api/v1/appointments"))["results"]] == [held.json()["id"]]


def test_leaving_the_list_hands_the_offer_on_and_joining_twice_is_once(ana, eve, visit_type, full):
    first = join(ana, visit_type)
    assert join(ana, visit_type)["id"] == first["id"]
    other = make.api_client(ana).post("/api/v1/waiting-list", wish(visit_type, day_time="evening"))
    assert (other.status_code, other.json()["code"]) == (409, "already_waiting")
    join(eve, visit_type)
    free(full[0])
    assert make.api_client(ana).delete(f"/api/v1/waiting-list/{first['id']}").status_code == 204
    run_jobs()
    assert len(offers_of(eve)) == 1


def test_eve_finds_nothing_and_nonsense_is_refused(ana, eve, ben, visit_type, full, dan):
    entry = join(ana, visit_type)
    free(full[0])
    (offer,) = offers_of(ana)
    before = list(Offer.objects.values()), list(WaitingEntry.objects.values())
    api = make.api_client(eve)
    assert api.get(f"/api/v1/waiting-list/{entry['id']}").status_code == 404
    assert api.delete(f"/api/v1/waiting-list/{entry['id']}").status_code == 404
    for what in ("take", "decline"):
        assert api.post(f"/api/v1/waiting-list/offers/{offer['id']}/{what}").status_code == 404
    for values, code in (
        ({"person": str(ana.id)}, 404),
        ({"urgency": 1}, 403),
        ({"first_day": "2031-03-20", "last_day": "2031-03-24"}, 422),
        ({"mode": "phone"}, 422),
        ({"instead_of": str(full[1].id)}, 404),
    ):
        assert api.post("/api/v1/waiting-list", wish(visit_type, **values)).status_code == code, values
    desk = make.api_client(dan)
    assert [one["id"] for one in ok(desk.get("/api/v1/waiting-list"))["results"]] == [entry["id"]]
    stranger = make.make_desk(facility=make.make_facility())
    assert ok(make.api_client(stranger).get("/api/v1/waiting-list"))["results"] == []
    assert (list(Offer.objects.values()), list(WaitingEntry.objects.values())) == before
