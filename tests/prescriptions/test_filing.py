"""Filing with the national system, over HTTP with its pretended self: what is sent, what waits, what needs a person."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import NotAllowed, NotFound, WrongState
from prescriptions import actions, queries
from prescriptions.errors import BadAccount
from prescriptions.models import Filing, NationalAccount
from tests import make
from tests.jobs import run_jobs, waiting_jobs
from tests.prescriptions.national import APPLICATION
from tests.prescriptions.stage import (
    DIAZEPAM,
    MORPHINE,
    handed,
    line,
    make_held,
    make_signed,
    only_item,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ana(ana):
    """She has told where she lives: the national system asks for it."""
    ana.address = "12 Lê Lợi"
    ana.save()
    return ana


@pytest.fixture
def accounts(national, hospital, pharmacy, ben, by_dan, by_cara, now):
    """Everything is entered: the hospital, its doctor, look-up; and the pharmacy's key."""
    enter("facility", hospital.code, by_dan, now)
    enter("prescriber", ben.licence_number, by_dan, now, practitioner_id=ben.id)
    enter("application", APPLICATION, by_dan, now)
    enter("application", "thuoc-binh-minh", by_cara, now)
    return national


def enter(kind, account, by, now, *, password=None, **values):
    return actions.save_account(
        kind=kind, account=account, password=password or f"thu-{account}", by=by, now=now, **values
    )


def filing(kind="prescription"):
    return Filing.objects.get(kind=kind)


def hours_later(clock, now, **by):
    clock.move_to(now + timedelta(**by))
    return run_jobs()


# ---- the way it should be


def test_what_is_signed_is_written_down_at_once_and_sent_by_a_job(accounts, ana, ben, now):
    signed = make_signed(person=ana, practitioner=ben)
    queued = filing()
    assert (queued.status, queued.key, queued.next_at) == ("queued", signed.code_key, now)
    assert "prescriptions.tasks.file_prescription" in waiting_jobs()
    assert accounts.seen() == []
    run_jobs()
    sent = filing()
    assert (sent.status, sent.sent_at, sent.tries) == ("sent", now, 1)
    assert (sent.answer, sent.trouble, sent.is_uncertain) == ("Gửi đơn thuốc thành công", "", False)
    assert len(sent.checksum) == 32
    assert accounts.seen() == ["facility_login", "add_doctor", "doctor_login", "send"]
    body = accounts.seen("send")[0]
    assert body["ma_don_thuoc"] == signed.code
    assert body["thong_tin_don_thuoc"][0]["so_luong"] == "14"
    assert body["ngay_sinh_benh_nhan"] == "04/05/1990"
    assert queries.signature_of(signed).valid


@pytest.mark.parametrize(("drug", "letter", "days"), [(MORPHINE, "n", 7), (DIAZEPAM, "h", 10)])
def test_controlled_medicines_go_with_their_course(accounts, ana, ben, drug, letter, days):
    make_signed(person=ana, practitioner=ben, mode="in_person", items=[line(drug, days=days)])
    run_jobs()
    body = accounts.seen("send")[0]
    assert filing().status == "sent"
    assert (body["loai_don_thuoc"], body["ma_don_thuoc"][-2:]) == (letter, f"-{letter}")
    assert body["dot_dung_thuoc"]["dot"] == 1


def test_a_token_is_kept_while_it_is_good_and_asked_for_anew_when_it_ends(accounts, ana, ben, now, standing_clock):
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert accounts.seen().count("doctor_login") == 1
    assert accounts.seen().count("add_doctor") == 1
    later = now + timedelta(days=7, minutes=1)
    standing_clock.move_to(later)
    accounts.ask("clock", {"at": later.timestamp()})
    make_signed(person=ana, practitioner=ben, now=later)
    run_jobs()
    assert accounts.seen().count("doctor_login") == 2
    assert Filing.objects.filter(status="sent").count() == 3


