"""FHIR R4: every resource is read by the R4B models, refusals are OperationOutcome, strangers see nothing."""

from datetime import date

import pytest
from fhir.resources.R4B import get_fhir_model_class

from audit.models import Line
from core.ids import new_id
from records import actions
from records.models import Allergy, Diagnosis
from tests import make


def checked(answer) -> dict:
    """The body, after the model of its type has read it."""
    body = answer.json()
    get_fhir_model_class(body["resourceType"]).model_validate(body)
    return body


@pytest.fixture
def known(ana, finished, by_ben, by_ana, now):
    """A person of whom everything is known."""
    ana.national_id = "001190012345"
    ana.insurance_number = "GD4797900000001"
    ana.province_id = "01"
    ana.address, ana.commune = "5 ngõ 12", "Phường Ba Đình"
    ana.save()
    actions.add_condition(person_id=ana.id, code="I10", since=date(2020, 1, 1), by=by_ben, now=now)
    actions.add_allergy(
        person_id=ana.id,
        substance="Penicillin",
        atc="J01CE01",
        severity="severe",
        reaction="Khó thở",
        by=by_ben,
        now=now,
    )
    actions.add_allergy(person_id=ana.id, substance="Tôm", by=by_ana, now=now)
    return ana


def test_metadata_declares_r4_and_every_type_without_sign_in(nobody_api, settings):
    answer = nobody_api.get("/fhir/R4/metadata")
    body = checked(answer)
    assert answer["Content-Type"].startswith("application/fhir+json")
    assert (body["resourceType"], body["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert {one["type"] for one in body["rest"][0]["resource"]} == set(settings.FHIR_TYPES)


def test_patient(known, ana_api):
    body = checked(ana_api.get(f"/fhir/R4/Patient/{known.id}"))
    assert body["name"][0] == {
        "use": "official",
        "text": known.full_name,
        "family": "Nguyễn",
        "given": ["Thị", "Ánh", "Ngọc"],
    }
    assert body["identifier"][0] == {"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": "001190012345"}
    assert (body["gender"], body["birthDate"]) == ("female", "1990-05-04")


def test_the_identifier_systems_are_settings(known, ana_api, settings):
    settings.FHIR_SYSTEMS = {**settings.FHIR_SYSTEMS, "national_id": "http://fhir.ehealth.gov.vn/core/sid/national_id"}
    body = checked(ana_api.get(f"/fhir/R4/Patient/{known.id}"))
    assert body["identifier"][0]["system"] == "http://fhir.ehealth.gov.vn/core/sid/national_id"


def test_a_person_of_whom_little_is_known(eve, eve_api):
    eve.born_on = None
    eve.sex = "unknown"
    eve.save()
    assert "birthDate" not in checked(eve_api.get(f"/fhir/R4/Patient/{eve.id}"))


def test_encounter_in_each_state(ana, ben, ana_api, now):
    from datetime import timedelta

    from tests.records import stage

    rows = [
        (stage.plan(ana, ben, mode="in_person"), "planned", "AMB"),
        (stage.begin(ana, ben, starts_at=now + timedelta(hours=1)), "in-progress", "VR"),
        (stage.finish(ana, ben, starts_at=now + timedelta(hours=2), mode="phone"), "finished", "VR"),
    ]
    for row, status, kind in rows:
        body = checked(ana_api.get(f"/fhir/R4/Encounter/{row.id}"))
        assert (body["status"], body["class"]["code"]) == (status, kind)
    bundle = checked(ana_api.get(f"/fhir/R4/Encounter?patient=Patient/{ana.id}"))
    assert bundle["total"] == 3


def test_conditions_of_visits_and_those_that_stay(known, finished, ana_api):
    bundle = checked(ana_api.get(f"/fhir/R4/Condition?patient={known.id}"))
    found = [
        (one["resource"]["code"]["coding"][0]["code"], one["resource"]["category"][0]["coding"][0]["code"])
        for one in bundle["entry"]
    ]
    assert found == [("I10", "problem-list-item"), ("J20.9", "encounter-diagnosis")]
    for one in bundle["entry"]:
        assert checked(ana_api.get(f"/fhir/R4/Condition/{one['resource']['id']}")) == one["resource"]


def test_allergies_say_what_the_citizen_entered(known, ana_api):
    bundle = checked(ana_api.get(f"/fhir/R4/AllergyIntolerance?patient={known.id}"))
    by_doctor, by_citizen = (one["resource"] for one in bundle["entry"])
    assert by_doctor["code"]["coding"][0]["code"] == "J01CE01"
    assert (by_doctor["criticality"], by_doctor["reaction"][0]["severity"]) == ("high", "severe")
    assert by_citizen["verificationStatus"]["coding"][0]["code"] == "unconfirmed"
    assert checked(ana_api.get(f"/fhir/R4/AllergyIntolerance/{by_citizen['id']}")) == by_citizen


def test_a_doctor_finds_patients_in_care_and_nobody_else(known, eve, ben_api):
    bundle = checked(ben_api.get("/fhir/R4/Patient"))
    assert [one["resource"]["id"] for one in bundle["entry"]] == [str(known.id)]
    assert checked(ben_api.get("/fhir/R4/Patient?name=anh+ngoc"))["total"] == 1
    assert checked(ben_api.get("/fhir/R4/Patient?identifier=x|001190012345"))["total"] == 1
    assert checked(ben_api.get(f"/fhir/R4/Condition?patient={eve.id}"))["total"] == 0


def test_a_doctor_in_care_reads_a_colleagues_visit(known, finished, hospital):
    from tests.records import stage

    colleague = make.make_practitioner(facility=hospital, full_name="Vũ Hải Yến")
    api = make.api_client(colleague)
    assert api.get(f"/fhir/R4/Encounter/{finished.id}").status_code == 404
    stage.plan(known, colleague)
    assert checked(api.get(f"/fhir/R4/Encounter/{finished.id}"))["id"] == str(finished.id)


def test_eve_sees_nothing(known, finished, eve, eve_api):
    things = {
        "Patient": known.id,
        "Encounter": finished.id,
        "Condition": Diagnosis.objects.get().id,
        "AllergyIntolerance": Allergy.objects.first().id,
    }
    for kind, id in things.items():
        answer = eve_api.get(f"/fhir/R4/{kind}/{id}")
        absent = eve_api.get(f"/fhir/R4/{kind}/{new_id()}")
        assert (answer.status_code, checked(answer)) == (404, absent.json())
        assert answer.json()["issue"][0]["code"] == "not-found"
        assert checked(eve_api.get(f"/fhir/R4/{kind}?patient={known.id}"))["total"] == 0
    bundle = checked(eve_api.get("/fhir/R4/Patient"))
    assert [one["resource"]["id"] for one in bundle["entry"]] == [str(eve.id)]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Patient/not-an-id", 404, "not-found"),
        ("Spaceship", 404, "not-found"),
        ("Spaceship/1", 404, "not-found"),
        ("Encounter?patient=me", 422, "invalid"),
        ("Encounter?_count=many", 422, "invalid"),
        ("Patient?_id=1", 422, "invalid"),
    ],
)
def test_refusals_are_operation_outcomes(ana_api, path, status, code):
    answer = ana_api.get(f"/fhir/R4/{path}")
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/fhir+json")
    assert checked(answer)["issue"][0]["code"] == code


