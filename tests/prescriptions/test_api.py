"""The public contract, door by door: the whole path, bad input, and eve, who sees nothing."""

import pytest

from audit.queries import lines_about
from prescriptions.models import Item, Prescription, WrongTry
from records import actions as records_actions
from tests.make import api_client
from tests.prescriptions.stage import AMOXICILLIN, codes_of, make_draft, make_held, make_visit, only_item

LINE = {"drug": AMOXICILLIN, "dose_quantity": "1", "doses_a_day": 2, "days": 7, "instruction": "sau ăn"}


def test_the_whole_path_from_draft_to_collected(ana, ben, ana_api, ben_api, cara_api, pharmacy):
    visit = make_visit(person=ana, practitioner=ben)
    draft = ben_api.post("/api/v1/prescriptions", {"encounter": str(visit.id)})
    assert draft.status_code == 201
    at = f"/api/v1/prescriptions/{draft.json()['id']}"
    saved = ben_api.patch(at, {"items": [LINE], "advice": "Uống nhiều nước"}).json()
    assert (saved["items"][0]["total"], saved["items"][0]["drug"]["name"]) == (14, "Amoxicilin")
    assert ben_api.post(f"{at}/check").json()["findings"] == []
    signed = ben_api.post(f"{at}/sign").json()
    assert signed["status"] == "signed"
    assert signed["access_code"] == ""  # the doctor has no business with it
    assert signed["signature"]["valid"] is True

    mine = ana_api.get("/api/v1/prescriptions").json()["results"]
    assert [one["code"] for one in mine] == [signed["code"]]
    picture = ana_api.get(f"{at}/qr.svg", headers={"Accept": "image/svg+xml"})
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content
    assert b"style=" not in picture.content  # the content security policy allows none
    routed = ana_api.post(f"{at}/route", {"pharmacy": str(pharmacy.id)}).json()
    assert routed["pharmacy"]["name"] == pharmacy.name

    assert [one["id"] for one in cara_api.get("/api/v1/dispensing/queue").json()["results"]] == [signed["id"]]
    shown = {"code": mine[0]["code"], "access_code": mine[0]["access_code"]}
    found = cara_api.post("/api/v1/dispensing/lookup", shown).json()
    assert found["access_code"] == ""
    counter = f"/api/v1/dispensing/{found['id']}"
    secret = cara_api.post(f"{counter}/accept").json()["secret"]
    assert cara_api.post(f"{counter}/accept").json()["secret"] == secret
    items = [{"item": found["items"][0]["id"], "quantity": 14, "lot": "A1"}]
    headers = {"Idempotency-Key": "one"}
    for _ in range(2):  # the answer got lost; the same request again hands out nothing more
        given = cara_api.post(f"{counter}/dispense", {"secret": secret, "items": items}, headers=headers)
        assert given.json()["items"][0]["dispensed_quantity"] == 14
    assert cara_api.post(f"{counter}/complete", {"secret": secret}).json()["status"] == "dispensed"
    assert ana_api.get(at).json()["status"] == "dispensed"
    told = set(lines_about(ana.id).values_list("action", flat=True))
    assert {f"prescription.{word}" for word in ("sign", "route", "lookup", "accept", "dispense", "complete")} <= told


def test_the_catalogue_is_searched_by_whoever_is_signed_in(ana_api, nobody_api):
    found = ana_api.get("/api/v1/drugs?q=amoxicilin 500").json()["results"]
    assert found[0]["code"].startswith("amoxicillin")
    assert len(ana_api.get("/api/v1/drugs?limit=3").json()["results"]) == 3
    assert ana_api.get("/api/v1/drugs?limit=0").status_code == 422
    assert nobody_api.get("/api/v1/drugs?q=a").status_code == 401


