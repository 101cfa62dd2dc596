"""The citizen's pages of changing plans: another time, what a cancel costs, a pause of booking online."""

from datetime import timedelta

import pytest
import time_machine

from booking import actions
from booking.models import Appointment, Block
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def schedule(ben, hospital):
    return stage.make_schedule(practitioner=ben, facility=hospital, weekdays=range(4))


@pytest.fixture
def booked(schedule, visit_type, ana):
    return stage.book(schedule, visit_type, ana, at("09:00"))


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_another_time_is_chosen_in_three_steps(ana_browser, booked, schedule):
    page = text(ana_browser.get(f"/appointments/{booked.id}/"))
    assert f"/appointments/{booked.id}/move/" in page
    times = text(ana_browser.get(f"/appointments/{booked.id}/move/?day={make.TOMORROW}"))
    assert "10:20" in times
    wish = {"schedule": str(schedule.id), "at": at("10:20").isoformat()}
    sure = text(ana_browser.get(f"/appointments/{booked.id}/move/", wish))
    assert "10:20" in sure
    assert Appointment.objects.count() == 1  # looking changes nothing
    ana_browser.post(f"/appointments/{booked.id}/move/", wish)
    new = Appointment.objects.get(moved_from=booked)
    assert (new.status, new.starts_at) == ("booked", at("10:20"))
    assert f"/appointments/{new.id}/" in text(ana_browser.get(f"/appointments/{booked.id}/"))
    assert ana_browser.get(f"/appointments/{new.id}/").status_code == 200


def test_a_stranger_cannot_open_or_move_it(booked, schedule, eve):
    browser = make.page_client(eve)
    wish = {"schedule": str(schedule.id), "at": at("10:20").isoformat()}
    assert browser.get(f"/appointments/{booked.id}/move/").status_code == 404
    assert browser.post(f"/appointments/{booked.id}/move/", wish).status_code == 404
    assert Appointment.objects.count() == 1


def test_late_the_page_names_the_fee_and_the_move_is_over(ana_browser, booked, clock):
    early = text(ana_browser.get(f"/appointments/{booked.id}/"))
    assert "45.000" not in early  # nothing is paid, nothing can be kept
    clock.move_to(at("06:00"))
    late = text(ana_browser.get(f"/appointments/{booked.id}/"))
    assert "45.000" in late
    assert f"/appointments/{booked.id}/move/" not in late
    assert ana_browser.get(f"/appointments/{booked.id}/move/").status_code == 200
    ana_browser.post(f"/appointments/{booked.id}/cancel/", {"reason": "Bận việc"})
    booked.refresh_from_db()
    assert (booked.status, booked.fee_amount) == ("cancelled", 45_000)


def test_who_is_blocked_explains_and_the_desk_lifts_it(ana_browser, dan, booked, hospital, ana, clock):
    block = Block.objects.create(person=ana, facility=hospital, until=at("09:00") + timedelta(days=30))
    clock.move_to(at("09:30"))
    actions.record_no_show(appointment_id=booked.id, side="citizen", by=SYSTEM, now=at("09:30"))
    assert f"/booking-blocks/{block.id}/" in text(ana_browser.get(f"/appointments/{booked.id}/"))
    assert ana_browser.get(f"/booking-blocks/{block.id}/").status_code == 200
    assert ana_browser.post(f"/booking-blocks/{block.id}/", {"words": " "}).status_code == 422
    ana_browser.post(f"/booking-blocks/{block.id}/", {"words": "Hôm đó tôi phải cấp cứu cho mẹ."})
    block.refresh_from_db()
    assert block.appeal == "Hôm đó tôi phải cấp cứu cho mẹ."
    actions.answer_appeal(
        block_id=block.id, lift=True, answer="Chúc bác mau khỏe.", by=make.actor_for(dan), now=at("10:00")
    )
    assert "Chúc bác mau khỏe." in text(ana_browser.get(f"/booking-blocks/{block.id}/"))
    run_jobs()
