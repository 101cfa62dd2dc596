"""The page of the national system, as a desk and a pharmacy use it without script."""

from __future__ import annotations

import pytest

from prescriptions import actions
from prescriptions.models import Filing, NationalAccount
from tests import make
from tests.jobs import run_jobs
from tests.prescriptions.conftest import national, sandbox, standing_clock  # noqa: F401
from tests.prescriptions.stage import make_held, make_signed
from tests.prescriptions.test_filing import accounts, ana, sell  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = "/hospital/national/"
SHOP = "/pharmacy/national/"


def words(response):
    return response.content.decode()


@pytest.fixture
def desk(dan):
    return make.page_client(dan)


@pytest.fixture
def counter(cara):
    return make.page_client(cara)


@pytest.fixture
def other(db):
    return make.page_client(make.make_desk(facility=make.make_facility(name="Bệnh viện Khác")))


def save(browser, kind, account, password=None, whose="", page=PAGE):
    form = {"kind": kind, "account": account, "password": password or f"thu-{account}", "practitioner": str(whose)}
    return browser.post(f"{page}accounts/", form)


def test_an_empty_page_says_what_will_come(national, desk, counter, other, ben):  # noqa: F811
    page = words(desk.get(PAGE))
    assert "Không có gì cần xử lý" in page
    assert "Chưa có đơn nào được gửi" in page
    assert ben.display_name in page
    assert "chưa nhập" in page
    assert ben.display_name not in words(other.get(PAGE))
    assert "Chưa có bác sĩ nào" in words(other.get(PAGE))
    shop = words(counter.get(SHOP))
    assert "app-key" in shop
    assert "Tài khoản liên thông của cơ sở" not in shop


def test_without_an_address_it_says_so(desk, db):
    assert "chưa có địa chỉ của hệ thống quốc gia" in words(desk.get(PAGE))


def test_accounts_are_entered_once_and_never_shown_again(national, desk, hospital, ben, ana):  # noqa: F811
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    page = words(desk.get(PAGE))
    assert "Chưa nhập tài khoản cần thiết" in page
    assert "tài khoản của cơ sở" in page
    assert save(desk, "facility", hospital.code).status_code == 302
    assert save(desk, "prescriber", ben.licence_number, whose=ben.id).status_code == 302
    page = words(desk.get(PAGE))
    assert "thu-" not in page
    assert "mục đang chờ được gửi ngay" in page
    run_jobs()
    page = words(desk.get(PAGE))
    assert Filing.objects.get().status == "sent"
    assert "đã gửi" in page
    assert "hoạt động" in page


def test_mistakes_are_said_beside_the_field_and_nothing_is_kept(national, desk, ben):  # noqa: F811
    for form in (
        {"kind": "facility", "account": "", "password": "x"},
        {"kind": "facility", "account": "79999", "password": ""},
        {"kind": "nonsense", "account": "a", "password": "b"},
        {"kind": "prescriber", "account": "a", "password": "b", "practitioner": "no uuid"},
        {"kind": "facility", "account": "a", "password": "b\u0007"},
    ):
        answer = desk.post(f"{PAGE}accounts/", form)
        assert answer.status_code == 422, form
    assert 'class="error"' in words(desk.post(f"{PAGE}accounts/", {"kind": "facility", "account": "", "password": "x"}))
    assert desk.post(f"{PAGE}accounts/", {"kind": "prescriber", "account": "a", "password": "b"}).status_code == 404
    assert not NationalAccount.objects.exists()


def test_what_needs_a_person_is_shown_in_words_and_tried_again(accounts, desk, other, ben, ana):  # noqa: F811
    accounts.will("send", status=422, body={"success": "x", "danh_sach_cac_loi": ["Mã chẩn đoán <b>không</b> hợp lệ"]})
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    filing = Filing.objects.get()
    page = words(desk.get(PAGE))
    assert signed.code in page
    assert "Mã chẩn đoán &lt;b&gt;không&lt;/b&gt; hợp lệ" in page
    assert ana.full_name not in page
    assert "Amoxicilin" not in page
    assert signed.code not in words(other.get(PAGE))
    for verb in ("again", "aside"):
        assert other.post(f"{PAGE}{filing.id}/{verb}/", {"note": "x"}).status_code == 404
    filing.refresh_from_db()
    assert filing.status == "rejected"
    assert desk.post(f"{PAGE}{filing.id}/aside/", {"note": "  "}).status_code == 302
    filing.refresh_from_db()
    assert filing.status == "rejected"
    assert desk.post(f"{PAGE}{filing.id}/again/").status_code == 302
    run_jobs()
    filing.refresh_from_db()
    assert filing.status == "sent"
    assert "Không có gì cần xử lý" in words(desk.get(PAGE))


def test_what_was_settled_by_hand_keeps_its_note(accounts, desk, ben, ana):  # noqa: F811
    accounts.will("send", what="duplicate")
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    filing = Filing.objects.get()
    assert "không được cấp mã khác" in words(desk.get(PAGE))
    assert desk.post(f"{PAGE}{filing.id}/aside/", {"note": "Đã nhập trên cổng"}).status_code == 302
    assert "Đã nhập trên cổng" in words(desk.get(PAGE))


def test_a_cancelled_one_stays_visible(accounts, desk, ben, ana, by_ben, now):  # noqa: F811
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert "vẫn còn hiệu lực trên hệ thống quốc gia" not in words(desk.get(PAGE))
    actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    assert "vẫn còn hiệu lực trên hệ thống quốc gia" in words(desk.get(PAGE))


def test_the_pharmacy_sees_its_sales_and_no_others(accounts, counter, desk, ben, ana, cara, by_cara, now):  # noqa: F811
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    accounts.will("report", status=403)
    secret = make_held(prescription=signed, pharmacist=cara)
    sell(signed, secret, by_cara, now, 14)
    run_jobs()
    sale = Filing.objects.get(kind="sale")
    page = words(counter.get(SHOP))
    assert f"{SHOP}{sale.id}/again/" in page
    assert ana.full_name not in page
    assert str(sale.id) not in words(desk.get(PAGE))
    assert desk.post(f"{PAGE}{sale.id}/again/").status_code == 404
    assert counter.get(PAGE).status_code == 403
    assert desk.get(SHOP).status_code == 403
    assert save(counter, "facility", "79999", page=SHOP).status_code == 403
    assert save(counter, "application", "thuoc-moi", page=SHOP).status_code == 302
    run_jobs()
    sale.refresh_from_db()
    assert sale.status == "sent"


def test_in_english_too(accounts, desk, ben, ana):  # noqa: F811
    accounts.will("send", status=422, body={"danh_sach_cac_loi": ["Sai"]})
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    desk.cookies["language"] = "en"
    page = words(desk.get(PAGE))
    for said in ("National e-prescription system", "The national system refused it", "Try again", "Sai"):
        assert said in page