def test_a_token_refused_before_its_time_costs_one_sign_in_more(accounts, ana, ben):
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    accounts.ask("forget-tokens")
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert accounts.seen()[-3:] == ["send", "doctor_login", "send"]
    assert Filing.objects.filter(status="sent").count() == 2


def test_nothing_is_sent_without_an_address_and_all_of_it_later(
    ana, ben, settings, national, hospital, by_dan, now, standing_clock
):
    url = settings.ERX_API_URL
    settings.ERX_API_URL = settings.ERX_LOOKUP_URL = ""
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert filing().status == "queued"
    assert national.seen() == []
    settings.ERX_API_URL = settings.ERX_LOOKUP_URL = url
    enter("facility", hospital.code, by_dan, now)
    enter("prescriber", ben.licence_number, by_dan, now, practitioner_id=ben.id)
    standing_clock.move_to(now + timedelta(minutes=3))
    assert actions.wake_filings(now=now + timedelta(minutes=3)) == 1
    run_jobs()
    assert filing().status == "sent"


# ---- the line


@pytest.mark.parametrize(
    ("order", "trouble", "uncertain"),
    [
        ({"status": 500}, "theirs", True),
        ({"status": 503, "what": "page"}, "theirs", True),
        ({"what": "page"}, "theirs", True),
        ({"what": "silence"}, "no_answer", True),
        ({"what": "silence", "waits": 1.5}, "no_answer", True),
        ({"status": 429, "headers": {"Retry-After": "600"}}, "theirs", False),
    ],
)
def test_what_is_not_answered_waits_and_goes_again(accounts, ana, ben, now, standing_clock, order, trouble, uncertain):
    accounts.will("send", **order)
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    waiting = filing()
    assert (waiting.status, waiting.trouble, waiting.is_uncertain) == ("waiting", trouble, uncertain)
    assert now + timedelta(seconds=15) <= waiting.next_at <= now + timedelta(minutes=10)
    assert hours_later(standing_clock, now, seconds=14) == []
    hours_later(standing_clock, now, minutes=11)
    assert (filing().status, filing().tries, filing().is_uncertain) == ("sent", 2, False)


def test_an_outage_of_a_day_loses_nothing_and_keeps_the_order(accounts, ana, ben, cara, by_cara, now, standing_clock):
    """Every call fails for 24 hours; prescriptions go on being signed, one is even filled."""
    for call in ("facility_login", "doctor_login", "add_doctor", "send", "look_up", "report"):
        accounts.will(call, times=10**6, status=503)
    first = make_signed(person=ana, practitioner=ben)
    secret = make_held(prescription=first, pharmacist=cara)
    actions.dispense(prescription_id=first.id, secret=secret, items=[handed(only_item(first), 14)], by=by_cara, now=now)
    for hour in range(24):
        moment = now + timedelta(hours=hour)
        standing_clock.move_to(moment)
        if hour % 4 == 0:
            make_signed(person=ana, practitioner=ben, now=moment, items=[line("cetirizine-10-mg-tablet", times=1)])
        run_jobs()
    assert {one.status for one in Filing.objects.all()} == {"waiting"}
    assert Filing.objects.count() == 8
    tries = Filing.objects.get(key=first.code_key).tries
    assert 24 <= tries < 70, "an hour at most between two tries, and no storm"
    over = now + DAY + timedelta(minutes=1)
    accounts.ask("clock", {"at": over.timestamp()})
    before = len(accounts.seen("send"))
    seen = accounts.ask("seen")
    assert "report" not in {one["call"] for one in seen}, "no sale goes before its prescription"
    accounts.ask("end-orders")
    standing_clock.move_to(over + timedelta(hours=1))
    for minute in range(3):
        standing_clock.move_to(over + timedelta(hours=1, minutes=minute))
        run_jobs()
    assert {one.status for one in Filing.objects.all()} == {"sent"}
    assert len(accounts.seen("send")) - before == 7, "each once"
    assert len(accounts.seen("report")) == 1


