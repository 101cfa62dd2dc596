"""Paying for somebody by a link on another phone, then the papers of it; and the desk's pages about prices and the month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.house import House
from tests.payments.in_browsers import (  # noqa: F401
    DESK,
    IN_THE_HOUSE,
    LOOK,
    PHONE,
    ana,
    chromium,
    is_error,
    keep,
    keep_both,
    payment_of,
    signed_in,
    window,
)
from tests.payments.pdf_text import text_of
from tests.phone import Phone

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = IN_THE_HOUSE


@pytest.fixture
def page(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    yield from window(house, chromium, "ana", PHONE)


@pytest.fixture
def relative(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """Somebody's phone, on which nobody is signed in."""
    yield from window(house, chromium, "", PHONE)


@pytest.fixture
def desk(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    yield from window(house, chromium, "dan", DESK, is_trouble=not_meant)


def not_meant(line: Any) -> bool:
    """A report of rows that stayed out answers 422, on purpose; the browser says so aloud."""
    return is_error(line) and "status of 422" not in line.text


def test_a_relative_pays_and_the_papers_are_there(ana: Phone, page: Page, relative: Page) -> None:  # noqa: F811
    payment = payment_of(ana)
    page.goto(f"/payments/{payment}/")
    keep(page, "link-1-payment")
    page.get_by_role("button", name="Nhờ người khác trả giúp").click()
    address = page.locator("#link").input_value()
    keep(page, "link-2-share")

    relative.goto(address)
    expect(relative.get_by_role("heading", level=1)).to_contain_text("Thanh toán giúp")
    assert payment not in relative.content()
    keep(relative, "link-3-relative")
    relative.locator("button[name=gateway][value=sandbox]").first.click()
    relative.locator("button[value=pay]").click()
    expect(relative.locator("link-watch[data-state=captured]")).to_be_visible()
    keep(relative, "link-4-paid")

    page.goto(f"/payments/{payment}/")
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()
    receipt = page.locator("a[href^='/receipts/']").first
    for _ in range(20):  # the reactions are jobs: they follow in a moment
        if receipt.count() and page.locator("a[href^='/invoices/']").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    keep(page, "papers-1-payment")
    receipt.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Phiếu thu PT")
    keep(page, "papers-2-receipt")
    paper = page.get_by_role("link", name="Mở bản PDF").get_attribute("href") or ""
    answer = page.request.get(paper)
    assert "PHIẾU THU" in text_of(answer.body()) and answer.headers["content-type"] == "application/pdf"
    if LOOK:
        Path(LOOK, "receipt.pdf").write_bytes(answer.body())
    page.go_back()
    page.locator("a[href^='/invoices/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hóa đơn HD")
    keep(page, "papers-3-invoice")
    page.get_by_role("button", name="Tôi muốn lấy hóa đơn điện tử").click()
    expect(page.get_by_text("Hóa đơn điện tử", exact=True)).to_be_visible()
    for _ in range(20):
        if page.get_by_text(re.compile("TEP-")).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    keep(page, "papers-4-einvoice")
    paper = page.get_by_role("link", name="Mở bản PDF").get_attribute("href") or ""
    bill = page.request.get(paper).body()
    assert "HÓA ĐƠN DỊCH VỤ Y TẾ" in text_of(bill) and "TEP-" in text_of(bill)
    if LOOK:
        Path(LOOK, "invoice.pdf").write_bytes(bill)


def test_the_desk_begins_a_list_and_publishes_it(desk: Page) -> None:
    desk.goto("/hospital/prices/")
    keep_both(desk, "prices-1-lists")
    desk.locator("#name").fill("Quyết định giá tháng 1")
    desk.locator("#first_day").fill("2099-01-01")
    desk.get_by_role("button", name="Bắt đầu").click()
    expect(desk.get_by_text("Tổng phân tích tế bào máu ngoại vi", exact=True)).to_be_visible()
    keep_both(desk, "prices-2-list")
    desk.set_input_files(
        "#file",
        {
            "name": "gia.csv",
            "mimeType": "text/csv",
            "buffer": "code,name_vi,category,amount\nXN900,Định lượng TSH,insured,62.900\nXN901,,x,1\n".encode(),
        },
    )
    desk.get_by_role("button", name="Nhập giá", exact=True).click()
    expect(desk.get_by_text("XN900", exact=False).first).to_be_visible()
    keep_both(desk, "prices-3-report")
    desk.get_by_role("button", name="Công bố").click()
    expect(desk.get_by_text("đã công bố").first).to_be_visible()
    assert desk.get_by_role("button", name="Công bố").count() == 0
    desk.goto("/hospital/prices/")
    desk.get_by_role("link", name="Xem như mọi người thấy").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Bảng giá dịch vụ")
    keep_both(desk, "prices-4-public")


def test_the_desk_reads_invoices_and_the_month(desk: Page) -> None:
    desk.goto("/hospital/invoices/")
    keep_both(desk, "desk-1-invoices")
    desk.locator("main a[href^='/invoices/']").first.click()
    keep_both(desk, "desk-2-invoice")
    desk.goto("/hospital/statement/")
    keep_both(desk, "desk-3-statement")
    desk.goto(
        f"/hospital/statement/?month={datetime.now(UTC) - timedelta(days=12):%Y-%m}"
    )  # a month in which something was
    keep_both(desk, "desk-4-month-before")
    answer = desk.request.get("/hospital/statement/statement.pdf")
    assert "Sao kê tháng" in text_of(answer.body())
    if LOOK:
        Path(LOOK, "statement.pdf").write_bytes(answer.body())