def everything(prescription):
    """Every address about one prescription, with a body that would be good."""
    at, counter = f"/api/v1/prescriptions/{prescription.id}", f"/api/v1/dispensing/{prescription.id}"
    item = str(only_item(prescription).id)
    return [
        ("get", at, None),
        ("patch", at, {"advice": "x"}),
        ("post", f"{at}/check", {}),
        ("post", f"{at}/sign", {}),
        ("post", f"{at}/cancel", {"reason": "mistake"}),
        ("post", f"{at}/route", {"pharmacy": str(prescription.facility_id)}),
        ("get", f"{at}/qr.svg", None),
        ("post", f"{counter}/accept", {}),
        ("post", f"{counter}/return", {"reason": "patient_left"}),
        ("post", f"{counter}/dispense", {"secret": "x", "items": [{"item": item, "quantity": 1, "lot": "A"}]}),
        ("post", f"{counter}/complete", {"secret": "x"}),
        ("get", f"/fhir/R4/MedicationRequest/{item}", None),
    ]


def ask(api, method, path, body):
    return getattr(api, method)(path) if body is None else getattr(api, method)(path, body)


def test_eve_cannot_tell_whether_it_exists(signed, eve_api):
    before = Prescription.objects.values().get()
    for method, path, body in everything(signed):
        answer = ask(eve_api, method, path, body)
        assert answer.status_code in {403, 404}, path  # 403 only where her role has no business at all
        if answer.status_code == 403:
            assert answer.json()["code"] == "wrong_role"
    assert eve_api.get("/api/v1/prescriptions").json()["results"] == []
    assert eve_api.get(f"/api/v1/prescriptions?person={signed.person_id}").json()["results"] == []
    assert Prescription.objects.values().get() == before


def test_another_doctor_pharmacy_and_desk_see_nothing(signed, hospital, hoa, dan_api):
    from tests import make

    other = make.api_client(make.make_practitioner(facility=hospital, full_name="Phan Văn Khải"))
    for api in (other, api_client(hoa), dan_api):
        for method, path, body in everything(signed):
            assert ask(api, method, path, body).status_code in {403, 404}, path
    assert not lines_about(signed.person_id).filter(action="prescription.read").exists()


def test_nobody_is_asked_to_sign_in(signed, nobody_api):
    for method, path, body in everything(signed):
        assert ask(nobody_api, method, path, body).status_code == 401, path


def test_the_citizen_does_not_see_a_draft(ana, ben, ana_api):
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    assert ana_api.get(f"/api/v1/prescriptions/{draft.id}").status_code == 404
    assert ana_api.get("/api/v1/prescriptions").json()["results"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": "x"}, "items"),
        ({"items": [{}]}, "items.0.drug"),
        ({"items": [{**LINE, "drug": "no-such-drug"}]}, "items.0.drug"),
        ({"items": [{**LINE, "dose_quantity": 0}]}, "items.0.dose_quantity"),
        ({"items": [{**LINE, "dose_quantity": "NaN"}]}, "items.0.dose_quantity"),
        ({"items": [{**LINE, "dose_quantity": "1.333"}]}, "items.0.dose_quantity"),
        ({"items": [{**LINE, "doses_a_day": 25}]}, "items.0.doses_a_day"),
        ({"items": [{**LINE, "days": 91}]}, "items.0.days"),
        ({"items": [{**LINE, "days": 31}]}, "items.0.days"),
        ({"items": [{**LINE, "total": 15}]}, "items.0.total"),
        ({"items": [{**LINE, "total": -1}]}, "items.0.total"),
        ({"items": [{**LINE, "instruction": "x" * 301}]}, "items.0.instruction"),
        ({"items": [{**LINE, "price": 1}]}, "items.0.price"),
        ({"items": [LINE] * 31}, "items"),
        ({"advice": "x\x00"}, "advice"),
        ({"status": "signed"}, "status"),
    ],
)
def test_bad_lines_are_refused_by_field_and_change_nothing(ana, ben, ben_api, body, field):
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    answer = ben_api.patch(f"/api/v1/prescriptions/{draft.id}", body)
    assert answer.status_code == 422, answer.json()
    assert any(name.startswith(field) for name in answer.json()["errors"]), answer.json()
    assert Item.objects.get().drug.code == AMOXICILLIN


def test_bodies_that_are_no_json_or_no_object_are_refused(signed, ben_api, cara_api):
    at = f"/api/v1/prescriptions/{signed.id}"
    assert ben_api.generic("POST", f"{at}/sign", b"{").status_code == 400
    assert ben_api.generic("POST", f"{at}/sign", b"[" * 100_000).status_code == 400
    assert ben_api.generic("POST", f"{at}/sign", b"[]").status_code == 422
    assert cara_api.generic("POST", "/api/v1/dispensing/lookup", b"null").status_code == 422
    assert ben_api.post("/api/v1/prescriptions/not-an-id/sign").status_code == 404


