"""Paying with VNPAY, MoMo and ZaloPay on a phone: from our page to theirs and back, paid, declined, and paid late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.house import House
from tests.payments.in_browsers import (  # noqa: F401
    IN_THE_HOUSE,
    PHONE,
    ana,
    chromium,
    fits,
    is_error,
    keep,
    payment_of,
    signed_in,
    window,
)
from tests.payments.wallets import KINDS
from tests.phone import Phone

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = IN_THE_HOUSE
CODES = tuple(KINDS)


@pytest.fixture
def page(house: House, chromium: Browser, ana: Phone) -> Iterator[Page]:  # noqa: F811
    """Ana's phone, on the page of a payment nobody has begun."""
    for tab in window(house, chromium, "ana", PHONE, is_trouble=is_trouble, is_mobile=True):
        tab.goto(f"/payments/{payment_of(ana)}/")
        yield tab


def is_trouble(line: Any) -> bool:
    """The code to scan is gone when the payment is decided between the page and its picture."""
    return is_error(line) and not line.location.get("url", "").endswith("/qr.svg")


def go_to(page: Page, code: str) -> None:
    """Choose a way to pay; the gateway's page opens."""
    keep(page, f"{code}-0-ways")
    page.locator(f"button[name=gateway][value={code}]").first.click()
    expect(page.get_by_text("Không có tiền thật")).to_be_visible()
    fits(page)


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
