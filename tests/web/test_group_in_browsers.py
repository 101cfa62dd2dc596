"""A group session in the desk's calendar: seats taken and left at a glance, and who sits there when it is opened."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, STRANGER
from tests.house import House
from tests.journeys.test_in_two_browsers import DESK, PHONE, become, chromium, watching  # noqa: F401
from tests.web.in_the_house import agree, enter, look, open_group
from web.demo import BY_KEY

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the house is a process of its own."""


def test_the_desk_sees_how_many_seats_are_taken_and_by_whom(house: House, chromium: Any) -> None:  # noqa: F811
    place = open_group(house, seats=3)
    ana, eve = enter(house, CITIZEN), enter(house, STRANGER)
    ana.give_times_back()
    for phone in (ana, eve):
        agree(phone, place, place.at())
    with watching(house, chromium) as watch:
        dan = watch.window(DESK)
        become(dan, "dan")
        address = f"/hospital/?schedule={place.schedule}&day={place.day}"
        dan.goto(address)
        group = dan.locator(f'.cal-column[data-day="{place.day}"] .visit--group')
        expect(group).to_have_count(1)
        expect(group).to_have_attribute("aria-label", re.compile("2 trên 3 chỗ"))
        expect(group).to_contain_text("2/3")
        expect(dan.locator(f'.cal-column[data-day="{place.day}"] .visit')).to_have_count(1)
        group.scroll_into_view_if_needed()
        look(dan, "group-1-week")

        # Opened by keys: who comes; one of them may be given another time from here.
        group.focus()
        dan.keyboard.press("Enter")
        dialog = dan.locator('dialog[data-dialog="group"][open]')
        for who in (CITIZEN, STRANGER):
            expect(dialog).to_contain_text(BY_KEY[who].name)
        expect(dialog.locator("[data-full]")).to_be_hidden()
        look(dan, "group-2-who")
        dialog.locator("button", has_text=BY_KEY[STRANGER].name).click()
        one = dan.locator('dialog[data-dialog="visit"][open]')
        expect(one.locator("h2")).to_have_text(BY_KEY[STRANGER].name)
        look(dan, "group-3-one")
        one.get_by_role("button", name="Đóng").click()

        # The last seat is taken.
        child = next(one["id"] for one in ana.get("/me/people")["results"] if one["full_name"] != BY_KEY[CITIZEN].name)
        agree(ana, place, place.at(), person=child)
        dan.set_viewport_size(PHONE)
        dan.goto(address)
        expect(group).to_contain_text("3/3")
        look(dan, "group-4-full-at-390")
        group.click()
        expect(dialog.locator("[data-full]")).to_be_visible()
        look(dan, "group-5-full-dialog")
        group.page.keyboard.press("Escape")
    ana.close()
    eve.close()
