"""The desk's calendar in a real browser: hours are dragged, kept, taken back; people in the way are named; keys do it all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, DESK, sign_in
from tests.house import House, standing
from tests.phone import Phone
from tests.shots import walk

CLINIC_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One to itself: Ana may have only so many visits to come, and other tests book them too."""
    with standing() as one:
        yield one


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the house is a process of its own."""


@pytest.fixture
def ana(house: House) -> Iterator[Phone]:
    """Ana, who lets go of what she kept."""
    phone = sign_in(house, CITIZEN)
    yield phone
    for one in phone.get("/appointments")["results"]:
        if one["status"] == "held":
            phone.post(f"/appointments/{one['id']}/cancel")
    phone.close()


def agreed(house: House, ana: Phone) -> tuple[str, dict[str, Any], str]:
    """Ana keeps a time next week with a doctor of ordinary hours: the schedule, its week, and her name."""
    desk = sign_in(house, DESK)
    today = datetime.now(CLINIC_ZONE).date()
    monday = today + timedelta(days=7 - today.weekday())
    elsewhere = {
        one["starts_at"][:10] for one in ana.get("/appointments")["results"]
    }  # days on which she has a visit already
    try:
        for schedule in desk.get("/schedules")["results"]:
            week = desk.get(f"/schedules/{schedule['id']}/week", **{"from": str(monday)})
            ordinary = [one for one in week["bands"] if one["kind"] == "rule" and "08:00" <= one["ends"] <= "19:00"]
            if len({one["day"] for one in ordinary}) < 3:
                continue
            doctor = schedule["practitioner"]["id"]
            for kind in ana.get("/visit-types", practitioner=doctor, mode="in_person")["results"]:
                window = {"practitioner": doctor, "from": str(monday), "to": str(monday + timedelta(days=6))}
                for slot in ana.get("/slots", visit_type=kind["id"], **window)["results"]:
                    wish = {name: slot[name] for name in ("schedule", "starts_at", "visit_type")}
                    if slot["schedule"] == schedule["id"] and slot["starts_at"][:10] not in elsewhere:
                        held = ana.post("/appointments", {**wish, "mode": "in_person"}, expect=201)
                        week = desk.get(f"/schedules/{schedule['id']}/week", **{"from": str(monday)})
                        return schedule["id"], week, held["person"]["name"]
    finally:
        desk.close()
    raise AssertionError("no doctor of the demo works ordinary hours next week")


class Page:
    """The tab and what a hand at the desk does in it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab

    def hours(self, day: str) -> list[str]:
        said = self.tab.locator(f'.cal-column[data-day="{day}"] .band--rule').evaluate_all(
            "all => all.map(one => one.getAttribute('aria-label'))"
        )
        return [one.split(", ")[1] for one in said]

    def wait_for_hours(self, day: str, hours: list[str]) -> None:
        self.tab.wait_for_function(
            """([day, hours]) => JSON.stringify([...document.querySelectorAll(`.cal-column[data-day="${day}"] .band--rule`)]
               .map(one => one.getAttribute('aria-label').split(', ')[1])) === JSON.stringify(hours)""",
            arg=[day, hours],
        )

    def band(self, day: str, number: int = 0) -> Any:
        return self.tab.locator(f'.cal-column[data-day="{day}"] .band--rule').nth(number)

    def drag(self, day: str, minutes: int, edge: str = "") -> None:
        """Take a day's first hours by the middle, or by an edge, and let go so many minutes later."""
        self.band(day).scroll_into_view_if_needed()
        box = self.band(day).bounding_box()
        sheet = self.tab.locator(".cal-sheet").bounding_box()
        y = box["y"] + {"from": 3, "to": box["height"] - 3}.get(edge, 30)
        self.tab.mouse.move(box["x"] + 6, y)
        self.tab.mouse.down()
        self.tab.mouse.move(box["x"] + 6, y + minutes * sheet["height"] / 1440 / 2, steps=3)
        self.tab.mouse.move(box["x"] + 6, y + minutes * sheet["height"] / 1440, steps=3)
        self.tab.mouse.up()

    def answer(self, dialog: str, value: str) -> None:
        self.tab.locator(f'dialog[data-dialog="{dialog}"][open] button[value="{value}"]').first.click()


