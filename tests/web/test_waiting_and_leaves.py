"""In real browsers: an earlier time comes free and is taken on a phone; the desk enters a leave and a citizen chooses."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, STRANGER
from tests.house import House
from tests.journeys.test_in_two_browsers import DESK, PHONE, become, chromium, watching  # noqa: F401
from tests.web.in_the_house import agree, enter, look, open_surgery
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


def test_an_earlier_time_comes_free_and_is_taken_on_a_phone(house: House, chromium: Any) -> None:  # noqa: F811
    place = open_surgery(house, minutes=40)
    ana, eve = enter(house, CITIZEN), enter(house, STRANGER)
    first, later = agree(eve, place, place.at()), agree(ana, place, place.at(20))
    with watching(house, chromium) as watch:
        page = watch.window(PHONE)
        become(page, CITIZEN)
        page.goto(f"/appointments/{later['id']}/")
        look(page, "wait-1-appointment")
        page.get_by_role("link", name="Báo tôi khi có giờ sớm hơn").click()
        page.locator("#id_last_day").fill(str(place.day))
        page.locator("#id_first_day").fill(str(place.day))
        look(page, "wait-2-join")
        page.get_by_role("button", name="Đưa tôi vào danh sách chờ").click()
        page.wait_for_url("**/waiting-list/")
        entry = page.locator("main section.card", has_text=place.name)
        expect(entry).to_be_visible()
        offered = page.locator("main a[href^='/waiting-list/offers/']", has_text=place.name)
        expect(offered).to_have_count(0)
        look(page, "wait-3-list")

        # Somebody gives up the time before hers; the open page says so by itself.
        eve.post(f"/appointments/{first['id']}/cancel")
        expect(offered).to_be_visible()
        look(page, "wait-4-offered")
        offered.click()
        expect(page.locator("hold-countdown [data-left]")).to_have_text(re.compile(r"\d"))
        expect(page.locator("main")).to_contain_text("12:00–12:20")
        look(page, "wait-5-offer")
        assert ana.get(f"/appointments/{later['id']}")["status"] == "booked"  # hers until she takes the earlier one
        page.get_by_role("button", name="Nhận giờ này").click()
        page.wait_for_url("**/appointments/*/")
        expect(page.locator("main")).to_contain_text("12:00–12:20")
        expect(page.get_by_role("heading", name="Đã đặt lịch khám")).to_be_visible()
        look(page, "wait-6-taken")
        page.goto("/waiting-list/")
        expect(page.locator("main", has_text=place.name)).to_have_count(0)
    taken = ana.get(f"/appointments/{later['id']}")
    assert taken["status"] == "rescheduled"
    ana.close()
    eve.close()


def test_the_desk_enters_a_leave_and_a_citizen_chooses(house: House, chromium: Any) -> None:  # noqa: F811
    place = open_surgery(house, minutes=60)
    ana, eve = enter(house, CITIZEN), enter(house, STRANGER)
    hers = agree(ana, place, place.at())
    agree(eve, place, place.at(20))
    with watching(house, chromium) as watch:
        dan, page = watch.window(DESK), watch.window(PHONE)
        become(dan, "dan")
        dan.goto("/hospital/leaves/")
        look(dan, "leave-1-list")
        dan.get_by_role("link", name="Ghi kỳ nghỉ").first.click()
        dan.locator("select[name=practitioner]").select_option(place.practitioner)
        dan.locator("input[name=first_day]").fill(str(place.day))
        dan.locator("textarea[name=message]").fill("Bác sĩ đi học, xin lỗi quý vị.")
        dan.locator("input[name=reason]").fill("Tập huấn")
        look(dan, "leave-2-form")
        dan.get_by_role("button", name="Xem ảnh hưởng đến ai").click()

        # Whom it touches is named with the ways found, and nothing has happened yet.
        rows = dan.locator(".leave-row")
        expect(rows).to_have_count(2)
        for who in (CITIZEN, STRANGER):
            expect(rows.filter(has_text=BY_KEY[who].name)).to_have_count(1)
        expect(rows.first.locator(".leave-row__ways li .badge").first).to_be_visible()
        look(dan, "leave-3-preview")
        assert ana.get(f"/appointments/{hers['id']}")["status"] == "booked"
        dan.get_by_role("button", name="Ghi kỳ nghỉ và báo mọi người").click()
        dan.wait_for_url(re.compile(r"/hospital/leaves/[0-9a-f-]{36}/"))
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("đã báo")  # the page follows the jobs
        look(dan, "leave-4-cases")

        # She finds the question on her first page and takes the first way; the desk's page hears of it.
        become(page, CITIZEN)
        page.goto("/")
        asked = page.locator("a[href^='/leave-cases/']", has_text=place.name).first
        look(page, "leave-5-home")
        asked.click()
        expect(page.locator("main")).to_contain_text("Bác sĩ đi học, xin lỗi quý vị.")
        expect(page.locator("main")).not_to_contain_text("Tập huấn")  # that is for colleagues
        look(page, "leave-6-choose")
        page.locator("button.kind").first.click()
        expect(page.get_by_role("link", name="Xem lịch khám")).to_be_visible()
        look(page, "leave-7-chosen")
        mine = rows.filter(has_text=BY_KEY[CITIZEN].name)
        expect(mine.locator(".badge--good")).to_be_visible()
        expect(rows.filter(has_text=BY_KEY[STRANGER].name)).to_contain_text("đã báo")
        look(dan, "leave-8-one-chosen")
        dan.set_viewport_size(PHONE)
        look(dan, "leave-9-at-390")
    moved = ana.get(f"/appointments/{hers['id']}")
    assert moved["status"] == "rescheduled"
    ana.close()
    eve.close()
