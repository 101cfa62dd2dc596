"""The citizen's pages and the pharmacy's counter, as a browser without script uses them."""

import re

import pytest

from prescriptions import actions
from prescriptions.models import Dispense, Prescription
from tests import make
from tests.prescriptions.stage import codes_of, handed, line, make_held, make_signed, only_item


def words(response):
    return response.content.decode()


# ---- the citizen


def test_the_citizen_sees_what_to_take_and_the_codes(signed, ana_browser):
    assert "Amoxicilin" in words(ana_browser.get("/prescriptions/"))
    page = words(ana_browser.get(f"/prescriptions/{signed.id}/"))
    shown = codes_of(signed)["access_code"]
    assert signed.code in page
    assert f"{shown[:4]} {shown[4:]}" in page
    assert "1 viên, 2 lần mỗi ngày, trong 7 ngày" in page
    assert f"/api/v1/prescriptions/{signed.id}/qr.svg" in page
    assert 'style="' not in page
    assert "<script>" not in page


def test_the_page_knows_what_its_script_would_be_told(signed, by_ana, pharmacy, cara, by_cara, ana_browser, now):
    """What live.js compares: else the page would miss what happens while it loads, or load itself anew for nothing."""

    def known(one):
        page = words(ana_browser.get(f"/prescriptions/{one.id}/"))
        return re.search('data-known="([^"]*)"', page)[1]

    def told(one):
        found = ana_browser.get(f"/api/v1/prescriptions/{one.id}").json()
        cancel = "true" if found["cancel_asked_at"] else "false"
        place = (found["pharmacy"] or {"id": ""})["id"]
        return ",".join([found["status"], cancel, place, *[str(item["dispensed_quantity"]) for item in found["items"]]])

    assert known(signed) == told(signed) == "signed,false,,0"
    actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)
    assert known(signed) == told(signed) == f"signed,false,{pharmacy.id},0"
    secret = make_held(prescription=signed, pharmacist=cara)
    given = [handed(only_item(signed), 3)]
    actions.dispense(prescription_id=signed.id, secret=secret, items=given, by=by_cara, now=now)
    actions.cancel(prescription_id=signed.id, reason="not_needed", by=by_ana, now=now)
    assert known(signed) == told(signed) == f"accepted,true,{pharmacy.id},3"


def test_an_empty_list_says_what_will_come(ana_browser):
    assert ana_browser.get("/prescriptions/").status_code == 200


def test_the_citizen_chooses_a_pharmacy(signed, pharmacy, ana_browser):
    at = f"/prescriptions/{signed.id}/pharmacy/"
    assert pharmacy.name in words(ana_browser.get(at + "?province=01"))
    assert pharmacy.name not in words(ana_browser.get(at + "?province=79"))
    assert pharmacy.name in words(ana_browser.get(at + "?province=01&q=binh minh"))
    assert ana_browser.get(at + "?province=%00&q=%00").status_code == 200
    assert ana_browser.post(at, {"pharmacy": str(pharmacy.id)}).status_code == 302
    assert Prescription.objects.get().routed_to == pharmacy
    assert pharmacy.name in words(ana_browser.get(f"/prescriptions/{signed.id}/"))
    assert ana_browser.post(at, {"pharmacy": "nonsense"}).status_code == 404


def test_the_citizen_cancels_with_a_reason(signed, ana_browser):
    at = f"/prescriptions/{signed.id}/cancel/"
    assert ana_browser.post(at, {"reason": "because"}).status_code == 422
    assert Prescription.objects.get().status == "signed"
    assert ana_browser.post(at, {"reason": "not_needed"}).status_code == 302
    assert Prescription.objects.get().status == "cancelled"


@pytest.mark.parametrize("rest", ["", "pharmacy/"])
def test_eve_gets_a_page_that_says_nothing(signed, eve_browser, rest):
    answer = eve_browser.get(f"/prescriptions/{signed.id}/{rest}")
    assert answer.status_code == 404
    assert signed.code not in words(answer)
    assert eve_browser.post(f"/prescriptions/{signed.id}/cancel/", {"reason": "mistake"}).status_code == 404
    assert "Amoxicilin" not in words(eve_browser.get("/prescriptions/"))


def test_whoever_is_not_signed_in_is_asked_to(signed, client):
    assert client.get(f"/prescriptions/{signed.id}/").status_code == 302
    assert client.get("/pharmacy/").status_code == 302


# ---- the counter


def open_it(browser, prescription, **changes):
    return browser.post("/pharmacy/lookup/", {**codes_of(prescription), **changes})