def later(hours: str, minutes: int, minutes_at_end: int | None = None) -> str:
    def shift(clock: str, by: int) -> str:
        total = int(clock[:2]) * 60 + int(clock[3:]) + by
        return f"{total // 60:02d}:{total % 60:02d}"

    begin, end = hours.split("–")
    return f"{shift(begin, minutes)}–{shift(end, minutes if minutes_at_end is None else minutes_at_end)}"


def test_hours_are_dragged_kept_and_taken_back(house: House, ana: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    from playwright.sync_api import sync_playwright

    schedule, week, name = agreed(house, ana)
    busy = next(one["day"] for one in week["visits"] if one["person"] == name)
    quiet = next(
        one["day"]
        for one in week["bands"]
        if one["kind"] == "rule" and not one["aside"] and one["day"] not in {visit["day"] for visit in week["visits"]}
    )
    address = f"{house.url}/hospital/?schedule={schedule}&day={quiet}"
    dan = walk.Visitor("dan", [], walk.session_of(house, "dan"))
    trouble: set[str] = set()
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        tab = walk.window(chromium, house, dan, width=1280, theme="light", language="vi").new_page()
        tab.set_default_timeout(20_000)
        walk.listen(tab, house, "dan", trouble)
        tab.goto(address)
        page = Page(tab)
        before = page.hours(quiet)

        # Dragged, and taken back by Ctrl+Z.
        page.drag(quiet, 30)
        page.answer("scope", "weekly")
        page.wait_for_hours(quiet, [later(before[0], 30), *before[1:]])
        tab.wait_for_selector(".toast--undo")
        tab.keyboard.press("Control+z")
        page.wait_for_hours(quiet, before)

        # An edge is pulled; it is so after a reload too.
        page.drag(quiet, -30, edge="to")
        page.answer("scope", "weekly")
        shorter = [later(before[0], 0, -30), *before[1:]]
        page.wait_for_hours(quiet, shorter)
        tab.reload()
        assert page.hours(quiet) == shorter

        # By keys: an hour later, and whoever counts on the earlier time is named.
        known = page.hours(busy)
        page.band(busy).focus()
        for _ in range(6):
            tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Enter")
        tab.wait_for_selector('dialog[data-dialog="scope"][open]')
        page.answer("scope", "once")
        panel = tab.locator('dialog[data-dialog="conflict"][open]')
        panel.wait_for()
        assert name in panel.inner_text()
        assert "/hospital/leaves/" in panel.locator("[data-leave]").get_attribute("href")
        page.answer("conflict", "")
        page.wait_for_hours(busy, known)

        # By keys again: the end is pulled; Escape drops it, Enter keeps it.
        end = page.band(quiet)
        end.focus()
        tab.keyboard.press("Shift+ArrowUp")
        tab.keyboard.press("Escape")
        assert tab.locator(".cal-ghost").count() == 0
        tab.keyboard.press("Shift+ArrowUp")
        assert "Enter" in tab.locator("[data-say]").inner_text()
        tab.keyboard.press("Enter")
        page.answer("scope", "weekly")
        step = next(one["grid_minutes"] for one in week["bands"] if one["day"] == quiet)
        page.wait_for_hours(quiet, [later(before[0], 0, -30 - step), *before[1:]])

        # Delete asks, and takes away.
        page.band(quiet).focus()
        tab.keyboard.press("Delete")
        page.answer("sure", "yes")
        page.wait_for_hours(quiet, before[1:])

        # On a phone one day at a time.
        phone = walk.window(chromium, house, dan, width=390, theme="dark", language="en").new_page()
        walk.listen(phone, house, "dan", trouble)
        phone.goto(address)
        assert phone.locator(".cal-column:visible").count() == 1
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        phone.locator(f'[data-day-tab="{busy}"]').click()
        assert phone.locator(".cal-column:visible").get_attribute("data-day") == busy
        chromium.close()
    # A refusal is an answer, not a mistake of the page.
    assert not {one for one in trouble if "409" not in one}, trouble
