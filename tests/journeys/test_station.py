"""A visit at a commune's health station: the nurse welcomes, asks, sits beside and measures; the doctor sees it at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

import booking.actions
import identity.actions
import realtime.actions
from audit.models import Line
from booking.models import Appointment, UrgentAsk
from core.errors import NotFound
from identity.models import Arrival, Contract, Membership, Person
from journeys import urgent
from realtime.models import EvidenceRow, Seat, StreamEntry
from records.errors import NotAtADistance
from records.models import Attendee, Encounter, Observation
from tests import make
from tests.booking.stage import make_schedule
from tests.jobs import run_jobs
from tests.journeys.stage import ok

pytestmark = pytest.mark.django_db
CARD = "001190012345"
PRESSURE = {"values": [{"code": "8480-6", "value": "150"}, {"code": "8462-4", "value": "95"}]}


@pytest.fixture
def station(db: None) -> Any:
    return make.make_station()


@pytest.fixture
def nurse(station) -> Membership:
    return make.make_nurse(station=station)


@pytest.fixture
def contract(hospital, station) -> Contract:
    return make.make_contract(facility=hospital, station=station)


@pytest.fixture
def citizen(ana) -> Person:
    """Ana, with her card."""
    ana.national_id = CARD
    ana.save()
    return ana


@pytest.fixture
def nurse_browser(nurse, clock) -> Client:
    return make.page_client(nurse)


@pytest.fixture
def on_call(ben, hospital, visit_type, now, clock) -> Any:
    """Ben, on call by video for two hours."""
    schedule = make_schedule(practitioner=ben, facility=hospital)
    return booking.actions.start_on_call(
        schedule_id=schedule.id, visit_type_id=visit_type.id, mode="video", until=now + timedelta(hours=2),
        by=make.actor_for(ben), now=now,
    )  # fmt: skip


def welcome(browser: Client, person: Person, **values: Any) -> Any:
    form = {
        "person": str(person.id),
        "number": CARD,
        "born_on": person.born_on,
        "identified_by": "card",
        "agreed": "on",
    }
    return browser.post("/station/welcome/", form | values)


def ask(browser: Client, person: Person) -> UrgentAsk:
    answer = browser.post(f"/station/people/{person.id}/ask/", {"reason": "Đau đầu, huyết áp cao từ sáng"})
    assert answer.status_code == 302, answer.content.decode()
    return UrgentAsk.objects.get(person=person)


@pytest.fixture
def visit(nurse_browser, citizen, contract, on_call, ben, now) -> Encounter:
    """Welcomed, asked for, taken by ben, and free by the contract: the room is open."""
    welcome(nurse_browser, citizen)
    wish = ask(nurse_browser, citizen)
    urgent.accept(ask_id=wish.id, by=make.actor_for(ben), now=now)
    run_jobs()
    return Encounter.objects.get(person=citizen)


@pytest.fixture
def vitals(visit) -> str:
    return f"/api/v1/encounters/{visit.id}/vitals"


class TestArrival:
    def test_is_found_by_card_and_birthday_together_and_sees_it_in_the_log(self, nurse_browser, citizen, now):
        found = nurse_browser.post("/station/find/", {"number": CARD, "born_on": citizen.born_on})
        other = nurse_browser.post("/station/find/", {"number": CARD, "born_on": "1991-01-01"})
        by_phone = nurse_browser.post("/station/find/", {"number": citizen.phone, "born_on": citizen.born_on})

        assert citizen.full_name in found.content.decode() and citizen.full_name in by_phone.content.decode()
        assert citizen.full_name not in other.content.decode()
        assert Line.objects.filter(action="identity.station_search", person_id=citizen.id).count() == 2
        assert not Arrival.objects.exists()

    def test_without_their_word_or_the_number_nobody_is_welcomed(self, nurse_browser, citizen, eve):
        assert welcome(nurse_browser, citizen, agreed="").status_code == 302
        assert welcome(nurse_browser, citizen, identified_by="guess").status_code == 302
        assert welcome(nurse_browser, eve).status_code == 404  # eve's id with ana's card
        assert not Arrival.objects.exists()

    def test_lasts_until_midnight_and_ends_when_they_leave(self, nurse_browser, nurse, citizen, now):
        welcome(nurse_browser, citizen)
        welcome(nurse_browser, citizen)
        arrival = Arrival.objects.get()
        assert arrival.ends_at == make.at(make.TOMORROW, "00:00")
        assert (arrival.practitioner, arrival.identified_by) == (nurse.practitioner, "card")
        assert citizen.full_name in nurse_browser.get("/station/").content.decode()

        nurse_browser.post(f"/station/arrivals/{arrival.id}/leave/")
        assert nurse_browser.get(f"/station/people/{citizen.id}/ask/").status_code == 404

    def test_somebody_new_is_written_down_and_can_be_found_tomorrow(self, nurse_browser):
        form = {
            "full_name": "Giàng A Páo", "born_on": "1961-02-03", "sex": "male", "national_id": "010061000123",
            "phone": "", "identified_by": "card", "agreed": "on",
        }  # fmt: skip
        assert nurse_browser.post("/station/new/", form).status_code == 302
        assert Arrival.objects.get().person.full_name == "Giàng A Páo"
        assert nurse_browser.post("/station/new/", form | {"national_id": ""}).status_code == 422
        assert Person.objects.filter(sort_name="giang a pao").count() == 1

    def test_nobody_leafs_through_the_country(self, nurse_browser, nurse, now, monkeypatch):
        monkeypatch.setattr(identity.actions.stations, "MOST_SEARCHES", 2)
        search = {"number": CARD, "born_on": "1990-05-04"}
        answers = [nurse_browser.post("/station/find/", search).status_code for _ in range(3)]
        assert answers == [200, 200, 422]

    def test_a_station_acts_only_for_who_sits_there(self, nurse, citizen, now, clock):
        with pytest.raises(NotFound):
            booking.actions.ask_for_someone_now(person_id=citizen.id, by=make.actor_for(nurse), now=now)
        assert not UrgentAsk.objects.exists()


class TestGate:
    def test_without_a_contract_no_doctor_is_asked(self, nurse_browser, citizen, on_call):
        welcome(nurse_browser, citizen)
        answer = nurse_browser.post(f"/station/people/{citizen.id}/ask/", {"reason": "Đau đầu"})
        assert answer.status_code == 422 and not UrgentAsk.objects.exists()

    def test_a_doctor_elsewhere_is_not_asked_and_the_contract_sets_price_and_form(
        self, visit, hospital, nurse, station
    ):
        appointment = Appointment.objects.get()
        assert (appointment.status, appointment.price_amount) == ("booked", 0)
        assert (appointment.form, appointment.partner) == ("via_receiving_facility", station)
        assert (visit.form, visit.facility) == ("via_receiving_facility", hospital)
        (beside,) = Attendee.objects.all()
        assert (beside.practitioner, beside.facility, beside.part) == (nurse.practitioner, station, "beside")

    def test_only_doctors_of_the_contract_are_asked(self, nurse_browser, citizen, on_call, hospital, station, now):
        other = make.make_facility(name="Bệnh viện Không Hợp Đồng")
        make.make_contract(facility=other, station=station)
        welcome(nurse_browser, citizen)
        wish = ask(nurse_browser, citizen)
        assert (wish.status, wish.offered_to) == ("nobody", None)

    def test_a_doctor_at_the_station_asks_for_support(self, hospital, station, citizen, on_call, contract, now, clock):
        doctor = make.make_nurse(station=station, full_name="Sùng A Chứ", profession="doctor")
        browser = make.page_client(doctor)
        welcome(browser, citizen)
        assert ask(browser, citizen).form == "inter_facility_support"

    def test_a_notice_that_ran_out_closes_the_door_of_the_room(self, visit, nurse, ben, hospital, now, clock):
        room = ok(make.api_client(nurse).get(f"/api/v1/encounters/{visit.id}/room"))["id"]
        seat = ok(make.api_client(nurse).post(f"/api/v1/rooms/{room}/join"))["seat"]
        doctor = make.api_client(ben)
        ok(doctor.post(f"/api/v1/rooms/{room}/join"))
        hospital.telemedicine_to = make.LONG_AGO
        hospital.save()
        before = list(Seat.objects.order_by("id").values()), EvidenceRow.objects.count()

        with pytest.raises(NotAtADistance) as refusal:
            realtime.actions.let_in(room_id=room, seat_id=seat, by=make.actor_for(ben), now=now)

        assert refusal.value.fields["form"] == ["not_published"]
        assert (list(Seat.objects.order_by("id").values()), EvidenceRow.objects.count()) == before
        page = make.page_client(ben).get(f"/doctor/visits/{visit.id}/").content.decode()
        assert "NĐ 96/2023 Đ.87" in page


class TestBesideTheCitizen:
    def test_the_nurse_sits_with_the_citizen_and_care_begins_when_she_is_let_in(self, visit, nurse, ben, now, clock):
        api, doctor = make.api_client(nurse), make.api_client(ben)
        room = ok(api.get(f"/api/v1/encounters/{visit.id}/room"))["id"]
        joined = ok(api.post(f"/api/v1/rooms/{room}/join", {"with_citizen": True}))
        assert (joined["role"], joined["state"]) == ("nurse", "waiting")
        ok(doctor.post(f"/api/v1/rooms/{room}/join"))
        realtime.actions.let_in(room_id=room, seat_id=joined["seat"], by=make.actor_for(ben), now=now)
        run_jobs()

        visit.refresh_from_db()
        assert visit.status == "in_progress"
        seats = ok(doctor.get(f"/api/v1/rooms/{room}"))["seats"]
        (beside,) = [one for one in seats if one["role"] == "nurse"]
        assert (beside["kind"], beside["with_citizen"], beside["name"]) == ("station_nurse", True, "ĐD Lò Thị Mai")
        (passed,) = EvidenceRow.objects.filter(kind="gate")
        assert passed.facts["form"] == "via_receiving_facility" and passed.facts["result"] == "passed"
        assert passed.facts["station"] == "Trạm Y tế xã Đồng Tâm" and passed.facts["licence"] == ben.licence_number

    def test_the_doctor_reads_form_station_and_nurse(self, visit, ben, clock):
        page = make.page_client(ben).get(f"/doctor/visits/{visit.id}/").content.decode()
        assert "Trạm Y tế xã Đồng Tâm" in page and "Lò Thị Mai" in page


class TestVitals:
    def test_what_the_nurse_enters_rings_at_the_doctor_and_lands_in_the_record(self, visit, vitals, nurse, ben, clock):
        rows = ok(make.api_client(nurse).post(vitals, PRESSURE), 201)["results"]

        assert {(one["code"], one["shown"], one["performer"]) for one in rows} == {
            ("8480-6", "150", "ĐD Lò Thị Mai"), ("8462-4", "95", "ĐD Lò Thị Mai"),
        }  # fmt: skip
        bell = StreamEntry.objects.get(user=ben.user, kind="vitals.changed")
        assert bell.subject == f"encounter:{visit.id}"
        assert ok(make.api_client(ben).get(vitals))["results"][0]["may_change"] is True
        stored = Observation.objects.get(code="8480-6")
        assert (stored.performer, stored.source, stored.encounter) == (nurse.practitioner, "nurse", visit)
        fhir = ok(make.api_client(ben).get(f"/fhir/R4/Observation/{stored.id}"))
        assert (fhir["status"], fhir["performer"][0]["identifier"]["value"]) == (
            "final", nurse.practitioner.licence_number,
        )  # fmt: skip

    def test_sent_twice_it_is_there_once(self, vitals, nurse, clock):
        key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
        for _ in range(2):
            ok(make.api_client(nurse).post(vitals, PRESSURE, **key), 201)
        assert Observation.objects.count() == 2

    @pytest.mark.parametrize(
        "values",
        [
            [("8310-5", "375")],  # the comma forgotten
            [("2708-6", "101")],
            [("15074-8", "110")],  # mg/dL typed for mmol/L
            [("8480-6", "80"), ("8462-4", "120")],  # the two numbers of the cuff crossed
        ],
    )
    def test_what_no_living_person_has_is_refused(self, vitals, nurse, values, clock):
        wish = {"values": [{"code": code, "value": value} for code, value in values]}
        assert ok(make.api_client(nurse).post(vitals, wish), 422)["code"] == "implausible_value"
        assert not Observation.objects.exists() and not StreamEntry.objects.filter(kind="vitals.changed").exists()

    def test_a_slip_is_corrected_and_the_history_keeps_both(self, visit, vitals, nurse, ben, clock):
        api = make.api_client(nurse)
        wrong = ok(api.post(vitals, {"values": [{"code": "8867-4", "value": "27"}]}), 201)["results"][0]
        right = {"values": [{"code": "8867-4", "value": "72"}], "corrects": wrong["id"]}
        ok(api.post(vitals, right), 201)

        old, new = sorted(Observation.objects.all(), key=lambda one: one.corrects_id is not None)
        assert (old.value, old.wrong_at is None, new.value, new.corrects_id, new.at) == (27, False, 72, old.id, old.at)
        shown = ok(make.api_client(ben).get(vitals))["results"]
        assert {one["shown"]: one["status"] for one in shown} == {"27": "entered-in-error", "72": "final"}
        record = ok(make.api_client(ben).get(f"/api/v1/people/{visit.person_id}/record/observations"))["results"]
        assert [one["value"] for one in record] == [72.0]
        assert ok(make.api_client(ben).get(f"/fhir/R4/Observation/{old.id}"))["status"] == "entered-in-error"
        assert ok(api.post(vitals, right), 409)["code"] == "already_corrected"

    def test_taken_back_it_counts_no_longer_and_twice_is_once(self, vitals, nurse, clock):
        api = make.api_client(nurse)
        row = ok(api.post(vitals, {"values": [{"code": "8310-5", "value": "39.9"}]}), 201)["results"][0]
        for _ in range(2):
            assert api.delete(f"{vitals}/{row['id']}").status_code == 204
        assert Line.objects.filter(action="records.observation_error").count() == 1
        assert Observation.objects.get().wrong_by == nurse.user_id

    def test_after_the_visit_nothing_is_added(self, visit, vitals, nurse, now, clock):
        Encounter.objects.filter(pk=visit.pk).update(status="finished", started_at=now, finished_at=now)
        assert ok(make.api_client(nurse).post(vitals, PRESSURE), 409)["code"] == "note_closed"
        assert not Observation.objects.exists()

    def test_a_colleague_does_not_correct_her_and_other_stations_see_nothing(
        self, visit, vitals, nurse, station, clock
    ):
        row = ok(make.api_client(nurse).post(vitals, PRESSURE), 201)["results"][0]
        colleague, elsewhere = make.make_nurse(station=station), make.make_nurse(station=make.make_station())
        before = list(Observation.objects.order_by("id").values())

        assert ok(make.api_client(colleague).get(vitals))["results"]
        assert make.api_client(colleague).delete(f"{vitals}/{row['id']}").status_code == 403
        for stranger in (elsewhere, make.make_practitioner(facility=visit.facility)):
            api = make.api_client(stranger)
            assert api.get(vitals).status_code == 404
            assert api.post(vitals, PRESSURE).status_code == 404
            assert api.delete(f"{vitals}/{row['id']}").status_code == 404
        for person in (visit.person, make.make_person()):
            assert make.api_client(person).post(vitals, PRESSURE).status_code == 403
        browser = make.page_client(elsewhere)
        assert browser.get(f"/station/visits/{visit.id}/").status_code == 404
        assert visit.person.full_name not in browser.get("/station/").content.decode()
        assert list(Observation.objects.order_by("id").values()) == before

    def test_a_day_later_the_station_reads_it_no_longer(self, visit, vitals, nurse, clock):
        clock.move_to(visit.planned_to + timedelta(days=1, minutes=1))
        assert make.api_client(nurse).get(vitals).status_code == 404


def test_decimal_values_are_kept_as_typed(vitals, nurse, clock):
    ok(make.api_client(nurse).post(vitals, {"values": [{"code": "29463-7", "value": "52.5"}]}), 201)
    assert Observation.objects.get().value == Decimal("52.50")


def test_the_pages_of_the_station_are_for_its_nurses_only(ben, dan, ana, nurse_browser, clock):
    assert nurse_browser.get("/station/").status_code == 200
    assert nurse_browser.get("/").url == "/station/"
    for who in (ben, dan, ana):
        assert make.page_client(who).get("/station/").status_code == 403
    half = make.page_client(make.make_nurse(station=make.make_station()), second_factor=False)
    assert half.get("/station/").url.startswith("/staff/")  # password or second step first, as for all staff