def test_stored_but_not_answered_is_looked_up_before_anything_else(accounts, ana, ben, now, standing_clock):
    accounts.will("send", what="silence", stores=True, waits=1.5)
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert (filing().status, filing().is_uncertain) == ("waiting", True)
    hours_later(standing_clock, now, minutes=2)
    assert (filing().status, filing().is_uncertain) == ("sent", False)
    assert accounts.seen()[-2:] == ["send", "look_up"]
    assert [one["ma_don_thuoc"] for one in accounts.seen("send")] == [signed.code] * 2


def test_a_duplicate_after_a_time_out_that_is_somebody_elses_is_for_people(accounts, ana, ben, now, standing_clock):
    """The answer to our first try was lost, but what lies there under the code is another person's."""
    accounts.will("send", what="silence")
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    accounts.will("send", what="duplicate")
    other = {**accounts.seen("send")[0], "ho_ten_benh_nhan": "Lê Văn Khác"}
    accounts.will("look_up", status=200, body=other)
    hours_later(standing_clock, now, minutes=2)
    assert (filing().status, filing().trouble) == ("rejected", "duplicate")
    signed.refresh_from_db()
    assert signed.code == accounts.seen("send")[0]["ma_don_thuoc"], "what is signed never changes"


def test_what_may_be_stored_and_cannot_be_looked_up_is_for_people(accounts, ana, ben, now, standing_clock, hospital):
    NationalAccount.objects.filter(kind="application", facility=hospital).delete()
    accounts.will("send", what="silence", stores=True)
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    hours_later(standing_clock, now, minutes=2)
    assert (filing().status, filing().trouble, filing().is_uncertain) == ("rejected", "uncertain", True)


def test_a_look_up_that_is_not_answered_waits_and_still_knows(accounts, ana, ben, now, standing_clock):
    accounts.will("send", what="silence", stores=True)
    accounts.will("look_up", status=500)
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    hours_later(standing_clock, now, minutes=2)
    assert (filing().status, filing().is_uncertain) == ("waiting", True)
    hours_later(standing_clock, now, minutes=10)
    assert filing().status == "sent"


# ---- for people


def test_a_duplicate_on_the_first_try_is_for_people_and_no_new_code_is_drawn(accounts, ana, ben, by_dan, now):
    accounts.will("send", what="duplicate")
    signed = make_signed(person=ana, practitioner=ben)
    content = json.dumps(signed.content, sort_keys=True)
    run_jobs()
    found = filing()
    assert (found.status, found.trouble, found.errors) == ("rejected", "duplicate", ["Mã đơn thuốc đã tồn tại"])
    assert accounts.seen().count("look_up") == 0
    signed.refresh_from_db()
    assert json.dumps(signed.content, sort_keys=True) == content
    assert waiting_jobs() == []
    assert actions.wake_filings(now=now + DAY) == 0, "it ends only with a person"


def test_a_refusal_comes_with_its_list_and_a_person_has_it_tried_again(accounts, ana, ben, by_dan, now):
    errors = ["Mã chẩn đoán không hợp lệ", "Số lượng thuốc không hợp lệ"]
    accounts.will("send", status=422, body={"success": "Không thành công", "danh_sach_cac_loi": errors})
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert (filing().status, filing().trouble, filing().errors) == ("rejected", "refused", errors)
    assert waiting_jobs() == []
    actions.try_again(filing_id=filing().id, by=by_dan, now=now)
    run_jobs()
    assert filing().status == "sent"
    with pytest.raises(WrongState):
        actions.try_again(filing_id=filing().id, by=by_dan, now=now)


def test_what_is_missing_is_said_before_anything_is_sent(accounts, ana, ben):
    # Who has a personal number need not say more (TT 26/2025 annex I note 3); the national system still asks for it.
    ana.address, ana.born_on, ana.national_id = "", None, "001190012345"
    ana.save()
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert (filing().status, filing().trouble) == ("rejected", "incomplete")
    assert filing().errors == ["ngay_sinh_benh_nhan", "dia_chi"]
    assert accounts.seen() == []


