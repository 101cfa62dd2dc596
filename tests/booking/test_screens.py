"""The kiosk and the corridor: who stands there is nobody to us until they say who they are, and nothing of them stays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

import realtime.passes
from booking import actions, codes
from booking.actions import screens
from booking.models import Appointment, Screen, Ticket
from tests import make
from tests.booking import stage
from tests.booking.line import arrived, booked, person_called
from tests.booking.test_races import all_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def schedule(ben, hospital):
    return stage.make_schedule(practitioner=ben, facility=hospital, weekdays=range(1, 2), room="Phòng 204")


@pytest.fixture
def desk(dan):
    return make.actor_for(dan)


@pytest.fixture
def kiosk(desk):
    return actions.add_screen(kind="kiosk", name="Sảnh", rooms=[], by=desk, now=make.NOW)


@pytest.fixture
def corridor(desk):
    return actions.add_screen(kind="corridor", name="Tầng 2", rooms=[], by=desk, now=make.NOW)


def address(screen, more=""):
    return f"/{screen.kind}/{codes.address_of(screen.pk)}/{more}"


def at_the_kiosk(kiosk, **typed):
    return Client().post(address(kiosk, "?lang=vi"), typed)


@pytest.fixture
def visit(schedule, visit_type, ana):
    return booked(schedule, visit_type, ana, "14:40")


def test_the_code_of_the_qr_gives_a_number_and_no_name(kiosk, visit, ana):
    answer = at_the_kiosk(kiosk, code=codes.in_groups(codes.code_of(visit.pk)).lower())
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<p class="kiosk__number">1</p>' in page
    assert "Phòng 204" in page
    assert ana.full_name not in page
    assert Ticket.objects.get().source == "kiosk"
    assert Appointment.objects.get().status == "checked_in"
    again = at_the_kiosk(kiosk, code=codes.code_of(visit.pk)).content.decode()  # who forgot the number
    assert '<p class="kiosk__number">1</p>' in again


@pytest.mark.parametrize("how", [actions.skip_ticket, actions.leave_line])
def test_who_was_passed_over_stands_in_line_again(kiosk, visit, ana, desk, how):
    """A number taken at home, called in vain: whoever then stands at the kiosk is not told to watch a screen for nothing."""
    actions.check_in(appointment_id=visit.pk, by=make.actor_for(ana), now=make.NOW)
    ticket = Ticket.objects.get()
    assert ticket.source == "citizen"
    actions.call_ticket(ticket_id=ticket.pk, by=desk, now=make.NOW)
    how(ticket_id=ticket.pk, by=desk, now=make.NOW)

    assert at_the_kiosk(kiosk, code=codes.code_of(visit.pk)).status_code == 200

    ticket.refresh_from_db()
    assert (ticket.status, ticket.source, ticket.number) == ("waiting", "kiosk", 1)


def test_the_phone_and_the_year_of_birth_do_as_well(kiosk, visit, ana):
    answer = at_the_kiosk(kiosk, phone=f"0{ana.phone[3:]}", year=str(ana.born_on.year))
    assert answer.status_code == 200
    assert Appointment.objects.get().status == "checked_in"


def test_a_child_comes_by_the_phone_of_who_booked(kiosk, schedule, visit_type, ana):
    child = make.make_child(parent=ana, born_on=date(2027, 6, 1))
    held = stage.hold(
        schedule, visit_type, child, stage.at("14:40", (make.NOW).date()), by=make.actor_for(ana), mode="in_person"
    )
    actions.book_appointment(appointment_id=held.id, by=stage.SYSTEM, now=make.NOW)
    assert at_the_kiosk(kiosk, phone=ana.user.phone, year="2027").status_code == 200
    assert Ticket.objects.get().priority == "child"


@pytest.mark.parametrize(
    "typed", [{"code": "0000-0000"}, {"code": ""}, {"phone": "0912345678", "year": "1990"}, {"phone": "x", "year": "½"}]
)
def test_nobody_found_is_one_sentence(kiosk, visit, typed):
    answer = at_the_kiosk(kiosk, **typed)
    assert answer.status_code == 422
    assert "Chưa tìm thấy lịch khám hôm nay" in answer.content.decode()
    assert not Ticket.objects.exists()


def test_the_right_phone_with_another_year_reads_as_nobody(kiosk, visit, ana):
    wrong = at_the_kiosk(kiosk, phone=ana.phone, year="1991").content.decode()
    unknown = at_the_kiosk(kiosk, phone="0912345678", year="1991").content.decode()
    sentence = "Chưa tìm thấy lịch khám hôm nay"
    assert sentence in wrong
    assert sentence in unknown
    assert not Ticket.objects.exists()


def test_a_guesser_is_sent_to_the_desk_for_a_while(kiosk, visit, clock):
    for _ in range(screens.TRIES):
        at_the_kiosk(kiosk, code="00000000")
    assert at_the_kiosk(kiosk, code=codes.code_of(visit.pk)).status_code == 422
    assert not Ticket.objects.exists()
    clock.move_to(make.NOW + screens.REST + timedelta(seconds=1))
    assert at_the_kiosk(kiosk, code=codes.code_of(visit.pk)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_has_no_more_tries_than_a_patient_one(kiosk):
    def guess():
        screens.arrive_by_code(screen=Screen.objects.get(pk=kiosk.pk), code="0000-0000", now=make.NOW)

    said = all_at_once([guess] * (screens.TRIES + 10))

    assert said == ["kiosk_tired"] * 10 + ["nobody_found"] * screens.TRIES


def test_a_busy_morning_does_not_tire_a_kiosk(kiosk, visit):
    for _ in range(screens.TRIES + 5):
        assert at_the_kiosk(kiosk, code=codes.code_of(visit.pk)).status_code == 200


def test_a_visit_of_another_hospital_or_by_video_is_not_found(visit, schedule, visit_type, dan):
    elsewhere = make.make_desk(facility=make.make_facility(name="Bệnh viện khác"))
    theirs = actions.add_screen(kind="kiosk", name="x", rooms=[], by=make.actor_for(elsewhere), now=make.NOW)
    assert at_the_kiosk(theirs, code=codes.code_of(visit.pk)).status_code == 422
    here = actions.add_screen(kind="kiosk", name="x", rooms=[], by=make.actor_for(dan), now=make.NOW)
    Appointment.objects.update(mode="video", form="direct_to_patient")
    assert at_the_kiosk(here, code=codes.code_of(visit.pk)).status_code == 422
    assert not Ticket.objects.exists()


def test_the_corridor_shows_numbers_and_no_names(corridor, schedule, visit_type, ana, desk):
    first = arrived(schedule, visit_type, ana, "13:00", by=desk)
    arrived(schedule, visit_type, person_called("Lê Văn Tám"), "13:20", by=desk)
    actions.call_ticket(ticket_id=first.pk, by=desk, now=make.NOW)
    answer = Client().get(address(corridor))
    page = answer.content.decode()
    assert '<p class="corridor__now" aria-live="polite">1</p>' in page
    assert "<b>2</b>" in page
    assert "Phòng 204" in page
    for name in (ana.full_name, "Lê Văn Tám", "Tám"):
        assert name not in page


def test_the_pass_opens_this_facilitys_bell_for_a_minute(corridor, hospital, clock):
    text = Client().get(address(corridor, "pass/")).json()["pass"]
    assert realtime.passes.topics_of(text) == [f"lines:{hospital.id}", f"screen:{corridor.pk}"]
    assert realtime.passes.topics_of(f"{text}x") is None
    clock.move_to(make.NOW + timedelta(seconds=realtime.passes.GOOD_FOR_S + 1))
    assert realtime.passes.topics_of(text) is None


def test_a_revoked_or_invented_address_leads_nowhere(kiosk, corridor, visit, desk, dan_browser):
    for screen in (kiosk, corridor):
        dan_browser.post(f"/hospital/screens/{screen.pk}/revoke/")
        assert Client().get(address(screen)).status_code == 404
    assert Client().get(address(corridor, "pass/")).status_code == 404
    assert at_the_kiosk(kiosk, code=codes.code_of(visit.pk)).status_code == 404
    good = codes.address_of(kiosk.pk)
    for bad in (
        good[:-1],
        f"{good}x",
        str(kiosk.pk),
        "x",
        f"{codes.address_of(corridor.pk).split('.')[0]}.{good.split('.')[1]}",
    ):
        assert Client().get(f"/kiosk/{bad}/").status_code == 404
    assert not Ticket.objects.exists()


def test_a_corridors_address_is_no_kiosk(corridor):
    assert Client().get(f"/kiosk/{codes.address_of(corridor.pk)}/").status_code == 404


def test_only_the_own_desk_ends_a_screen(kiosk, ana_browser):
    elsewhere = make.page_client(make.make_desk(facility=make.make_facility(name="Bệnh viện khác")))
    assert elsewhere.post(f"/hospital/screens/{kiosk.pk}/revoke/").status_code == 404
    assert ana_browser.post(f"/hospital/screens/{kiosk.pk}/revoke/").status_code == 403
    assert Screen.objects.get().revoked_at is None


def test_the_desk_makes_a_screen_and_reads_its_address(dan_browser, schedule):
    dan_browser.post("/hospital/screens/", {"kind": "corridor", "name": "Tầng 3", "rooms": ["Phòng 204"]})
    screen = Screen.objects.get()
    assert screen.rooms == ["Phòng 204"]
    assert address(screen) in dan_browser.get("/hospital/screens/").content.decode()


class TestTheDesksPage:
    @pytest.fixture
    def ticket(self, schedule, visit_type, ana, desk):
        return arrived(schedule, visit_type, ana, "13:00", by=desk)

    def test_calls_skips_and_takes_back(self, ticket, schedule, dan_browser, ana):
        page = dan_browser.get("/hospital/queue/").content.decode()
        assert ana.full_name in page
        assert f"/line/{schedule.pk}/next/" in page
        dan_browser.post(f"/line/{schedule.pk}/next/")
        for verb, status in (("skip", "skipped"), ("undo", "called"), ("start", "serving"), ("finish", "done")):
            answer = dan_browser.post(f"/line/tickets/{ticket.pk}/{verb}/")
            assert answer.status_code == 302
            assert Ticket.objects.get().status == status
        answer = dan_browser.post(f"/line/{schedule.pk}/next/", follow=True)
        assert "Không có ai đang chờ." in answer.content.decode()

    def test_somebody_walks_in(self, schedule, visit_type, dan_browser):
        form = {
            "full_name": "Phạm Văn Long", "born_on": "1979-03-02", "sex": "male", "phone": "0912 000 111",
            "schedule": str(schedule.pk), "visit_type": str(visit_type.pk), "priority": "pregnant",
        }  # fmt: skip
        wrong = dan_browser.post("/hospital/queue/walk-in/", {**form, "phone": "12"})
        assert wrong.status_code == 422
        assert not Ticket.objects.exists()
        page = dan_browser.post("/hospital/queue/walk-in/", form, follow=True).content.decode()
        assert "Phạm Văn Long có số 1." in page
        assert Ticket.objects.get().priority == "pregnant"

    def test_the_day_list_checks_nobody_in_who_comes_by_video(self, schedule, visit_type, ana, dan_browser):
        stage.book(schedule, visit_type, ana, stage.at("15:00", make.NOW.date()))
        assert "/check-in/" not in dan_browser.get("/hospital/day/").content.decode()

    def test_the_doctor_calls_from_their_day(self, ticket, schedule, ben_browser):
        assert f"/line/{schedule.pk}/next/" in ben_browser.get("/doctor/").content.decode()
        answer = ben_browser.post(f"/line/{schedule.pk}/next/")
        assert answer.headers["Location"] == "/doctor/#line"
        assert Ticket.objects.get().status == "called"

    def test_eve_may_not(self, ticket, schedule, eve_browser):
        for path in (f"/line/{schedule.pk}/next/", f"/line/tickets/{ticket.pk}/call/"):
            assert eve_browser.post(path).status_code == 403
        assert Ticket.objects.get().status == "waiting"


class TestTheCitizensPage:
    def test_shows_the_code_then_the_number(self, visit, ana_browser):
        page = ana_browser.get(f"/appointments/{visit.pk}/").content.decode()
        assert codes.in_groups(codes.code_of(visit.pk)) in page
        ana_browser.post(f"/appointments/{visit.pk}/check-in/")
        page = ana_browser.get(f"/appointments/{visit.pk}/").content.decode()
        assert '<p class="ticket-card__number">1</p>' in page
        assert Ticket.objects.get().source == "citizen"
