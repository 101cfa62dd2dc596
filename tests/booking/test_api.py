"""The doors of booking over HTTP, with real tokens."""

from datetime import timedelta

import pytest
from fhir.resources.R4B.appointment import Appointment as FhirAppointment

from booking import actions, fhir
from booking.events import PlaceFreed
from booking.fhir.appointments import STATUS as FHIR_STATUS
from booking.models import Appointment, Closure, Rule, Schedule
from core.errors import NotFound
from tests import make
from tests.booking import stage
from tests.booking.stage import at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TOMORROW = make.TOMORROW.isoformat()


@pytest.fixture
def booked(schedule, visit_type, ana):
    return stage.book(schedule, visit_type, ana, at("09:00"))


def slots_url(ben, visit_type, first=TOMORROW, last=TOMORROW):
    return f"/api/v1/slots?practitioner={ben.id}&visit_type={visit_type.id}&from={first}&to={last}"


def test_anyone_sees_free_times(schedule, ben, visit_type, booked, nobody_api):
    answer = nobody_api.get(slots_url(ben, visit_type))

    assert answer.status_code == 200
    times = [one["starts_at"] for one in answer.json()["results"]]
    assert len(times) == 26  # 27 twenty-minute visits from 08:00 to 17:00, one of them booked
    assert times[0] == "2031-03-26T01:00:00Z"
    assert "2031-03-26T02:00:00Z" not in times
    assert answer.json()["results"][0]["schedule"] == str(schedule.id)
    assert answer.json()["results"][0]["zone"] == "Asia/Ho_Chi_Minh"


def test_counts_free_times_per_day(schedule, ben, visit_type, booked, nobody_api):
    answer = nobody_api.get(f"/api/v1/slots/days?practitioner={ben.id}&visit_type={visit_type.id}&month=2031-03")

    counts = {one["day"]: one["free"] for one in answer.json()["results"]}
    assert len(counts) == 31
    assert (counts["2031-03-24"], counts["2031-03-25"], counts["2031-03-26"], counts["2031-03-27"]) == (0, 7, 26, 27)


def test_first_free_is_sorted_and_filtered(schedule, ben, hospital, visit_type, nobody_api):
    heart = make.make_practitioner(facility=hospital, full_name="Lý Thị Tim", specialties=["cardiology"])
    stage.make_schedule(practitioner=heart, facility=hospital, hours=("15:00", "15:20"))
    find = lambda query: [  # noqa: E731
        (one["practitioner"]["id"], one["starts_at"])
        for one in nobody_api.get(f"/api/v1/slots/first?{query}").json()["results"]
    ]

    assert find("") == [(str(ben.id), "2031-03-25T07:40:00Z"), (str(heart.id), "2031-03-25T08:00:00Z")]
    assert [who for who, _ in find("specialty=cardiology")] == [str(heart.id)]
    assert [who for who, _ in find("mode=video&limit=1")] == [str(ben.id)]
    assert find("mode=phone") == find("province=79") == find("specialty=nowhere") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("practitioner=1&visit_type=2", "practitioner"),
        ("", "practitioner"),
        ("from=yesterday", "from"),
        ("from=2031-03-26&to=2031-03-25", "to"),
    ],
)
def test_refuses_questions_without_sense(ben, visit_type, nobody_api, query, field):
    full = (
        query if "practitioner" in query or not query else f"practitioner={ben.id}&visit_type={visit_type.id}&{query}"
    )
    answer = nobody_api.get(f"/api/v1/slots?{full}")

    assert answer.status_code == 422
    assert field in answer.json()["errors"]


@pytest.mark.parametrize(
    ("first", "last"), [("0001-01-01", "0001-01-02"), ("9999-12-31", "9999-12-31"), ("0001-01-01", "9999-12-31")]
)
def test_any_date_may_be_asked_for(schedule, ben, visit_type, nobody_api, first, last):
    assert nobody_api.get(slots_url(ben, visit_type, first, last)).status_code == 200
    assert (
        nobody_api.get(f"/api/v1/slots?practitioner={ben.id}&visit_type={visit_type.id}&from={first}").status_code
        == 200
    )