def test_a_small_child_goes_with_its_guardian(accounts, ana, child, ben):
    child.address, child.guardian_name, child.born_on = "12 Lê Lợi", "Nguyễn Thị Ánh Ngọc", date(2026, 6, 1)
    child.save()
    make_signed(person=child, practitioner=ben, particulars={"weight_kg": Decimal(14)})
    run_jobs()
    assert filing().status == "sent", filing().errors
    assert accounts.seen("send")[0]["thong_tin_nguoi_giam_ho"] == f"Nguyễn Thị Ánh Ngọc, 0{ana.phone[3:]}, 12 Lê Lợi"


@pytest.mark.parametrize("kind", ["facility", "prescriber"])
def test_a_missing_account_is_asked_for_and_what_waited_goes_when_it_comes(
    national, hospital, ana, ben, by_dan, now, kind
):
    both = {"facility": hospital.code, "prescriber": ben.licence_number}
    values = {"facility": {}, "prescriber": {"practitioner_id": ben.id}}
    for other in both.keys() - {kind}:
        enter(other, both[other], by_dan, now, **values[other])
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert (filing().status, filing().trouble, filing().errors) == ("rejected", "no_account", [kind])
    assert "send" not in national.seen()
    _account, waited = enter(kind, both[kind], by_dan, now, **values[kind])
    assert waited == 1
    run_jobs()
    assert filing().status == "sent"


@pytest.mark.parametrize("kind", ["facility", "prescriber"])
def test_a_wrong_password_is_tried_once_and_not_with_every_prescription(
    national, hospital, ana, ben, by_dan, now, kind
):
    right = {"facility": hospital.code, "prescriber": ben.licence_number}
    whose = {"facility": {}, "prescriber": {"practitioner_id": ben.id}}
    for one in right:
        enter(one, right[one], by_dan, now, password="sai" if one == kind else None, **whose[one])
    for _ in range(3):
        make_signed(person=ana, practitioner=ben)
        run_jobs()
    call = {"facility": "facility_login", "prescriber": "doctor_login"}[kind]
    assert national.seen().count(call) == 1, "a few wrong passwords may shut the account"
    assert {(one.status, one.trouble) for one in Filing.objects.all()} == {("rejected", "account_refused")}
    assert NationalAccount.objects.get(kind=kind).refusal == "Tài khoản hoặc mật khẩu không đúng"
    _account, waited = enter(kind, right[kind], by_dan, now, **whose[kind])
    assert waited == 3
    run_jobs()
    assert {one.status for one in Filing.objects.all()} == {"sent"}


def test_whoever_is_refused_with_a_new_token_too_is_for_people(accounts, ana, ben, by_dan, now):
    accounts.will("send", status=403, times=2)
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert (filing().status, filing().trouble) == ("rejected", "account_refused")
    assert accounts.seen().count("send") == 2
    assert actions.try_all_again(by=by_dan, now=now) == 1
    run_jobs()
    assert filing().status == "sent"


def test_a_person_settles_it_another_way(accounts, ana, ben, by_dan, now):
    accounts.will("send", status=422)
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    found = actions.set_aside(filing_id=filing().id, note="Đã nhập tay trên cổng", by=by_dan, now=now)
    assert (found.status, found.trouble, found.note) == ("set_aside", "by_hand", "Đã nhập tay trên cổng")
    assert actions.wake_filings(now=now + DAY) == 0
    actions.try_again(filing_id=found.id, by=by_dan, now=now)
    run_jobs()
    assert filing().status == "sent"


# ---- cancelled


def test_what_was_cancelled_before_it_left_is_not_sent(accounts, ana, ben, by_ben, now):
    signed = make_signed(person=ana, practitioner=ben)
    actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    run_jobs()
    assert (filing().status, filing().trouble) == ("set_aside", "cancelled")
    assert accounts.seen() == []


