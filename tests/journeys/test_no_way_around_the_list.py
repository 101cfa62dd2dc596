"""However a visit comes to be held at a distance, the list of TT 30/2023 is asked first: offers, leaves, moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

import booking.actions
from booking.models import Appointment, LeaveCase, Offer, RemoteWish
from core.actor import Actor
from payments.models import Payment
from tests import make
from tests.booking.stage import at, book, make_schedule
from tests.jobs import run_jobs
from tests.journeys.stage import ok

pytestmark = pytest.mark.django_db
NINE = at("09:00")


def rows() -> tuple[list, list, list, list]:
    """All that must stay as it is where somebody is refused."""
    return tuple(  # type: ignore[return-value]
        list(model.objects.order_by("pk").values()) for model in (Appointment, Payment, Offer, LeaveCase)
    )


@pytest.fixture
def schedule(ben, hospital):
    """Ben, every day from eight to five."""
    return make_schedule(practitioner=ben, facility=hospital)


@pytest.fixture
def offered(ben, hospital, visit_type, ana, clock) -> str:
    """A freed time by video, kept for ana, who has said nothing of what it is about."""
    narrow = make_schedule(practitioner=ben, facility=hospital, hours=("09:00", "09:20"))
    other = make.make_person(full_name="Lê Hẹn")
    full = book(narrow, visit_type, other, NINE)
    run_jobs()
    days = {"first_day": make.TOMORROW.isoformat(), "last_day": make.TOMORROW.isoformat()}
    wish = {"visit_type": str(visit_type.id), "mode": "video", **days}
    ok(make.api_client(ana).post("/api/v1/waiting-list", wish), 201)
    booking.actions.cancel_appointment(appointment_id=full.id, by=Actor.system("x"), now=make.NOW)
    run_jobs()
    (offer,) = ok(make.api_client(ana).get("/api/v1/waiting-list/offers"))["results"]
    return str(offer["id"])


@pytest.mark.parametrize(
    ("condition", "status", "code"), [("", 422, "condition_needed"), ("other", 409, "not_fit_for_remote")]
)
def test_an_offered_video_visit_is_not_taken_for_what_the_list_does_not_name(ana, offered, condition, status, code):
    before, path = rows(), f"/api/v1/waiting-list/offers/{offered}/take"

    refused = ok(make.api_client(ana).post(path, {"condition": condition}), status)
    page = make.page_client(ana).post(f"/waiting-list/offers/{offered}/take/", {"condition": condition})

    assert refused["code"] == code
    assert page.status_code == 302 and page.url == f"/waiting-list/offers/{offered}/"
    assert rows() == before
    shown = make.page_client(ana).get(page.url)
    assert b'name="condition"' in shown.content


def test_with_a_listed_condition_it_is_taken_and_the_visit_says_so(ana, offered):
    answer = make.page_client(ana).post(f"/waiting-list/offers/{offered}/take/", {"condition": "J00"})

    assert answer.status_code == 302 and "/appointments/" in answer.url
    kept = Offer.objects.get(pk=offered).appointment
    assert (kept.status, kept.mode, kept.condition_code) == ("held", "video", "J00")


@pytest.fixture
def in_person(ben, hospital, visit_type, ana, schedule, clock) -> Appointment:
    """The day after tomorrow at nine, in person and agreed."""
    held = booking.actions.hold_slot(
        schedule_id=schedule.id, starts_at=NINE + timedelta(days=1), visit_type_id=visit_type.id, person_id=ana.id,
        mode="in_person", by=make.actor_for(ana), now=make.NOW,
    )  # fmt: skip
    return booking.actions.book_appointment(appointment_id=held.id, by=Actor.system("x"), now=make.NOW)


@pytest.fixture
def colleague_times(hospital):
    """A colleague of the same specialty, with the same hours."""
    other = make.make_practitioner(facility=hospital, full_name="Phan Thị Cẩm")
    return make_schedule(practitioner=other, facility=hospital, hours=("08:00", "17:00"))


@pytest.fixture
def case(dan, ben, ana, in_person, colleague_times) -> LeaveCase:
    """The doctor is away that day; a video visit with a colleague is among the ways on."""
    away = {"starts_at": NINE.isoformat(), "ends_at": (NINE + timedelta(days=2)).isoformat()}
    ok(make.api_client(dan).post("/api/v1/leaves", {"practitioner": str(ben.id), **away}), 201)
    run_jobs()
    return LeaveCase.objects.get(appointment=in_person)


def test_a_leave_puts_nobody_before_a_screen_whom_the_list_does_not_name(ana, case, colleague_times):
    way = next(number for number, one in enumerate(case.ways) if one["mode"] == "video")
    time = {"schedule": str(colleague_times.id), "starts_at": (NINE + timedelta(days=1, hours=4)).isoformat()}
    before, path = rows(), f"/api/v1/leave-cases/{case.id}/choose"
    citizen, browser = make.api_client(ana), make.page_client(ana)

    assert ok(citizen.post(path, {"choice": "way", "way": way}), 422)["code"] == "condition_needed"
    wish = {"choice": "time", **time, "mode": "video", "condition": "other"}
    assert ok(citizen.post(path, wish), 409)["code"] == "not_fit_for_remote"
    choice = f"{time['schedule']}|video|{time['starts_at']}"
    browser.post(f"/leave-cases/{case.id}/choose/", {"choice": choice})
    assert rows() == before
    assert b'name="condition"' in browser.get(f"/leave-cases/{case.id}/").content

    moved = ok(citizen.post(path, {"choice": "way", "way": way, "condition": "J00"}))
    visit = Appointment.objects.get(pk=moved["moved_to"])
    assert (visit.mode, visit.condition_code) == ("video", "J00")


def test_a_moved_visit_asks_too_and_can_be_answered(ana, in_person):
    path = f"/api/v1/appointments/{in_person.id}/reschedule"
    wish = {
        "schedule": str(in_person.schedule_id),
        "starts_at": (NINE + timedelta(days=1, hours=2)).isoformat(),
        "mode": "video",
    }
    before, citizen = rows(), make.api_client(ana)

    assert ok(citizen.post(path, wish), 422)["code"] == "condition_needed"
    assert ok(citizen.post(path, {**wish, "condition": "other"}), 409)["code"] == "not_fit_for_remote"
    assert rows() == before

    moved = ok(citizen.post(path, {**wish, "condition": "J00"}))
    visit = Appointment.objects.get(pk=moved["id"])
    assert (visit.mode, visit.condition_code) == ("video", "J00")


def test_what_one_doctor_opened_is_not_carried_to_another(ana, ben, schedule, visit_type, colleague_times, clock):
    RemoteWish.objects.create(
        person=ana, practitioner=ben, words="x", status="opened", fit_reason="Đã khám trực tiếp",
        opened_at=make.NOW, opened_until=make.NOW + timedelta(days=9), created_at=make.NOW,
    )  # fmt: skip
    wish = {"schedule": str(schedule.id), "starts_at": (NINE + timedelta(days=1)).isoformat()}
    more = {"visit_type": str(visit_type.id), "mode": "video", "condition": "other"}
    held = ok(make.api_client(ana).post("/api/v1/appointments", wish | more), 201)
    booking.actions.book_appointment(appointment_id=held["id"], by=Actor.system("x"), now=make.NOW)
    path, before = f"/api/v1/appointments/{held['id']}/reschedule", rows()
    browser = make.page_client(ana)

    elsewhere = {"schedule": str(colleague_times.id), "starts_at": wish["starts_at"]}
    assert ok(make.api_client(ana).post(path, elsewhere), 422)["code"] == "condition_needed"
    at_page = {"schedule": elsewhere["schedule"], "at": elsewhere["starts_at"]}
    assert browser.post(f"/appointments/{held['id']}/move/", at_page).url.endswith("/move/")
    assert rows() == before

    same = {"schedule": str(schedule.id), "starts_at": (NINE + timedelta(days=1, hours=1)).isoformat()}
    moved = ok(make.api_client(ana).post(path, same))
    assert Appointment.objects.get(pk=moved["id"]).fit_reason == "Đã khám trực tiếp"


def test_the_desk_moves_nobody_before_a_screen_whom_the_list_does_not_name(dan, in_person):
    path = f"/api/v1/appointments/{in_person.id}/reschedule"
    wish = {
        "schedule": str(in_person.schedule_id),
        "starts_at": (NINE + timedelta(days=1, hours=2)).isoformat(),
        "mode": "video",
    }
    before, desk = rows(), make.api_client(dan)

    assert ok(desk.post(path, wish), 422)["code"] == "condition_needed"
    assert ok(desk.post(path, {**wish, "condition": "other"}), 409)["code"] == "not_fit_for_remote"
    assert rows() == before

    moved = ok(desk.post(path, {**wish, "condition": "J00"}))
    visit = Appointment.objects.get(pk=moved["id"])
    assert (visit.mode, visit.form, visit.condition_code) == ("video", "direct_to_patient", "J00")
