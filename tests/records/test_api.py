"""The doors: who gets what, what a stranger gets, how bad bodies are refused."""

import pytest

from core.ids import new_id
from records import actions
from records.models import Allergy, Encounter, Observation
from tests import make


def record_paths(person) -> list[str]:
    base = f"/api/v1/people/{person.id}/record"
    return [f"{base}/{name}" for name in ("timeline", "summary", "access-log", "allergies", "observations")]


def test_the_doctor_writes_and_finishes_over_http(planned, ben_api, ana_api):
    path = f"/api/v1/encounters/{planned.id}"
    assert ben_api.post(f"{path}/start").json()["status"] == "in_progress"
    answer = ben_api.patch(path, {"version": 0, "plan": "Nghỉ ngơi", "diagnoses": [{"code": "J00"}]})
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert answer.json()["diagnoses"][0]["name"].startswith("Viêm mũi họng cấp")
    hidden = ana_api.get(path).json()
    assert (hidden["plan"], hidden["diagnoses"]) == ("", [])  # still being written
    assert ben_api.post(f"{path}/finish").json()["status"] == "finished"
    shown = ana_api.get(path).json()
    assert (shown["plan"], shown["diagnoses"][0]["code"]) == ("Nghỉ ngơi", "J00")


def test_a_stale_note_is_a_409_and_changes_nothing(begun, ben_api):
    path = f"/api/v1/encounters/{begun.id}"
    ben_api.patch(path, {"version": 0, "plan": "một"})
    answer = ben_api.patch(path, {"version": 0, "plan": "hai"})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_note")
    assert answer["Content-Type"] == "application/problem+json"
    begun.refresh_from_db()
    assert (begun.plan, begun.version) == ("một", 1)


def test_finishing_without_a_diagnosis_is_a_409(begun, ben_api):
    answer = ben_api.post(f"/api/v1/encounters/{begun.id}/finish")
    assert (answer.status_code, answer.json()["code"]) == (409, "diagnosis_missing")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plan": "x"},
        {"version": -1},
        {"version": 0, "plan": 5.5, "nonsense": 1},
        {"version": 0, "plan": None},
        {"version": 0, "diagnoses": [{"code": "nonsense"}]},
        {"version": 0, "diagnoses": [{"code": "J99.99"}]},
        {"version": 0, "diagnoses": "J00"},
        {"version": 0, "plan": "x" * 20_001},
        {"version": 0, "plan": "a\u0000b"},
    ],
)
def test_a_bad_body_is_a_422_and_changes_nothing(begun, ben_api, body):
    answer = ben_api.patch(f"/api/v1/encounters/{begun.id}", body)
    assert answer.status_code == 422
    begun.refresh_from_db()
    assert begun.version == 0


def test_the_citizen_may_read_but_not_write(begun, ana_api):
    path = f"/api/v1/encounters/{begun.id}"
    assert ana_api.patch(path, {"version": 0, "plan": "x"}).status_code == 403
    assert ana_api.post(f"{path}/finish").status_code == 403
    assert ana_api.get(path).status_code == 200


def test_eve_cannot_tell_whether_it_exists(ana, finished, eve_api):
    for path in [f"/api/v1/encounters/{finished.id}", *record_paths(ana)]:
        real = eve_api.get(path)
        absent = eve_api.get(path.replace(str(finished.id), str(new_id())).replace(str(ana.id), str(new_id())))
        assert (real.status_code, real.json()) == (404, absent.json()), path
    assert eve_api.post(f"/api/v1/people/{ana.id}/record/allergies", {"substance": "x"}).status_code == 404
    values = {"values": [{"code": "8867-4", "value": 70}]}
    assert eve_api.post(f"/api/v1/people/{ana.id}/record/observations", values).status_code == 404
    assert not (Allergy.objects.exists() or Observation.objects.exists())


def test_nobody_is_asked_to_sign_in_and_other_roles_are_refused(ana, finished, nobody_api, dan_api, cara_api):
    for path in [f"/api/v1/encounters/{finished.id}", "/api/v1/icd10?q=ho", *record_paths(ana)]:
        assert nobody_api.get(path).status_code == 401, path
    for path in [f"/api/v1/encounters/{finished.id}", *record_paths(ana)]:
        assert dan_api.get(path).status_code == 403, path
        assert cara_api.get(path).status_code == 403, path