def test_what_was_cancelled_afterwards_stays_visible_as_valid_there(accounts, ana, ben, by_ben, by_dan, now):
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    assert list(queries.filings_cancelled_since(by_dan, now - DAY)) == []
    actions.cancel(prescription_id=signed.id, reason="replaced", by=by_ben, now=now)
    run_jobs()
    assert list(queries.filings_cancelled_since(by_dan, now - DAY)) == [filing()]
    assert filing().status == "sent"


def test_what_may_have_left_is_sent_to_its_end_though_cancelled(accounts, ana, ben, by_ben, now, standing_clock):
    accounts.will("send", what="silence", stores=True)
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    hours_later(standing_clock, now, minutes=2)
    assert filing().status == "sent"


# ---- sales


def sell(prescription, secret, by, now, *quantities):
    items = [handed(only_item(prescription), quantity, f"LOT-{number}") for number, quantity in enumerate(quantities)]
    return actions.dispense(prescription_id=prescription.id, secret=secret, items=items, by=by, now=now)


def test_each_dispense_is_reported_once_after_its_prescription(accounts, ana, ben, cara, by_cara, pharmacy, now):
    signed = make_signed(person=ana, practitioner=ben)
    secret = make_held(prescription=signed, pharmacist=cara)
    sell(signed, secret, by_cara, now, 4, 6)  # two lots, one sale
    sell(signed, secret, by_cara, now, 4)
    run_jobs()
    assert [one.status for one in Filing.objects.order_by("created_at", "pk")] == ["sent"] * 3
    calls = [call for call in accounts.seen() if call in {"send", "report"}]
    assert calls == ["send", "report", "report"]
    first, second = accounts.seen("report")
    assert [one["thong_tin_thuoc"][0]["so_luong_ban"] for one in (first, second)] == [10, 4]
    assert first["ma_hoa_don"] != second["ma_hoa_don"]
    assert len(first["ma_hoa_don"]) == 20
    assert first["ten_co_so_cung_ung_thuoc"] == pharmacy.name
    assert first["so_dien_thoai_co_so_cung_ung_thuoc"] == "02438255596"
    assert first["thong_tin_thuoc"][0]["ma_thuoc_da_ke_don"].isdigit()


def test_a_sale_waits_while_its_prescription_needs_a_person(accounts, ana, ben, cara, by_cara, by_dan, now):
    accounts.will("send", status=422)
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    secret = make_held(prescription=signed, pharmacist=cara)
    sell(signed, secret, by_cara, now, 14)
    run_jobs()
    assert (filing("sale").status, filing("sale").trouble) == ("waiting", "behind")
    actions.try_again(filing_id=filing().id, by=by_dan, now=now)
    run_jobs()
    assert filing("sale").status == "sent"


@pytest.mark.parametrize(("stores", "reports"), [(True, 1), (False, 2)])
def test_a_sale_without_an_answer_is_not_reported_twice(
    accounts, ana, ben, cara, by_cara, now, standing_clock, stores, reports
):
    accounts.will("report", what="silence", stores=stores)
    signed = make_signed(person=ana, practitioner=ben)
    secret = make_held(prescription=signed, pharmacist=cara)
    sell(signed, secret, by_cara, now, 10)
    run_jobs()
    assert (filing("sale").status, filing("sale").is_uncertain) == ("waiting", True)
    hours_later(standing_clock, now, minutes=2)
    assert filing("sale").status == "sent"
    assert len(accounts.seen("report")) == reports


def test_a_sale_whose_fate_nobody_can_tell_is_for_people(accounts, ana, ben, cara, by_cara, now, standing_clock):
    accounts.will("report", what="silence")
    signed = make_signed(person=ana, practitioner=ben)
    secret = make_held(prescription=signed, pharmacist=cara)
    sell(signed, secret, by_cara, now, 10)
    run_jobs()
    there = accounts.seen("send")[0]
    sold_elsewhere = [{**one, "id": "1", "so_luong_ban": 3} for one in there["thong_tin_don_thuoc"]]
    accounts.will("look_up", status=200, body={**there, "thong_tin_don_thuoc": sold_elsewhere})
    hours_later(standing_clock, now, minutes=2)
    assert (filing("sale").status, filing("sale").trouble) == ("rejected", "uncertain")
    assert len(accounts.seen("report")) == 1


