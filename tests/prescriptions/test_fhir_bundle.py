"""A whole prescription over FHIR R4: medications, the doctor's signature, the bundle; and who reads none of it."""

from base64 import b64decode

import pytest
from fhir.resources.R4B import get_fhir_model_class

from audit.models import Line
from core.fhir import validated
from core.refs import ref
from prescriptions import actions, fhir_bundles, signing
from prescriptions.models import Drug, SigningKey
from tests.prescriptions.stage import AMOXICILLIN, SYRUP, handed, line, make_draft, make_held, make_signed, make_visit


@pytest.fixture
def collected(ana, ben, cara, by_cara, now):
    """Two drugs, the first in two lots."""
    prescription = make_signed(person=ana, practitioner=ben, items=[line(AMOXICILLIN), line(SYRUP, "2.5", 1, 5)])
    secret = make_held(prescription=prescription, pharmacist=cara)
    first, second = prescription.items.order_by("rank")
    lots = [handed(first, 4, "A"), handed(first, 10, "B"), handed(second, 1, "C")]
    actions.dispense(prescription_id=prescription.id, secret=secret, items=lots, by=by_cara, now=now)
    return actions.complete(prescription_id=prescription.id, secret=secret, by=by_cara, now=now)


def test_the_bundle_is_valid_and_holds_together(collected, ana, ana_api):
    answer = ana_api.get(f"/fhir/R4/Bundle/{collected.id}")
    assert answer.status_code == 200
    bundle = get_fhir_model_class("Bundle").model_validate(answer.json())
    parts = [entry["resource"] for entry in answer.json()["entry"]]
    kinds = [one["resourceType"] for one in parts]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "MedicationRequest": 2, "Medication": 2, "MedicationDispense": 3, "Provenance": 1,
    }  # fmt: skip
    assert bundle.type == "collection"
    assert answer.json()["identifier"]["value"] == collected.code
    here = {f"{one['resourceType']}/{one['id']}" for one in parts}
    requests = [one for one in parts if one["resourceType"] == "MedicationRequest"]
    assert {one["supportingInformation"][0]["reference"] for one in requests} <= here
    handed_out = [one for one in parts if one["resourceType"] == "MedicationDispense"]
    assert {one["authorizingPrescription"][0]["reference"] for one in handed_out} <= here
    assert sum(one["quantity"]["value"] for one in handed_out) == 15
    assert {one["reference"] for one in parts[-1]["target"]} <= here
    assert {one["subject"]["reference"] for one in requests} == {f"Patient/{ana.id}"}
    addresses = [entry["fullUrl"] for entry in answer.json()["entry"]]
    assert [one.split("/fhir/R4/")[1] for one in addresses] == [f"{one['resourceType']}/{one['id']}" for one in parts]


def test_the_signature_in_the_provenance_verifies(collected, ana_api):
    """What FHIR carries is the JWS itself: whoever has the public key can verify it without us."""
    found = ana_api.get(f"/fhir/R4/Provenance/{collected.id}").json()
    get_fhir_model_class("Provenance").model_validate(found)
    (signature,) = found["signature"]
    token = b64decode(signature["data"]).decode()
    signing.verify(token, collected.content, SigningKey.objects.get().public_jwk)
    assert signature["type"][0]["code"] == "1.2.840.10065.1.12.1.1"  # R4: author's signature
    assert found["agent"][0]["who"]["identifier"]["value"] == collected.practitioner.licence_number
    item = collected.items.first()
    by_target = ana_api.get(f"/fhir/R4/Provenance?target=MedicationRequest/{item.id}").json()
    assert [one["resource"]["id"] for one in by_target["entry"]] == [str(collected.id)]


def test_a_drug_reads_as_it_stands_in_the_catalogue(db, ana_api):
    drug = Drug.objects.get(code="amoxicillin-clavulanic-acid-875-mg-125-mg-tablet")
    found = ana_api.get(f"/fhir/R4/Medication/{drug.id}").json()
    get_fhir_model_class("Medication").model_validate(found)
    assert found["code"]["coding"][0]["code"] == "J01CR02"
    assert [one["itemCodeableConcept"]["text"] for one in found["ingredient"]] == [
        "amoxicillin 875 mg",
        "clavulanic acid 125 mg",
    ]
    by_group = ana_api.get("/fhir/R4/Medication?code=http://www.whocc.no/atc|J01CR").json()
    assert str(drug.id) in {one["resource"]["id"] for one in by_group["entry"]}
    by_name = ana_api.get("/fhir/R4/Medication?name=amoxicilin").json()
    assert by_name["total"] > 1
    by_code = ana_api.get(f"/fhir/R4/Medication?identifier={drug.code}").json()
    assert [one["resource"]["id"] for one in by_code["entry"]] == [str(drug.id)]


@pytest.mark.django_db
def test_every_drug_of_the_catalogue_is_valid_fhir():
    for drug in Drug.objects.all():
        assert validated(fhir_bundles.drug_of(drug))["id"] == str(drug.id)


def test_found_by_its_code_and_the_reading_is_written_down(collected, ana, ben, ben_api):
    before = Line.objects.filter(person_id=ana.id, action="records.read").count()
    found = ben_api.get(f"/fhir/R4/Bundle?identifier={collected.code.upper()}").json()
    assert [one["resource"]["id"] for one in found["entry"]] == [str(collected.id)]
    assert Line.objects.filter(person_id=ana.id, action="records.read").count() == before + 1
    ben_api.get(f"/fhir/R4/Bundle/{collected.id}")
    assert Line.objects.filter(action="prescription.read", subject=str(ref(collected))).exists()


def test_a_draft_is_nothing_yet(ana, ben, ben_api):
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    for kind in ("Bundle", "Provenance"):
        assert ben_api.get(f"/fhir/R4/{kind}/{begun.id}").status_code == 404
        assert ben_api.get(f"/fhir/R4/{kind}?patient={ana.id}").json()["total"] == 0


def test_eve_reads_and_finds_nothing(collected, ana, eve_api):
    for kind in ("Bundle", "Provenance"):
        assert eve_api.get(f"/fhir/R4/{kind}/{collected.id}").status_code == 404
        for query in (f"patient={ana.id}", f"identifier={collected.code}", f"_id={collected.id}", ""):
            assert eve_api.get(f"/fhir/R4/{kind}?{query}").json()["total"] == 0
    item = collected.items.first()
    assert eve_api.get(f"/fhir/R4/Provenance?target=MedicationRequest/{item.id}").json()["total"] == 0
