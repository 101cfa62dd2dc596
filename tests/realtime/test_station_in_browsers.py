"""A station's nurse in a real browser: she comes alone, the citizen sits down, a reload; and hanging up without a line."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, Route, expect

from realtime.models import EvidenceRow
from tests import make
from tests.realtime import test_call_in_browsers as windows
from tests.realtime.test_call_in_browsers import browser, decodes, page_of  # noqa: F401 (a fixture)
from tests.realtime.test_station_seat import nurse  # noqa: F401 (a fixture)

pytestmark = windows.pytestmark
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def box(page: Page) -> Any:
    return page.locator("#with-citizen")


@pytest.mark.parametrize("narrow", ["nurse", "doctor"])
def test_the_citizen_sits_down_beside_the_nurse(browser, site, room, nurse, ben_browser, narrow):  # noqa: F811
    at_station = page_of(browser, site, make.page_client(nurse), viewport=PHONE if narrow == "nurse" else DESK)
    doctor = page_of(browser, site, ben_browser, viewport=PHONE if narrow == "doctor" else DESK)
    doctor.goto(f"/alone/{room.encounter_id}/")
    at_station.goto(f"/station/visits/{room.encounter_id}/")

    expect(box(at_station)).to_be_checked()  # the usual case
    box(at_station).uncheck()
    at_station.locator("[data-act=enter]").click()
    expect(at_station.locator("video-call")).to_have_attribute("data-shown", "waiting")
    expect(box(at_station)).not_to_be_checked()
    doctor.locator("video-call [data-act=start]").click()
    doctor.locator("[data-act=let_in]").click()
    expect(at_station.locator("video-call")).to_have_attribute("data-shown", "call")
    for page in (doctor, at_station):
        decodes(page, 20)
    expect(doctor.locator(".call__name")).not_to_contain_text("cùng người bệnh")

    box(at_station).check()
    expect(doctor.locator(".call__name")).to_contain_text("cùng người bệnh")

    at_station.reload()
    expect(at_station.locator("video-call")).to_have_attribute("data-shown", "call")
    expect(box(at_station)).to_be_checked()
    expect(doctor.locator(".call__name")).to_contain_text("cùng người bệnh")
    decodes(at_station, 20)
    assert list(EvidenceRow.objects.filter(kind="beside").values_list("facts__citizen_here", flat=True)) == ["yes"]
    assert at_station.faults == doctor.faults == []  # type: ignore[attr-defined]


def test_hanging_up_without_a_line_is_said_until_it_is_heard(browser, site, room, ana_browser, ben_browser):  # noqa: F811
    doctor = page_of(browser, site, ben_browser, viewport=DESK)
    citizen = page_of(browser, site, ana_browser, viewport=PHONE)
    doctor.goto(f"/alone/{room.encounter_id}/")
    citizen.goto(f"/visits/{room.encounter_id}/")
    citizen.locator("[data-act=enter]").click()
    doctor.locator("video-call [data-act=start]").click()
    doctor.locator("[data-act=let_in]").click()
    decodes(citizen, 10)
    tries = []

    def fail_twice(route: Route) -> None:
        tries.append(route.request.url)
        _ = route.abort() if len(tries) < 3 else route.continue_()

    citizen.route("**/leave", fail_twice)
    citizen.evaluate("document.querySelector('video-call').send = () => false")
    # The socket itself looks open to the house for a while, as when a phone is carried out of the Wi-Fi.
    citizen.evaluate("document.querySelector('video-call').socket.close = () => {}")
    citizen.locator(".call__controls [data-act=hang_up]").click()

    expect(citizen.locator("video-call")).to_have_attribute("data-shown", "ended")
    expect(doctor.locator(".call__stage [data-part=status]")).to_contain_text("rời", timeout=20_000)
    assert len(tries) == 3
    assert room.seats.get(role="citizen").state == "left"
