"""The prescription as a paper: PDF/A-3 set by Typst in the form of Circular 26/2025/TT-BYT, out of what was signed. No database.

In Vietnamese, whatever language its reader prefers: the circular asks for it. The compact JWS is attached for programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.qr import svg_of
from prescriptions.gateway.mapping import drug_name, local_phone, months_between, usage
from prescriptions.gateway.numerals import in_words

LAYOUT = Path(__file__).parent / "documents" / "prescription.typ"
MONTHS_SMALL = 72  # Circular 26/2025/TT-BYT, article 6: age in months, weight, who brings the child
TITLES = {"c": "ĐƠN THUỐC", "n": "ĐƠN THUỐC “N”", "h": "ĐƠN THUỐC “H”", "t": "ĐƠN THUỐC Y HỌC CỔ TRUYỀN"}
SEXES = {"male": "Nam", "female": "Nữ"}
MARK = "CHỮ KÝ THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"


@cache
def _layout() -> bytes:
    return LAYOUT.read_bytes()


def typeset(values: Mapping[str, Any]) -> bytes:
    """Set the values of `said` as PDF/A-3a. The same values give the same bytes."""
    import typst  # a large library that only this needs: not in every process from its start

    data = json.dumps(values, ensure_ascii=False)
    return bytes(typst.compile(_layout(), sys_inputs={"data": data}, pdf_standards="a-3a"))


def quantity(item: Mapping[str, Any], kind: str) -> str:
    """Write a quantity as article 6 asks: "06 viên" below ten, "20 viên (Hai mươi viên)" for a narcotic."""
    unit = item["unit"].lower()
    said = f"{item['printed_total']} {unit}"
    words = item.get("total_words") or (in_words(item["total"]) if kind == "n" else "")
    return f"{said} ({words[:1].upper()}{words[1:]} {unit})" if words else said


def said(
    content: Mapping[str, Any], *, zone: str, jws: str, slip: str, verify: str, certificate: str, legally_valid: bool
) -> dict[str, Any]:
    """Return every text of the paper. `slip` is the text of its QR code; without one there is none (old prescriptions)."""
    there = ZoneInfo(zone)
    signed = datetime.fromisoformat(content["signed_at"]).astimezone(there)
    ends = datetime.fromisoformat(content["expires_at"]).astimezone(there)
    facility, patient, kind = content["facility"], content["patient"], content["kind"]
    papers = content.get("narcotics") or {}
    receiver = f"{papers.get('receiver', '')} {papers.get('receiver_id', '')}".strip()
    return {
        "title": TITLES.get(kind, TITLES["c"]),
        "code": content["code"],
        "date": [signed.year, signed.month, signed.day],
        "mark": "" if legally_valid else MARK,
        "jws": jws,
        "qr": svg_of(slip).decode() if slip else "",
        "verify": verify,
        "facility": {
            "name": facility["name"],
            "address": facility["address"],
            "phone": local_phone(facility["phone"]),
        },
        "valid_until": _day(_last_day(ends)),
        "patient": _patient(patient, signed.date()),
        "diagnoses": [
            {"code": one["code"], "name": one["name"], "conclusion": one.get("conclusion", "")}
            for one in content["diagnoses"]
        ],
        "tranche": "; ".join(
            f"Đợt {one.get('number', place)} từ ngày {_day(one['from'])} đến hết ngày {_day(one['to'])}"
            for place, one in enumerate(content.get("tranches") or [], start=1)
        ),
        "items": [
            {"name": drug_name(one), "quantity": quantity(one, kind), "usage": usage(one)} for one in content["items"]
        ],
        "count": f"{len(content['items']):02d}",
        "advice": " ".join(part for part in (content.get("advice", ""), content.get("note", "")) if part),
        "revisit": _day(content.get("revisit_on", "")),
        "place_and_date": f"Ngày {signed:%d} tháng {signed:%m} năm {signed:%Y}",
        "prescriber_role": "Bác sĩ/Y sĩ khám bệnh",
        "prescriber": content["prescriber"]["name"],
        "licence": content["prescriber"]["licence"],
        "signed": f"{signed:%H:%M:%S %d/%m/%Y}",
        "certificate": certificate,
        "guardian": "" if patient.get("coded") else patient.get("guardian", ""),
        "receiver": receiver if kind in "nh" else None,
    }


def _last_day(ends: datetime) -> str:
    """The end is the first instant at which it is too late: the day before, when that is midnight."""
    return date.fromordinal(ends.date().toordinal() - (ends.hour == ends.minute == 0)).isoformat()


def _patient(patient: Mapping[str, Any], on: date) -> list[tuple[str, str]]:
    """The lines about the patient. A person with HIV is a code (article 6); a small child has months and weight."""
    if coded := patient.get("coded"):
        return [("Mã người bệnh", coded), ("Nơi cư trú", patient.get("region", ""))]
    born_on = patient.get("born_on", "")
    lines = [("Họ tên", patient["name"])]
    months = months_between(date.fromisoformat(born_on), on) if born_on else None
    if months is not None and months < MONTHS_SMALL:
        lines.append(("Tuổi", f"{months} tháng ({_day(born_on)})"))
    else:
        lines.append(("Ngày sinh", _day(born_on)))
    lines += [
        ("Cân nặng", f"{patient['weight_kg']} kg".replace(".", ",") if patient.get("weight_kg") else ""),
        ("Giới tính", SEXES.get(patient.get("sex", ""), "")),
        ("Số định danh cá nhân/CCCD/hộ chiếu", patient.get("national_id", "")),
        ("Số thẻ bảo hiểm y tế", patient.get("insurance_number", "")),
        ("Nơi cư trú", patient.get("address", "")),
    ]
    return [(label, value) for label, value in lines if value]


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}" if iso else ""