def test_ana_reads_her_appointment(booked, ana_api, ben, ana):
    body = ana_api.get(f"/api/v1/appointments/{booked.id}").json()

    assert body["status"] == "booked"
    assert body["practitioner"] == {"id": str(ben.id), "name": "BS.CKI Trần Minh Bình"}
    assert body["price"] == {"amount": 150_000, "currency": "VND"}
    assert body["reason"] == "Ho ba ngày"
    assert body["starts_at"] == "2031-03-26T02:00:00Z"


def test_the_desk_reads_no_clinical_text(booked, dan_api, ben_api):
    assert dan_api.get(f"/api/v1/appointments/{booked.id}").json()["reason"] == ""
    assert ben_api.get(f"/api/v1/appointments/{booked.id}").json()["reason"] == "Ho ba ngày"


def test_a_parent_reads_her_childs(schedule, visit_type, ana, child, by_ana, ana_api):
    held = stage.hold(schedule, visit_type, child, at("09:00"), by=by_ana)

    assert ana_api.get(f"/api/v1/appointments/{held.id}").status_code == 200


def test_an_overdue_hold_reads_as_expired(schedule, visit_type, ana, clock, now):
    held = stage.hold(schedule, visit_type, ana, at("09:00"))
    clock.move_to(now + timedelta(minutes=11))

    assert make.api_client(ana).get(f"/api/v1/appointments/{held.id}").json()["status"] == "expired"


@pytest.mark.parametrize("api", ["eve_api", "cara_api", "nobody_api", "other_desk", "other_doctor"])
def test_strangers_cannot_tell_whether_it_exists(booked, request, api, schedule, eve):
    if api.startswith("other"):
        clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
        stranger = make.make_desk(facility=clinic) if api == "other_desk" else make.make_practitioner(facility=clinic)
        client = make.api_client(stranger)
    else:
        client = request.getfixturevalue(api)
    before = stage.everything()
    status = {"cara_api": 403, "nobody_api": 401}.get(api, 404)
    for path, body in [("", None), ("/cancel", {}), ("/check-in", {})]:
        for id in (booked.id, eve.id):  # the second is no appointment's id
            url = f"/api/v1/appointments/{id}{path}"
            answer = client.get(url) if body is None else client.post(url, body)
            assert answer.status_code == status
            assert answer.headers["Content-Type"] == "application/problem+json"
    assert stage.everything() == before


def test_cancel_and_cancel_again(booked, ana_api, told):
    told.clear()
    first = ana_api.post(f"/api/v1/appointments/{booked.id}/cancel", {"reason": "Bận việc"})
    again = ana_api.post(f"/api/v1/appointments/{booked.id}/cancel", {"reason": "Lý do khác"})

    assert (first.status_code, first.json()["status"], first.json()["cancelled_by"]) == (200, "cancelled", "citizen")
    assert again.json()["cancel_reason"] == "Bận việc"
    assert [type(event).__name__ for event in told] == ["AppointmentCancelled", "PlaceFreed"]


