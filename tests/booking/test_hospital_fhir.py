"""A hospital's own system over FHIR: schedules, slots, appointments made and cancelled; checked by the model of R4B."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.http import urlencode
from fhir.resources.R4B import get_fhir_model_class

import identity.actions
from audit.models import Line
from booking.events import AppointmentBooked, AppointmentCancelled
from booking.models import Appointment, OutsideNumber
from identity.models import ApiClient
from tests import make
from tests.booking import stage
from tests.booking.stage import at

pytestmark = pytest.mark.django_db
NATIONAL_ID = "http://fhir.hl7.org.vn/core/sid/cccd"
HIS = "https://his.example.vn/lich-kham"
ALL = list(ApiClient.SCOPES)


class System:
    """A hospital's system behind the door."""

    def __init__(self, desk: Any, scopes: list[str], now: Any) -> None:
        self.client, secret = identity.actions.make_client(name="HIS", scopes=scopes, by=make.actor_for(desk), now=now)
        _row, token = identity.actions.issue_token(client_id=self.client.client_id, secret=secret, scope="", now=now)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.door = Client()

    def get(self, address: str, **asked: Any) -> Any:
        query = f"?{urlencode(asked, doseq=True)}" if asked else ""
        return read(self.door.get(f"/fhir/R4/{address}{query}", headers=self.headers))

    def send(self, method: str, address: str, body: Any, kind: str = "application/fhir+json", **headers: str) -> Any:
        send = getattr(self.door, method)
        return read(send(f"/fhir/R4/{address}", body, content_type=kind, headers={**self.headers, **headers}))


def read(answer: Any) -> Any:
    """Every answer is FHIR, also a refusal."""
    assert answer.headers["Content-Type"].startswith("application/fhir+json"), answer.content
    body = answer.json()
    get_fhir_model_class(body["resourceType"]).model_validate(body)
    answer.body = body
    if answer.status_code >= 400:
        assert body["resourceType"] == "OperationOutcome"
    return answer


def found(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return [entry["resource"] for entry in answer.body.get("entry", [])]


@pytest.fixture
def his(dan, now, clock) -> System:
    return System(dan, ALL, now)


@pytest.fixture
def stranger(now, clock) -> System:
    return System(make.make_desk(facility=make.make_facility(name="Bệnh viện Khác")), ALL, now)


@pytest.fixture
def patient(schedule, visit_type, ana) -> Appointment:
    """Ana has a visit tomorrow at ten, so the facility knows her."""
    ana.national_id = "001190012345"
    ana.save()
    return stage.book(schedule, visit_type, ana, at("10:00"))


def slots(his: System, schedule: Any, **asked: Any) -> list[dict[str, Any]]:
    day = make.TOMORROW
    asked = {"start": [f"ge{day}", f"lt{day + timedelta(days=1)}"], **asked}
    return found(his.get("Slot", schedule=f"Schedule/{schedule.pk}", **asked))


def wish(free: dict[str, Any], person: Any, **values: Any) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "identifier": [{"system": HIS, "value": "A-1"}],
        "slot": [{"reference": f"Slot/{free['id']}"}],
        "appointmentType": {"text": "in_person"},
        "participant": [{"actor": {"reference": f"Patient/{person.pk}"}, "status": "accepted"}],
        **values,
    }


def free_at(his: System, schedule: Any, clock_text: str) -> dict[str, Any]:
    return next(one for one in slots(his, schedule, status="free") if one["start"] == utc(at(clock_text)))


