"""kill -9 between booking and notification loses nothing: after the restart the message is in the inbox, once."""

from __future__ import annotations

import time

from tests.cast_of_the_demo import CITIZEN, sign_in
from tests.house import standing
from tests.phone import Phone, eventually


def book_a_free_visit(phone: Phone, number: int) -> str:
    """Book the advice that costs nothing; it is agreed in the request itself, and told by jobs."""
    kinds = [one for one in phone.get("/visit-types", limit=100)["results"] if one["price"]["amount"] == 0]
    end = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 12 * 86400))
    today = time.strftime("%Y-%m-%d", time.gmtime())
    for kind in kinds:
        for doctor in phone.get("/practitioners", facility=kind["facility"])["results"]:
            asked = {"practitioner": doctor["id"], "visit_type": kind["id"], "from": today, "to": end}
            slots = phone.get("/slots", **asked)["results"]
            if slots:
                slot = slots[-1 - number * 3]
                wish = {"schedule": slot["schedule"], "starts_at": slot["starts_at"], "visit_type": kind["id"]}
                booked = phone.post("/appointments", wish | {"mode": kind["modes"][0]}, expect=201)
                assert booked["status"] == "booked"
                return str(booked["id"])
    raise AssertionError("the demo has no free visit")


def told(phone: Phone, appointment: str) -> list[str]:
    """The messages about one appointment in the inbox."""
    inbox = phone.get("/notifications", limit=100)["results"]
    return [one["id"] for one in inbox if one["kind"] == "appointment_booked" and appointment in str(one)]


def test_a_power_cut_between_booking_and_telling_loses_nothing() -> None:
    with standing(workers=False) as house:
        ana = sign_in(house, CITIZEN)
        booked = [book_a_free_visit(ana, 0)]
        assert told(ana, booked[0]) == []  # nobody has told anything yet
        house.kill()

        house.workers = True
        house.start()
        ana = sign_in(house, CITIZEN)
        eventually(lambda: told(ana, booked[0]))

        # And now while the worker is at it: cut at once, three times.
        for number in (1, 2, 3):
            booked.append(book_a_free_visit(ana, number))
            house.kill()
            house.start()
            ana = sign_in(house, CITIZEN)
        for appointment in booked:
            eventually(lambda appointment=appointment: told(ana, appointment), seconds=60)
        time.sleep(2)
        assert [len(told(ana, appointment)) for appointment in booked] == [1, 1, 1, 1]
