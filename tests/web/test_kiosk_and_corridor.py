"""The kiosk at the entrance and the screen in the corridor, in two real browsers: a number given, called, and seen."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.house import House
from tests.journeys.test_in_two_browsers import DESK, PHONE, become, chromium, watching  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def address_of(page: Page, kind: str) -> str:
    """The address of the facility's own screen, as the desk reads it."""
    page.goto("/hospital/screens/")
    href = page.locator(f'a[target="_blank"][href*="/{kind}/"]').first.get_attribute("href")
    assert href
    return href[href.index(f"/{kind}/") :]


def test_a_number_at_the_kiosk_is_called_and_seen_in_the_corridor(house: House, chromium: Any, record_property):  # noqa: F811
    with watching(house, chromium) as watch:
        desk, kiosk, corridor = watch.window(DESK), watch.window(PHONE), watch.window(DESK)
        become(desk, "dan")
        at_kiosk, at_corridor = address_of(desk, "kiosk"), address_of(desk, "corridor")

        # Somebody the desk has written down comes back to the kiosk for their number.
        desk.goto("/hospital/queue/walk-in/")
        desk.get_by_label("Họ và tên").fill("Đinh Công Tráng")
        desk.get_by_label("Ngày sinh").fill("1962-03-04")
        desk.get_by_label("Điện thoại").fill("0987 654 321")
        desk.get_by_role("button", name="Cấp số").click()
        desk.wait_for_url("**/hospital/queue/**")
        row = desk.locator(".line__row", has_text="Đinh Công Tráng")
        number = row.locator(".line__number").inner_text()
        room = desk.locator("#line-title").inner_text().split("·")[-1].strip()

        kiosk.goto(f"{at_kiosk}?lang=vi&by=phone")
        kiosk.get_by_label("Số điện thoại của bạn").fill("0987654321")
        kiosk.get_by_label("Năm sinh").fill("1962")
        kiosk.get_by_role("button", name="Tôi đã đến").click()
        expect(kiosk.locator(".kiosk__number")).to_have_text(number)
        expect(kiosk.locator("body")).not_to_contain_text("Tráng")

        corridor.goto(at_corridor)
        mine = corridor.locator(f'[data-room="{room}"] .corridor__now')
        expect(mine).not_to_have_text(number)
        corridor.wait_for_timeout(1000)  # the bell's line is laid
        row.locator("summary").click()
        began = time.monotonic()
        row.get_by_role("button", name="Gọi ngay").click()
        expect(mine).to_have_text(number)
        record_property("called_to_seen_ms", round(1000 * (time.monotonic() - began)))
        expect(corridor.locator("body")).not_to_contain_text("Tráng")

        # Nothing of anybody stays at the kiosk: it goes back by itself, and "back" leads to its first page.
        kiosk.get_by_role("link", name="Xong").click()
        expect(kiosk.get_by_role("button", name="Tôi đã đến")).to_be_visible()
        kiosk.go_back()
        expect(kiosk.locator("body")).not_to_contain_text("ĐT")

        # Ended by the desk: the corridor shows nothing any more.
        desk.goto("/hospital/screens/")
        desk.locator("article", has=desk.locator('a[href*="/corridor/"]')).get_by_role("button", name="Thu hồi").click()
        expect(corridor.locator("corridor-board")).to_have_count(0)
        assert httpx.get(f"{house.url}{at_corridor}", timeout=20).status_code == 404
        watch.seen[:] = [line for line in watch.seen if "404" not in line]  # that very refusal