def test_a_double_submit_with_a_key_is_answered_once(booked, ana_api, told):
    told.clear()
    url, key = f"/api/v1/appointments/{booked.id}/cancel", {"HTTP_IDEMPOTENCY_KEY": "k1"}
    first = ana_api.post(url, {"reason": "Bận việc"}, **key)
    second = ana_api.post(url, {"reason": "Bận việc"}, **key)
    other = ana_api.post(url, {"reason": "Lý do khác"}, **key)

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len([one for one in told if not isinstance(one, PlaceFreed)]) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reson": "x"}, 422, "unknown_field"),
        ({"reason": "x" * 501}, 422, "invalid"),
        ({"reason": ["x"]}, 422, "invalid"),
    ],
)
def test_bad_bodies_change_nothing(booked, ana_api, body, status, code):
    before = stage.everything()
    answer = ana_api.post(f"/api/v1/appointments/{booked.id}/cancel", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stage.everything() == before


def test_checking_in_is_for_the_day(booked, ana_api, dan_api, clock):
    url = f"/api/v1/appointments/{booked.id}/check-in"
    assert ana_api.post(url).json()["code"] == "too_early"

    clock.move_to(at("08:45"))
    assert make.api_client(booked.person).post(url).json()["status"] == "checked_in"
    assert make.api_client(booked.person).post(url).status_code == 200


def test_the_desk_opens_a_schedule_and_fills_it(hospital, ben, visit_type, dan_api, nobody_api):
    made = dan_api.post("/api/v1/schedules", {"practitioner": str(ben.id), "room": "P.203"})
    assert (made.status_code, made.json()["zone"]) == (201, "Asia/Ho_Chi_Minh")
    url = f"/api/v1/schedules/{made.json()['id']}"
    hours = {"weekday": 2, "from_time": "08:00", "to_time": "10:00", "grid_minutes": 30}

    rule = dan_api.post(f"{url}/rules", hours)
    assert rule.status_code == 201
    assert dan_api.get(f"{url}/rules").json()["results"] == [rule.json()]
    extra = {"kind": "extra", "starts_at": at("13:00").isoformat(), "ends_at": at("13:30").isoformat()}
    assert dan_api.post(f"{url}/exceptions", extra).status_code == 201
    times = [one["starts_at"][11:16] for one in nobody_api.get(slots_url(ben, visit_type)).json()["results"]]
    assert times == ["01:00", "01:30", "02:00", "02:30", "06:00"]

    assert dan_api.delete(f"{url}/rules/{rule.json()['id']}").status_code == 204
    exception = dan_api.get(f"{url}/exceptions").json()["results"][0]["id"]
    assert dan_api.delete(f"{url}/exceptions/{exception}").status_code == 204
    assert nobody_api.get(slots_url(ben, visit_type)).json()["results"] == []
    assert dan_api.patch(url, {"active": False}).json()["active"] is False
    assert [one["id"] for one in dan_api.get("/api/v1/schedules").json()["results"]] == [made.json()["id"]]


def test_a_schedule_opens_once(schedule, ben, dan_api):
    answer = dan_api.post("/api/v1/schedules", {"practitioner": str(ben.id)})

    assert (answer.status_code, answer.json()["code"]) == (409, "schedule_exists")
    assert Schedule.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"from_time": "10:00", "to_time": "09:00"}, 422, "bad_hours"),
        ({"weekday": 7}, 422, "invalid"),
        ({"from_time": "later"}, 422, "invalid"),
        ({"from_time": "08:00:00Z"}, 422, "invalid"),
        ({"from_time": "8:00"}, 422, "invalid"),
        ({"from_time": 8}, 422, "invalid"),
        ({"grid_minutes": 1}, 422, "invalid"),
        ({"from_time": "16:00", "to_time": "18:00"}, 409, "rule_overlaps"),
        ({"visit_types": ["00000000-0000-7000-8000-000000000000"]}, 404, "not_found"),
        ({"valid_from": "2031-05-01", "valid_to": "2031-04-01"}, 422, "bad_hours"),
        ({"colour": "red"}, 422, "unknown_field"),
    ],
)
def test_bad_hours_change_nothing(schedule, dan_api, change, status, code):
    before = list(Rule.objects.order_by("id").values())
    body = {"weekday": 2, "from_time": "17:00", "to_time": "18:00", **change}
    answer = dan_api.post(f"/api/v1/schedules/{schedule.id}/rules", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert list(Rule.objects.order_by("id").values()) == before


def test_closing_over_an_appointment_is_refused_and_names_it(schedule, booked, dan_api):
    url = f"/api/v1/schedules/{schedule.id}/exceptions"
    closed = {"kind": "closed", "starts_at": at("08:00").isoformat(), "ends_at": at("12:00").isoformat()}

    refused = dan_api.post(url, closed)
    assert (refused.status_code, refused.json()["code"]) == (409, "appointments_affected")
    assert refused.json()["errors"]["appointments"] == [str(booked.id)]
    assert not Closure.objects.exists()

    assert dan_api.post(url, {**closed, "keep_agreed": True}).status_code == 201
    booked.refresh_from_db()
    assert booked.status == "booked"


def test_shrinking_hours_over_an_appointment_is_refused(schedule, booked, dan_api):
    rule = Rule.objects.get(schedule=schedule, weekday=make.TOMORROW.weekday())
    url = f"/api/v1/schedules/{schedule.id}/rules/{rule.id}"
    hours = {"weekday": rule.weekday, "from_time": "09:20", "to_time": "17:00", "grid_minutes": 20}

    assert dan_api.put(url, hours).json()["code"] == "appointments_affected"
    assert dan_api.delete(url).json()["code"] == "appointments_affected"
    rule.refresh_from_db()
    assert f"{rule.from_time:%H:%M}" == "08:00"
    assert dan_api.put(url, {**hours, "from_time": "08:40"}).status_code == 200
    assert dan_api.put(url, {**hours, "keep_agreed": True}).status_code == 200
    assert dan_api.delete(f"{url}?keep_agreed=true").status_code == 204


@pytest.mark.parametrize("who", ["ana_api", "ben_api", "other_desk"])
def test_only_its_desk_changes_a_schedule(schedule, request, who):
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    client = make.api_client(make.make_desk(facility=clinic)) if who == "other_desk" else request.getfixturevalue(who)
    rule = Rule.objects.filter(schedule=schedule).first()
    before = (list(Rule.objects.order_by("id").values()), list(Schedule.objects.values()), Closure.objects.count())
    url = f"/api/v1/schedules/{schedule.id}"
    hours = {"weekday": 2, "from_time": "17:00", "to_time": "18:00", "grid_minutes": 15}
    closed = {"kind": "closed", "starts_at": at("08:00").isoformat(), "ends_at": at("12:00").isoformat()}

    status = 404 if who == "other_desk" else 403
    assert client.patch(url, {"active": False}).status_code == status
    assert client.post(f"{url}/rules", hours).status_code == status
    assert client.put(f"{url}/rules/{rule.id}", hours).status_code == status
    assert client.delete(f"{url}/rules/{rule.id}").status_code == status
    assert client.post(f"{url}/exceptions", closed).status_code == status
    assert before == (
        list(Rule.objects.order_by("id").values()),
        list(Schedule.objects.values()),
        Closure.objects.count(),
    )


def test_a_doctor_reads_the_own_schedule(schedule, ben_api):
    assert ben_api.get(f"/api/v1/schedules/{schedule.id}").status_code == 200
    assert len(ben_api.get(f"/api/v1/schedules/{schedule.id}/rules").json()["results"]) == 7


def test_the_desk_cannot_open_a_schedule_for_a_doctor_from_elsewhere(dan_api):
    stranger = make.make_practitioner(facility=make.make_facility(kind="clinic", name="Phòng khám Hoa Sen"))

    assert dan_api.post("/api/v1/schedules", {"practitioner": str(stranger.id)}).status_code == 404
    assert not Schedule.objects.exists()


def test_fhir_is_valid_and_for_those_concerned(booked, by_ana, by_dan, by_eve, now):
    found = fhir.Appointments.read(by_ana, str(booked.id), now)
    FhirAppointment.model_validate(found)

    assert (found["status"], found["start"]) == ("booked", "2031-03-26T02:00:00+00:00")
    assert found["reasonCode"] == [{"text": "Ho ba ngày"}]
    assert "reasonCode" not in fhir.Appointments.read(by_dan, str(booked.id), now)
    assert [one["id"] for one in fhir.Appointments.search(by_ana, {"patient": str(booked.person_id)}, now)] == [
        str(booked.id)
    ]
    assert fhir.Appointments.search(by_eve, {"patient": str(booked.person_id)}, now) == []
    for id in (str(booked.id), "not-an-id"):
        with pytest.raises(NotFound):
            fhir.Appointments.read(by_eve, id, now)


def test_every_status_has_a_fhir_word():
    from booking.models import Status

    assert set(FHIR_STATUS) == set(Status)
    assert set(Appointment.MOVES) == set(Status)


def test_the_queries_do_not_grow_with_the_day(schedule, ben, visit_type, nobody_api, django_assert_max_num_queries):
    for number in range(8):
        stage.book(schedule, visit_type, make.make_person(), at("08:00") + timedelta(minutes=20 * number))

    with django_assert_max_num_queries(10):
        nobody_api.get(slots_url(ben, visit_type, TOMORROW, "2031-04-20"))


def test_the_desk_cancels_and_says_why(booked, dan_api, by_dan, now):
    body = dan_api.post(f"/api/v1/appointments/{booked.id}/cancel", {"reason": "Bác sĩ nghỉ"}).json()

    assert (body["cancelled_by"], body["cancel_reason"]) == ("facility", "Bác sĩ nghỉ")
    assert actions.cancel_appointment(appointment_id=booked.id, by=by_dan, now=now).cancel_reason == "Bác sĩ nghỉ"
