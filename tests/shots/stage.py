"""What must have happened before every page has something to show: visits held, open and closed, a prescription taken in."""

from __future__ import annotations

import time
from typing import Any

from tests.house import House
from tests.phone import Phone, eventually, pay


def prepare(house: House) -> dict[str, dict[str, Any]]:
    """Let it happen through the public API; return for each of the cast: kind of page → its address."""
    from tests.cast_of_the_demo import CITIZEN, DOCTOR, PHARMACIST, sign_in  # Django must have started

    ana, ben, cara = (sign_in(house, who) for who in (CITIZEN, DOCTOR, PHARMACIST))
    try:
        return _prepare(ana, ben, cara)
    finally:
        for phone in (ana, ben, cara):
            phone.close()


def _prepare(ana: Phone, ben: Phone, cara: Phone) -> dict[str, dict[str, Any]]:
    times = _free_times(ana)
    now = _booked(ana, times[0])
    later = _booked(ana, times[1])
    held = _hold(ana, times[2])
    started = ana.post("/payments", {"subject": f"appointment:{held['id']}", "gateway": "sandbox"})
    prescription = _seen(ben, later["encounter"])
    pharmacy = next(one for one in ana.get("/facilities", kind="pharmacy", q="binh minh")["results"])
    mine = ana.post(f"/prescriptions/{prescription}/route", {"pharmacy": pharmacy["id"]})
    found = cara.post("/dispensing/lookup", {"code": mine["code"], "access_code": mine["access_code"]})
    cara.post(f"/dispensing/{found['id']}/accept")
    return {
        "ana": {
            "appointment-held": f"/appointments/{held['id']}/",
            "appointment-booked": f"/appointments/{now['id']}/",
            "appointment-done": f"/appointments/{later['id']}/",
            "payment": f"/payments/{held['payment']['id']}/",
            "sandbox": "/" + started["redirect_url"].split("/", 3)[3],
            "visit-open": f"/visits/{now['encounter']}/",
            "visit-over": f"/visits/{later['encounter']}/",
            "prescription-accepted": f"/prescriptions/{prescription}/",
            "not-yours": "/doctor/",
            "find-nothing": "/find/?q=khongcoai",
        },
        "ben": {
            "doctor-visit-open": f"/doctor/visits/{now['encounter']}/",
            "doctor-visit-closed": f"/doctor/visits/{later['encounter']}/",
            "finish": f"/doctor/visits/{now['encounter']}/finish/",
            "password-again": "/staff/password/",
            "second-step-again": "/staff/second-step/again/",
            "recovery-codes": "/staff/second-step/recovery-codes/",
        },
        "cara": {"review": f"/pharmacy/prescriptions/{prescription}/"},
    }


def booked_visit(ana: Phone) -> str:
    """The encounter of the next time of the doctor on duty, held and paid."""
    return str(_booked(ana, _free_times(ana)[0])["encounter"])


def _free_times(ana: Phone) -> list[dict[str, Any]]:
    """Three coming times of the doctor on duty that do not overlap, the first as early as can be."""
    doctor = next(one for one in ana.get("/practitioners", q="tran duc binh")["results"])
    kinds = ana.get("/visit-types", practitioner=doctor["id"], mode="video")["results"]
    paid = [one["id"] for one in kinds if one["price"]["amount"] > 0]
    today, end = (time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86400)) for days in (0, 1))
    window = {"practitioner": doctor["id"], "from": today, "to": end}
    free = [slot for one in paid for slot in ana.get("/slots", visit_type=one, **window)["results"]]
    chosen: list[dict[str, Any]] = []
    for slot in sorted(free, key=lambda one: one["starts_at"]):
        if not chosen or slot["starts_at"] >= chosen[-1]["ends_at"]:
            chosen.append(slot)
    return chosen[:3]


def _hold(ana: Phone, slot: dict[str, Any]) -> dict[str, Any]:
    wish = {name: slot[name] for name in ("schedule", "starts_at", "visit_type")}
    return ana.post(
        "/appointments",
        wish | {"mode": "video", "condition": "J00", "reason": "Ho và sốt nhẹ hai ngày nay"},
        expect=201,
    )


def _booked(ana: Phone, slot: dict[str, Any]) -> dict[str, Any]:
    held = _hold(ana, slot)
    pay(ana, held)
    return eventually(lambda: (lambda one: one if one["encounter"] else None)(ana.get(f"/appointments/{held['id']}")))


def _seen(ben: Phone, encounter: str) -> str:
    """The doctor sees somebody from the first word to the signed prescription, whose id comes back."""
    ben.post(f"/encounters/{encounter}/start")
    note = ben.get(f"/encounters/{encounter}")
    disease = ben.get("/icd10", q="viem mui hong cap")["results"][0]
    ben.patch(
        f"/encounters/{encounter}",
        {
            "version": note["version"],
            "subjective": "Ho khan, sốt nhẹ hai ngày, không khó thở.",
            "assessment": "Viêm mũi họng cấp, thể trạng tốt.",
            "advice": "Nghỉ ngơi, uống nhiều nước ấm. Khám lại nếu sốt trên 38,5 độ.",
            "diagnoses": [{"code": disease["code"], "name": disease["name_vi"]}],
        },
    )
    draft = ben.post("/prescriptions", {"encounter": encounter}, expect=201)
    drug = ben.get("/drugs", q="paracetamol 500")["results"][0]
    item = {"drug": drug["code"], "dose_quantity": "1", "doses_a_day": 3, "days": 3, "instruction": "Sau ăn"}
    ben.patch(f"/prescriptions/{draft['id']}", {"items": [item]})
    ben.post(f"/prescriptions/{draft['id']}/sign")
    ben.post(f"/encounters/{encounter}/finish")
    return str(draft["id"])