def test_from_the_codes_to_the_bag(ana, ben, cara_browser, ana_browser):
    prescription = make_signed(
        person=ana, practitioner=ben, items=[line(), line("paracetamol-500-mg-tablet", "1", 2, 3)]
    )
    first, second = prescription.items.order_by("rank")
    at = f"/pharmacy/prescriptions/{prescription.id}/"
    assert open_it(cara_browser, prescription).headers["Location"] == at
    review = words(cara_browser.get(at))
    assert "Chữ ký hợp lệ" in review
    assert 'name="lot-' not in review
    assert cara_browser.post(f"{at}accept/").status_code == 302
    assert f'name="lot-{first.id}"' in words(cara_browser.get(at))
    form = {f"was-{first.id}": 0, f"was-{second.id}": 0, f"quantity-{first.id}": 14, f"lot-{first.id}": "A1"}
    form |= {f"quantity-{second.id}": 0, f"reason-{second.id}": "out_of_stock", "then": "finish"}
    assert cara_browser.post(f"{at}dispense/", form).headers["Location"] == "/pharmacy/"
    assert Prescription.objects.get().status == "dispensed"
    assert "A1" in words(cara_browser.get("/pharmacy/today/"))
    assert "Nhà thuốc Bình Minh" in words(ana_browser.get(f"/prescriptions/{prescription.id}/"))


def test_a_scanner_may_bring_both_codes_in_one_field(signed, cara_browser):
    shown = codes_of(signed)
    both = f"{shown['code']}#{shown['access_code']}"
    assert cara_browser.post("/pharmacy/lookup/", {"code": both, "access_code": ""}).status_code == 302


def test_wrong_codes_are_said_in_words_and_the_first_field_keeps_its_text(signed, cara_browser):
    page = words(open_it(cara_browser, signed, access_code="00000000"))
    assert "không khớp" in page
    assert signed.code in page
    for _ in range(4):
        open_it(cara_browser, signed, access_code="00000000")
    assert "quá nhiều lần" in words(open_it(cara_browser, signed))


def test_what_stands_against_it_is_said_in_words(ana, ben, signed, hoa, by_ben, cara_browser, now):
    make_held(prescription=signed, pharmacist=hoa)
    assert "nhà thuốc khác đang giữ" in words(open_it(cara_browser, signed))
    other = make_signed(person=ana, practitioner=ben, items=[line("cetirizine-10-mg-tablet")])
    actions.cancel(prescription_id=other.id, reason="mistake", by=by_ben, now=now)
    assert "hủy" in words(open_it(cara_browser, other))
    late = make_signed(person=ana, practitioner=ben, items=[line("cetirizine-10-mg-tablet")])
    Prescription.objects.filter(id=late.id).update(status="expired")
    assert "quá hạn" in words(open_it(cara_browser, late))


def test_a_lot_is_needed_and_a_form_of_an_earlier_state_hands_out_nothing(signed, cara, by_cara, cara_browser, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    item = only_item(signed)
    at = f"/pharmacy/prescriptions/{signed.id}/dispense/"
    form = {f"was-{item.id}": 0, f"quantity-{item.id}": 4, f"lot-{item.id}": "", "then": "stay"}
    assert "số lô" in words(cara_browser.post(at, form))
    for quantity in ("-1", "15", "x", "9" * 30):
        cara_browser.post(at, {**form, f"quantity-{item.id}": quantity, f"lot-{item.id}": "A"})
    assert not Dispense.objects.exists()
    actions.dispense(prescription_id=signed.id, secret=secret, items=[handed(item, 4)], by=by_cara, now=now)
    cara_browser.post(at, {**form, f"lot-{item.id}": "A"})  # the same form, sent a second time
    assert only_item(signed).dispensed_quantity == 4


def test_giving_back_needs_a_reason(signed, cara, cara_browser):
    make_held(prescription=signed, pharmacist=cara)
    at = f"/pharmacy/prescriptions/{signed.id}/return/"
    cara_browser.post(at, {"reason": "because"})
    assert Prescription.objects.get().status == "accepted"
    cara_browser.post(at, {"reason": "patient_left"})
    assert Prescription.objects.get().status == "signed"


def test_the_queue_shows_what_citizens_sent(signed, pharmacy, ana, by_ana, cara_browser, hoa, now):
    actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)
    assert ana.full_name in words(cara_browser.get("/pharmacy/"))
    assert ana.full_name not in words(make.page_client(hoa).get("/pharmacy/"))


def test_another_pharmacy_and_other_roles_get_nothing(signed, hoa, ben_browser, ana_browser, dan_browser):
    at = f"/pharmacy/prescriptions/{signed.id}/"
    assert make.page_client(hoa).get(at).status_code == 404
    for rest in ("accept/", "dispense/", "return/"):
        assert make.page_client(hoa).post(at + rest, {"reason": "patient_left"}).status_code == 404
    for browser in (ben_browser, ana_browser, dan_browser):
        assert browser.get(at).status_code == 403