def test_the_timeline_tells_finished_visits_with_diagnosis_and_advice(ana, finished, ana_api):
    entries = ana_api.get(f"/api/v1/people/{ana.id}/record/timeline").json()["results"]
    visit = next(one for one in entries if one["kind"] == "encounter")
    assert visit["title"] == "Viêm phế quản cấp, không xác định"
    assert visit["detail"]["advice"] == "Uống nhiều nước ấm"
    assert visit["ref"] == f"encounter:{finished.id}"
    only = ana_api.get(f"/api/v1/people/{ana.id}/record/timeline?kind=dispense").json()
    assert only == {"results": [], "next": None, "previous": None}


def test_older_entries_are_one_address_further(ana, finished, ana_api):
    address, seen = f"/api/v1/people/{ana.id}/record/timeline?limit=1", []
    whole = ana_api.get(f"/api/v1/people/{ana.id}/record/timeline").json()["results"]
    while address:
        page = ana_api.get(address).json()
        seen += page["results"]
        address = page["next"]
    assert seen == whole


def test_the_summary_gathers_what_matters(ana, planned, ana_api, ben_api):
    actions.add_allergy(
        person_id=ana.id, substance="Penicillin", severity="severe", by=make.actor_for(ana), now=make.NOW
    )
    body = ben_api.get(f"/api/v1/people/{ana.id}/record/summary").json()
    assert body["allergies"][0]["substance"] == "Penicillin"
    assert body["allergies"][0]["source"] == "citizen"
    assert body["sex"] == "female" and body["age"] >= 36


def test_a_repeated_request_adds_one_measurement(ana, ana_api):
    path = f"/api/v1/people/{ana.id}/record/observations"
    body = {"values": [{"code": "8480-6", "value": 128}, {"code": "8462-4", "value": 82}]}
    first = ana_api.post(path, body, headers={"Idempotency-Key": "k1"})
    again = ana_api.post(path, body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert Observation.objects.count() == 2
    assert [row["value"] for row in ana_api.get(f"{path}?code=8480-6").json()["results"]] == [128.0]


def test_an_implausible_value_is_a_422(ana, ana_api):
    body = {"values": [{"code": "8480-6", "value": 12800}]}
    answer = ana_api.post(f"/api/v1/people/{ana.id}/record/observations", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "implausible_value")


def test_an_allergy_is_added_and_taken_back(ana, ana_api):
    path = f"/api/v1/people/{ana.id}/record/allergies"
    made = ana_api.post(path, {"substance": "Tôm", "severity": "mild", "reaction": "Nổi mề đay"})
    assert made.status_code == 201
    assert ana_api.delete(f"{path}/{made.json()['id']}").status_code == 204
    assert ana_api.get(path).json()["results"] == []


def test_icd10_answers_over_http(ana_api):
    rows = ana_api.get("/api/v1/icd10?q=tang+huyet+ap&limit=3").json()["results"]
    assert rows[0] == {
        "code": "I10",
        "name_vi": "Tăng huyết áp vô căn (nguyên phát)",
        "name_en": "Essential (primary) hypertension",
    }
    assert len(rows) == 3
    assert ana_api.get("/api/v1/icd10").status_code == 422


@pytest.mark.parametrize("cursor", ["nonsense", "cD1ub25zZW5zZQ==", "cD0lMDA=", "bz0tMQ==", "%00"])
def test_an_odd_cursor_is_no_crash(ana, ana_api, cursor):
    for name in ("observations", "access-log"):
        assert ana_api.get(f"/api/v1/people/{ana.id}/record/{name}?cursor={cursor}").status_code in {200, 404, 422}


@pytest.mark.parametrize("query", ["q=%00", "q=a&limit=0", "q=a&limit=x", "q=" + "a" * 101])
def test_an_odd_search_is_a_422(ana_api, query):
    assert ana_api.get(f"/api/v1/icd10?{query}").status_code == 422


def test_a_cancelled_visit_is_no_part_of_the_timeline(ana, planned, ana_api, now):
    from tests.records import stage

    actions.cancel_encounter(encounter_id=planned.id, by=stage.SYSTEM, now=now)
    assert ana_api.get(f"/api/v1/people/{ana.id}/record/timeline").json()["results"] == []
    assert Encounter.objects.count() == 1
