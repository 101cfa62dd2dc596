"""From what was signed to what the national system takes (Decision 808/QĐ-BYT, `gui-don-thuoc`, `cap-nhat-don-thuoc`). Pure.

Field names are the system's own. What its guide leaves open is in `Options`. A key that `content` may lack (version 1 does) is
read as absent: patient.phone, .guardian_phone, .weight_kg, .coded, .region; diagnoses.conclusion; items.brand, .national_code,
.packs; revisit_on, inpatient, note, tranche {number, from, to}, tranches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prescriptions.gateway.numerals import in_words

SEXES = {"male": 2, "female": 3}  # 1: unknown. The health insurance's own forms count otherwise (1 male, 2 female).
GUARDIAN_BELOW_MONTHS = 72
LONGEST_INVOICE = 20


@dataclass(frozen=True)
class Options:
    """What the guide does not settle, or settles in two ways."""

    types: Mapping[str, str] = field(default_factory=lambda: {"c": "c", "n": "n", "h": "h", "t": "y", "y": "y"})
    courses_for: frozenset[str] = frozenset("hny")  # types, in the system's letters, that carry `dot_dung_thuoc`
    blank: str = "."  # stands in a drug line where there is nothing to say
    outpatient: str = "2"  # older systems: ngoaitru, noitru
    inpatient: str = "1"
    signature: str = "none"  # none, or jws: the compact JWS as it is kept
    longest_text: int = 200  # of a text in a sale report
    pharmacy_code: str = "code"  # who sold: code (of QĐ 384), or account (what the pharmacy signs in with)
    line_id: str = "id"  # what names the prescribed line in a sale report: id (of the answer to a lookup) or ma_thuoc


def send_body(content: Mapping[str, Any], *, zone: str, signature: str = "", options: Options) -> dict[str, Any]:
    """Return the body of `gui-don-thuoc` for a signed content. Dates are those of the clinic's `zone`."""
    patient, signed_at = content["patient"], datetime.fromisoformat(content["signed_at"]).astimezone(ZoneInfo(zone))
    letter = options.types.get(content["kind"], content["kind"])
    if patient.get("coded"):
        patient = _unnamed(patient)
    number = patient.get("national_id", "")
    return {
        "loai_don_thuoc": letter,
        "ma_don_thuoc": national_code(content["code"], options),
        "ho_ten_benh_nhan": patient["name"],
        "ma_dinh_danh_y_te": number,
        "ma_dinh_danh_cong_dan": number,
        "ngay_sinh_benh_nhan": _day(patient["born_on"]),
        "can_nang": _number(patient.get("weight_kg")),
        "gioi_tinh": SEXES.get(patient["sex"], 1),
        "ma_so_the_bao_hiem_y_te": patient.get("insurance_number", ""),
        "thong_tin_nguoi_giam_ho": _guardian(patient, signed_at.date()),
        "dia_chi": patient["address"],
        "chan_doan": [
            {
                "ma_chan_doan": one["code"],
                "ten_chan_doan": one["name"],
                "ket_luan": one.get("conclusion") or one["name"],
            }
            for one in content["diagnoses"]
        ],
        "luu_y": _note(content),
        "hinh_thuc_dieu_tri": options.inpatient if content.get("inpatient") else options.outpatient,
        "dot_dung_thuoc": _course(content, signed_at.date(), letter) if letter in options.courses_for else None,
        "thong_tin_don_thuoc": [_drug_line(one, letter, options.blank) for one in content["items"]],
        "loi_dan": content.get("advice", ""),
        "so_dien_thoai_nguoi_kham_benh": local_phone(patient.get("phone", "")),
        "ngay_tai_kham": _days_until(content.get("revisit_on", ""), signed_at.date()),
        "ngay_gio_ke_don": f"{signed_at:%Y-%m-%d %H:%M:%S}",
        "signature": signature if options.signature == "jws" else "",
    }