def utc(moment: Any) -> str:
    return moment.astimezone(make.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def test_finds_the_schedules_of_its_facility_only(his, stranger, schedule, ben, hospital):
    (one,) = found(his.get("Schedule"))
    assert one["id"] == str(schedule.pk)
    assert {part["reference"] for part in one["actor"]} == {f"Practitioner/{ben.pk}", f"Location/{hospital.pk}"}
    assert found(his.get("Schedule", actor=f"Practitioner/{ben.pk}")) == [one]
    assert found(his.get("Schedule", actor=f"Location/{hospital.pk}", date=f"ge{make.TOMORROW}")) == [one]
    assert found(his.get("Schedule", date="ge2099-01-01")) == []
    assert found(his.get("Schedule", actor=f"Practitioner/{uuid4()}")) == []
    assert his.get(f"Schedule/{schedule.pk}").body == one
    assert found(stranger.get("Schedule")) == []
    assert stranger.get(f"Schedule/{schedule.pk}").status_code == 404


def test_slots_are_the_free_times_and_the_taken_ones_without_people(his, stranger, schedule, patient, ana):
    listed = slots(his, schedule)
    # 08:00 to 17:00 every twenty minutes: 27 starts; one is taken.
    assert len(listed) == 27
    assert [one["start"] for one in listed if one["status"] == "busy"] == [utc(at("10:00"))]
    assert [one["start"] for one in listed] == sorted(one["start"] for one in listed)
    assert {one["status"] for one in slots(his, schedule, status="free")} == {"free"}
    assert len(slots(his, schedule, status="busy,busy-tentative")) == 1
    assert str(ana.pk) not in str(listed) and ana.full_name not in str(listed)
    for one in (listed[0], listed[6]):
        assert his.get(f"Slot/{one['id']}").body == one
        assert found(his.get("Slot", _id=one["id"])) == [one]
        assert stranger.get(f"Slot/{one['id']}").status_code == 404
    assert slots(stranger, schedule) == []
    assert his.get("Slot").status_code == 422
    assert his.get("Slot", schedule=schedule.pk, start="tomorrow").status_code == 422
    assert his.get("Slot/" + "a" * 58).status_code == 404


def test_books_a_slot_for_a_patient_by_id(his, schedule, patient, ana, told):
    slot = free_at(his, schedule, "11:00")
    answer = his.send("post", "Appointment", wish(slot, ana, reasonCode=[{"text": "Tái khám"}]))
    assert answer.status_code == 201, answer.content
    made = Appointment.objects.get(pk=answer.body["id"])
    assert answer.headers["Location"].endswith(f"/fhir/R4/Appointment/{made.pk}")
    assert (made.status, made.person, made.starts_at, made.mode) == ("booked", ana, at("11:00"), "in_person")
    assert (made.reason, made.booked_by, made.price_amount) == ("Tái khám", his.client.pk, 150_000)
    assert answer.body["identifier"] == [{"system": HIS, "value": "A-1"}]
    assert answer.body["slot"] == [{"reference": f"Slot/{slot['id']}"}]
    assert "Tái khám" not in answer.content.decode()  # no clinical text for the hospital's systems
    assert [type(event) for event in told][-1] is AppointmentBooked
    line = Line.objects.get(action="booking.book", subject=f"appointment:{made.pk}")
    assert (line.role, line.name, line.user_id) == ("hospital", "HIS", his.client.pk)
    assert his.get(f"Slot/{slot['id']}").body["status"] == "busy"
    assert his.get(f"Appointment/{made.pk}").body["id"] == str(made.pk)


def coded(code: str) -> list[dict[str, Any]]:
    return [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}]


@pytest.mark.parametrize(("reason", "status"), [([{"text": "Ho"}], 422), (coded("C34.9"), 409), (coded("I21"), 409)])
def test_a_hospital_makes_no_video_visit_outside_the_list_either(his, schedule, patient, ana, reason, status):
    slot, before = free_at(his, schedule, "11:00"), stage.everything()
    answer = his.send("post", "Appointment", wish(slot, ana, appointmentType={"text": "video"}, reasonCode=reason))
    assert answer.status_code == status, answer.content
    assert stage.everything() == before


def test_with_a_listed_code_it_does_and_the_visit_keeps_it(his, schedule, patient, ana):
    slot = free_at(his, schedule, "11:00")
    body = wish(slot, ana, appointmentType={"text": "video"}, reasonCode=coded("J00"))
    made = Appointment.objects.get(pk=his.send("post", "Appointment", body).body["id"])
    assert (made.mode, made.form, made.condition_code) == ("video", "direct_to_patient", "J00")