@pytest.mark.parametrize(
    ("call", "order", "trouble"),
    [
        ("look_up", {"status": 404, "body": {"danh_sach_cac_loi": ["Không tìm thấy đơn thuốc"]}}, "unknown"),
        ("look_up", {"status": 401}, "account_refused"),
        ("report", {"status": 403}, "account_refused"),
        ("report", {"status": 404, "body": {}}, "unknown"),
        ("report", {"status": 422, "body": {"danh_sach_cac_loi": ["Mã hóa đơn không hợp lệ"]}}, "refused"),
    ],
)
def test_a_refused_sale_is_for_the_pharmacy(accounts, ana, ben, cara, by_cara, by_dan, now, call, order, trouble):
    signed = make_signed(person=ana, practitioner=ben)
    run_jobs()
    accounts.will(call, **order)
    secret = make_held(prescription=signed, pharmacist=cara)
    sell(signed, secret, by_cara, now, 10)
    run_jobs()
    assert (filing("sale").status, filing("sale").trouble) == ("rejected", trouble)
    assert list(queries.filings_needing(by_dan)) == [], "a sale is the pharmacy's"
    actions.try_again(filing_id=filing("sale").id, by=by_cara, now=now)
    run_jobs()
    assert filing("sale").status == "sent"


# ---- whose it is


def test_whoever_is_not_of_the_facility_sees_nothing_and_changes_nothing(
    accounts, ana, ben, by_ana, by_ben, by_cara, by_dan, now
):
    accounts.will("send", status=422)
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    stranger = make.actor_for(make.make_desk(facility=make.make_facility(name="Bệnh viện Khác")))
    before = list(Filing.objects.values()), list(NationalAccount.objects.order_by("pk").values())
    facility = NationalAccount.objects.get(kind="facility")
    for by in (stranger, by_ana, by_ben, by_cara):
        assert list(queries.filings_needing(by)) == []
        assert queries.national_account(by, "facility") is None
        assert list(queries.prescribers(by, timezone.localdate())) == []
        with pytest.raises(NotFound):
            actions.try_again(filing_id=filing().id, by=by, now=now)
        with pytest.raises(NotFound):
            actions.set_aside(filing_id=filing().id, note="x", by=by, now=now)
        with pytest.raises(NotFound):
            actions.remove_account(account_id=facility.id, by=by, now=now)
        assert actions.try_all_again(by=by, now=now) == 0
        with pytest.raises((NotFound, NotAllowed)):
            enter("prescriber", "x", by, now, practitioner_id=ben.id)
    assert (list(Filing.objects.values()), list(NationalAccount.objects.order_by("pk").values())) == before


def test_passwords_and_tokens_lie_sealed(accounts, ana, ben, hospital):
    make_signed(person=ana, practitioner=ben)
    run_jobs()
    for one in NationalAccount.objects.all():
        assert f"thu-{one.account}".encode() not in bytes(one.sealed_password)
        assert one.sealed_token is None or b"eyJ" not in bytes(one.sealed_token)
    assert NationalAccount.objects.exclude(sealed_token=None).count() == 2


@pytest.mark.parametrize(
    ("account", "password"), [("", "x"), ("a", ""), ("a\r\nb", "x"), ("a" * 61, "x"), ("a", "x\n" * 150)]
)
def test_what_cannot_be_an_account_is_refused_in_words(db, by_dan, now, account, password):
    with pytest.raises(BadAccount):
        actions.save_account(kind="facility", account=account, password=password, by=by_dan, now=now)
    assert not NationalAccount.objects.exists()
