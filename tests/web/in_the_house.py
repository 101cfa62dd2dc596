"""Setting the stage in the running house: what a test needs happens through the doors people use, never by the demo's luck.

Other hours "once" work on any weekday and holiday, so no test here depends on the day or the hour at which it runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.cast_of_the_demo import DESK
from tests.house import House
from tests.phone import Phone, eventually, pay
from tests.shots import walk

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = time(12)  # of a working day, where the demo's people have no visits
LOOK = "LANH_LOOK"  # names a folder: keep pictures of every step


@dataclass(frozen=True)
class Surgery:
    """A doctor who works at noon on one coming day, for an hour, and nobody has taken a time yet."""

    schedule: str
    practitioner: str
    name: str
    visit_type: str
    day: date

    def at(self, minutes: int = 0) -> datetime:
        return datetime.combine(self.day, NOON, ZONE) + timedelta(minutes=minutes)


def enter(house: House, who: str) -> Phone:
    """One of the cast by a browser's session, as pages speak to the API: no code is used up that another test needs."""
    one = Phone(house)
    one.http.cookies.set("sessionid", walk.session_of(house, who))
    one.http.get("/demo/")
    one.http.headers.update({"X-CSRFToken": one.http.cookies["csrftoken"], "Referer": f"{house.url}/demo/"})
    return one


def open_surgery(house: House, minutes: int = 60) -> Surgery:
    """Let the desk open these minutes only, on a day on which nobody comes to the doctor."""
    desk = enter(house, DESK)
    try:
        found = _empty_day(desk)
        wish = {"kind": "instead", "grid_minutes": 20, "starts_at": found.at().isoformat()}
        wish["ends_at"] = found.at(minutes).isoformat()
        desk.post(f"/schedules/{found.schedule}/exceptions", wish, expect=201)
        return found
    finally:
        desk.close()


def open_group(house: House, seats: int) -> Surgery:
    """Let the desk open one time at noon that so many people share."""
    desk = enter(house, DESK)
    try:
        found = _empty_day(desk)
        wish = {"weekday": found.day.weekday(), "from_time": "12:00", "to_time": "12:20", "grid_minutes": 20}
        wish |= {"valid_from": str(found.day), "valid_to": str(found.day), "capacity": seats}
        desk.post(f"/schedules/{found.schedule}/rules", wish, expect=201)
        return found
    finally:
        desk.close()


def _empty_day(desk: Phone) -> Surgery:
    """Find a doctor and a day some days ahead on which nobody comes and nothing is out of the ordinary."""
    today = datetime.now(ZONE).date()
    for schedule in desk.get("/schedules")["results"]:
        doctor = schedule["practitioner"]
        if schedule["min_notice_minutes"] == 0:
            continue  # who is there day and night is needed elsewhere
        for ahead in range(4, 18):
            day = today + timedelta(days=ahead)
            week = desk.get(f"/schedules/{schedule['id']}/week", **{"from": str(day)})
            there = [one["kind"] for one in week["bands"] if one["day"] == str(day)]
            taken = any(one["day"] == str(day) for one in week["visits"])
            if taken or week["days"][0]["holiday"] or not {"rule", "other"}.issuperset(there):
                continue
            return Surgery(schedule["id"], doctor["id"], doctor["name"], _kind(desk, doctor["id"]), day)
    raise AssertionError("no doctor of the demo has an empty day")


def _kind(desk: Phone, practitioner: str) -> str:
    """A paid visit of twenty minutes that people come for."""
    kinds = desk.get("/visit-types", practitioner=practitioner, mode="in_person")["results"]
    return str(next(one["id"] for one in kinds if one["minutes"] == 20 and one["price"]["amount"] > 0))


def agree(phone: Phone, place: Surgery, starts_at: datetime, **more: str) -> dict[str, Any]:
    """The citizen takes a time there, pays, and has it."""
    wish = {"schedule": place.schedule, "visit_type": place.visit_type, "mode": "in_person", **more}
    held = phone.post("/appointments", {**wish, "starts_at": starts_at.isoformat()}, expect=201)
    pay(phone, held)
    return eventually(
        lambda: (lambda one: one if one["status"] == "booked" else None)(phone.get(f"/appointments/{held['id']}"))
    )


def free_for_now(house: House, doctor: str) -> None:
    """The desk sends whoever would come to this doctor within the hour away, so that they can be asked at once."""
    desk = enter(house, DESK)
    try:
        moment = datetime.now(ZONE)
        for schedule in desk.get("/schedules")["results"]:
            if schedule["practitioner"]["id"] != doctor:
                continue
            week = desk.get(f"/schedules/{schedule['id']}/week", **{"from": str(moment.date())})
            for one in week["visits"]:
                starts = datetime.fromisoformat(f"{one['day']}T{one['starts']}").replace(tzinfo=ZONE)
                near = moment - timedelta(hours=1) < starts < moment + timedelta(hours=1)
                if near and one["status"] in {"held", "booked", "checked_in"}:
                    desk.post(f"/appointments/{one['id']}/cancel", {"reason": "Bác sĩ trực cấp cứu"})
    finally:
        desk.close()


def look(page: Any, name: str) -> None:
    """Nothing is wider than the window; a picture is kept where somebody wants one."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    folder = os.environ.get(LOOK)
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