def test_the_refusals_have_their_codes(ana, ben, ben_api, cara_api, ana_api, signed):
    records_actions.add_allergy(person_id=ana.id, substance="Penicilin", by=_by(ana), now=signed.signed_at)
    draft = make_draft(encounter=make_visit(person=ana, practitioner=ben))
    at = f"/api/v1/prescriptions/{draft.id}"
    check = ben_api.post(f"{at}/check").json()["findings"]
    # the allergy is grave; the amoxicillin of the first prescription is still being taken
    assert [(one["kind"], one["grade"], one["items"]) for one in check] == [
        ("allergy_class", "block", [0]),
        ("duplicate", "warn", [0]),
    ]
    assert "Penicilin" in check[0]["title"]
    refusal = ben_api.post(f"{at}/sign")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "override_needed")
    bad = ben_api.post(f"{at}/sign", {"overrides": [{"finding": check[0]["key"], "reason": "because"}]})
    assert bad.status_code == 422
    good = ben_api.post(f"{at}/sign", {"overrides": [{"finding": check[0]["key"], "reason": "tolerated_before"}]})
    assert good.json()["overrides"][0]["reason"] == "tolerated_before"
    assert ben_api.patch(at, {"advice": "x"}).json()["code"] == "already_signed"
    assert ana_api.post(f"{at}/route", {"pharmacy": str(signed.facility_id)}).json()["code"] == "not_a_pharmacy"


def _by(person):
    from tests.make import actor_for

    return actor_for(person)


def test_wrong_access_codes_are_counted_though_each_request_is_refused(signed, cara_api):
    body = {"code": signed.code, "access_code": "00000000"}
    answers = [cara_api.post("/api/v1/dispensing/lookup", body) for _ in range(6)]
    assert [one.status_code for one in answers] == [404] * 5 + [429]
    assert answers[0].json()["code"] == "no_such_prescription"
    assert answers[5].json()["code"] == "too_many_attempts"
    assert int(answers[5].headers["Retry-After"]) > 0
    assert WrongTry.objects.count() == 5


def test_quantities_that_cannot_be(signed, cara, cara_api):
    secret = make_held(prescription=signed, pharmacist=cara)
    item = str(only_item(signed).id)
    at = f"/api/v1/dispensing/{signed.id}/dispense"
    for quantity in (0, -1, 15, 10**30, "x", 1.5):
        answer = cara_api.post(at, {"secret": secret, "items": [{"item": item, "quantity": quantity, "lot": "A"}]})
        assert answer.status_code in {409, 422}, quantity
    assert cara_api.post(at, {"secret": secret, "items": []}).status_code == 422
    assert only_item(signed).dispensed_quantity == 0


def test_a_parent_who_may_only_read_gets_no_codes(ana, child, ben, ana_api):
    from identity.models import Delegation
    from tests.prescriptions.stage import make_signed

    Delegation.objects.update(scopes=["read"])
    prescription = make_signed(person=child, practitioner=ben)
    at = f"/api/v1/prescriptions/{prescription.id}"
    assert ana_api.get(at).json()["access_code"] == ""
    assert ana_api.get(f"{at}/qr.svg").status_code == 404
    assert ana_api.post(f"{at}/cancel", {"reason": "mistake"}).status_code == 404
    assert lines_about(child.id).filter(action="prescription.read").exists()


def test_lists_can_be_narrowed_to_a_visit(signed, ben_api, ana_api):
    found = ben_api.get(f"/api/v1/prescriptions?encounter={signed.encounter_id}").json()["results"]
    assert [one["id"] for one in found] == [str(signed.id)]
    assert ben_api.get("/api/v1/prescriptions?encounter=x").status_code == 422
    assert ana_api.get("/api/v1/prescriptions?cursor=nonsense").status_code == 404
    assert codes_of(signed)["access_code"] == ana_api.get("/api/v1/prescriptions").json()["results"][0]["access_code"]
