"""Parts, substitutes and replacements through the doors: the public contract, the counter's form, the citizen's page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from prescriptions import actions
from prescriptions.models import Dispense, Prescription
from tests import make
from tests.prescriptions.stage import (
    AMOXICILLIN,
    PARACETAMOL,
    codes_of,
    line,
    make_draft,
    make_held,
    make_signed,
    make_visit,
)
from tests.prescriptions.test_parts import three
from tests.prescriptions.test_workflow import a_brand


def words(response):
    return response.content.decode()


@pytest.fixture
def draft(ana, ben, now):
    lines = [line(AMOXICILLIN, "1", 2, 30), line(PARACETAMOL, "1", 3, 30)]
    return make_draft(encounter=make_visit(person=ana, practitioner=ben), items=lines)


def parts_wish(draft, plans):
    items = {item.rank: str(item.id) for item in draft.items.all()}
    return [
        {
            "opens_at": one.opens_at.isoformat(),
            "closes_at": one.closes_at.isoformat(),
            "used_from": one.used_from.isoformat(),
            "used_to": one.used_to.isoformat(),
            "shares": [{"item": items[rank], "quantity": quantity} for rank, quantity in one.shares.items()],
        }
        for one in plans
    ]


def test_a_draft_is_divided_over_the_contract(draft, ben_api, ana_api, cara_api, by_ben, now):
    at = f"/api/v1/prescriptions/{draft.id}/parts"
    wish = parts_wish(draft, three(now))
    for api, status in ((ana_api, 403), (cara_api, 403)):
        assert api.put(at, {"parts": wish}).status_code == status
    assert ben_api.put(at, {"parts": wish[:1]}).json()["code"] == "parts_not_whole"
    twice = [{**wish[0], "shares": wish[0]["shares"][:1] * 2}, *wish[1:]]
    assert ben_api.put(at, {"parts": twice}).status_code == 422
    assert not draft.parts.exists()
    answer = ben_api.put(at, {"parts": wish}).json()
    assert [(one["number"], one["state"]) for one in answer["parts"]] == [(1, "open"), (2, "to_come"), (3, "to_come")]
    assert [share["remaining"] for share in answer["parts"][1]["shares"]] == [20, 30]
    actions.sign(prescription_id=draft.id, by=by_ben, now=now)
    shown = ana_api.get(f"/api/v1/prescriptions/{draft.id}", HTTP_ACCEPT_LANGUAGE="en").json()
    assert shown["standing"] == "Part 1 of 3 can be collected now, until March 30, 2031."
    assert ben_api.put(at, {"parts": []}).json()["code"] == "already_signed"


def test_a_part_at_the_counter_and_on_the_citizens_page(draft, cara_browser, ana_browser, by_ben, cara, now):
    actions.plan_parts(prescription_id=draft.id, parts=three(now), by=by_ben, now=now)
    signed = actions.sign(prescription_id=draft.id, by=by_ben, now=now)
    page = words(ana_browser.get(f"/prescriptions/{signed.id}/", headers={"accept-language": "en"}))
    assert page.count("rx-parts") == 1
    make_held(prescription=signed, pharmacist=cara)
    at = f"/pharmacy/prescriptions/{signed.id}/"
    first, second = signed.items.order_by("rank")
    review = words(cara_browser.get(at))
    assert 'max="20"' in review  # of this part, not the sixty of the whole
    assert 'max="60"' not in review
    form = {f"was-{first.id}": 0, f"was-{second.id}": 0, f"quantity-{first.id}": 21, f"lot-{first.id}": "A1",
            f"quantity-{second.id}": 30, f"lot-{second.id}": "B1", "then": "finish"}  # fmt: skip
    cara_browser.post(f"{at}dispense/", form)
    assert not Dispense.objects.exists()
    assert cara_browser.post(f"{at}dispense/", {**form, f"quantity-{first.id}": 20}).status_code == 302
    signed.refresh_from_db()
    assert (signed.status, signed.parts.get(rank=1).collected_at) == ("signed", now)
    assert cara_browser.get(at).status_code == 200  # the codes were shown half an hour ago at most
    assert ana_browser.get(f"/prescriptions/{signed.id}/").status_code == 200


def test_another_brand_at_the_counter(ana, ben, cara, cara_browser, ana_browser, ana_api, eve_api):
    signed = make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL, "1", 3, 4)])
    brand, item = a_brand(PARACETAMOL), signed.items.get()
    make_held(prescription=signed, pharmacist=cara)
    at = f"/pharmacy/prescriptions/{signed.id}/"
    assert brand.code in words(cara_browser.get(at))
    form = {f"was-{item.id}": 0, f"quantity-{item.id}": 12, f"lot-{item.id}": "A1", f"expires-{item.id}": "2032-05-31",
            f"substitute-{item.id}": brand.code, f"why-{item.id}": "price", "then": "finish"}  # fmt: skip
    again = words(cara_browser.post(f"{at}dispense/", form))
    assert f'value="{brand.code}" selected' in again
    assert not Dispense.objects.exists()
    cara_browser.post(f"{at}dispense/", {**form, f"agreed-{item.id}": "yes", f"expires-{item.id}": "2031-03-01"})
    cara_browser.post(f"{at}dispense/", {**form, f"agreed-{item.id}": "yes", f"expires-{item.id}": "soon"})
    assert not Dispense.objects.exists()
    assert cara_browser.post(f"{at}dispense/", {**form, f"agreed-{item.id}": "yes"}).status_code == 302
    one = Dispense.objects.get()
    assert (one.given, str(one.expires_on), one.substitution) == (brand, "2032-05-31", "brand")
    assert "Hapacol" in words(cara_browser.get("/pharmacy/today/"))
    page = words(ana_browser.get(f"/prescriptions/{signed.id}/"))
    assert page.count("Hapacol") >= 2  # at the item, and in the story
    told = ana_api.get(f"/api/v1/prescriptions/{signed.id}").json()["items"][0]["handed_out"][0]
    assert (told["substitute"]["brand"], told["substitution_reason"], told["lot"]) == ("Hapacol", "price", "A1")
    assert eve_api.get(f"/api/v1/prescriptions/{signed.id}").status_code == 404


def test_a_replacement_over_the_contract_and_what_everybody_is_told(
    signed, ben_api, ana_api, ana_browser, eve_api, cara_browser, cara_api, pharmacy, by_ana, now
):
    at = f"/api/v1/prescriptions/{signed.id}"
    assert ana_api.post(f"{at}/replace").status_code == 403
    assert cara_api.post(f"{at}/replace").status_code == 403
    begun = ben_api.post(f"{at}/replace", {}, HTTP_IDEMPOTENCY_KEY="r1")
    assert (begun.status_code, begun.json()["replaces"]) == (201, str(signed.id))
    new = begun.json()["id"]
    assert ana_api.delete(f"/api/v1/prescriptions/{new}/replaces").status_code == 403
    assert ben_api.delete(f"/api/v1/prescriptions/{new}/replaces").json()["replaces"] is None
    assert ben_api.post(f"{at}/replace").json()["code"] == "draft_in_the_way"
    ben_api.patch(f"/api/v1/prescriptions/{new}", {"items": []})
    assert ben_api.post(f"{at}/replace").json()["id"] == new
    assert ben_api.post(f"/api/v1/prescriptions/{new}/sign").status_code == 200

    told = ben_api.get(at, HTTP_ACCEPT_LANGUAGE="en").json()
    assert (told["replaced_by"], told["cancel_reason"]) == (new, "replaced")
    assert told["standing"] == "Replaced by a new one. Every pharmacy refuses it."
    assert ana_api.get(at).json()["replaced_by"] == new
    assert f"/prescriptions/{new}/" in words(ana_browser.get(f"/prescriptions/{signed.id}/"))
    assert eve_api.get(at).status_code == 404
    counter = words(cara_browser.post("/pharmacy/lookup/", codes_of(signed)))
    assert new not in counter
    actions.route(prescription_id=new, pharmacy_id=pharmacy.id, by=by_ana, now=now)
    assert f"/pharmacy/prescriptions/{new}/" in words(cara_browser.post("/pharmacy/lookup/", codes_of(signed)))
    refused = cara_api.post("/api/v1/dispensing/lookup", codes_of(signed))
    assert (refused.status_code, refused.json()["code"], refused.json()["errors"]) == (
        409,
        "replaced",
        {"replaced_by": [new]},
    )


def test_too_early_is_said_at_the_counter(draft, cara_browser, by_ben, hoa, now, standing_clock):
    actions.plan_parts(prescription_id=draft.id, parts=three(now), by=by_ben, now=now)
    signed = actions.sign(prescription_id=draft.id, by=by_ben, now=now)
    standing_clock.move_to(now + timedelta(days=6))
    browser = make.page_client(hoa)
    browser.cookies["language"] = "en"
    page = words(browser.post("/pharmacy/lookup/", codes_of(signed)))
    assert "Part 2 can be collected from April 1, 2031 to April 3, 2031." in page
    assert Prescription.objects.get(id=signed.id).status == "signed"
