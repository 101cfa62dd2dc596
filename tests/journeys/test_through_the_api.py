"""The whole story through the public API and web sockets alone, as a mobile app would tell it, in a real house."""

from __future__ import annotations

import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.cast_of_the_demo import CITIZEN, DOCTOR, PHARMACIST, STRANGER, sign_in
from tests.house import House
from tests.phone import eventually, pay


def test_a_visit_from_free_time_to_collected_drugs(house: House) -> None:
    ana, ben, cara = (sign_in(house, who) for who in (CITIZEN, DOCTOR, PHARMACIST))
    ana.give_times_back()
    me = ana.get("/me")
    person = me["person"]["id"]

    # She hears of everything over one socket.
    live = ana.socket("/ws/v1/me", ana.ticket("me"))

    # A free time right now, with a doctor who is on duty.
    doctor = next(one for one in ana.get("/practitioners", q="tran duc binh")["results"])
    kinds = ana.get("/visit-types", practitioner=doctor["id"], mode="video")["results"]
    today, end = time.strftime("%Y-%m-%d", time.gmtime()), time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
    window = {"from": today, "to": end, "practitioner": doctor["id"]}
    paid = sorted((one for one in kinds if one["price"]["amount"] > 0), key=lambda one: one["minutes"])
    free = [slot for one in paid for slot in ana.get("/slots", visit_type=one["id"], **window)["results"]]
    slot = min(free, key=lambda one: one["starts_at"])
    wish = {
        "schedule": slot["schedule"],
        "starts_at": slot["starts_at"],
        "visit_type": slot["visit_type"],
        "mode": "video",
        "condition": "J00",
        "reason": "Ho và sốt nhẹ",
    }
    held = ana.post("/appointments", wish, expect=201, key="one")
    assert ana.post("/appointments", wish, expect=201, key="one")["id"] == held["id"]
    assert held["status"] == "held"

    pay(ana, held)
    live.until(lambda frame: "appointment.booked" in str(frame))
    booked = eventually(lambda: (lambda one: one if one["encounter"] else None)(ana.get(f"/appointments/{held['id']}")))
    assert booked["status"] == "booked"
    eventually(lambda: [m for m in ana.get("/notifications")["results"] if m["kind"] == "appointment_booked"])

    # The waiting room, and the door.
    room = eventually(lambda: ana.get(f"/encounters/{booked['encounter']}/room"))
    ana.post(f"/rooms/{room['id']}/join", expect=409)
    text = ana.get(f"/rooms/{room['id']}/consent")
    ana.post(
        f"/rooms/{room['id']}/consent",
        {"what": "remote_visit", "given": True, "version": text["version"]},
        expect=204,
    )
    hers = ana.post(f"/rooms/{room['id']}/join")
    her_socket = ana.socket(f"/ws/v1/rooms/{room['id']}", hers["ticket"])
    assert her_socket.until(lambda frame: frame["t"] == "welcome")["d"]["state"] == "waiting"
    his = ben.post(f"/rooms/{room['id']}/join")
    his_socket = ben.socket(f"/ws/v1/rooms/{room['id']}", his["ticket"])
    his_socket.until(lambda frame: frame["t"] == "welcome")
    his_socket.send({"v": 1, "t": "let_in", "id": "c1", "d": {"seat": hers["seat"]}})
    her_socket.until(lambda frame: frame["t"] == "welcome" and frame["d"]["state"] == "admitted")
    his_socket.send({"v": 1, "t": "say", "id": "c2", "d": {"text": "Chào chị, chị thấy trong người thế nào?"}})
    assert "Chào chị" in str(her_socket.until(lambda frame: frame["t"] == "said"))
    eventually(lambda: ana.get(f"/appointments/{held['id']}")["status"] == "in_consultation")

    # The note and the prescription.
    encounter = f"/encounters/{booked['encounter']}"
    version = ben.get(encounter)["version"]
    disease = ben.get("/icd10", q="viem mui hong cap")["results"][0]
    ben.patch(
        encounter,
        {
            "version": version,
            "subjective": "Ho khan hai ngày",
            "diagnoses": [{"code": disease["code"], "name": disease["name_vi"]}],
        },
    )
    ben.patch(encounter, {"version": version, "plan": "x"}, expect=409)
    draft = ben.post("/prescriptions", {"encounter": booked["encounter"]}, expect=201)
    drug = ben.get("/drugs", q="paracetamol 500")["results"][0]
    item = {"drug": drug["code"], "dose_quantity": "1", "doses_a_day": 3, "days": 3, "instruction": "Sau ăn"}
    ben.patch(f"/prescriptions/{draft['id']}", {"items": [item]})
    signed = ben.post(f"/prescriptions/{draft['id']}/sign")
    assert signed["status"] == "signed"
    ben.post(f"{encounter}/finish")
    eventually(lambda: ana.get(f"/appointments/{held['id']}")["status"] == "fulfilled")

    # The pharmacy.
    pharmacy = next(one for one in ana.get("/facilities", kind="pharmacy", q="binh minh")["results"])
    mine = ana.post(f"/prescriptions/{draft['id']}/route", {"pharmacy": pharmacy["id"]})
    found = cara.post("/dispensing/lookup", {"code": mine["code"], "access_code": mine["access_code"]})
    secret = cara.post(f"/dispensing/{found['id']}/accept")["secret"]
    items = [{"item": one["id"], "quantity": one["total"], "lot": "B2611"} for one in found["items"]]
    cara.post(f"/dispensing/{found['id']}/dispense", {"secret": secret, "items": items})
    assert cara.post(f"/dispensing/{found['id']}/complete", {"secret": secret})["status"] == "dispensed"

    # And all of it in her record, with who looked.
    timeline = ana.get(f"/people/{person}/record/timeline")["results"]
    assert {"encounter", "prescription", "dispense"} <= {entry["kind"] for entry in timeline}
    who = {line["who"] for line in ana.get(f"/people/{person}/record/access-log")["results"]}
    assert any("Bình" in name for name in who)
    assert any("Cúc" in name for name in who)
    live.until(lambda frame: "prescription.dispensed" in str(frame))

    # A stranger sees none of it, hears none of it.
    eve = sign_in(house, STRANGER)
    eve.get(f"/appointments/{held['id']}", expect=404)
    eve.get(f"/prescriptions/{draft['id']}", expect=404)
    eve.get(encounter, expect=404)
    eve.post(f"/rooms/{room['id']}/join", expect=404)
    eve.get(f"/people/{person}/record/timeline", expect=404)
    with pytest.raises((ConnectionClosed, AssertionError)) as closed:
        eve.socket(f"/ws/v1/rooms/{room['id']}", eve.ticket("me")).until(lambda frame: frame["t"] == "welcome")
    assert "welcome" not in str(closed.value)

    for socket in (live, her_socket, his_socket):
        socket.close()
    for phone in (ana, ben, cara, eve):
        phone.close()
