"""The nurse measures, the doctor's open page shows it: two browsers, no call, no reload."""

from __future__ import annotations

import os
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import DOCTOR
from tests.house import House
from tests.journeys.test_in_two_browsers import DESK, PHONE, become, chromium, watching  # noqa: F401
from tests.web.in_the_house import look

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the house is a process of its own."""


def test_what_the_nurse_measures_stands_before_the_doctor_at_once(house: House, chromium: Any) -> None:  # noqa: F811
    with watching(house, chromium) as watch:
        nurse, doctor = watch.window(PHONE), watch.window(DESK)
        become(nurse, "giang")
        look(nurse, "station-1-day")
        nurse.get_by_role("link", name="Giàng A Páo").first.click()
        nurse.wait_for_url("**/station/visits/*/")
        visit = nurse.url.rstrip("/").rpartition("/")[2]
        become(doctor, DOCTOR)
        doctor.goto(f"/doctor/visits/{visit}/")
        expect(doctor.locator(".distance")).to_contain_text("Trạm Y tế xã Bản Mây")
        expect(doctor.locator("live-vitals [data-part=none]")).to_be_visible()
        look(nurse, "station-2-visit")

        # The two numbers of the cuff crossed are not sent; put right they are.
        nurse.locator("#vital-systolic").fill("95")
        nurse.locator("#vital-diastolic").fill("152")
        expect(nurse.locator("[data-part=save]")).to_be_disabled()
        nurse.locator("#vital-systolic").fill("152")
        nurse.locator("#vital-diastolic").fill("95")
        nurse.locator("#vital-temperature").fill("37,2")
        nurse.locator("station-vitals [data-part=save]").click()

        rows = doctor.locator("live-vitals [data-part=rows] > li")
        expect(rows).to_have_count(3)
        expect(rows.filter(has_text="152")).to_contain_text("Giàng Thị Mỷ")
        expect(doctor.locator("#vital-temperature")).to_have_value("37,2")
        look(doctor, "station-3-doctor")

        # A slip is corrected: the old number stays, struck out, on both pages.
        nurse.locator("live-vitals li").filter(has_text="37,2").locator("[data-act=correct]").click()
        nurse.locator("#vital-temperature").fill("38,2")
        nurse.locator("station-vitals [data-part=save]").click()
        expect(doctor.locator("live-vitals li.is-wrong")).to_contain_text("37,2")
        expect(doctor.locator("#vital-temperature")).to_have_value("38,2")
        look(nurse, "station-4-corrected")