@pytest.mark.parametrize("what", ["notice", "membership"])
def test_no_door_passes_the_gate_of_the_law(his, schedule, patient, ana, ben, hospital, visit_type, what):
    """The facility's notice and the doctor's registration there: asked of hospital and citizen alike."""
    if what == "notice":
        hospital.telemedicine = ["teleconsult_mdt"]
        hospital.save()
    else:
        ben.memberships.update(active_to=make.LONG_AGO)
    slot, before = free_at(his, schedule, "11:00"), stage.everything()
    body = wish(slot, ana, appointmentType={"text": "video"}, reasonCode=coded("J00"))
    assert his.send("post", "Appointment", body).status_code == 409
    mine = {"schedule": str(schedule.pk), "starts_at": slot["start"], "visit_type": str(visit_type.pk)}
    answer = make.api_client(ana).post("/api/v1/appointments", mine | {"mode": "video", "condition": "J00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_at_a_distance")
    assert stage.everything() == before
    assert make.api_client(ana).post("/api/v1/appointments", mine | {"mode": "in_person"}).status_code == 201


def test_books_by_the_personal_identification_number(his, schedule, patient, ana):
    by_number = [{"actor": {"identifier": {"system": NATIONAL_ID, "value": ana.national_id}}, "status": "accepted"}]
    answer = his.send("post", "Appointment", wish(free_at(his, schedule, "11:00"), ana, participant=by_number))
    assert answer.status_code == 201, answer.content
    assert Appointment.objects.get(pk=answer.body["id"]).person == ana


def test_the_same_number_makes_no_second_visit(his, schedule, patient, ana, told):
    body = wish(free_at(his, schedule, "11:00"), ana)
    first = his.send("post", "Appointment", body)
    events, before = len(told), stage.everything()[0]
    again = his.send("post", "Appointment", body)
    conditional = his.send("post", "Appointment", body, **{"If-None-Exist": f"identifier={HIS}|A-1"})
    assert (first.status_code, again.status_code, conditional.status_code) == (201, 200, 200)
    assert first.body["id"] == again.body["id"] == conditional.body["id"]
    assert found(his.get("Appointment", identifier=f"{HIS}|A-1"))[0]["id"] == first.body["id"]
    other = his.send("post", "Appointment", wish(free_at(his, schedule, "13:00"), ana))
    assert other.status_code == 409 and other.body["issue"][0]["code"] == "conflict"
    assert (stage.everything()[0], len(told)) == (before, events)


def test_refuses_and_changes_nothing(his, stranger, schedule, patient, ana, eve, visit_type):
    slot = free_at(his, schedule, "11:00")
    taken = next(one for one in slots(his, schedule) if one["status"] == "busy")
    eve.national_id = "001190099999"
    eve.save()
    unknown = [{"actor": {"identifier": {"system": NATIONAL_ID, "value": eve.national_id}}, "status": "accepted"}]
    nobody = [{"actor": {"identifier": {"system": NATIONAL_ID, "value": "001190000000"}}, "status": "accepted"}]
    before, numbers = stage.everything(), OutsideNumber.objects.count()
    tries = [
        (his, wish(slot, ana, status="fulfilled"), 422),
        (his, wish(slot, ana, appointmentType={"text": "by_letter"}), 422),
        (his, wish(slot, ana, slot=[]), 422),
        (his, wish(slot, ana, slot=[{"reference": "Slot/1"}]), 422),
        (his, wish(slot, ana, start=utc(at("11:20")), end=utc(at("11:40"))), 422),
        (his, wish(slot, eve), 422),  # signed up here, but not this facility's patient
        (his, wish(slot, ana, participant=unknown), 422),
        (his, wish(slot, ana, participant=nobody), 422),
        (his, wish(slot, ana, participant=[]), 422),
        (his, wish(slot, ana, nonsense=1), 422),
        (his, {**wish(slot, ana), "resourceType": "Slot"}, 422),
        (his, [], 422),
        (his, wish(taken, ana), 409),
        (stranger, wish(slot, ana), 422),
    ]
    for who, body, status in tries:
        answer = who.send("post", "Appointment", body)
        assert answer.status_code == status, (body, answer.content)
    # Known elsewhere and known nowhere read alike.
    words = [his.send("post", "Appointment", wish(slot, ana, participant=one)).content for one in (unknown, nobody)]
    assert words[0] == words[1]
    assert his.send("post", "Slot", {"resourceType": "Slot"}).status_code in {403, 404}
    assert his.send("post", "Appointment", "{", kind="application/fhir+json").status_code == 400
    assert (stage.everything(), OutsideNumber.objects.count()) == (before, numbers)


@pytest.mark.parametrize("way", ["put", "patch"])
def test_cancels(his, stranger, schedule, patient, told, way):
    address = f"Appointment/{patient.pk}"
    body = his.get(address).body
    if way == "put":
        said: Any = {**body, "status": "cancelled", "cancelationReason": {"text": "Bác sĩ bận họp"}}
        kind = "application/fhir+json"
    else:
        said = [{"op": "replace", "path": "/status", "value": "cancelled"}]
        kind = "application/json-patch+json"
    before = stage.everything()
    assert stranger.send(way, address, said, kind).status_code == 404
    assert stage.everything() == before
    answer = his.send(way, address, said, kind)
    assert (answer.status_code, answer.body["status"]) == (200, "cancelled"), answer.content
    patient.refresh_from_db()
    assert (patient.status, patient.cancelled_by, patient.fee_amount) == ("cancelled", "facility", 0)
    assert [event.cancelled_by for event in told if isinstance(event, AppointmentCancelled)] == ["facility"]
    assert his.send(way, address, said, kind).status_code == 200  # again: nothing more
    assert len([event for event in told if isinstance(event, AppointmentCancelled)]) == 1
    assert next(one for one in slots(his, schedule) if one["start"] == utc(at("10:00")))["status"] == "free"


def test_changes_nothing_else(his, patient):
    address = f"Appointment/{patient.pk}"
    body = his.get(address).body
    before = stage.everything()
    for method, said, kind in (
        ("put", {**body, "status": "fulfilled"}, "application/fhir+json"),
        ("put", {**body, "status": "cancelled", "id": str(uuid4())}, "application/fhir+json"),
        ("put", {**body, "status": "cancelled", "start": utc(at("11:00"))}, "application/fhir+json"),
        ("patch", [{"op": "replace", "path": "/start", "value": utc(at("11:00"))}], "application/json-patch+json"),
        ("patch", [], "application/json-patch+json"),
        ("patch", {}, "application/json-patch+json"),
    ):
        assert his.send(method, address, said, kind).status_code == 422, said
    assert stage.everything() == before


def test_scopes_hold(dan, now, clock, schedule, patient, ana):
    reader = System(dan, ["system/Slot.read"], now)
    slot = free_at(reader, schedule, "11:00")
    before = stage.everything()
    assert reader.get("Schedule").status_code == 403
    assert reader.get(f"Appointment/{patient.pk}").status_code == 403
    assert reader.send("post", "Appointment", wish(slot, ana)).status_code == 403
    assert reader.send("put", f"Appointment/{patient.pk}", {"resourceType": "Appointment"}).status_code == 403
    assert reader.get("Patient").status_code == 403
    assert stage.everything() == before


def test_people_do_not_write_fhir(schedule, patient, ana, ben, eve):
    for who in (ana, ben, eve):
        answer = make.api_client(who).post("/fhir/R4/Appointment", {"resourceType": "Appointment"})
        assert answer.status_code == 403


def test_sees_the_visits_of_its_facility_without_why_people_come(his, stranger, schedule, visit_type, ana, patient):
    (one,) = found(his.get("Appointment", date=f"ge{make.TOMORROW}", status="booked"))
    assert one["id"] == str(patient.pk) and "Ho ba ngày" not in str(one)
    assert found(his.get("Appointment", date=f"lt{make.TOMORROW}")) == []
    assert found(stranger.get("Appointment")) == []
    assert stranger.get(f"Appointment/{patient.pk}").status_code == 404
    assert Line.objects.filter(action="records.read", role="hospital", name="HIS").exists()


def test_whoever_is_shut_out_is_out(his, dan, now, patient):
    identity.actions.revoke_client(client_id=his.client.pk, by=make.actor_for(dan), now=now)
    assert his.get(f"Appointment/{patient.pk}").status_code == 401


def test_the_capability_statement_says_so():
    said = read(Client().get("/fhir/R4/metadata")).body
    kinds = {one["type"]: one for one in said["rest"][0]["resource"]}
    assert {one["code"] for one in kinds["Appointment"]["interaction"]} == {
        "read",
        "search-type",
        "create",
        "update",
        "patch",
    }
    assert kinds["Appointment"]["conditionalCreate"] is True
    assert {one["name"] for one in kinds["Slot"]["searchParam"]} >= {"schedule", "start", "status"}
    assert {one["name"] for one in kinds["Schedule"]["searchParam"]} >= {"actor", "date"}


@pytest.mark.parametrize("body", [b"{", b"[" * 5000, b"\xff\xfe{}", b"\x80", b'{"a": NaN}', b"[]", b'"x"', b"1"])
def test_what_cannot_be_read_is_refused_in_fhirs_words_and_changes_nothing(his, schedule, body):
    before = Appointment.objects.count()
    answer = his.door.post("/fhir/R4/Appointment", body, content_type="application/fhir+json", headers=his.headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert Appointment.objects.count() == before


@pytest.mark.parametrize(
    "step",
    [
        {"op": ["replace"], "path": "/status", "value": "cancelled"},
        {"op": "replace", "path": ["/status"], "value": "cancelled"},
        {"op": {"x": 1}, "path": {"y": 2}},
        {"op": "replace", "path": "/status", "value": ["cancelled"]},
        {"op": "test", "path": "/status", "value": "fulfilled"},
        "replace",
        None,
    ],
)
def test_a_patch_nobody_understands_is_refused_and_changes_nothing(his, patient, step):
    before = stage.everything()
    refused = his.send("patch", f"Appointment/{patient.pk}", json.dumps([step]), "application/json-patch+json")
    assert refused.status_code == 422
    assert stage.everything() == before


def test_a_test_that_fails_stops_the_patch(his, patient):
    before = stage.everything()
    steps = [
        {"op": "test", "path": "/status", "value": "fulfilled"},
        {"op": "replace", "path": "/status", "value": "cancelled"},
    ]
    refused = his.send("patch", f"Appointment/{patient.pk}", json.dumps(steps), "application/json-patch+json")
    assert refused.status_code == 422
    assert stage.everything() == before


def test_a_slot_in_a_year_no_calendar_has_is_not_there(his, schedule, patient, ana, visit_type):
    raw = schedule.pk.bytes + visit_type.pk.bytes + b"\xff\xff\xff\xff"
    name = base64.b32encode(raw).decode().rstrip("=").lower()
    before = stage.everything()
    assert his.get(f"Slot/{name}").status_code == 404
    assert his.get("Slot", _id=name).status_code == his.get("Slot", _id="x").status_code == 404
    assert his.send("post", "Appointment", wish({"id": name}, ana)).status_code == 422
    assert stage.everything() == before


@pytest.mark.parametrize(
    "start", ["ge9999-12-30", "le0001-01-02", "9999-12-31", "ge9999-12-31T23:59:59Z", "le0001-01-01T00:00:00+14:00"]
)
def test_a_time_in_a_year_no_calendar_has_is_refused_in_fhirs_words(his, schedule, start):
    for kind, name in (("Slot", "start"), ("Schedule", "date"), ("Appointment", "date")):
        more = {"schedule": f"Schedule/{schedule.pk}"} if kind == "Slot" else {}
        answer = his.get(kind, **{name: start, **more})
        assert (answer.status_code, answer.json()["resourceType"]) == (422, "OperationOutcome"), kind