def national_code(code: str, options: Options) -> str:
    """Return a code as the system spells it: the circular's T is its y."""
    return code[:-1] + options.types.get(code[-1:], code[-1:])


def _unnamed(patient: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody with HIV is not recognised by whoever looks the prescription up (QĐ 425/QĐ-BYT article 9 clause 5)."""
    hidden = dict.fromkeys(("national_id", "insurance_number", "phone", "guardian_phone"), "")
    guardian = patient["coded"] if patient.get("guardian") else ""
    return {
        **patient,
        **hidden,
        "name": patient["coded"],
        "guardian": guardian,
        "address": patient.get("region") or ".",
    }


def _note(content: Mapping[str, Any]) -> str:
    """What a pharmacy must mind; several tranches are said in words, since the system has room for one."""
    parts = [content.get("note", "")]
    parts += [
        f"Đợt {one['number']}: {_day(one['from'])} – {_day(one['to'])}" for one in content.get("tranches", ())[1:]
    ]
    return "; ".join(part for part in parts if part)


def missing(body: Mapping[str, Any], signed_on: date) -> list[str]:
    """Return the fields that the system requires and that say nothing, by the system's names; none when it is complete."""
    wanted = ["ma_don_thuoc", "ho_ten_benh_nhan", "ngay_sinh_benh_nhan", "dia_chi", "chan_doan", "thong_tin_don_thuoc"]
    absent = [name for name in wanted if not body[name]]
    if any(not one["ma_chan_doan"] or not one["ten_chan_doan"] for one in body["chan_doan"]):
        absent.append("chan_doan")
    if any(not one["ten_thuoc"].strip(". ") for one in body["thong_tin_don_thuoc"]):
        absent.append("thong_tin_don_thuoc")
    born = body["ngay_sinh_benh_nhan"]
    if born and not body["thong_tin_nguoi_giam_ho"]:
        born_on = datetime.strptime(born, "%d/%m/%Y").date()  # noqa: DTZ007 - a day, not an instant
        if months_between(born_on, signed_on) < GUARDIAN_BELOW_MONTHS:
            absent.append("thong_tin_nguoi_giam_ho")
    return absent


@dataclass(frozen=True)
class Sold:
    """One drug of a sale: what was prescribed, and what of it was handed out (another drug where it was substituted)."""

    prescribed_code: str
    code: str
    name: str
    unit: str
    prescribed: int
    sold: int
    usage: str
    brand: str = ""


def sale_body(
    code: str,
    lines: Sequence[tuple[str, Sold]],
    *,
    pharmacy: Mapping[str, str],
    invoice: str,
    options: Options,
) -> dict[str, Any]:
    """Return the body of `cap-nhat-don-thuoc`: `lines` are (id of the prescribed line, what was sold of it).

    `pharmacy` has code, name, phone, address. Raises ValueError for an invoice number that is too long, and without lines.
    """
    if len(invoice) > LONGEST_INVOICE or not invoice or not lines:
        raise ValueError("a sale has lines and an invoice number of at most 20 characters")

    def text(value: str) -> str:
        return value[: options.longest_text]

    return {
        "ma_don_thuoc": code,
        "thong_tin_thuoc": [
            {
                "ma_thuoc_da_ke_don": line_id,
                "ma_thuoc": one.code,
                "biet_duoc": text(one.brand) or options.blank,
                "ten_thuoc": text(one.name),
                "don_vi_tinh": text(one.unit),
                "so_luong": one.prescribed,
                "so_luong_ban": one.sold,
                "cach_dung": text(one.usage),
            }
            for line_id, one in lines
        ],
        "ma_dinh_danh_co_so_cung_ung_thuoc": pharmacy["code"],
        "ten_co_so_cung_ung_thuoc": text(pharmacy["name"]),
        "so_dien_thoai_co_so_cung_ung_thuoc": local_phone(pharmacy["phone"]),
        "dia_chi_co_so_cung_ung_thuoc": text(pharmacy["address"]),
        "ma_hoa_don": invoice,
    }


def invoice_of(sale_id: str) -> str:
    """Return the number of a sale, 20 characters out of the random end of its UUIDv7: the same for each try."""
    return f"HD{sale_id.replace('-', '')[-18:].upper()}"


def drug_name(item: Mapping[str, Any]) -> str:
    """Return name and strength as a prescription prints them: "Paracetamol 500mg", "Paracetamol (Hapacol) 500mg"."""
    brand = f" ({item['brand']})" if item.get("brand") else ""
    strength = re.sub(r"(?<=[0-9]) (?=(?:mcg|mg|g|ml|IU|µg)\b)", "", item["strength"])
    return f"{item['name']}{brand} {strength}".strip()


def usage(item: Mapping[str, Any]) -> str:
    """Say how a drug is taken: "Uống 1 viên/lần, 2 lần/ngày, sau ăn, 7 ngày"."""
    way = item["route"].removeprefix("đường ")
    dose = str(item["dose"]).replace(".", ",")
    said = f"{way} {dose} {item['dose_unit'].lower()}/lần, {item['doses_a_day']} lần/ngày"
    parts = [said[:1].upper() + said[1:], item["instruction"], f"{item['days']} ngày"]
    return ", ".join(part for part in parts if part)


def drug_code(item: Mapping[str, Any]) -> str:
    """Return the code of a drug in the national list, our own where it has none."""
    return str(item.get("national_code") or item["drug"])


def local_phone(phone: str) -> str:
    """Write a Vietnamese number as people dial it: +84912345678 is 0912345678."""
    return f"0{phone[3:]}" if phone.startswith("+84") else phone


def months_between(born_on: date, day: date) -> int:
    """Return the whole months of age on a day."""
    return (day.year - born_on.year) * 12 + day.month - born_on.month - (day.day < born_on.day)


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if iso else ""


def _number(value: object) -> str:
    return "" if value in (None, "") else str(value)


def _guardian(patient: Mapping[str, Any], signed_on: date) -> str:
    """Name, phone and address of who answers for a child under 72 months; nothing for anybody older."""
    name, born = patient.get("guardian", ""), patient["born_on"]
    if not name or not born or months_between(date.fromisoformat(born), signed_on) >= GUARDIAN_BELOW_MONTHS:
        return ""
    return ", ".join(
        part for part in (name, local_phone(patient.get("guardian_phone", "")), patient["address"]) if part
    )


def _drug_line(item: Mapping[str, Any], letter: str, blank: str) -> dict[str, str]:
    how = usage(item)
    if letter == "n":
        how += f" ({in_words(item['total'])} {item['unit'].lower()})"
    line = {
        "ma_thuoc": drug_code(item),
        "biet_duoc": item.get("brand", ""),
        "ten_thuoc": drug_name(item),
        "don_vi_tinh": item["unit"][:1].upper() + item["unit"][1:],
        "so_luong": item["printed_total"],
        "cach_dung": how,
    }
    return {name: value.strip() or blank for name, value in line.items()}


def _course(content: Mapping[str, Any], signed_on: date, letter: str) -> dict[str, Any]:
    """From which day to which its drugs are taken. A narcotic against cancer pain is written in tranches; each says its own."""
    tranche: Mapping[str, Any] = content.get("tranche") or next(iter(content.get("tranches") or ()), {})
    longest = max((item["days"] for item in content["items"]), default=1)
    begin = tranche.get("from") or signed_on.isoformat()
    end = tranche.get("to") or (date.fromisoformat(begin) + timedelta(days=longest - 1)).isoformat()
    packs = [item["packs"] for item in content["items"] if item.get("packs")] if letter == "y" else []
    return {
        "dot": tranche.get("number", 1),
        "tu_ngay": _day(begin),
        "den_ngay": _day(end),
        "so_thang_thuoc": max(packs) if packs else None,
    }


def _days_until(iso: str, signed_on: date) -> str:
    return str(max((date.fromisoformat(iso) - signed_on).days, 0)) if iso else ""
