"""From what was signed to the national system's words: complete samples as several connections in use write them, and its rules."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from core.ids import new_id
from prescriptions.gateway import mapping
from prescriptions.gateway.answers import Outcome, judge, pause_after, token_ends_at
from prescriptions.gateway.mapping import Options, Sold, send_body
from prescriptions.gateway.numerals import in_words
from prescriptions.gateway.sandbox import mistakes
from tests.make import NOW

ZONE = "Asia/Ho_Chi_Minh"
DUPLICATE = "Đơn thuốc đã được sử dụng trước đó"
AMOXICILLIN = {
    "id": "1",
    "drug": "amoxicillin-500-mg-capsule",
    "national_code": "40.155",
    "name": "Amoxicilin",
    "strength": "500 mg",
    "unit": "viên",
    "dose_unit": "viên",
    "route": "đường uống",
    "dose": "1",
    "doses_a_day": 2,
    "days": 7,
    "total": 14,
    "printed_total": "14",
    "instruction": "sau ăn",
}
MORPHINE = {
    **AMOXICILLIN,
    "national_code": "40.25",
    "name": "Morphin sulfat",
    "strength": "10 mg",
    "days": 10,
    "total": 20,
    "printed_total": "20",
    "instruction": "",
}
SIGNED = {
    "version": 1,
    "code": "79999a1b2c3d-c",
    "kind": "c",
    "patient": {
        "name": "Nguyễn Thị An",
        "born_on": "1995-03-05",
        "sex": "female",
        "national_id": "079195012345",
        "insurance_number": "DN4790123456789",
        "address": "12 Lê Lợi, Phường Sài Gòn, Thành phố Hồ Chí Minh",
        "guardian": "",
        "phone": "+84912345678",
        "weight_kg": "52",
    },
    "diagnoses": [{"code": "J02.9", "name": "Viêm họng cấp, không xác định", "conclusion": "Viêm họng cấp"}],
    "items": [AMOXICILLIN],
    "advice": "Uống nhiều nước, khám lại nếu sốt quá 3 ngày",
    "revisit_on": "2026-01-22",
    "signed_at": "2026-01-15T02:41:00+00:00",
}
# The sample of the connection guide's implementers, key by key and in their order.
SAMPLE_C = {
    "loai_don_thuoc": "c",
    "ma_don_thuoc": "79999a1b2c3d-c",
    "ho_ten_benh_nhan": "Nguyễn Thị An",
    "ma_dinh_danh_y_te": "079195012345",
    "ma_dinh_danh_cong_dan": "079195012345",
    "ngay_sinh_benh_nhan": "05/03/1995",
    "can_nang": "52",
    "gioi_tinh": 3,
    "ma_so_the_bao_hiem_y_te": "DN4790123456789",
    "thong_tin_nguoi_giam_ho": "",
    "dia_chi": "12 Lê Lợi, Phường Sài Gòn, Thành phố Hồ Chí Minh",
    "chan_doan": [
        {"ma_chan_doan": "J02.9", "ten_chan_doan": "Viêm họng cấp, không xác định", "ket_luan": "Viêm họng cấp"}
    ],
    "luu_y": "",
    "hinh_thuc_dieu_tri": "2",
    "dot_dung_thuoc": None,
    "thong_tin_don_thuoc": [
        {
            "ma_thuoc": "40.155",
            "biet_duoc": "",
            "ten_thuoc": "Amoxicilin 500mg",
            "don_vi_tinh": "Viên",
            "so_luong": "14",
            "cach_dung": "Uống 1 viên/lần, 2 lần/ngày, sau ăn, 7 ngày",
        }
    ],
    "loi_dan": "Uống nhiều nước, khám lại nếu sốt quá 3 ngày",
    "so_dien_thoai_nguoi_kham_benh": "0912345678",
    "ngay_tai_kham": "7",
    "ngay_gio_ke_don": "2026-01-15 09:41:00",
    "signature": "BASE64...",
}
AS_SAMPLED = Options(blank="", signature="jws")


def body_of(content: dict[str, Any] | None = None, options: Options = AS_SAMPLED, **changes: Any) -> dict[str, Any]:
    return send_body({**deepcopy(content or SIGNED), **changes}, zone=ZONE, signature="BASE64...", options=options)


def patient(**changes: Any) -> dict[str, Any]:
    return {**SIGNED["patient"], **changes}


def test_an_ordinary_prescription_is_written_as_the_sample_byte_for_byte():
    assert json.dumps(body_of(), ensure_ascii=False) == json.dumps(SAMPLE_C, ensure_ascii=False)


def test_a_narcotic_says_its_course_and_its_quantity_in_words():
    course = {"dot": 1, "tu_ngay": "15/01/2026", "den_ngay": "24/01/2026", "so_thang_thuoc": None}
    cancer = {"ma_chan_doan": "C50.9", "ten_chan_doan": "U ác của vú, không đặc hiệu",
              "ket_luan": "Ung thư vú, đau do ung thư"}  # fmt: skip
    wanted = {
        **SAMPLE_C,
        "loai_don_thuoc": "n",
        "ma_don_thuoc": "79999x7y8z90-n",
        "chan_doan": [cancer],
        "dot_dung_thuoc": course,
        "thong_tin_don_thuoc": [
            {
                "ma_thuoc": "40.25",
                "biet_duoc": "",
                "ten_thuoc": "Morphin sulfat 10mg",
                "don_vi_tinh": "Viên",
                "so_luong": "20",
                "cach_dung": "Uống 1 viên/lần, 2 lần/ngày, 10 ngày (hai mươi viên)",
            }
        ],
    }
    found = body_of(
        kind="n",
        code="79999x7y8z90-n",
        items=[MORPHINE],
        diagnoses=[{"code": "C50.9", "name": cancer["ten_chan_doan"], "conclusion": cancer["ket_luan"]}],
    )
    assert json.dumps(found, ensure_ascii=False) == json.dumps(wanted, ensure_ascii=False)
    later = body_of(kind="n", items=[MORPHINE], tranche={"number": 2, "from": "2026-01-25", "to": "2026-02-03"})
    assert later["dot_dung_thuoc"] == {
        "dot": 2, "tu_ngay": "25/01/2026", "den_ngay": "03/02/2026", "so_thang_thuoc": None
    }  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), [("c", "c"), ("n", "n"), ("h", "h"), ("t", "y"), ("y", "y")])
def test_the_letter_of_the_type(ours, theirs):
    found = body_of(kind=ours)
    assert found["loai_don_thuoc"] == theirs
    assert (found["dot_dung_thuoc"] is not None) == (theirs in "hny")
    assert body_of(kind=ours, options=Options(types={ours: "z"}))["loai_don_thuoc"] == "z"


@pytest.mark.parametrize(("sex", "number"), [("male", 2), ("female", 3), ("other", 1), ("unknown", 1)])
def test_sexes_are_counted_as_this_system_counts_them(sex, number):
    assert body_of(patient=patient(sex=sex))["gioi_tinh"] == number


def test_the_next_visit_is_a_number_of_days_and_the_day_is_the_clinics():
    assert body_of(revisit_on="2026-01-16")["ngay_tai_kham"] == "1"
    assert body_of(revisit_on="")["ngay_tai_kham"] == ""
    # 18:30 in Greenwich is half past one of the next day in Hà Nội.
    late = body_of(signed_at="2026-01-15T18:30:00+00:00", revisit_on="2026-01-17")
    assert (late["ngay_gio_ke_don"], late["ngay_tai_kham"]) == ("2026-01-16 01:30:00", "1")


def test_nothing_in_a_drug_line_is_blank():
    bare = {**AMOXICILLIN, "brand": "", "unit": "", "printed_total": "06"}
    line = body_of(items=[bare], options=Options())["thong_tin_don_thuoc"][0]
    assert (line["biet_duoc"], line["don_vi_tinh"], line["so_luong"]) == (".", ".", "06")
    assert all(value.strip() for value in line.values())
    assert body_of(items=[bare], options=Options(blank="Không"))["thong_tin_don_thuoc"][0]["biet_duoc"] == "Không"
    named = {**AMOXICILLIN, "brand": "Hapacol", "dose": "0.5"}
    line = body_of(items=[named])["thong_tin_don_thuoc"][0]
    assert (line["ten_thuoc"], line["biet_duoc"]) == ("Amoxicilin (Hapacol) 500mg", "Hapacol")
    assert line["cach_dung"].startswith("Uống 0,5 viên/lần")


def test_the_signature_is_sent_only_where_it_is_wanted():
    assert body_of(options=Options())["signature"] == ""


def test_a_small_child_needs_somebody_who_answers_for_it():
    """72 months are six years: the day before the birthday is still below, the birthday is not."""
    child = patient(born_on="2020-01-16", guardian="Nguyễn Thị An", guardian_phone="+84912345678")
    found = body_of(patient=child)
    assert found["thong_tin_nguoi_giam_ho"] == f"Nguyễn Thị An, 0912345678, {child['address']}"
    signed_on = date(2026, 1, 15)
    assert mapping.missing(found, signed_on) == []
    alone = body_of(patient={**child, "guardian": ""})
    assert mapping.missing(alone, signed_on) == ["thong_tin_nguoi_giam_ho"]
    old_enough = body_of(patient={**child, "guardian": "", "born_on": "2020-01-15"})
    assert mapping.missing(old_enough, signed_on) == []
    assert body_of(patient={**child, "born_on": "2020-01-15"})["thong_tin_nguoi_giam_ho"] == ""


def test_what_is_missing_is_named():
    day = date(2026, 1, 15)
    assert mapping.missing(body_of(), day) == []
    assert mapping.missing(body_of(patient=patient(address="", born_on="")), day) == ["ngay_sinh_benh_nhan", "dia_chi"]
    assert mapping.missing(body_of(diagnoses=[], items=[]), day) == ["chan_doan", "thong_tin_don_thuoc"]
    assert mapping.missing(body_of(diagnoses=[{"code": "", "name": "Ho"}]), day) == ["chan_doan"]


def test_what_we_say_is_complete_the_other_side_takes():
    assert mistakes(body_of()) == []
    assert mistakes(body_of(kind="h", code="79999a1b2c3d-h")) == []
    assert mistakes({**body_of(), "ngay_tai_kham": "22/01/2026"}) == ["Ngày tái khám phải là số ngày"]
    assert mistakes({**body_of(), "gioi_tinh": 0}) == ["Giới tính không được để trống"]


def test_a_sale_is_written_as_the_sample_byte_for_byte():
    sold = Sold("40.155", "40.155", "Amoxicilin 500mg", "Viên", 14, 10,
                "Uống 1 viên/lần, 2 lần/ngày, sau ăn, 7 ngày", "Amoxicilin Demo")  # fmt: skip
    pharmacy = {"code": "79-NT-0001", "name": "Nhà thuốc Demo", "phone": "02838000000",
                "address": "1 Lê Lợi, Phường Sài Gòn, TP. Hồ Chí Minh"}  # fmt: skip
    wanted = {
        "ma_don_thuoc": "79999a1b2c3d-c",
        "thong_tin_thuoc": [
            {
                "ma_thuoc_da_ke_don": "9001",
                "ma_thuoc": "40.155",
                "biet_duoc": "Amoxicilin Demo",
                "ten_thuoc": "Amoxicilin 500mg",
                "don_vi_tinh": "Viên",
                "so_luong": 14,
                "so_luong_ban": 10,
                "cach_dung": "Uống 1 viên/lần, 2 lần/ngày, sau ăn, 7 ngày",
            }
        ],
        "ma_dinh_danh_co_so_cung_ung_thuoc": "79-NT-0001",
        "ten_co_so_cung_ung_thuoc": "Nhà thuốc Demo",
        "so_dien_thoai_co_so_cung_ung_thuoc": "02838000000",
        "dia_chi_co_so_cung_ung_thuoc": "1 Lê Lợi, Phường Sài Gòn, TP. Hồ Chí Minh",
        "ma_hoa_don": "HD000123",
    }
    common = {"pharmacy": pharmacy, "options": Options()}
    found = mapping.sale_body("79999a1b2c3d-c", [("9001", sold)], invoice="HD000123", **common)
    assert json.dumps(found, ensure_ascii=False) == json.dumps(wanted, ensure_ascii=False)
    for lines, invoice in (([], "HD1"), ([("9001", sold)], "H" * 21), ([("9001", sold)], "")):
        with pytest.raises(ValueError, match="invoice"):
            mapping.sale_body("79999a1b2c3d-c", lines, invoice=invoice, **common)
    numbers = {mapping.invoice_of(str(new_id())) for _ in range(1000)}
    assert len(numbers) == 1000
    assert {len(one) for one in numbers} == {20}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"), (4, "bốn"), (10, "mười"), (11, "mười một"), (15, "mười lăm"), (20, "hai mươi"),
        (21, "hai mươi mốt"), (24, "hai mươi bốn"), (55, "năm mươi lăm"), (100, "một trăm"),
        (101, "một trăm linh một"), (110, "một trăm mười"), (115, "một trăm mười lăm"), (999, "chín trăm chín mươi chín"),
        (1000, "một nghìn"), (1005, "một nghìn không trăm linh năm"), (1200, "một nghìn hai trăm"),
        (2000, "hai nghìn"),
    ],
)  # fmt: skip
def test_numbers_in_words(number, words):
    assert in_words(number) == words


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"success": "Gửi đơn thuốc thành công", "checksum": "a1"}, Outcome.TAKEN),
        (200, "Cập nhật đơn thuốc đã bán thành công", Outcome.TAKEN),
        (422, {"success": DUPLICATE, "danh_sach_cac_loi": ["Mã đơn thuốc đã tồn tại"], "checksum": "a1"}, Outcome.DUPLICATE),
        (422, {"success": f"{DUPLICATE}: 79999a1b2c3d-c", "danh_sach_cac_loi": []}, Outcome.DUPLICATE),
        (422, {"success": "Không thành công", "danh_sach_cac_loi": ["Thiếu địa chỉ"]}, Outcome.REFUSED),
        (400, {}, Outcome.REFUSED),
        (401, {}, Outcome.ACCOUNT),
        (403, {}, Outcome.ACCOUNT),
        (404, {"danh_sach_cac_loi": ["Không tìm thấy đơn thuốc"]}, Outcome.UNKNOWN),
        (404, None, Outcome.LATER),  # a proxy's page: the system itself speaks JSON
        (200, None, Outcome.LATER),
        (302, None, Outcome.LATER),
        (429, {}, Outcome.LATER),
        (500, {"success": DUPLICATE}, Outcome.LATER),
        (503, None, Outcome.LATER),
    ],
)  # fmt: skip
def test_what_an_answer_means(status, body, outcome):
    raw = b"<html>" if body is None else json.dumps(body).encode()
    assert judge(status, raw, {}, duplicate_text=DUPLICATE).outcome == outcome


def test_the_words_of_an_answer_are_kept_whatever_it_is():
    refused = judge(
        422, b'{"success":"x","danh_sach_cac_loi":["a",3," ","b"],"checksum":"c"}', {}, duplicate_text=DUPLICATE
    )
    assert (refused.words, refused.errors, refused.checksum) == ("x", ("a", "b"), "c")
    login = judge(422, b'{"error":{"ma_lien_thong_bac_si":["sai"]}}', {}, duplicate_text=DUPLICATE)
    assert login.errors == ("sai",)
    for raw in (b"", b"[]", b"null", b"1", b"[" * 100_000, b'{"danh_sach_cac_loi":{"a":1},"success":[]}'):
        judge(422, raw, {"retry-after": "soon"}, duplicate_text=DUPLICATE)
    assert judge(429, b"{}", {"retry-after": "120"}, duplicate_text=DUPLICATE).retry_after == timedelta(minutes=2)


def test_pauses_grow_to_an_hour_and_are_spread():
    assert pause_after(1, 0) == timedelta(seconds=15)
    assert [pause_after(tries, 0.9999).total_seconds() // 30 for tries in (1, 2, 3, 4)] == [0, 1, 3, 7]
    assert timedelta(minutes=30) <= pause_after(500, 0) < pause_after(500, 0.9) < timedelta(hours=1)
    assert pause_after(1, 0.5, timedelta(minutes=5)) == timedelta(minutes=5)
    assert pause_after(1, 0.5, timedelta(days=5)) == timedelta(hours=1)


def test_a_token_says_itself_how_long_it_is_good():
    # {"exp": 1768443060} is 2026-01-15 02:11:00 UTC
    token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOiAxNzY4NDQzMDYwfQ.x"
    assert token_ends_at(token, now=NOW, otherwise=timedelta(hours=1)).isoformat() == "2026-01-15T02:11:00+00:00"
    for other in ("opaque", "a.b.c", "a.e30.c", ""):
        assert token_ends_at(other, now=NOW, otherwise=timedelta(hours=1)) == NOW + timedelta(hours=1)