class Things:
    """A type of another app that does not write who looked."""

    def search(self, by, params, now):
        return [{"resourceType": "Basic", "id": "1", "code": {"text": "x"}, "subject": {"reference": params["about"]}}]


def test_a_look_through_any_type_is_noted(ana, planned, ben_api, settings):
    settings.FHIR_TYPES = {**settings.FHIR_TYPES, "Basic": "tests.records.test_fhir.Things"}
    assert checked(ben_api.get(f"/fhir/R4/Basic?about=Patient/{ana.id}"))["total"] == 1
    assert Line.objects.filter(action="records.read", person_id=ana.id).count() == 1


def test_a_zero_byte_is_refused(ana_api):
    for query in ("Patient?name=%00", "Patient?identifier=a%00b"):
        assert ana_api.get(f"/fhir/R4/{query}").status_code == 422


def test_nobody_and_wrong_roles_are_refused_in_fhir(ana, nobody_api, dan_api, ana_api):
    answer = nobody_api.get(f"/fhir/R4/Patient/{ana.id}")
    assert (answer.status_code, checked(answer)["issue"][0]["code"]) == (401, "login")
    answer = dan_api.get(f"/fhir/R4/Patient/{ana.id}")
    assert (answer.status_code, checked(answer)["issue"][0]["code"]) == (403, "forbidden")
    answer = ana_api.post(f"/fhir/R4/Patient/{ana.id}")
    assert (answer.status_code, checked(answer)["resourceType"]) == (405, "OperationOutcome")
