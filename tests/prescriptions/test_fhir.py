"""FHIR R4 and the timeline: what others read of prescriptions."""

import pytest
from fhir.resources.R4B import get_fhir_model_class

from core.errors import NotFound
from prescriptions import actions, fhir
from prescriptions.models import Dispense, Item
from records.sources import timeline
from tests.prescriptions.stage import AMOXICILLIN, SYRUP, handed, line, make_held, make_signed, only_item


@pytest.fixture
def collected(ana, ben, cara, by_cara, now):
    prescription = make_signed(
        person=ana, practitioner=ben, items=[line(AMOXICILLIN, instruction="sau ăn"), line(SYRUP, "2.5", 1, 5)]
    )
    secret = make_held(prescription=prescription, pharmacist=cara)
    items = [handed(one, one.total) for one in prescription.items.order_by("rank")]
    actions.dispense(prescription_id=prescription.id, secret=secret, items=items, by=by_cara, now=now)
    return actions.complete(prescription_id=prescription.id, secret=secret, by=by_cara, now=now)


def test_every_item_and_every_quantity_is_valid_fhir(collected, by_ana, ana, now):
    requests = fhir.MedicationRequests().search(by_ana, {"patient": f"Patient/{ana.id}"}, now)
    dispenses = fhir.MedicationDispenses().search(by_ana, {"patient": str(ana.id)}, now)
    assert (len(requests), len(dispenses)) == (2, 2)
    for resource in [*requests, *dispenses]:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert {one["groupIdentifier"]["value"] for one in requests} == {collected.code}
    assert {one["status"] for one in requests} == {"completed"}
    assert requests[0]["medicationCodeableConcept"]["coding"][0]["code"] == "J01CA04"
    assert requests[0]["reasonCode"][0]["coding"][0]["code"] == "J02.9"


@pytest.mark.parametrize("end", ["signed", "cancelled"])
def test_a_prescription_that_was_not_collected_is_valid_too(signed, by_ana, by_ben, now, end):
    if end == "cancelled":
        actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    resource = fhir.MedicationRequests().read(by_ana, only_item(signed).id, now)
    get_fhir_model_class("MedicationRequest").model_validate(resource)
    assert resource["status"] == {"signed": "active", "cancelled": "cancelled"}[end]


def test_eve_reads_and_finds_nothing(collected, ana, by_eve, now):
    with pytest.raises(NotFound):
        fhir.MedicationRequests().read(by_eve, Item.objects.first().id, now)
    with pytest.raises(NotFound):
        fhir.MedicationDispenses().read(by_eve, Dispense.objects.first().id, now)
    for kind in (fhir.MedicationRequests(), fhir.MedicationDispenses()):
        assert kind.search(by_eve, {"patient": str(ana.id)}, now) == []
        assert kind.search(by_eve, {}, now) == []


def test_through_the_door(collected, ana, ana_api, eve_api):
    found = ana_api.get(f"/fhir/R4/MedicationRequest?patient={ana.id}")
    assert found.status_code == 200
    assert found.json()["resourceType"] == "Bundle"
    item = Item.objects.first()
    assert ana_api.get(f"/fhir/R4/MedicationRequest/{item.id}").json()["id"] == str(item.id)
    assert eve_api.get(f"/fhir/R4/MedicationRequest/{item.id}").status_code == 404
    assert eve_api.get(f"/fhir/R4/MedicationDispense/{Dispense.objects.first().id}").status_code == 404


def test_the_timeline_has_the_prescription_and_what_was_handed_out(collected, ana):
    kinds = {entry.kind: entry for entry in timeline(ana.id)}
    assert kinds["prescription"].status == "dispensed"
    assert kinds["prescription"].detail["code"] == collected.code
    assert kinds["dispense"].title.startswith("Amoxicilin 500 mg")
    assert len(kinds["dispense"].detail["items"]) == 2
