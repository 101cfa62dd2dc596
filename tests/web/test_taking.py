"""Finding a doctor and taking a time: what the pages show, ask, confirm and refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import records.actions
from booking import actions, queries
from booking.models import Appointment, RemoteWish
from tests import make
from tests.booking import stage
from web.citizen import searching

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def schedule(ben, hospital):
    return stage.make_schedule(practitioner=ben, facility=hospital)


@pytest.fixture
def offer(schedule, ben, visit_type) -> dict[str, str]:
    """A free time tomorrow at nine, by video."""
    return {
        "doctor": str(ben.id),
        "schedule": str(schedule.id),
        "visit": str(visit_type.id),
        "mode": "video",
        "at": stage.at("09:00").isoformat(),
    }


def take(browser: Client, offer: dict[str, str], person: Any, **values: Any) -> Any:
    wish = {"person": str(person.id), "reason": "Ho khan", "condition": "J00", "if_late": "refund"}
    return browser.post("/book/", {**offer, **wish, **values})


def text(answer: Any) -> str:
    return answer.content.decode()


def test_what_is_told_before_the_visit_reaches_the_doctor_and_not_the_desk(offer, ana, ben, dan, now) -> None:
    records.actions.add_allergy(person_id=ana.id, substance="Penicillin", by=make.actor_for(ana), now=now)
    browser = make.page_client(ana)
    page = browser.get("/book/", offer)
    assert page.status_code == 200
    assert "Penicillin" in text(page)
    answers = {"since": "days", "strength": "moderate", "temperature": "38,5", "drugs": "Paracetamol hai viên"}
    confirmed = {f"record_is_right_{ana.id}": "yes", "if_late": "swap"}
    assert take(browser, offer, ana, **answers, **confirmed).status_code == 302
    kept = Appointment.objects.get()
    assert kept.intake["temperature"] == "38.5"
    assert (kept.intake["since"], kept.intake["strength"], kept.intake["record_is_right"]) == ("days", "moderate", True)
    assert kept.intake["record"]["allergies"][0]["text"] == "Penicillin"
    assert (kept.condition_code, kept.if_late) == ("J00", "swap")
    assert kept.price_amount == 150_000

    for who, sees in ((ben, True), (dan, False)):
        answer = make.api_client(who).get(f"/api/v1/appointments/{kept.id}")
        assert answer.status_code == 200
        assert ("Paracetamol hai viên" in text(answer)) is False, "the form is read in the visit's page only"
        assert ("Ho khan" in text(answer)) is sees


def test_an_emergency_stops_until_the_citizen_says_it_is_none(offer, ana) -> None:
    browser = make.page_client(ana)
    stopped = take(browser, offer, ana, reason="Đau ngực dữ dội")
    assert stopped.status_code == 409
    assert 'href="tel:115"' in text(stopped)
    assert not Appointment.objects.exists()
    went_on = take(browser, offer, ana, reason="Đau ngực dữ dội", not_an_emergency="1")
    assert went_on.status_code == 302
    assert Appointment.objects.get().intake["not_an_emergency"] == ["Đau ngực"]


def test_outside_the_list_leads_to_in_person_or_to_the_doctor(offer, ana, ben, eve, now) -> None:
    browser = make.page_client(ana)
    assert take(browser, offer, ana, condition="").status_code == 422
    refused = take(browser, offer, ana, condition="other")
    assert refused.status_code == 422
    assert "mode=in_person" in text(refused)
    assert not Appointment.objects.exists()
    in_person = {**offer, "mode": "in_person", "at": stage.at("10:00").isoformat()}
    assert take(browser, in_person, ana, condition="").status_code == 302

    asked = browser.post(reverse("web_ask_remote"), {"doctor": offer["doctor"], "person": str(ana.id), "reason": "Sẹo"})
    assert asked.status_code == 302
    wish = RemoteWish.objects.get()
    for stranger in (eve, make.make_practitioner(facility=make.make_facility(name="Khác"), full_name="Hồ Xa")):
        answer = make.api_client(stranger).post(f"/api/v1/remote-wishes/{wish.id}/open", {"reason": "x"})
        assert answer.status_code in {403, 404}
    doctor = make.page_client(ben)
    assert "Sẹo" in text(doctor.get("/doctor/on-call/"))
    doctor.post(reverse("doctor_remote_wish", args=[wish.id]), {"reason": ""})
    assert RemoteWish.objects.get().status == "asked", "never without a reason"
    doctor.post(reverse("doctor_remote_wish", args=[wish.id]), {"reason": "Đã khám trực tiếp tháng trước"})
    assert take(browser, offer, ana, condition="other").status_code == 302
    assert Appointment.objects.get(mode="video").fit_reason == "Đã khám trực tiếp tháng trước"


@pytest.mark.parametrize(("check", "status"), [("off", 302), ("warn", 302), ("refuse", 422)])
def test_the_house_decides_how_strict_the_list_is(offer, ana, settings, check: str, status: int) -> None:
    settings.BOOKING_FIT_CHECK = check
    assert take(make.page_client(ana), offer, ana, condition="other").status_code == status


def test_the_insurance_is_shown_for_a_visit_in_person_only(offer, ana) -> None:
    ana.insurance_number = "GD4791234567890"
    ana.save()
    browser = make.page_client(ana)
    here = text(browser.get("/book/", {**offer, "mode": "in_person"}))
    assert "80 %" in here or "80%" in here
    assert "120.000" in here and "30.000" in here  # four fifths of 150.000, and the rest
    assert "379.500" in here  # 15 % of the base salary on the day of the visit
    assert "120.000" not in text(browser.get("/book/", offer))


def test_the_price_is_that_of_the_way(offer, ana, visit_type) -> None:
    visit_type.mode_prices = {"video": 90_000}
    visit_type.save()
    browser = make.page_client(ana)
    assert "90.000" in text(browser.get("/book/", offer))
    take(browser, offer, ana)
    assert Appointment.objects.get().price_amount == 90_000


def test_a_page_of_doctors_costs_few_statements_however_many_they_are(hospital, visit_type) -> None:
    def made(count: int) -> int:
        for number in range(count):
            doctor = make.make_practitioner(facility=hospital, full_name=f"Bác sĩ {number}")
            stage.make_schedule(practitioner=doctor, facility=hospital, weekdays=range(1))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert Client().get("/find/").status_code == 200
        return len(seen)

    few, many = made(2), made(6)
    assert many <= few + 1
    assert many < MOST_STATEMENTS, many


MOST_STATEMENTS = 20


def test_filters_of_part_of_day_place_and_facility(schedule, ben, hospital, visit_type, now) -> None:
    evening = make.make_practitioner(facility=hospital, full_name="Lý Thị Tối")
    stage.make_schedule(practitioner=evening, facility=hospital, hours=("18:00", "20:00"))
    browser = Client()
    found = text(browser.get("/find/?part=evening"))
    assert "Lý Thị Tối" in found and ben.full_name not in found
    near = text(browser.get("/find/?near=21.03,105.85"))
    assert "km" in near and ben.full_name in near
    here = text(browser.get(f"/find/?facility={hospital.id}"))
    assert hospital.full_address in here
    for odd in ("near=x", "near=1,2,3", "near=nan,nan", "part=night", "facility=1", "month=1"):
        assert browser.get(f"/find/?{odd}").status_code == 200


def test_a_filter_that_few_fit_looks_further_than_the_first_doctors(
    schedule, ben, hospital, visit_type, monkeypatch
) -> None:
    monkeypatch.setattr(searching, "FIRST_LOOK", 1)
    evening = make.make_practitioner(facility=hospital, full_name="Lý Thị Tối")
    stage.make_schedule(practitioner=evening, facility=hospital, hours=("18:00", "20:00"))
    found = text(Client().get("/find/?part=evening"))
    assert "Lý Thị Tối" in found and ben.full_name not in found


def test_near_a_place_begins_with_the_nearest_houses_not_with_whoever_is_free_first(
    schedule, ben, hospital, monkeypatch
) -> None:
    monkeypatch.setattr(searching, "FIRST_LOOK", 1)
    monkeypatch.setattr(searching, "HOUSES_NEAR", 1)
    far = make.make_facility(name="Bệnh viện Cần Thơ", latitude=10.0452, longitude=105.7469)
    make.make_visit_type(facility=far)
    late = make.make_practitioner(facility=far, full_name="Cao Thị Xa")
    stage.make_schedule(practitioner=late, facility=far, hours=("19:00", "20:00"))
    pharmacy = make.make_facility(kind="pharmacy", name="Nhà thuốc gần", latitude=10.04, longitude=105.74)
    found = text(Client().get("/find/?near=10.04,105.74"))
    assert "Cao Thị Xa" in found and pharmacy.name not in found
    assert found.find("Cao Thị Xa") < found.find(ben.full_name) or ben.full_name not in found


def test_any_doctor_of_a_hospital_is_the_one_with_fewest_visits(schedule, ben, hospital, visit_type, ana, eve) -> None:
    other = make.make_practitioner(facility=hospital, full_name="Lý Thị Rảnh")
    stage.make_schedule(practitioner=other, facility=hospital)
    stage.book(schedule, visit_type, eve, stage.at("16:40", make.NOW.date()))
    answer = make.page_client(ana).get(f"/find/any/?facility={hospital.id}")
    assert answer.status_code == 302
    assert f"doctor={other.id}" in answer.headers["Location"]
    assert make.page_client(ana).get(answer.headers["Location"]).status_code == 200


def test_the_month_counts_what_is_free(schedule, ben, visit_type, now) -> None:
    page = text(Client().get(f"/doctors/{ben.id}/?visit={visit_type.id}&mode=video&month=2031-03"))
    # 08:00 to 17:00 every twenty minutes, the visit being twenty minutes long
    assert "27" in page
    assert queries.days_of(ben.id, now.date(), visit_type.id, now)[25].free == 27


def test_now_is_asked_and_taken_through_the_pages(schedule, ben, ana, eve, visit_type, now, clock) -> None:
    actions.start_on_call(
        schedule_id=schedule.id, visit_type_id=visit_type.id, mode="video", until=now + timedelta(hours=1),
        by=make.actor_for(ben), now=now,
    )  # fmt: skip
    citizen, doctor = make.page_client(ana), make.page_client(ben)
    assert "150.000" in text(citizen.get("/now/"))
    wish = {"person": str(ana.id), "reason": "Ho và sốt", "condition": "J00", "mode": "video"}
    assert citizen.post("/now/", {**wish, "reason": "Co giật"}).status_code == 409
    sent = citizen.post("/now/", wish)
    assert sent.status_code == 302
    assert ben.display_name in text(citizen.get(sent.headers["Location"]))
    assert make.page_client(eve).get(sent.headers["Location"]).status_code == 404
    for page in ("/doctor/", "/doctor/on-call/"):
        assert "Ho và sốt" in text(doctor.get(page))
    ask = queries.offer_for(make.actor_for(ben), now)
    assert ask is not None
    taken = make.api_client(ben).post(f"/api/v1/urgent-asks/{ask.id}/accept", {})
    assert taken.status_code == 200, taken.content
    assert taken.json()["appointment"]
    shown = text(citizen.get(sent.headers["Location"]))
    assert f'data-go="/appointments/{taken.json()["appointment"]}/"' in shown
    assert "payments" in text(citizen.get(f"/appointments/{taken.json()['appointment']}/"))


def test_nobody_on_call_shows_times_and_115(schedule, ben, ana, visit_type) -> None:
    page = text(make.page_client(ana).get("/now/"))
    assert ben.display_name in page and 'href="tel:115"' in page


def test_the_doors_of_asks_and_duty(schedule, ben, ana, eve, dan, visit_type, now) -> None:
    doctor, citizen = make.api_client(ben), make.api_client(ana)
    duty = {
        "schedule": str(schedule.id),
        "visit_type": str(visit_type.id),
        "until": (now + timedelta(hours=2)).isoformat(),
    }
    assert doctor.get("/api/v1/on-call").status_code == 404
    assert doctor.post("/api/v1/on-call", {**duty, "until": now.isoformat()}).status_code == 409
    assert doctor.post("/api/v1/on-call", duty).status_code == 201
    assert make.api_client(dan).post("/api/v1/on-call", duty).status_code == 403
    emergency = citizen.post("/api/v1/urgent-asks", {"reason": "khó thở", "condition": "J45"})
    assert (emergency.status_code, emergency.json()["code"]) == (409, "emergency_words")
    made = citizen.post("/api/v1/urgent-asks", {"reason": "ho", "condition": "J00"})
    assert made.status_code == 201
    assert made.json()["offered_to"]["id"] == str(ben.id)
    assert made.json()["price"]["amount"] == 150_000
    address = f"/api/v1/urgent-asks/{made.json()['id']}"
    assert make.api_client(eve).get(address).status_code == 404
    assert make.api_client(eve).delete(address).status_code == 404
    assert doctor.get("/api/v1/urgent-asks").json()["results"][0]["reason"] == "ho"
    assert doctor.post(f"{address}/decline", {}).status_code == 204
    assert citizen.get(address).json()["status"] == "nobody"
    assert citizen.delete(address).status_code == 200
    assert doctor.delete("/api/v1/on-call").status_code == 204
    assert len(citizen.get("/api/v1/remote-conditions").json()["results"]) == 60
