"""Paying with VNPAY, MoMo and ZaloPay on a phone: from our page to theirs and back, paid, declined, and paid late."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, sign_in
from tests.house import House
from tests.payments.wallets import KINDS
from tests.phone import Phone
from tests.shots import stage
from tests.shots.walk import session_of

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("wallets"),
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]
CODES = tuple(KINDS)
LOOK = os.environ.get("LANH_LOOK", "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        expect.set_options(timeout=20_000)
        yield running
        running.close()


@pytest.fixture(scope="module")
def signed_in(house: House) -> Iterator[Phone]:
    phone = sign_in(house, CITIZEN)  # once: who asks for many codes is slowed
    yield phone
    phone.close()


@pytest.fixture
def ana(signed_in: Phone) -> Iterator[Phone]:
    yield signed_in
    signed_in.give_times_back()


@pytest.fixture
def page(house: House, chromium: Browser, ana: Phone) -> Iterator[Page]:
    """Ana's phone, 390 px wide, on the page of a payment nobody has begun."""
    held = stage._hold(ana, stage._free_times(ana)[-1])
    context = chromium.new_context(
        base_url=house.url, viewport={"width": 390, "height": 844}, locale="vi-VN", has_touch=True, is_mobile=True
    )
    context.add_cookies([{"name": "sessionid", "value": session_of(house, "ana"), "url": house.url}])
    trouble: list[Any] = []
    context.on("weberror", lambda error: trouble.append(error.error))
    context.on("console", lambda line: trouble.append(line.text) if _is_trouble(line) else None)
    tab = context.new_page()
    tab.goto(f"/payments/{held['payment']['id']}/")
    yield tab
    context.close()
    assert trouble == []


def _is_trouble(line: Any) -> bool:
    """The code to scan is gone when the payment is decided between the page and its picture."""
    return line.type == "error" and not line.location.get("url", "").endswith("/qr.svg")


def keep(page: Page, name: str) -> None:
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


def go_to(page: Page, code: str) -> None:
    """Choose a way to pay; the gateway's page opens."""
    keep(page, f"{code}-0-ways")
    page.locator(f"button[name=gateway][value={code}]").first.click()
    expect(page.get_by_text("Không có tiền thật")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("code", CODES)
def test_paid_at_once(page: Page, code: str) -> None:
    go_to(page, code)
    keep(page, f"{code}-1-payer")
    page.locator("button[value=pay]").click()
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()
    keep(page, f"{code}-2-paid")


@pytest.mark.parametrize("code", CODES)
def test_declined_with_the_reason_and_paid_at_the_next_try(page: Page, code: str) -> None:
    go_to(page, code)
    page.locator("summary").click()
    keep(page, f"{code}-3-others")
    page.locator("button[value=poor]").click()
    expect(page.locator("payment-watch[data-status=failed]")).to_be_visible()
    expect(page.get_by_text("Tài khoản không đủ số dư. Bạn không bị trừ tiền.")).to_be_visible()
    keep(page, f"{code}-4-declined")
    go_to(page, code)
    page.locator("button[value=pay]").click()
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()


@pytest.mark.parametrize("code", CODES)
def test_paid_late_while_the_page_waits(page: Page, code: str) -> None:
    """The bank works for some seconds; our page changes by itself when it is done."""
    go_to(page, code)
    page.locator("summary").click()
    page.locator("input[name=seconds]").fill("4")
    page.locator("button[value=late]").click()
    expect(page.locator("payment-watch[data-status=pending]")).to_be_visible()
    expect(page.locator("progress")).to_be_visible()
    keep(page, f"{code}-5-waiting")
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
