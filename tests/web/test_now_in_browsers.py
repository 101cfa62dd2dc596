"""See a doctor now, clicked through by two people: a phone of 390 pixels, and the doctor who is on call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, DOCTOR
from tests.house import House, standing
from tests.journeys.test_in_two_browsers import DESK, PHONE, become, chromium, watching  # noqa: F401
from tests.web.in_the_house import enter, free_for_now, look
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


@pytest.fixture(scope="module")
def own_house() -> Iterator[House]:
    """A house in which nobody else keeps the doctor busy."""
    with standing() as one:
        yield one


def test_see_a_doctor_now(own_house: House, chromium: Any) -> None:  # noqa: F811
    citizen = enter(own_house, CITIZEN)
    doctor = citizen.get("/practitioners", q="tran duc binh")["results"][0]["id"]
    citizen.close()
    free_for_now(own_house, doctor)
    with watching(own_house, chromium) as watch:
        ana, ben = watch.window(PHONE), watch.window(DESK)
        become(ben, DOCTOR)
        ben.goto("/doctor/on-call/")
        if ben.locator("button[name=off]").count() == 0:
            ben.get_by_role("button", name="Bắt đầu trực").click()
        expect(ben.locator("button[name=off]")).to_be_visible()
        look(ben, "now-1-on-call")

        # What sounds like an emergency stops first; she knows that it is none, and goes on.
        become(ana, CITIZEN)
        ana.goto("/now/")
        ana.locator("textarea").fill("Ho khan, tuần trước có lúc khó thở")
        ana.locator("#condition").select_option("J00")
        ana.get_by_role("button", name="Gặp bác sĩ ngay").click()
        expect(ana.locator("a.button--danger[href='tel:115']")).to_be_visible()
        look(ana, "now-2-emergency")
        watch.seen = [line for line in watch.seen if "409" not in line]  # the browser notes the status of that page
        ana.get_by_role("button", name="Không phải cấp cứu, tiếp tục").click()
        ana.wait_for_url("**/now/*/")
        expect(ana.locator("hold-countdown [data-left]")).to_be_visible()
        look(ana, "now-3-asking")

        # The doctor's page rings without a reload, counts down, and he takes it.
        card = ben.locator(".ask-card")
        expect(card).to_contain_text("Ho khan")
        expect(card.locator("[data-left]")).to_be_visible()
        look(ben, "now-4-asked")
        card.get_by_role("button", name="Nhận khám").click()
        expect(ben.locator(".badge--warn")).to_be_visible()

        # Her page leads on to paying by itself; paid, both go into the same visit.
        ana.wait_for_url("**/appointments/*/")
        look(ana, "now-5-pay")
        ana.locator("a.button--primary[href*='/payments/']").click()
        ana.locator("button[value=sandbox]").click()
        ana.locator("button[value=pay]").click()
        expect(ana.locator("payment-watch[data-status=captured]")).to_be_visible()
        ana.locator("main a.button--primary").click()
        look(ana, "now-6-paid")
        open_it = ben.locator(".list__item", has_text=BY_KEY[CITIZEN].name).locator("a[href^='/doctor/visits/']")
        expect(open_it).to_be_visible()
        look(ben, "now-7-taken")
        open_it.click()
        ben.wait_for_url("**/doctor/visits/*/")
        visit = ben.url.rstrip("/").rsplit("/", 1)[-1]
        ana.goto(f"/visits/{visit}/")
        ana.locator("[data-part=consent] input").check()
        ana.locator("[data-act=enter]").click()
        ben.locator("video-call [data-act=start]").click()
        ben.locator("video-call [data-act=let_in]").click()
        for side in (ana, ben):
            expect(side.locator("video-call")).to_have_attribute("data-shown", "call")
        look(ana, "now-8-call")
